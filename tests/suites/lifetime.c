// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers, groups and devices are opened and closed in any order, by any
 * process. A device that nobody has open any more is out of reach.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "edu.h"
#include "pci.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

#define RW	(PROT_READ | PROT_WRITE)

/* All is closed: the group can be had again, and no page is pinned. */
static void expect_closed(const char *bdf, long long pins)
{
	int group = group_open(bdf);

	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	expect_eq(pinned_pages(), pins);
	expect_eq(locked_memory(), 0);
	expect_ok(close(group));
}

TEST(close_in_any_order)
{
	/* This test closes container, group and device in all six orders. */
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	const char *bdf = need("peer");
	long long pins = pinned_pages();

	for (int i = 0; i < 6; i++) {
		struct device peer = device_open(container_open(), bdf);
		int fds[3] = { peer.container, peer.group, peer.fd };
		char *va = ram(4 * PAGE), *bar = region_open(peer.fd, BAR2);

		expect_ok(dma_map(peer.container, IOVA, va, 4 * PAGE));
		expect_ok(dma_map(peer.container, 2 * IOVA, bar, MIB));
		expect_ok(munmap(bar, 64 * MIB));
		for (int j = 0; j < 3; j++)
			expect_ok(close(fds[orders[i][j]]));
		expect_closed(bdf, pins);
	}
}

TEST(device_keeps_its_group_and_container)
{
	/* This test closes container and group: the device still works. */
	struct device peer = device_open(container_open(), need("peer"));
	char *bar;

	expect_ok(close(peer.container));
	expect_ok(close(peer.group));
	bar = region_open(peer.fd, BAR2);
	expect_eq(read_signal(bar), 0);
	expect_eq(config_read(peer.fd, 0, 2), pci_config(peer.bdf, 0, 2));
	expect_errno(open(group_path(peer.bdf), O_RDWR), EBUSY);
	expect_ok(close(peer.fd));
	expect_errno(open(group_path(peer.bdf), O_RDWR), EBUSY);
	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(open(group_path(peer.bdf), O_RDWR));
}

TEST(group_keeps_its_container)
{
	/* This test closes a container that a group is in: DMA goes on. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_ok(close(container));
	expect_dma(&edu, IOVA, va);
	expect_eq(locked_memory(), 2 * PAGE);
	expect_eq(group_flags(edu.device.group),
		  VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
}

TEST(container_outlives_its_groups)
{
	/* This test closes all groups of a container, and uses it anew. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	device_close(&peer);
	expect_eq(locked_memory(), 0);
	expect_errno(dma_map(container, 2 * IOVA, va, PAGE), EINVAL);
	peer = device_open(container, need("peer"));
	expect_eq(dma_unmap(container, IOVA, PAGE), 0);
	expect_ok(dma_map(container, IOVA, va, PAGE));
}

TEST(copied_files_count)
{
	/* This test copies every file and closes the first one of each. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(PAGE);
	int copy = expect_ok(dup(container));
	int group = expect_ok(dup(edu.device.group));
	int fd = expect_ok(dup(edu.device.fd));

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_ok(close(container));
	expect_ok(close(edu.device.group));
	expect_ok(close(edu.device.fd));
	expect_dma(&edu, IOVA, va);
	expect_eq(config_read(fd, 0, 2), pci_config(edu.device.bdf, 0, 2));
	expect_errno(group_unset_container(group), EBUSY);
	expect_eq(dma_unmap(copy, IOVA, PAGE), PAGE);
}

TEST(child_holds_the_files)
{
	/* This test closes all in the parent while a child has it still. */
	const char *bdf = need("peer");
	struct device peer = device_open(container_open(), bdf);
	long long pins = pinned_pages();
	struct turn go = turn_new();
	pid_t child;

	expect_ok(dma_map(peer.container, IOVA, ram(PAGE), PAGE));
	child = child_fork();
	if (!child) {
		turn_wait(&go);
		expect_eq(config_read(peer.fd, 0, 2), pci_config(bdf, 0, 2));
		expect_eq(dma_unmap(peer.container, IOVA, PAGE), PAGE);
		child_exit();
	}
	expect_ok(close(peer.container));
	expect_ok(close(peer.group));
	expect_ok(close(peer.fd));
	expect_errno(open(group_path(bdf), O_RDWR), EBUSY);
	expect_eq(locked_memory(), PAGE);
	turn_give(&go);
	child_join(child);
	expect_closed(bdf, pins);
}

/* Opens all there is and leaves it so. */
static void open_everything(void)
{
	struct device peer = device_open(container_open(), need("peer"));
	struct edu edu = edu_open(peer.container);
	char *bar = region_open(peer.fd, BAR2), *va = ram(MIB);

	memset(bar, 1, MIB);
	expect_ok(dma_map(peer.container, IOVA, bar, 64 * MIB));
	expect_ok(dma_map(peer.container, 2 * IOVA, va, MIB));
	expect_dma(&edu, IOVA, bar);
}

TEST(exit_with_everything_open)
{
	/* This test ends a process that has all open and mapped. */
	const char *bdf = need("peer");
	long long pins = pinned_pages();

	for (int i = 0; i < 3; i++) {
		pid_t child = child_fork();

		if (!child) {
			open_everything();
			child_exit();
		}
		child_join(child);
		expect_closed(bdf, pins);
	}
}

TEST(killed_with_everything_open)
{
	/* This test kills a process that has all open and mapped. */
	const char *bdf = need("peer");
	long long pins = pinned_pages();
	struct turn ready = turn_new();
	pid_t child = child_fork();
	int status;

	if (!child) {
		open_everything();
		turn_give(&ready);
		pause();
	}
	turn_wait(&ready);
	expect_ok(kill(child, SIGKILL));
	expect_eq(waitpid(child, &status, 0), child);
	expect_eq(WTERMSIG(status), SIGKILL);
	expect_closed(bdf, pins);
}

/*
 * Closes a device whose BAR is mapped from @at on, and opens it again: NULL, or
 * what DMA has reached meanwhile.
 */
static const char *reached_while_closed(struct edu *edu, struct device *peer,
					__u64 iova, size_t at)
{
	char *bar = region_mmap(peer->fd, BAR2, at, PAGE, RW);
	unsigned int seed = pattern_new();
	const char *reached;

	allow_iommu_faults();
	edu_try_begin(edu, seed, bar);
	expect_ok(munmap(bar, PAGE));
	expect_ok(close(peer->fd));
	iommu_faults();
	edu_try(edu, iova);

	peer->fd = expect_ok(group_get_device(peer->group, peer->bdf));
	bar = region_mmap(peer->fd, BAR2, at, PAGE, RW);
	reached = edu_try_end(edu, seed, bar);
	expect_ok(munmap(bar, PAGE));
	if (!reached && !iommu_faulted())
		reached = "the IOMMU reports no fault";

	return reached;
}

TEST(no_dma_after_close)
{
	/*
	 * This test closes a device whose BAR is mapped: DMA no longer reaches
	 * it, nor when the device is opened again. Its mapping is there to be
	 * unmapped, whole, and the IOVA to be used anew.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_ok(munmap(bar, 64 * MIB));
	expect_fine(reached_while_closed(&edu, &peer, IOVA + PAGE, PAGE));

	bar = region_open(peer.fd, BAR2);
	expect_no_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_errno(dma_map(container, IOVA, bar, MIB), EEXIST);
	expect_eq(dma_unmap(container, IOVA, MIB), MIB);
	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
}

TEST(no_dma_after_close_in_another_container)
{
	/* This test closes a device that is mapped where it does not belong. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container_open(), need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_dma(&edu, IOVA, bar);
	expect_ok(munmap(bar, 64 * MIB));
	expect_fine(reached_while_closed(&edu, &peer, IOVA, 0));
	expect_eq(dma_unmap(container, IOVA, MIB), MIB);
}

TEST(ram_beside_a_closed_device)
{
	/* This test maps RAM, a BAR, RAM as one and closes the BAR's device. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va + 4 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 12 * PAGE));
	expect_ok(munmap(va + 4 * PAGE, 4 * PAGE));
	device_close(&peer);
	expect_dma(&edu, IOVA + 3 * PAGE, va + 3 * PAGE);
	expect_dma(&edu, IOVA + 8 * PAGE, va + 8 * PAGE);
	expect_eq(dma_unmap(container, IOVA, 12 * PAGE), 12 * PAGE);
	expect_eq(locked_memory(), PAGE);
}

TEST(dma_while_an_mmap_keeps_the_device)
{
	/* This test closes the file; an mmap is left, so it is not the last close. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(close(peer.fd));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_ok(munmap(bar + PAGE, 64 * MIB - PAGE));
	expect_dma(&edu, IOVA, bar);
}

TEST(dma_after_one_close_of_two)
{
	/* This test opens a device twice and closes it once. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	int second = expect_ok(group_get_device(peer.group, peer.bdf));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(close(peer.fd));
	bar = region_open(second, BAR2);
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
}

TEST(no_dma_of_a_closed_device)
{
	/* This test closes the device that does DMA: it is no longer a master. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_dma(&edu, IOVA, va);
	expect_ok(munmap((char *)edu.registers, MIB));
	device_close(&edu.device);
	expect_eq(pci_config(edu.device.bdf, 4, 2) & 4, 0);
	edu = edu_open(container);
	expect_no_dma(&edu, IOVA, va);
}

TEST(unbind_while_nobody_has_it_open)
{
	/* This test unbinds and binds a device: all is as new. */
	const char *bdf = need("peer");

	for (int i = 0; i < 5; i++) {
		struct device peer = device_open(container_open(), bdf);
		char *bar = region_open(peer.fd, BAR2);

		expect_ok(dma_map(peer.container, IOVA, bar, MIB));
		expect_ok(munmap(bar, 64 * MIB));
		device_close(&peer);
		expect_ok(pci_unbind(bdf));
		expect_errno(open(group_path(bdf), O_RDWR), ENOENT);
		expect_ok(pci_bind(bdf, "vfio-pci"));
	}
}

TEST(unbind_waits_for_the_user)
{
	/*
	 * This test unbinds a device that is open: it cannot be opened any more,
	 * and is gone when its user lets go.
	 */
	const char *bdf = need("peer");
	struct device peer = device_open(container_open(), bdf);
	char *bar = region_open(peer.fd, BAR2), driver[32];
	pid_t child;

	expect_ok(dma_map(peer.container, IOVA, bar, MIB));
	child = child_fork();
	if (!child) {
		/* The child's own copies would keep the device open. */
		expect_ok(munmap(bar, 64 * MIB));
		expect_ok(close(peer.fd));
		expect_ok(pci_unbind(bdf));
		child_exit();
	}
	task_wait_in(child, "unregister");
	expect_errno(group_get_device(peer.group, bdf), ENODEV);
	expect_eq(waitpid(child, NULL, WNOHANG), 0);
	expect_eq(config_read(peer.fd, 0, 2), pci_config(bdf, 0, 2));

	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(close(peer.fd));
	child_join(child);
	pci_driver(bdf, driver, sizeof(driver));
	expect_true(!driver[0]);
	expect_ok(close(peer.group));
	expect_ok(pci_bind(bdf, "vfio-pci"));
	device_open(container_open(), bdf);
}

TEST(unbind_of_a_group_in_a_container)
{
	/*
	 * This test unbinds a device that is closed, while its group is in a
	 * container with another, and while a mapping of its BAR is left.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2), *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(dma_map(container, 2 * IOVA, va, PAGE));
	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(close(peer.fd));
	expect_ok(pci_unbind(peer.bdf));
	expect_dma(&edu, 2 * IOVA, va);
	expect_eq(dma_unmap(container, IOVA, MIB), MIB);
	expect_ok(close(peer.group));
	expect_ok(pci_bind(peer.bdf, "vfio-pci"));
	peer = device_open(container, peer.bdf);
	bar = region_open(peer.fd, BAR2);
	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_dma(&edu, IOVA, bar);
}
