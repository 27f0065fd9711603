// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user turns a device's memory off by its command register: nobody reaches
 * it any more, and everybody again when it is on.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

TEST(cpu_access_while_memory_is_off)
{
	/* This test touches pages that were touched before, and others. */
	struct device peer = device_open(container_open(), need("peer"));
	char *va = region_open(peer.fd, BAR2);

	strcpy(va + PAGE, "still here");
	memory_off(peer.fd);
	expect_eq(read_signal(va + PAGE), SIGBUS);
	expect_eq(write_signal(va + PAGE), SIGBUS);
	expect_eq(read_signal(va + 40 * MIB), SIGBUS);
	memory_on(peer.fd);
	expect_eq(read_signal(va + 40 * MIB), 0);
	expect_true(!strcmp(va + PAGE, "still here"));
}

TEST(mmap_while_memory_is_off)
{
	/* This test mmaps while memory is off, which is no access yet. */
	struct device peer = device_open(container_open(), need("peer"));
	char *va;

	memory_off(peer.fd);
	va = region_open(peer.fd, BAR2);
	expect_eq(read_signal(va), SIGBUS);
	memory_on(peer.fd);
	expect_eq(read_signal(va), 0);
}

TEST(read_and_write_while_memory_is_off)
{
	/* This test reads and writes BARs of memory, and ports beside them. */
	struct device peer = device_open(container_open(), need("peer"));
	struct device nic = device_open(container_open(), need("nic"));
	__u64 offset = region_info(peer.fd, BAR2).offset;
	__u64 value = 0x1234;

	expect_eq(pwrite(peer.fd, &value, 8, offset), 8);
	memory_off(peer.fd);
	for (int size = 1; size <= 8; size++) {
		expect_errno(pread(peer.fd, &value, size, offset), EIO);
		expect_errno(pwrite(peer.fd, &value, size, offset), EIO);
	}
	memory_on(peer.fd);
	value = 0;
	expect_eq(pread(peer.fd, &value, 8, offset), 8);
	expect_eq(value, 0x1234);

	memory_off(nic.fd);
	expect_errno(pread(nic.fd, &value, 4, region_info(nic.fd, 0).offset), EIO);
	expect_eq(pread(nic.fd, &value, 4, region_info(nic.fd, 2).offset), 4);
}

TEST(child_while_memory_is_off)
{
	/* This test turns memory off under a child, and on again in the child. */
	struct device peer = device_open(container_open(), need("peer"));
	struct turn go = turn_new(), back = turn_new();
	char *va = region_open(peer.fd, BAR2);
	pid_t child;

	expect_eq(read_signal(va), 0);
	child = child_fork();
	if (!child) {
		expect_eq(read_signal(va), 0);
		turn_give(&back);
		turn_wait(&go);
		expect_eq(read_signal(va), SIGBUS);
		memory_on(peer.fd);
		expect_eq(read_signal(va), 0);
		child_exit();
	}
	turn_wait(&back);
	memory_off(peer.fd);
	expect_eq(read_signal(va), SIGBUS);
	turn_give(&go);
	child_join(child);
	expect_eq(read_signal(va), 0);
}

TEST(every_mmap_while_memory_is_off)
{
	/* This test has mmaps of several files, split and moved: all are reached. */
	struct device peer = device_open(container_open(), need("peer"));
	int second = group_get_device(peer.group, peer.bdf);
	char *va[4];

	va[0] = region_open(peer.fd, BAR2);
	va[1] = region_open(second, BAR2);
	va[2] = region_mmap(second, BAR2, 5 * PAGE, 9 * PAGE, PROT_READ | PROT_WRITE);
	expect_ok(munmap(va[2] + 3 * PAGE, PAGE));
	va[2] += 4 * PAGE;
	va[3] = reserve(4 * PAGE, PAGE);
	expect_true(mremap(va[1] + PAGE, 4 * PAGE, 4 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, va[3]) == va[3]);
	expect_ok(close(second));

	for (int i = 0; i < 4; i++)
		expect_eq(read_signal(va[i]), 0);
	memory_off(peer.fd);
	for (int i = 0; i < 4; i++)
		expect_eq(read_signal(va[i]), SIGBUS);
	memory_on(peer.fd);
	for (int i = 0; i < 4; i++)
		expect_eq(read_signal(va[i]), 0);
}

/* For edu_put() while memory is off: what arrived is seen when it is on. */
static unsigned int prepare(struct edu *edu, char *target)
{
	unsigned int seed = pattern_new();

	pattern_fill_inverse(target, seed);
	pattern_fill(edu->scratch, seed);

	return seed;
}

static void off(struct scene *scene)
{
	memory_off(scene->device.fd);
}

static void on(struct scene *scene)
{
	memory_on(scene->device.fd);
}

TEST(memory_off_and_on)
{
	/* This test turns memory off and on: for every process, and for DMA. */
	struct scene scene = scene_open(need("peer"));

	scene_watch(&scene);
	expect_off_between(&scene, off, on);
}

TEST(dma_while_memory_is_off)
{
	/*
	 * This test does DMA to a BAR that is off: not a byte arrives, either
	 * way. On again, it arrives without a new mapping.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	unsigned int seed;

	allow_iommu_faults();
	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);

	seed = prepare(&edu, bar + PAGE);
	memory_off(peer.fd);
	edu_put(&edu, IOVA + PAGE);
	memory_on(peer.fd);
	expect_eq(pattern_count(bar + PAGE, seed), 0);

	pattern_fill(bar + PAGE, seed);
	memset(edu.scratch, 0, PATTERN);
	memory_off(peer.fd);
	edu_get(&edu, IOVA + PAGE);
	memory_on(peer.fd);
	expect_eq(pattern_count(edu.scratch, seed), 0);

	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_dma(&edu, IOVA + MIB - PATTERN, bar + MIB - PATTERN);
}

TEST(dma_while_memory_is_off_stops_in_the_iommu)
{
	/*
	 * This test looks for the IOMMU's reports when DMA goes to a BAR that is
	 * off, either way: it must not leave the IOMMU and get lost behind it.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	allow_iommu_faults();
	expect_ok(dma_map(container, IOVA, bar, MIB));
	memory_off(peer.fd);
	/* The kernel prints a few faults in five seconds, then none. */
	sleep(6);
	expect_eq(iommu_faults_logged(), 0);
	edu_put(&edu, IOVA);
	edu_get(&edu, IOVA);
	expect_true(iommu_faults_logged() > 1);
}

TEST(unmap_while_memory_is_off)
{
	/*
	 * This test unmaps a BAR that is off: its whole size is reported, and
	 * memory that is on again does not bring the mapping back.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2), *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(dma_map(container, 2 * IOVA, bar, MIB));
	memory_off(peer.fd);
	expect_eq(dma_unmap(container, IOVA, MIB), MIB);
	expect_ok(dma_map(container, IOVA, va, PAGE));
	memory_on(peer.fd);
	expect_dma(&edu, IOVA, va);
	expect_no_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_dma(&edu, 2 * IOVA + PAGE, bar + PAGE);
}

TEST(ram_beside_a_bar_that_is_off)
{
	/*
	 * This test maps RAM, a BAR, RAM as one and turns the BAR off: DMA to
	 * the RAM goes on, and all of it can be unmapped.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va + 4 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 12 * PAGE));
	memory_off(peer.fd);
	expect_dma(&edu, IOVA + 3 * PAGE, va + 3 * PAGE);
	expect_dma(&edu, IOVA + 8 * PAGE, va + 8 * PAGE);
	expect_errno(dma_map(container, IOVA + 5 * PAGE, va, PAGE), EEXIST);
	expect_eq(dma_unmap(container, IOVA, 12 * PAGE), 12 * PAGE);
	expect_eq(locked_memory(), PAGE);
	memory_on(peer.fd);
	expect_no_dma(&edu, IOVA + 5 * PAGE, va + 5 * PAGE);
}

TEST(memory_goes_off_in_every_container)
{
	/* This test maps a BAR in two containers and in two places. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container_open(), need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	unsigned int seed;

	allow_iommu_faults();
	expect_ok(dma_map(peer.container, IOVA, bar, MIB));
	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(dma_map(container, 2 * IOVA, bar, MIB));
	seed = prepare(&edu, bar);
	memory_off(peer.fd);
	edu_put(&edu, IOVA);
	edu_put(&edu, 2 * IOVA);
	memory_on(peer.fd);
	expect_eq(pattern_count(bar, seed), 0);
	expect_dma(&edu, IOVA, bar);
	expect_dma(&edu, 2 * IOVA, bar);
}

TEST(memory_off_of_another_device)
{
	/* This test turns one BAR off: DMA to another device's goes on. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	struct device other = device_open(container, need("reset"));
	char *va = reserve(8 * PAGE, PAGE);

	region_mmap_at(va, peer.fd, BAR2, 0, 4 * PAGE);
	region_mmap_at(va + 4 * PAGE, other.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 8 * PAGE));
	memory_off(peer.fd);
	expect_eq(read_signal(va), SIGBUS);
	expect_dma(&edu, IOVA + 5 * PAGE, va + 5 * PAGE);
	memory_on(peer.fd);
	expect_dma(&edu, IOVA + PAGE, va + PAGE);
}

TEST(memory_off_and_on_again_and_again)
{
	/* This test writes the bit often, also what it was already. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, 64 * MIB));
	for (int i = 0; i < 100; i++) {
		memory_off(peer.fd);
		memory_off(peer.fd);
		expect_eq(read_signal(bar), SIGBUS);
		memory_on(peer.fd);
		memory_on(peer.fd);
		expect_eq(read_signal(bar), 0);
	}
	expect_dma(&edu, IOVA + 33 * MIB, bar + 33 * MIB);
	expect_eq(dma_unmap(container, IOVA, 64 * MIB), 64 * MIB);
}

TEST(close_while_memory_is_off)
{
	/* This test closes a device that is off, with mappings, and opens it anew. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, 64 * MIB));
	memory_off(peer.fd);
	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(close(peer.fd));
	peer.fd = expect_ok(group_get_device(peer.group, peer.bdf));
	bar = region_open(peer.fd, BAR2);
	expect_eq(dma_unmap(container, IOVA, 64 * MIB), 64 * MIB);
	expect_ok(dma_map(container, IOVA, bar, 64 * MIB));
	expect_dma(&edu, IOVA + MIB, bar + MIB);
}
