// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts are set up and taken down while the device raises them, is reset,
 * or is closed: each against each, many times.
 *
 * What is expected is that nothing breaks, of which the kernel log tells, and
 * that the interrupt works afterwards.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "disk.h"
#include "edu.h"
#include "edu_irq.h"
#include "irq.h"
#include "memory.h"
#include "nic.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define LONG	7200

/* Another thread, which does the same over and over. */
struct rival {
	pthread_t thread;
	void (*act)(struct rival *rival);
	struct nic *nic;
	struct edu_irq *edu;
	int fd;
	int event;
	int other;
	unsigned int count;
	volatile bool over;
};

static void *rival_run(void *data)
{
	struct rival *rival = data;

	while (!rival->over) {
		rival->act(rival);
		rival->count++;
		sched_yield();
	}

	return NULL;
}

static void rival_begin(struct rival *rival, void (*act)(struct rival *rival))
{
	rival->act = act;
	rival->over = false;
	expect_eq(pthread_create(&rival->thread, NULL, rival_run, rival), 0);
}

/* Both have had their turn. */
static void rival_end(struct rival *rival)
{
	while (!*(volatile unsigned int *)&rival->count)
		usleep(1000);
	rival->over = true;
	expect_eq(pthread_join(rival->thread, NULL), 0);
}

static struct rival rival_of(int fd)
{
	return (struct rival){
		.fd = fd,
		.event = event_new(),
		.other = event_new(),
	};
}

/*
 * What they do. @event is the trigger, @other unmasks or writes.
 */
static void nic_raises(struct rival *rival)
{
	nic_raise(rival->nic, rival->count % NIC_VECTORS);
}

static void edu_raises(struct rival *rival)
{
	edu_raise(rival->edu, 1);
	edu_acknowledge(rival->edu);
}

static void signals(struct rival *rival)
{
	event_signal(rival->other);
}

static void masks(struct rival *rival)
{
	expect_ok(irq_do(rival->fd, INTX, MASK));
	expect_ok(irq_do(rival->fd, INTX, UNMASK));
}

static void disables(struct rival *rival)
{
	command_set(rival->fd, PCI_COMMAND_INTX_DISABLE);
	command_clear(rival->fd, PCI_COMMAND_INTX_DISABLE);
}

static void closes_eventfds(struct rival *rival)
{
	int event = event_new();

	expect_ok(irq_unmask_by(rival->fd, event));
	event_signal(event);
	expect_ok(close(event));
}

static void sets_msix(struct rival *rival)
{
	__s32 fds[] = { rival->event, -1, rival->other, -1 };

	expect_ok(irq_set(rival->fd, MSIX, TRIGGER | EVENTFD, 0, 4, fds,
			  sizeof(fds)));
	expect_ok(irq_trigger(rival->fd, MSIX, 1, rival->event));
	expect_ok(irq_trigger(rival->fd, MSIX, 0, -1));
	expect_ok(irq_end(rival->fd, MSIX));
}

static void sets_intx(struct rival *rival)
{
	expect_ok(irq_trigger(rival->fd, INTX, 0, rival->event));
	expect_ok(irq_unmask_by(rival->fd, rival->other));
	expect_ok(irq_end(rival->fd, INTX));
}

static void turns_memory(struct rival *rival)
{
	command_clear(rival->fd, PCI_COMMAND_MEMORY);
	command_set(rival->fd, PCI_COMMAND_MEMORY);
}

/*
 * Afterwards an interrupt is neither masked nor forgotten.
 */
static void expect_nic_works(struct nic *nic, int event)
{
	expect_ok(irq_trigger(nic->device.fd, MSIX, 0, event));
	nic_setup(nic);
	event_count(event);
	nic_raise(nic, 0);
	expect_event(event);
	nic_quiet(nic);
	expect_ok(irq_end(nic->device.fd, MSIX));
}

static void expect_disk_works(struct disk *disk, __u32 index, int event)
{
	expect_ok(irq_trigger(disk->device.fd, index, 0, event));
	disk_setup(disk);
	event_count(event);
	disk_raise(disk);
	expect_event(event);
	disk_acknowledge(disk);
	expect_ok(irq_end(disk->device.fd, index));
}

static void expect_edu_works(struct rival *rival, __u32 index)
{
	edu_acknowledge(rival->edu);
	expect_ok(irq_trigger(rival->fd, index, 0, rival->event));
	event_count(rival->event);
	edu_raise(rival->edu, 1);
	expect_event(rival->event);
	edu_acknowledge(rival->edu);
	expect_ok(irq_end(rival->fd, index));
}

static struct rival rival_of_edu(struct edu_irq *edu)
{
	struct rival rival;

	*edu = edu_irq_open(container_open());
	rival = rival_of(edu->fd);
	rival.edu = edu;

	return rival;
}

TEST_WITHIN(set_up_vectors_while_they_are_raised, LONG)
{
	/* This test sets vectors up and down while the device raises them. */
	struct nic nic = nic_open(container_open());
	struct rival rival = rival_of(nic.device.fd);
	__s32 fds[] = { rival.other, -1, rival.event, -1 };

	/* MSI-X itself stays enabled all the time, see nic.h. */
	expect_ok(irq_trigger(rival.fd, MSIX, 4, rival.event));
	nic_setup(&nic);
	rival.nic = &nic;
	rival_begin(&rival, nic_raises);
	for (int i = rounds(10000); i--;) {
		expect_ok(irq_set(rival.fd, MSIX, TRIGGER | EVENTFD, 0, 4, fds,
				  sizeof(fds)));
		expect_ok(irq_trigger(rival.fd, MSIX, 1, rival.event));
		expect_ok(irq_trigger(rival.fd, MSIX, 2, -1));
	}
	rival_end(&rival);
	nic_quiet(&nic);
	expect_ok(irq_end(rival.fd, MSIX));
	expect_nic_works(&nic, rival.event);
}

TEST_WITHIN(set_up_msi_while_it_is_raised, LONG)
{
	/*
	 * This test sets MSI up and down while the device raises it. The host
	 * clears the message before it disables MSI: then it goes nowhere.
	 */
	struct edu_irq edu;
	struct rival rival = rival_of_edu(&edu);

	allow_iommu_faults();
	rival_begin(&rival, edu_raises);
	for (int i = rounds(10000); i--;) {
		expect_ok(irq_trigger(rival.fd, MSI, 0, rival.event));
		expect_ok(irq_end(rival.fd, MSI));
	}
	rival_end(&rival);
	expect_edu_works(&rival, MSI);
}

TEST_WITHIN(set_up_intx_while_it_is_raised, LONG)
{
	/* This test sets INTx up and down while the device raises it. */
	struct edu_irq edu;
	struct rival rival = rival_of_edu(&edu);

	rival_begin(&rival, edu_raises);
	for (int i = rounds(10000); i--;)
		sets_intx(&rival);
	rival_end(&rival);
	expect_edu_works(&rival, INTX);
}

TEST_WITHIN(set_up_a_line_of_its_own_while_it_is_raised, LONG)
{
	/*
	 * This test does so where the line is masked at the interrupt
	 * controller: the line is not left raised with nobody to mask it.
	 */
	struct edu_irq edu;
	struct rival rival;

	nointxmask_set('Y');
	rival = rival_of_edu(&edu);
	nointxmask_set('N');
	rival_begin(&rival, edu_raises);
	for (int i = rounds(10000); i--;)
		sets_intx(&rival);
	rival_end(&rival);
	expect_edu_works(&rival, INTX);
}

TEST_WITHIN(replace_the_trigger_while_it_is_raised, LONG)
{
	/* This test gives INTx one eventfd after the other. */
	struct edu_irq edu;
	struct rival rival = rival_of_edu(&edu), unmask = rival;

	expect_ok(irq_trigger(rival.fd, INTX, 0, rival.event));
	expect_ok(irq_unmask_by(rival.fd, unmask.other));
	rival_begin(&rival, edu_raises);
	rival_begin(&unmask, signals);
	for (int i = rounds(10000); i--;) {
		int event = event_new();

		expect_ok(irq_trigger(rival.fd, INTX, 0, event));
		expect_ok(close(event));
	}
	rival_end(&unmask);
	rival_end(&rival);
	expect_ok(irq_end(rival.fd, INTX));
	expect_edu_works(&rival, INTX);
}

/* From the device's side, it is raised and unmasked by eventfd. */
static void expect_masking(void (*act)(struct rival *rival))
{
	struct edu_irq edu;
	struct rival rival = rival_of_edu(&edu), device = rival;

	expect_ok(irq_trigger(rival.fd, INTX, 0, rival.event));
	if (act != closes_eventfds)
		expect_ok(irq_unmask_by(rival.fd, rival.other));
	rival_begin(&rival, act);
	for (int i = rounds(10000); i--;) {
		edu_raises(&device);
		signals(&device);
		if (act == closes_eventfds)
			event_count(device.other);
	}
	rival_end(&rival);
	expect_ok(irq_end(rival.fd, INTX));
	expect_edu_works(&rival, INTX);
}

TEST_WITHIN(mask_against_unmask_by_eventfd, LONG)
{
	/* This test masks and unmasks INTx from two sides. */
	expect_masking(masks);
}

TEST_WITHIN(disable_against_unmask_by_eventfd, LONG)
{
	/* This test writes INTx Disable while INTx is unmasked otherwise. */
	expect_masking(disables);
}

TEST_WITHIN(close_the_eventfd_that_unmasks, LONG)
{
	/* This test gives and closes eventfds while the device raises INTx. */
	expect_masking(closes_eventfds);
}

TEST_WITHIN(memory_against_setting_up, LONG)
{
	/* This test turns memory off and on while vectors are set up. */
	struct nic nic = nic_open(container_open());
	struct rival rival = rival_of(nic.device.fd);

	rival_begin(&rival, turns_memory);
	for (int i = rounds(2000); i--;) {
		expect_ok(irq_trigger(rival.fd, MSIX, i % NIC_VECTORS,
				      rival.event));
		expect_ok(irq_end(rival.fd, MSIX));
	}
	rival_end(&rival);
	expect_nic_works(&nic, rival.event);
}

/* By read(2) and write(2), which fail while the memory is off. */
static void edu_raises_if_it_may(struct rival *rival)
{
	static const struct {
		__u64 pos;
		__u32 value;
	} writes[] = {
		{ EDU_RAISE, 1 },
		{ EDU_ACKNOWLEDGE, ~0u },
	};
	__u64 bar = region_info(rival->fd, 0).offset;

	for (int i = 0; i < 2; i++) {
		if (pwrite(rival->fd, &writes[i].value, 4,
			   bar + writes[i].pos) < 0)
			expect_eq(errno, EIO);
	}
	signals(rival);
}

TEST_WITHIN(memory_against_handling, LONG)
{
	/*
	 * This test turns memory off and on while INTx is handled, which changes
	 * another bit of the same register: neither is lost.
	 */
	struct edu_irq edu;
	struct rival rival = rival_of_edu(&edu);

	expect_ok(irq_trigger(rival.fd, INTX, 0, rival.event));
	expect_ok(irq_unmask_by(rival.fd, rival.other));
	rival_begin(&rival, edu_raises_if_it_may);
	for (int i = rounds(10000); i--;) {
		command_clear(rival.fd, PCI_COMMAND_MEMORY);
		expect_eq(config_read(rival.fd, PCI_COMMAND, 2) &
			  PCI_COMMAND_MEMORY, 0);
		command_set(rival.fd, PCI_COMMAND_MEMORY);
		expect_true(config_read(rival.fd, PCI_COMMAND, 2) &
			    PCI_COMMAND_MEMORY);
	}
	rival_end(&rival);
	expect_ok(irq_end(rival.fd, INTX));
	expect_edu_works(&rival, INTX);
}

static void expect_reset(void (*act)(struct rival *rival), __u32 index)
{
	struct disk disk = disk_open(container_open());
	struct rival rival = rival_of(disk.device.fd);

	rival_begin(&rival, act);
	for (int i = rounds(200); i--;)
		expect_ok(ioctl(rival.fd, VFIO_DEVICE_RESET));
	rival_end(&rival);
	expect_disk_works(&disk, index, rival.event);
}

TEST_WITHIN(reset_against_setting_up_msix, LONG)
{
	/* This test resets the device while vectors are set up and down. */
	expect_reset(sets_msix, MSIX);
}

TEST_WITHIN(reset_against_setting_up_intx, LONG)
{
	/* This test resets the device while INTx is set up and down. */
	expect_reset(sets_intx, INTX);
}

TEST_WITHIN(reset_against_unmasking, LONG)
{
	/* This test resets a device that raises INTx and is unmasked. */
	struct disk disk = disk_open(container_open());
	struct rival rival = rival_of(disk.device.fd);

	expect_ok(irq_trigger(rival.fd, INTX, 0, rival.event));
	expect_ok(irq_unmask_by(rival.fd, rival.other));
	rival_begin(&rival, signals);
	for (int i = rounds(200); i--;) {
		disk_setup(&disk);
		disk_raise(&disk);
		expect_event(rival.event);
		expect_ok(ioctl(rival.fd, VFIO_DEVICE_RESET));
	}
	rival_end(&rival);
	expect_ok(irq_end(rival.fd, INTX));
	expect_disk_works(&disk, INTX, rival.event);
}

TEST_WITHIN(close_while_interrupts_are_raised, LONG)
{
	/* This test closes the device just when it raises, and is signalled. */
	struct disk disk = disk_open(container_open());
	struct device *device = &disk.device;
	struct rival rival = rival_of(device->fd);
	size_t size = region_size(device->fd, 0);

	rival_begin(&rival, signals);
	for (int i = rounds(200); i--;) {
		expect_ok(irq_trigger(device->fd, i % 2 ? INTX : MSIX, 0,
				      rival.event));
		if (i % 2)
			expect_ok(irq_unmask_by(device->fd, rival.other));
		disk_setup(&disk);
		disk_raise(&disk);
		expect_ok(munmap((void *)disk.registers, size));
		expect_ok(close(device->fd));
		device->fd = expect_ok(group_get_device(device->group,
							device->bdf));
		disk.registers = region_open(device->fd, 0);
		command_set(device->fd, PCI_COMMAND_MASTER);
	}
	rival_end(&rival);
	expect_disk_works(&disk, INTX, rival.event);
}

/* A write of eight bytes to BAR 2. */
static int doorbell(int fd, __u64 pos, __u64 data, int event)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = 8,
		.offset = region_info(fd, BAR2).offset + pos,
		.data = data,
		.fd = event,
	};

	return ioctl(fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

/* The one at the beginning of the BAR. */
static void expect_doorbell_works(struct rival *rival, volatile __u64 *bar)
{
	bar[0] = 0;
	event_signal(rival->other);
	for (int i = 0; i < 20000 && !bar[0]; i++)
		usleep(1000);
	expect_eq(bar[0], 1);
}

TEST_WITHIN(doorbells_come_and_go, LONG)
{
	/* This test gives and takes ioeventfds that are being signalled. */
	struct device peer = device_open(container_open(), need("peer"));
	struct rival rival = rival_of(peer.fd), memory = rival;
	volatile __u64 *bar = (void *)region_open(peer.fd, BAR2);

	expect_ok(doorbell(peer.fd, 0, 1, rival.other));
	rival_begin(&rival, signals);
	rival_begin(&memory, turns_memory);
	for (int i = rounds(10000); i--;) {
		int event = event_new();

		expect_ok(doorbell(peer.fd, 8, i, rival.other));
		expect_ok(doorbell(peer.fd, 16, i, event));
		event_signal(event);
		expect_ok(close(event));
		expect_ok(doorbell(peer.fd, 8, i, -1));
		expect_ok(doorbell(peer.fd, 16, i, -1));
	}
	rival_end(&memory);
	rival_end(&rival);
	expect_doorbell_works(&rival, bar);
}

TEST_WITHIN(doorbells_against_reset, LONG)
{
	/* This test signals ioeventfds of a device that is being reset. */
	struct device device = device_open(container_open(), need("reset"));
	struct rival rival = rival_of(device.fd);
	volatile __u64 *bar = (void *)region_open(device.fd, BAR2);

	expect_ok(doorbell(device.fd, 0, 1, rival.other));
	rival_begin(&rival, signals);
	for (int i = rounds(200); i--;) {
		expect_ok(ioctl(device.fd, VFIO_DEVICE_RESET));
		expect_ok(doorbell(device.fd, 8, i, rival.other));
		expect_ok(doorbell(device.fd, 8, i, -1));
	}
	rival_end(&rival);
	expect_doorbell_works(&rival, bar);
}
