// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail, of mmaps and DMA mappings: every one of a call, one after
 * the other; and the same for copies from and to user space.
 *
 * What takes away, unmapping, does not fail.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "held.h"
#include "operation.h"
#include "pci.h"
#include "test.h"

/* Some events are slow on a kernel that watches itself. */
#define SLOW	1800

/*
 * mmap and page faults.
 */

#define RW	(PROT_READ | PROT_WRITE)

static void unmap_va(struct stage *stage)
{
	expect_ok(munmap(stage->va, stage->size));
}

static int mmap_bar(struct stage *stage)
{
	stage->va = mmap(NULL, stage->size, RW, MAP_SHARED, stage->peer.fd,
			 stage->iova);

	return stage->va == MAP_FAILED ? -1 : 0;
}

static void touch_va(struct stage *stage)
{
	expect_eq(read_signal(stage->va), 0);
}

static void open_peer(struct stage *stage)
{
	expect_ok(pci_rebind(stage->peer.bdf, "vfio-pci"));
	stage->peer = device_open(container_open(), stage->peer.bdf);
	stage->iova = region_info(stage->peer.fd, BAR2).offset;
}

static void close_peer(struct stage *stage)
{
	unmap_va(stage);
	device_close(&stage->peer);
	expect_ok(close(stage->peer.container));
}

TEST_WITHIN(first_mmap, SLOW)
{
	/* This test mmaps a BAR of a device that nobody has mmapped before. */
	static const struct operation op = {
		.before = open_peer,
		.call = mmap_bar,
		.works = touch_va,
		.after = close_peer,
		/* Of the PCI core, when it cannot say whose the BAR is. */
		.other_error = EBUSY,
	};
	struct stage stage = { .peer.bdf = need("peer"), .size = MIB };

	fault_need();
	op_walk_memory(&op, &stage, SLABS);
}

/* A part that goes makes two mmaps of one. */
static int unmap_middle(struct stage *stage)
{
	return munmap(stage->va + stage->size / 2, PAGE);
}

static void mmap_and_touch(struct stage *stage)
{
	expect_ok(mmap_bar(stage));
	touch_va(stage);
}

TEST(split_of_an_mmap)
{
	/* This test unmaps a page in the middle of an mmap. */
	static const struct operation op = {
		.before = mmap_and_touch,
		.call = unmap_middle,
		.works = touch_va,
		.after = unmap_va,
	};
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.iova = region_info(stage.peer.fd, BAR2).offset;
	stage.size = MIB;
	op_walk_memory(&op, &stage, SLABS);
}

/*
 * After a fork, restartable sequences have the kernel write to a page that the
 * parent must get a copy of, and kill the parent if there is no memory for it.
 */
static void end_restartable_sequences(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		expect_ok(syscall(SYS_rseq, area, 32, RSEQ_FLAG_UNREGISTER,
				  RSEQ_SIG));
}

static int fork_once(struct stage *stage)
{
	stage->fd = fork();
	if (!stage->fd)
		_exit(0);

	return stage->fd;
}

static void reap_once(struct stage *stage)
{
	expect_eq(waitpid(stage->fd, NULL, 0), stage->fd);
}

TEST_WITHIN(fork_with_an_mmap, SLOW)
{
	/* This test forks, and lacks memory for the child. */
	static const struct operation op = {
		.call = fork_once,
		.after = reap_once,
	};
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.va = stage.bar;
	touch_va(&stage);
	end_restartable_sequences();
	op_walk_memory(&op, &stage, SLABS | PAGES);
	touch_va(&stage);
}

/* Somewhere where no page table is yet. */
static void mmap_afar(struct stage *stage)
{
	stage->va = (char *)(100UL << 40);
	expect_true(mmap(stage->va, stage->size, RW, MAP_SHARED | MAP_FIXED,
			 stage->peer.fd, stage->iova) == stage->va);
}

static int touch(struct stage *stage)
{
	*(volatile char *)stage->va = 1;

	return 0;
}

static void unmap_afar(struct stage *stage)
{
	expect_eq(*stage->va, 1);
	*stage->va = 0;
	unmap_va(stage);
}

/* As a whole: the CPU tries a fault again that there was no memory for. */
static unsigned int touch_events(struct stage *stage, size_t offset)
{
	static const struct operation op = {
		.before = mmap_afar,
		.call = touch,
		.after = unmap_afar,
	};

	stage->iova = region_info(stage->peer.fd, BAR2).offset + offset;
	op_walk(FAULT_SLAB, ENOMEM, &op, stage);

	return op_walk(FAULT_PAGE, ENOMEM, &op, stage).events;
}

TEST(page_fault)
{
	/* This test touches an mmap, and lacks memory for page tables. */
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.size = 2 * MIB;
	/* As a huge page, and page by page. */
	expect_true(touch_events(&stage, 0) >= 2);
	expect_true(touch_events(&stage, PAGE) >= 3);
}

/*
 * MAP_DMA.
 */

/* What stands nearby keeps page tables, so that later mappings need none. */
static void go_afar(struct stage *stage)
{
	stage->iova += GIB;
}

static const struct operation map_op = {
	.before = go_afar,
	.call = op_map,
	.works = op_dma_works,
	.after = op_unmap,
};

/* As above, then what is left in the container is what was there before. */
static void walk_map(struct stage *stage, unsigned int must)
{
	__u32 avail = dma_avail(stage->container);

	op_walk_memory(&map_op, stage, must);
	expect_eq(dma_avail(stage->container), avail);
}

/* A page table that is lacked is there the next time. */
static void walk_bar(struct stage *stage)
{
	walk_map(stage, SLABS | COPIES);
	expect_eq(op_walk(FAULT_PAGE, ENOMEM, &map_op, stage).failed, 0);
}

TEST_WITHIN(map_of_a_bar, SLOW)
{
	/* This test maps a BAR where large pages serve, and where none do. */
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.va = stage.bar;
	stage.size = 64 * MIB;
	stage.iova = IOVA;
	walk_bar(&stage);
	stage.size = 8 * MIB;
	stage.iova += PAGE;
	walk_bar(&stage);
}

TEST_WITHIN(map_of_ram, SLOW)
{
	/* This test maps RAM of many stretches. */
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.va = scattered_ram(16);
	stage.size = 16 * PAGE;
	stage.iova = IOVA;
	expect_ok(op_map(&stage));
	expect_true(held_count("ram ") > 8);
	op_unmap(&stage);
	walk_map(&stage, SLABS | PAGES | COPIES);
}

static void forget_va(struct stage *stage)
{
	go_afar(stage);
	expect_ok(madvise(stage->va, stage->size, MADV_DONTNEED));
}

TEST_WITHIN(map_of_ram_that_is_not_there_yet, SLOW)
{
	/* This test maps RAM whose pages are allocated only then. */
	static const struct operation op = {
		.before = forget_va,
		.call = op_map,
		.works = op_dma_works,
		.after = op_unmap,
	};
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.va = scattered_ram(4);
	stage.size = 4 * PAGE;
	stage.iova = IOVA;
	op_walk_memory(&op, &stage, SLABS | PAGES | COPIES);
}

TEST_WITHIN(map_of_ram_and_bars, SLOW)
{
	/*
	 * This test maps a stretch of RAM, a huge page and small ones, two parts of
	 * a BAR and more RAM between and behind them.
	 */
	struct stage stage;
	char *va;

	fault_need();
	stage = stage_open(need("peer"));
	va = reserve(4 * MIB, 2 * MIB);
	stage.va = va;
	stage.iova = IOVA;
	expect_true(mmap(va, 2 * MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_FIXED | MAP_HUGETLB, -1, 0) == va);
	va += 2 * MIB;
	expect_true(mmap(va, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_FIXED, -1, 0) == va);
	scatter(va, 8);
	va += 8 * PAGE;
	region_mmap_at(va, stage.peer.fd, BAR2, 4 * PAGE, 5 * PAGE);
	va += 5 * PAGE;
	expect_true(mmap(va, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_FIXED, -1, 0) == va);
	scatter(va, 4);
	va += 4 * PAGE;
	region_mmap_at(va, stage.peer.fd, BAR2, 0, 2 * PAGE);
	va += 2 * PAGE;
	expect_true(mmap(va, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_FIXED, -1, 0) == va);
	va += PAGE;
	stage.size = va - stage.va;

	expect_ok(op_map(&stage));
	expect_eq(held_count("live "), 2);
	op_unmap(&stage);
	walk_map(&stage, SLABS | PAGES | COPIES);
}

/*
 * What takes away: it cannot fail.
 */

static int unmap_all(struct stage *stage)
{
	stage->size = dma_unmap(stage->container, IOVA, 4 * IOVA);

	return stage->size;
}

static void expect_all(struct stage *stage)
{
	size_t size = region_size(stage->peer.fd, BAR2);

	expect_eq(stage->size, size + size / 2 + 9 * PAGE);
}

TEST_WITHIN(unmap_needs_no_memory, SLOW)
{
	/* This test unmaps a BAR and RAM: all of it, whatever is missing. */
	static const struct operation op = {
		.before = stage_map_runs,
		.call = unmap_all,
		.after = expect_all,
	};
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.va = scattered_ram(8);
	op_walk_unmissed(&op, &stage);
}

TEST(unmap_whose_arguments_cannot_be_copied)
{
	/* This test lets the copy of the arguments of UNMAP_DMA fail, or back. */
	struct held nothing, everything;
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.va = scattered_ram(8);
	nothing = held_take();
	stage_map_runs(&stage);
	everything = held_take();

	fault_begin(FAULT_COPY, 1);
	expect_errno(unmap_all(&stage), EFAULT);
	expect_true(fault_end());
	expect_fine(held_changed(&everything));

	/* Only the answer is lost. */
	fault_begin(FAULT_COPY, 2);
	expect_errno(unmap_all(&stage), EFAULT);
	expect_true(fault_end());
	expect_fine(held_changed(&nothing));
	stage_map_runs(&stage);
	unmap_all(&stage);
	expect_all(&stage);
}
