// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the memory manager does to an mmap of a BAR, before it is mapped for DMA
 * and after: split, partial munmap, mremap, mprotect, fork.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "vfio.h"

#define RW	(PROT_READ | PROT_WRITE)

/* A DMA engine, a BAR of another device, and that BAR's first MiB at va. */
struct scene {
	int container;
	struct edu edu;
	struct device peer;
	char *bar;
	char *va;
};

static struct scene scene_open(void)
{
	struct scene scene = { .container = container_open() };

	scene.edu = edu_open(scene.container);
	scene.peer = device_open(scene.container, need("peer"));
	scene.bar = region_open(scene.peer.fd, BAR2);
	scene.va = reserve(16 * MIB, 2 * MIB);
	region_mmap_at(scene.va, scene.peer.fd, BAR2, 0, 16 * PAGE);

	return scene;
}

TEST(munmap_of_the_middle_then_map)
{
	/* This test cuts a hole into an mmap, then maps head, tail, and all. */
	struct scene s = scene_open();

	expect_ok(munmap(s.va + 4 * PAGE, 4 * PAGE));
	expect_errno(dma_map(s.container, IOVA, s.va, 16 * PAGE), EFAULT);
	expect_ok(dma_map(s.container, IOVA, s.va + 8 * PAGE, 8 * PAGE));
	expect_dma(&s.edu, IOVA, s.bar + 8 * PAGE);
	expect_dma(&s.edu, IOVA + 7 * PAGE, s.va + 15 * PAGE);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 4 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 3 * PAGE, s.bar + 3 * PAGE);
}

TEST(munmap_of_the_head_then_map)
{
	/* This test cuts the head off an mmap, then maps what is left. */
	struct scene s = scene_open();

	expect_ok(munmap(s.va, 5 * PAGE));
	expect_ok(dma_map(s.container, IOVA, s.va + 5 * PAGE, 11 * PAGE));
	expect_dma(&s.edu, IOVA, s.bar + 5 * PAGE);
	expect_dma(&s.edu, IOVA + 10 * PAGE, s.va + 15 * PAGE);
}

TEST(mprotect_of_the_middle_then_map)
{
	/* This test splits an mmap in three by access, then maps the parts. */
	struct scene s = scene_open();

	expect_ok(mprotect(s.va + 4 * PAGE, 4 * PAGE, PROT_READ));
	expect_ok(dma_map(s.container, IOVA, s.va + 8 * PAGE, 8 * PAGE));
	expect_dma(&s.edu, IOVA + PAGE, s.bar + 9 * PAGE);
	expect_errno(dma_map(s.container, 2 * IOVA, s.va + 4 * PAGE, PAGE), EFAULT);
	expect_errno(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE), EFAULT);
	expect_ok(dma_map_flags(s.container, 2 * IOVA, s.va, 16 * PAGE,
				VFIO_DMA_MAP_FLAG_READ));
	expect_eq(edu_read(&s.edu, 2 * IOVA + 3 * PAGE, s.bar + 3 * PAGE), PATTERN);
	expect_eq(edu_read(&s.edu, 2 * IOVA + 6 * PAGE, s.bar + 6 * PAGE), PATTERN);
	expect_eq(edu_read(&s.edu, 2 * IOVA + 12 * PAGE, s.bar + 12 * PAGE), PATTERN);
}

TEST(mprotect_of_every_second_page_then_map)
{
	/* This test splits an mmap into pages, maps them, joins them, maps again. */
	struct scene s = scene_open();

	for (int i = 0; i < 16; i += 2)
		expect_ok(mprotect(s.va + i * PAGE, PAGE, PROT_READ));
	expect_ok(dma_map_flags(s.container, IOVA, s.va, 16 * PAGE,
				VFIO_DMA_MAP_FLAG_READ));
	expect_eq(edu_read(&s.edu, IOVA + 5 * PAGE, s.bar + 5 * PAGE), PATTERN);
	expect_eq(edu_read(&s.edu, IOVA + 14 * PAGE, s.bar + 14 * PAGE), PATTERN);
	expect_ok(mprotect(s.va, 16 * PAGE, RW));
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 13 * PAGE, s.va + 13 * PAGE);
	expect_dma(&s.edu, 2 * IOVA + 10 * PAGE - PATTERN / 2,
		   s.bar + 10 * PAGE - PATTERN / 2);
}

TEST(split_after_touch_then_map)
{
	/*
	 * This test touches an mmap with huge pages, splits it inside one, and
	 * maps the tail.
	 */
	struct scene s = scene_open();

	region_mmap_at(s.va, s.peer.fd, BAR2, 0, 8 * MIB);
	for (size_t at = 0; at < 8 * MIB; at += MIB)
		expect_eq(write_signal(s.va + at), 0);
	expect_ok(munmap(s.va + 3 * MIB, 9 * PAGE));
	expect_ok(dma_map(s.container, IOVA, s.va + 3 * MIB + 9 * PAGE, 2 * MIB));
	expect_dma(&s.edu, IOVA, s.bar + 3 * MIB + 9 * PAGE);
	expect_dma(&s.edu, IOVA + 2 * MIB - PAGE, s.va + 5 * MIB + 8 * PAGE);
	expect_eq(read_signal(s.va + 3 * MIB), SIGSEGV);
	expect_eq(read_signal(s.va + 3 * MIB - 1), 0);
}

TEST(mremap_to_another_place_then_map)
{
	/* This test moves an mmap, touched before, and maps it. */
	struct scene s = scene_open();
	char *to = s.va + 4 * MIB;

	memset(s.va, 1, 16 * PAGE);
	expect_true(mremap(s.va, 16 * PAGE, 16 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_eq(read_signal(s.va), SIGSEGV);
	expect_errno(dma_map(s.container, IOVA, s.va, PAGE), EFAULT);
	expect_ok(dma_map(s.container, IOVA, to, 16 * PAGE));
	expect_dma(&s.edu, IOVA + 9 * PAGE, s.bar + 9 * PAGE);
	expect_dma(&s.edu, IOVA, to);
}

TEST(mremap_of_the_tail_then_map)
{
	/* This test moves the tail of an mmap away, and maps both parts. */
	struct scene s = scene_open();
	char *to = s.va + 4 * MIB + PAGE;

	expect_true(mremap(s.va + 6 * PAGE, 10 * PAGE, 10 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_ok(dma_map(s.container, IOVA, to, 10 * PAGE));
	expect_dma(&s.edu, IOVA, s.bar + 6 * PAGE);
	expect_dma(&s.edu, IOVA + 9 * PAGE, to + 9 * PAGE);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 6 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 5 * PAGE, s.bar + 5 * PAGE);
}

TEST(mremap_does_not_grow)
{
	/* This test grows an mmap and doubles it: refused. It shrinks. */
	struct scene s = scene_open();

	expect_errno((long)mremap(s.va, 16 * PAGE, 17 * PAGE, 0), EFAULT);
	expect_errno((long)mremap(s.va, 16 * PAGE, 32 * PAGE, MREMAP_MAYMOVE), EFAULT);
	expect_errno((long)mremap(s.va, 0, 16 * PAGE, MREMAP_MAYMOVE), EFAULT);
	expect_errno((long)mremap(s.va, 16 * PAGE, 16 * PAGE,
				  MREMAP_MAYMOVE | MREMAP_DONTUNMAP), EINVAL);
	expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));

	expect_true(mremap(s.va, 16 * PAGE, 6 * PAGE, 0) == s.va);
	expect_errno(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE), EFAULT);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 6 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 5 * PAGE, s.bar + 5 * PAGE);
}

TEST(mprotect_after_map)
{
	/* This test takes access away from the CPU: DMA keeps what it was given. */
	struct scene s = scene_open();

	expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
	expect_ok(mprotect(s.va, 16 * PAGE, PROT_NONE));
	expect_eq(read_signal(s.va), SIGSEGV);
	expect_dma(&s.edu, IOVA + 3 * PAGE, s.bar + 3 * PAGE);
	expect_eq(dma_unmap(s.container, IOVA, 16 * PAGE), 16 * PAGE);
}

TEST(munmap_after_map)
{
	/*
	 * This test takes the mmap away, part by part: DMA goes on, as long as
	 * the device is open.
	 */
	struct scene s = scene_open();

	expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
	expect_ok(munmap(s.va + 4 * PAGE, 4 * PAGE));
	expect_dma(&s.edu, IOVA + 5 * PAGE, s.bar + 5 * PAGE);
	expect_dma(&s.edu, IOVA + 12 * PAGE, s.va + 12 * PAGE);
	expect_ok(munmap(s.va, 16 * PAGE));
	expect_dma(&s.edu, IOVA, s.bar);
	expect_eq(dma_unmap(s.container, IOVA, 16 * PAGE), 16 * PAGE);
	expect_no_dma(&s.edu, IOVA, s.bar);
}

TEST(mremap_after_map)
{
	/* This test moves an mmap that is mapped: DMA goes where it went. */
	struct scene s = scene_open();
	char *to = s.va + 4 * MIB;

	expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
	expect_true(mremap(s.va, 16 * PAGE, 16 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_dma(&s.edu, IOVA + 7 * PAGE, to + 7 * PAGE);
	expect_eq(dma_unmap(s.container, IOVA, 16 * PAGE), 16 * PAGE);
}

TEST(mmap_of_something_else_after_map)
{
	/* This test puts RAM where the BAR was: DMA does not see it. */
	struct scene s = scene_open();

	expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
	expect_true(mmap(s.va, 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_FIXED, -1, 0) == s.va);
	expect_dma(&s.edu, IOVA + 2 * PAGE, s.bar + 2 * PAGE);
	expect_eq(edu_write(&s.edu, IOVA + 2 * PAGE, s.va + 2 * PAGE), 0);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE));
	expect_dma(&s.edu, 2 * IOVA, s.va);
}

TEST(child_maps_what_it_inherited)
{
	/* This test maps in a child; then the child is gone, and the parent goes on. */
	struct scene s = scene_open();
	pid_t child = child_fork();

	if (!child) {
		expect_eq(read_signal(s.va + PAGE), 0);
		expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
		expect_dma(&s.edu, IOVA + PAGE, s.va + PAGE);
		expect_ok(munmap(s.va, 16 * PAGE));
		expect_dma(&s.edu, IOVA + 2 * PAGE, s.bar + 2 * PAGE);
		child_exit();
	}
	child_join(child);

	expect_dma(&s.edu, IOVA + 3 * PAGE, s.va + 3 * PAGE);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 15 * PAGE, s.bar + 15 * PAGE);
	expect_eq(dma_unmap(s.container, IOVA, 16 * PAGE), 16 * PAGE);
}

TEST(child_maps_what_the_parent_unmapped)
{
	/* This test takes the parent's mmap away while a child still has its own. */
	struct scene s = scene_open();
	struct turn go = turn_new();
	pid_t child = child_fork();

	if (!child) {
		turn_wait(&go);
		expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
		expect_dma(&s.edu, IOVA + PAGE, s.va + PAGE);
		child_exit();
	}
	expect_ok(munmap(s.va, 16 * PAGE));
	expect_errno(dma_map(s.container, IOVA, s.va, 16 * PAGE), EFAULT);
	turn_give(&go);
	child_join(child);
	expect_dma(&s.edu, IOVA + 2 * PAGE, s.bar + 2 * PAGE);
}

TEST(child_splits_its_own_mmap_only)
{
	/* This test splits an mmap in a child, and maps the parent's. */
	struct scene s = scene_open();
	pid_t child = child_fork();

	if (!child) {
		expect_ok(munmap(s.va + 4 * PAGE, 4 * PAGE));
		expect_ok(mprotect(s.va + 10 * PAGE, PAGE, PROT_READ));
		expect_ok(dma_map(s.container, IOVA, s.va + 11 * PAGE, PAGE));
		expect_dma(&s.edu, IOVA, s.bar + 11 * PAGE);
		child_exit();
	}
	child_join(child);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 6 * PAGE, s.va + 6 * PAGE);
}

TEST(fork_while_mapped)
{
	/* This test forks often, with mappings; children touch, split and go. */
	struct scene s = scene_open();

	expect_ok(dma_map(s.container, IOVA, s.va, 16 * PAGE));
	for (int i = 0; i < 50; i++) {
		pid_t child = child_fork();

		if (!child) {
			s.va[i % 16 * PAGE] = i;
			if (i % 2)
				expect_ok(munmap(s.va + i % 16 * PAGE, PAGE));
			child_exit();
		}
		child_join(child);
		expect_eq(s.va[i % 16 * PAGE], i);
	}
	expect_dma(&s.edu, IOVA + 5 * PAGE, s.va + 5 * PAGE);
	expect_ok(dma_map(s.container, 2 * IOVA, s.va, 16 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 9 * PAGE, s.bar + 9 * PAGE);
}

TEST(fork_of_split_mmaps)
{
	/* This test forks a process that split its mmap, down three generations. */
	struct scene s = scene_open();
	pid_t child;

	expect_ok(munmap(s.va + 2 * PAGE, 2 * PAGE));
	child = child_fork();
	if (!child) {
		expect_ok(munmap(s.va + 6 * PAGE, 2 * PAGE));
		child = child_fork();
		if (!child) {
			expect_ok(munmap(s.va + 10 * PAGE, 2 * PAGE));
			expect_ok(dma_map(s.container, IOVA, s.va + 12 * PAGE, 4 * PAGE));
			expect_dma(&s.edu, IOVA + PAGE, s.bar + 13 * PAGE);
			child_exit();
		}
		child_join(child);
		expect_ok(dma_map(s.container, 2 * IOVA, s.va + 8 * PAGE, 8 * PAGE));
		expect_dma(&s.edu, 2 * IOVA + 2 * PAGE, s.bar + 10 * PAGE);
		child_exit();
	}
	child_join(child);
	expect_ok(dma_map(s.container, 3 * IOVA, s.va + 4 * PAGE, 12 * PAGE));
	expect_dma(&s.edu, 3 * IOVA + 2 * PAGE, s.bar + 6 * PAGE);
}
