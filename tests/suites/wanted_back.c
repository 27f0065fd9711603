// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host wants a device back: its user is told, its memory is gone at once,
 * and the host waits for nobody but that user.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "irq.h"
#include "log.h"
#include "module.h"
#include "nvme.h"
#include "owner.h"
#include "pci.h"
#include "scene.h"
#include "state.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

static int trigger_set(int fd, __u32 index, __u32 kind, __u32 count,
		       const void *data, size_t size)
{
	return irq_set(fd, index, TRIGGER | kind, 0, count, data, size);
}

static void expect_trigger(int fd, __u32 index)
{
	__s32 event = expect_ok(eventfd(0, EFD_NONBLOCK)), no = -1, bad = -2;
	__s32 two[] = { event, event };
	__u8 on = 1, off = 0;

	expect_errno(trigger_set(fd, index, NONE, 0, NULL, 0), EINVAL);
	expect_errno(trigger_set(fd, index, NONE, 1, NULL, 0), EINVAL);
	expect_ok(trigger_set(fd, index, BOOL, 1, &on, 1));

	expect_ok(trigger_set(fd, index, EVENTFD, 1, &event, 4));
	expect_eq(event_count(event), 0);
	expect_ok(trigger_set(fd, index, NONE, 1, NULL, 0));
	expect_eq(event_count(event), 1);
	expect_ok(trigger_set(fd, index, BOOL, 1, &on, 1));
	expect_eq(event_count(event), 1);
	expect_ok(trigger_set(fd, index, BOOL, 1, &off, 1));
	expect_eq(event_count(event), 0);
	expect_ok(trigger_set(fd, index, NONE, 0, NULL, 0));
	expect_errno(trigger_set(fd, index, NONE, 1, NULL, 0), EINVAL);
	expect_ok(trigger_set(fd, index, EVENTFD, 1, &event, 4));
	expect_ok(trigger_set(fd, index, EVENTFD, 1, &no, 4));
	expect_errno(trigger_set(fd, index, NONE, 1, NULL, 0), EINVAL);

	expect_errno(trigger_set(fd, index, EVENTFD, 1, &bad, 4), EINVAL);
	expect_errno(trigger_set(fd, index, EVENTFD, 1, &fd, 4), EINVAL);
	bad = 1000;
	expect_errno(trigger_set(fd, index, EVENTFD, 1, &bad, 4), EBADF);
	expect_errno(trigger_set(fd, index, EVENTFD, 0, NULL, 0), EINVAL);
	expect_errno(trigger_set(fd, index, BOOL, 0, NULL, 0), EINVAL);
	expect_errno(trigger_set(fd, index, EVENTFD, 1, &event, 3), EINVAL);
	expect_errno(trigger_set(fd, index, EVENTFD, 2, two, 8), EINVAL);
	expect_errno(trigger_set(fd, index, 0, 1, NULL, 0), EINVAL);
	expect_errno(trigger_set(fd, index, NONE | BOOL, 1, NULL, 0), EINVAL);
	expect_errno(trigger_set(fd, index, NONE | 1 << 6, 1, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, MASK | NONE, 0, 1, NULL, 0), ENOTTY);
	expect_errno(irq_set(fd, index, NONE, 0, 1, NULL, 0), ENOTTY);
	expect_ok(close(event));
}

TEST(triggers)
{
	/* This test sets, tries and ends the eventfds of requests and errors. */
	int peer = device_open(container_open(), need("peer")).fd;
	int nic = device_open(container_open(), need("nic")).fd;

	expect_trigger(peer, VFIO_PCI_REQ_IRQ_INDEX);
	expect_trigger(nic, VFIO_PCI_REQ_IRQ_INDEX);
	expect_trigger(nic, VFIO_PCI_ERR_IRQ_INDEX);
	expect_errno(trigger_set(peer, VFIO_PCI_ERR_IRQ_INDEX, NONE, 1, NULL, 0),
		     EINVAL);
	expect_errno(trigger_set(peer, VFIO_PCI_NUM_IRQS, NONE, 1, NULL, 0), EINVAL);
}

static pid_t unbind_begin(const char *bdf)
{
	return admin_begin(pci_path(bdf, "driver/unbind"), bdf);
}

TEST(unbind_asks_for_the_device)
{
	/*
	 * This test unbinds an open device: its user is asked for it, and nobody
	 * reaches it from then on. Given and bound again, it is as new.
	 */
	const char *bdf = need("peer");
	struct scene scene;
	pid_t admin;
	int event;

	scene = scene_open_asked(bdf, &event);
	scene_try_begin(&scene);
	admin = unbind_begin(bdf);
	expect_event(event);
	expect_fine(scene_gone(&scene));
	expect_true(!admin_is_over(admin));
	scene_leave(&scene);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene_enter(&scene, bdf);
	expect_given_back(&scene);
}

TEST(unbind_while_memory_is_off)
{
	/* This test unbinds an open device whose memory is off. */
	const char *bdf = need("peer");
	struct scene scene;
	pid_t admin;
	int event;

	scene = scene_open_asked(bdf, &event);
	memory_off(scene.device.fd);
	admin = unbind_begin(bdf);
	expect_event(event);
	expect_eq(read_signal(scene.bar), SIGBUS);
	/* No more than unbind, the user can bring it back. */
	memory_on(scene.device.fd);
	expect_eq(read_signal(scene.bar), SIGBUS);
	expect_errno(dma_map(scene.device.container, 2 * IOVA, scene.bar, MIB),
		     EPERM);
	expect_eq(dma_unmap(scene.device.container, IOVA, scene.size),
		  scene.size);
	scene_leave(&scene);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));
}

TEST(no_dma_after_unbind)
{
	/*
	 * This test unbinds a device that nobody has open any more, while a
	 * mapping of its memory is left: nothing arrives, then or when it is bound
	 * and open again. The mapping can be unmapped, the IOVA used anew.
	 */
	struct scene scene = scene_open(need("peer"));
	const char *bdf = scene.device.bdf;

	scene_try_begin(&scene);
	scene_leave(&scene);
	expect_ok(pci_unbind(bdf));
	scene_try(&scene);
	expect_ok(pci_bind(bdf, "vfio-pci"));

	scene.device = device_open(scene.edu.device.container, bdf);
	scene.bar = region_open(scene.device.fd, BAR2);
	expect_tried_in_vain(&scene);
	expect_no_dma(&scene.edu, IOVA, scene.bar);
	expect_errno(dma_map(scene.device.container, IOVA, scene.bar, MIB),
		     EEXIST);
	expect_eq(dma_unmap(scene.device.container, IOVA, scene.size),
		  scene.size);
	expect_ok(dma_map(scene.device.container, IOVA, scene.bar, scene.size));
	expect_given_back(&scene);
}

/* A register of BAR 0, as a driver that is bound next would find it. */
static __u32 register_on_the_host(const char *bdf, unsigned int pos)
{
	volatile __u32 *registers;
	__u32 value;
	int fd;

	pci_config_write(bdf, PCI_COMMAND, PCI_COMMAND_MEMORY);
	fd = expect_ok(open(pci_path(bdf, "resource0"), O_RDWR | O_CLOEXEC));
	registers = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	expect_true(registers != MAP_FAILED);
	value = registers[pos / 4];
	expect_ok(munmap((void *)registers, PAGE));
	close(fd);

	return value;
}

TEST(unbind_while_open_resets)
{
	/*
	 * This test unbinds an open device that its user has programmed, and that
	 * can be reset: the next driver does not find what the user wrote.
	 */
	struct disk disk = disk_open(container_open());
	const char *bdf = disk.device.bdf;
	size_t size = region_size(disk.device.fd, 0);
	int event = request_open(disk.device.fd);
	__u32 found;
	pid_t admin;

	disk_setup(&disk);
	expect_eq(*(volatile __u32 *)(disk.registers + NVME_CC), NVME_CC_ENABLE);
	admin = unbind_begin(bdf);
	expect_event(event);
	expect_ok(munmap((void *)disk.registers, size));
	device_close(&disk.device);
	admin_end(admin);
	found = register_on_the_host(bdf, NVME_CC);
	pci_config_write(bdf, PCI_COMMAND, 0);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_eq(found, 0);
}

TEST(killed_while_unbound)
{
	/* This test kills who does not let go a device that is being unbound. */
	const char *bdf = need("peer");
	long long pins = pinned_pages();
	struct turn asked = turn_new();
	struct scene scene;
	pid_t owner, admin;

	owner = owner_open(bdf, &asked);
	admin = unbind_begin(bdf);
	turn_wait(&asked);
	expect_true(!admin_is_over(admin));
	owner_kill(owner);
	admin_end(admin);
	expect_eq(pinned_pages(), pins);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene = scene_open(bdf);
	expect_given_back(&scene);
}

TEST(killed_while_unbinding)
{
	/*
	 * This test kills who unbinds a device that is not let go: it waits on, and
	 * ends when the device is let go.
	 */
	const char *bdf = need("peer");
	struct turn asked = turn_new();
	pid_t owner, admin;
	struct scene scene;
	int log, status;
	char waits[16];

	owner = owner_open(bdf, &asked);
	log = log_open();
	admin = unbind_begin(bdf);
	turn_wait(&asked);
	task_wait_in(admin, "unregister");
	expect_ok(kill(admin, SIGKILL));
	/* The kernel says who waits. */
	snprintf(waits, sizeof(waits), "(%d)", admin);
	log_wait(log, waits);
	expect_true(!admin_is_over(admin));
	owner_kill(owner);
	expect_eq(waitpid(admin, &status, 0), admin);
	expect_true(WIFSIGNALED(status));
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene = scene_open(bdf);
	expect_given_back(&scene);
}

TEST(unbind_says_who_has_the_device)
{
	/* This test looks for the user of the device in the kernel log. */
	const char *bdf = need("peer");
	struct turn asked = turn_new();
	char holder[64];
	pid_t owner, admin;
	int log;

	need_a_strategy();
	owner = owner_open(bdf, &asked);
	log = log_open();
	admin = unbind_begin(bdf);
	snprintf(holder, sizeof(holder), "%s: held by vfio-tests (%d)", bdf, owner);
	log_wait(log, holder);
	expect_true(!admin_is_over(admin));
	owner_kill(owner);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));
}

/* What a process shares with its child that has no files. */
struct stray {
	char *bar;
	volatile pid_t child;
};

static int stray_begin(void *data)
{
	struct stray *stray = data;

	/* If the test fails, the device must not stay held. */
	alarm(60);
	close_range(0, ~0U, 0);
	stray->child = getpid();
	for (;;)
		pause();

	return 0;
}

TEST(unbind_says_who_has_a_mapping_alone)
{
	/*
	 * This test kills the user of a device whose child shares the memory, but
	 * not the files, and goes on: the kernel log names the child.
	 */
	const char *bdf = need("peer");
	struct stray *stray = shared_memory(PAGE);
	pid_t owner, admin, child;
	char holder[64];
	int log;

	need_a_strategy();
	/* Else who waits for the child when its parent is dead? */
	expect_ok(prctl(PR_SET_CHILD_SUBREAPER, 1));
	owner = child_fork();
	if (!owner) {
		char *stack = ram(16 * PAGE);
		int fd = device_open(container_open(), bdf).fd;

		stray->bar = region_open(fd, BAR2);
		expect_eq(read_signal(stray->bar), 0);
		expect_ok(clone(stray_begin, stack + 16 * PAGE,
				CLONE_VM | SIGCHLD, stray));
		for (;;)
			pause();
	}
	while (!stray->child)
		usleep(1000);
	owner_kill(owner);
	child = stray->child;

	log = log_open();
	admin = unbind_begin(bdf);
	snprintf(holder, sizeof(holder), "held by vfio-tests (%d), which has no file",
		 child);
	log_wait(log, holder);
	expect_true(!admin_is_over(admin));
	expect_ok(kill(child, SIGKILL));
	expect_eq(waitpid(child, NULL, 0), child);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));
}
