// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmaps that come, go, split, move and are forked, while they are mapped for DMA
 * and while the memory behind them goes off and on.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "mapped.h"
#include "pci.h"
#include "sides.h"
#include "test.h"
#include "vfio.h"

#define ROUNDS	rounds(10000)
#define RW	(PROT_READ | PROT_WRITE)

/* RAM, BAR, RAM: so many pages, of which so many are the BAR's. */
#define PAGES	6UL
#define HEAD	1UL
#define BARS	4UL

/*
 * A DMA engine, a device, and an mmap of part of its BAR that has RAM on either
 * side of it.
 */
struct scene {
	int container;
	struct edu edu;
	struct device peer;
	char *all;		/* an mmap of the whole BAR, left alone */
	char *va;		/* PAGES of RAM, BAR, RAM */
	char *part;		/* its BARS, which races play with */
	struct phase phase;
};

static struct scene *scene_open(void)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container_open();
	s->edu = edu_open(s->container);
	s->peer = device_open(s->container, need("peer"));
	s->all = region_open(s->peer.fd, BAR2);
	s->va = ram(PAGES * PAGE);
	s->part = s->va + HEAD * PAGE;
	region_mmap_at(s->part, s->peer.fd, BAR2, 0, BARS * PAGE);

	return s;
}

/* Nothing is mapped but edu's own page, and all can be. */
static void expect_nothing_left(struct scene *s)
{
	expect_mapped(.ram = 1);
	region_mmap_at(s->part, s->peer.fd, BAR2, 0, BARS * PAGE);
	expect_ok(dma_map(s->container, IOVA, s->va, PAGES * PAGE));
	expect_mapped(.ram = 1 + PAGES - BARS, .live = BARS);
	expect_dma(&s->edu, IOVA + (HEAD - 1) * PAGE, s->part - PAGE);
	expect_dma(&s->edu, IOVA + HEAD * PAGE, s->all);
	expect_dma(&s->edu, IOVA + (HEAD + BARS) * PAGE, s->part + BARS * PAGE);
}

/* What was mapped has the right page frames, and is unmapped whole. */
static int map(void *data)
{
	struct scene *s = data;
	__u64 pfn = pci_resource(s->peer.bdf, 2).start / PAGE;
	__u32 flags = race_random(2) ? DMA_RW : VFIO_DMA_MAP_FLAG_READ;

	if (dma_map_flags(s->container, IOVA, s->va, PAGES * PAGE, flags))
		return errno;
	expect_frames(IOVA + HEAD * PAGE, pfn, BARS);
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, PAGES * PAGE), PAGES * PAGE);

	return 0;
}

static int unmap_and_mmap(void *data)
{
	struct scene *s = data;

	vacate(s->part, BARS * PAGE);
	race_pause();
	region_mmap_at(s->part, s->peer.fd, BAR2, 0, BARS * PAGE);

	return 0;
}

/* A child has what was there when it was forked. */
static int fork_and_touch(void *data)
{
	struct scene *s = data;
	pid_t child = child_fork();
	int number;

	if (!child) {
		number = write_signal(s->part);
		if (number)
			expect_eq(number, SIGSEGV);
		child_exit();
	}
	child_join(child);

	return 0;
}

/* By access, and joined again; or by other mmaps of the same. */
static int split(void *data)
{
	struct scene *s = data;
	size_t at = race_random(BARS) * PAGE;

	if (race_random(2)) {
		expect_ok(mprotect(s->part + at, PAGE, PROT_READ));
		race_pause();
		expect_ok(mprotect(s->part + at, PAGE, RW));
	} else {
		vacate(s->part + at, PAGE);
		race_pause();
		region_mmap_at(s->part + at, s->peer.fd, BAR2, at, PAGE);
	}

	return 0;
}

/* One half of the mmap goes elsewhere, and comes back. */
static int move(void *data)
{
	struct scene *s = data;
	size_t size = BARS * PAGE / 2;
	char *from = s->part + race_random(2) * size;
	char *to = s->va + PAGES * PAGE;

	expect_true(mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   to) == to);
	race_pause();
	expect_true(mremap(to, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   from) == from);

	return 0;
}

RACE(map_races_with_munmap_and_fork)
{
	/* This test maps RAM, BAR, RAM whose BAR comes and goes, and forks. */
	struct scene *s = scene_open();

	race(SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("munmap", unmap_and_mmap, s, ROUNDS),
	     SIDE("fork", fork_and_touch, s, ROUNDS));
	expect_nothing_left(s);
}

RACE(map_races_with_split)
{
	/* This test maps RAM, BAR, RAM whose BAR is split in every way. */
	struct scene *s = scene_open();

	race(SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("split", split, s, ROUNDS));
	expect_nothing_left(s);
}

RACE(map_races_with_mremap)
{
	/* This test maps RAM, BAR, RAM, a part of which is moved away and back. */
	struct scene *s = scene_open();

	/* Room behind, for a place to go. */
	s->va = reserve(2 * PAGES * PAGE, PAGE);
	expect_ok(mprotect(s->va, PAGES * PAGE, RW));
	s->part = s->va + HEAD * PAGE;
	region_mmap_at(s->part, s->peer.fd, BAR2, 0, BARS * PAGE);

	race(SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("mremap", move, s, ROUNDS));
	expect_nothing_left(s);
}

static int memory_bit(void *data)
{
	struct scene *s = data;

	memory_off_and_on(s->peer.fd, &s->phase);

	return 0;
}

/* SIGBUS if memory was off throughout, and only then for certain. */
static void touch(struct scene *s, char *byte)
{
	unsigned int then = phase_now(&s->phase);
	int number = write_signal(byte);

	switch (phase_since(&s->phase, then)) {
	case PHASE_ON:
		expect_eq(number, 0);
		break;
	case PHASE_OFF:
		expect_eq(number, SIGBUS);
		break;
	default:
		if (number)
			expect_eq(number, SIGBUS);
	}
}

/* Page tables are copied while they are zapped. */
static int fork_and_watch(void *data)
{
	struct scene *s = data;
	pid_t child;

	for (size_t i = 0; i < BARS; i++)
		touch(s, s->part + i * PAGE);
	child = child_fork();
	for (size_t i = 0; i < BARS; i++)
		touch(s, s->part + i * PAGE);
	if (!child)
		child_exit();
	child_join(child);

	return 0;
}

/* And page tables go away while they are. */
static int mmap_and_touch(void *data)
{
	struct scene *s = data;
	char *va = region_mmap(s->peer.fd, BAR2, 0, BARS * PAGE, RW);

	expect_true(va != MAP_FAILED);
	for (size_t i = 0; i < BARS; i++)
		touch(s, va + i * PAGE);
	expect_ok(munmap(va, BARS * PAGE));

	return 0;
}

RACE(fork_races_with_memory_bit)
{
	/* This test forks while memory goes off and on: children follow it. */
	struct scene *s = scene_open();

	race(SIDE("fork", fork_and_watch, s, ROUNDS),
	     SIDE("memory bit", memory_bit, s, ROUNDS));
	expect_nothing_left(s);
}

RACE(mmap_races_with_memory_bit)
{
	/* This test mmaps, touches and unmaps while memory goes off and on. */
	struct scene *s = scene_open();

	race(SIDE("mmap", mmap_and_touch, s, ROUNDS),
	     SIDE("memory bit", memory_bit, s, ROUNDS));
	expect_nothing_left(s);
}
