// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts over what happens to a device: reset, sleep, close, unbind.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "edu_irq.h"
#include "irq.h"
#include "memory.h"
#include "nic.h"
#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static int user_reset(struct device *device)
{
	return reset_by_ioctl(device->fd);
}

static int host_reset(struct device *device)
{
	return reset_by_host(device->bdf);
}

/*
 * A disk, as its reset is a real one: it forgets all vectors, and whether its pin
 * is muted.
 */
static void expect_msix_after(int (*reset)(struct device *device))
{
	struct disk disk = disk_open(container_open());
	int fd = disk.device.fd, event = event_new(), other = event_new();
	__s32 fds[] = { event, other };

	expect_ok(irq_set(fd, MSIX, TRIGGER | EVENTFD, 0, 2, fds, 8));
	for (int i = 0; i < 3; i++) {
		disk_setup(&disk);
		disk_raise(&disk);
		expect_event(event);
		expect_ok(reset(&disk.device));
	}

	/* Memory off: it is restored all the same, and can be set up. */
	command_clear(fd, PCI_COMMAND_MEMORY);
	expect_ok(reset(&disk.device));
	expect_eq(config_read(fd, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, 0);
	command_set(fd, PCI_COMMAND_MEMORY);
	disk_setup(&disk);
	disk_raise(&disk);
	expect_event(event);

	command_clear(fd, PCI_COMMAND_MEMORY);
	expect_ok(irq_trigger(fd, MSIX, 0, -1));
	expect_ok(reset(&disk.device));
	expect_ok(irq_trigger(fd, MSIX, 0, other));
	command_set(fd, PCI_COMMAND_MEMORY);
	disk_setup(&disk);
	disk_raise(&disk);
	expect_event(other);
	expect_eq(event_count(event), 0);
}

TEST(msix_after_a_reset)
{
	/* This test resets a device whose vectors are set up. */
	expect_msix_after(user_reset);
}

TEST(msix_after_a_reset_of_the_host)
{
	/* This test has the host reset a device whose vectors are set up. */
	expect_msix_after(host_reset);
}

static void expect_intx_after(int (*reset)(struct device *device))
{
	struct disk disk = disk_open(container_open());
	int fd = disk.device.fd, event = event_new();

	disk_setup(&disk);
	expect_ok(irq_trigger(fd, INTX, 0, event));
	disk_raise(&disk);
	expect_event(event);
	disk_acknowledge(&disk);

	/* Masked before, masked after. */
	expect_ok(reset(&disk.device));
	disk_setup(&disk);
	disk_raise(&disk);
	expect_no_event(event);
	expect_ok(irq_do(fd, INTX, UNMASK));
	expect_event(event);
	disk_acknowledge(&disk);
	expect_ok(irq_do(fd, INTX, UNMASK));

	/* And the reverse. */
	expect_ok(reset(&disk.device));
	disk_setup(&disk);
	disk_raise(&disk);
	expect_event(event);
	disk_acknowledge(&disk);
	expect_ok(irq_do(fd, INTX, UNMASK));

	command_set(fd, PCI_COMMAND_INTX_DISABLE);
	expect_ok(reset(&disk.device));
	expect_true(config_read(fd, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE);
	disk_setup(&disk);
	disk_raise(&disk);
	expect_no_event(event);
	command_clear(fd, PCI_COMMAND_INTX_DISABLE);
	expect_event(event);
}

TEST(intx_after_a_reset)
{
	/* This test resets a device with INTx masked, unmasked, disabled. */
	expect_intx_after(user_reset);
}

TEST(intx_after_a_reset_of_the_host)
{
	/* This test has the host reset a device whose INTx is set up. */
	expect_intx_after(host_reset);
}

/*
 * Sleep.
 */

TEST(msix_over_a_sleep)
{
	/* This test changes vectors of a device that is asleep, and wakes it. */
	struct nic nic = nic_open(container_open());
	__s32 fds[] = { nic.events[0], nic.events[1], -1, -1, -1 };

	power_change(nic.device.fd, 3);
	expect_errno(irq_trigger(nic.device.fd, MSIX, 0, nic.events[0]), EINVAL);
	power_change(nic.device.fd, 0);
	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0, NIC_VECTORS, fds,
			  sizeof(fds)));
	power_change(nic.device.fd, 3);
	power_change(nic.device.fd, 0);
	expect_vectors(&nic, 3);
	power_change(nic.device.fd, 3);
	expect_ok(irq_trigger(nic.device.fd, MSIX, 1, -1));
	expect_ok(irq_trigger(nic.device.fd, MSIX, 2, nic.events[2]));
	power_change(nic.device.fd, 0);
	expect_vectors(&nic, 5);
	/* Closed asleep. */
	power_change(nic.device.fd, 3);
}

TEST(intx_over_a_sleep)
{
	/*
	 * This test puts a device to sleep, and unmasks INTx meanwhile. The nic,
	 * as its config space is saved before and restored afterwards.
	 */
	struct nic nic = nic_open(container_open());
	int fd = nic.device.fd, event = event_new();

	expect_ok(irq_trigger(fd, INTX, 0, event));
	power_change(fd, 3);
	power_change(fd, 0);
	nic_setup(&nic);
	nic_raise(&nic, 0);
	expect_event(event);
	nic_quiet(&nic);
	power_change(fd, 3);
	expect_ok(irq_do(fd, INTX, UNMASK));
	power_change(fd, 0);
	nic_setup(&nic);
	nic_raise(&nic, 0);
	expect_event(event);
	nic_quiet(&nic);
	power_change(fd, 3);
}

/*
 * Closing.
 */
static void reopen(struct device *device)
{
	expect_ok(close(device->fd));
	expect_true(!irq_requested(device->bdf));
	device->fd = expect_ok(group_get_device(device->group, device->bdf));
	for (__u32 index = INTX; index <= MSIX; index++)
		expect_errno(irq_end(device->fd, index), EINVAL);
}

TEST(close_with_interrupts)
{
	/* This test closes devices with each kind set up and being raised. */
	struct edu_irq edu = edu_irq_open(container_open());
	struct disk disk = disk_open(edu.device.container);
	size_t size = region_size(edu.fd, 0);
	int unmask = event_new();

	expect_ok(irq_trigger(disk.device.fd, MSIX, 0, unmask));
	disk_setup(&disk);
	disk_raise(&disk);
	expect_event(unmask);
	disk_raise(&disk);
	expect_ok(munmap((void *)disk.registers,
			 region_size(disk.device.fd, 0)));
	reopen(&disk.device);
	event_count(unmask);

	expect_ok(irq_trigger(edu.fd, MSI, 0, edu.event));
	edu_raise(&edu, 1);
	expect_event(edu.event);
	edu_raise(&edu, 1);
	expect_ok(munmap((void *)edu.registers, size));
	reopen(&edu.device);

	edu.fd = edu.device.fd;
	edu.registers = region_open(edu.fd, 0);
	edu_acknowledge(&edu);
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_ok(irq_unmask_by(edu.fd, unmask));
	event_count(edu.event);
	edu_raise(&edu, 1);
	expect_event(edu.event);
	expect_ok(munmap((void *)edu.registers, size));
	reopen(&edu.device);
	event_signal(unmask);
	expect_eq(event_count(unmask), 1);
	expect_no_event(edu.event);

	edu.registers = region_open(edu.device.fd, 0);
	edu_acknowledge(&edu);
}

TEST(eventfds_closed_before_the_device)
{
	/* This test closes every eventfd, raises, and closes the device. */
	struct nic nic = nic_open_all();
	struct edu_irq edu = edu_irq_open(nic.device.container);
	int unmask = event_new();

	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_ok(irq_unmask_by(edu.fd, unmask));
	expect_ok(close(edu.event));
	expect_ok(close(unmask));
	nic_setup(&nic);
	for (int i = 0; i < NIC_VECTORS; i++) {
		expect_ok(close(nic.events[i]));
		nic_raise(&nic, i);
	}
	edu_raise(&edu, 1);
	nic_quiet(&nic);
	edu_acknowledge(&edu);
}

TEST(killed_with_interrupts)
{
	/* This test kills a process that has interrupts set up and raised. */
	const char *edu_bdf = need("edu"), *disk_bdf = need("disk");
	struct turn ready = turn_new();
	pid_t child = child_fork();
	int status;

	if (!child) {
		struct edu_irq edu = edu_intx_open();
		struct disk disk = disk_open(edu.device.container);

		expect_ok(irq_unmask_by(edu.fd, event_new()));
		expect_ok(irq_trigger(disk.device.fd, MSIX, 0, event_new()));
		disk_setup(&disk);
		turn_give(&ready);
		for (;;) {
			edu_raise(&edu, 1);
			disk_raise(&disk);
			irq_do(edu.fd, INTX, UNMASK);
			edu_acknowledge(&edu);
			disk_acknowledge(&disk);
		}
	}
	turn_wait(&ready);
	usleep(20000);
	expect_true(irq_requested(edu_bdf) && irq_requested(disk_bdf));
	expect_ok(kill(child, SIGKILL));
	expect_eq(waitpid(child, &status, 0), child);
	expect_true(WIFSIGNALED(status));
	expect_true(!irq_requested(edu_bdf) && !irq_requested(disk_bdf));
}

static void *unbind(void *bdf)
{
	return (void *)(long)pci_unbind(bdf);
}

TEST(unbind_with_interrupts)
{
	/* This test unbinds a device that is asked for and given back. */
	struct disk disk = disk_open(container_open());
	struct device *device = &disk.device;
	int request = request_open(device->fd), event = event_new();
	pthread_t thread;
	void *failed;

	expect_ok(irq_trigger(device->fd, MSIX, 0, event));
	disk_setup(&disk);
	disk_raise(&disk);
	expect_eq(pthread_create(&thread, NULL, unbind, (void *)device->bdf), 0);
	expect_event(request);

	/* Memory is gone, interrupts can still be set. */
	expect_ok(irq_trigger(device->fd, MSIX, 0, -1));
	expect_ok(irq_trigger(device->fd, MSIX, 0, event));
	expect_ok(irq_end(device->fd, MSIX));
	expect_ok(irq_trigger(device->fd, INTX, 0, event));
	expect_ok(munmap((void *)disk.registers, region_size(device->fd, 0)));
	device_close(device);
	expect_eq(pthread_join(thread, &failed), 0);
	expect_true(!failed);
	expect_true(!irq_requested(device->bdf));
	expect_ok(pci_bind(device->bdf, "vfio-pci"));
}

TEST_WITHIN(interrupts_of_the_host_driver_afterwards, 600)
{
	/* This test gives a device back to a driver of the host's. */
	struct nic nic = nic_open_all();
	struct device *device = &nic.device;

	expect_vectors(&nic, ALL_VECTORS);
	expect_ok(munmap((void *)nic.registers, region_size(nic.device.fd, 0)));
	device_close(device);
	if (system("modprobe e1000e"))
		skip("needs the kernel's e1000e module");
	expect_ok(pci_rebind(device->bdf, "e1000e"));
	expect_ok(pci_rebind(device->bdf, "vfio-pci"));
	nic = nic_open_all();
	expect_vectors(&nic, ALL_VECTORS);
}
