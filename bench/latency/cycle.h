/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences. Each times only what the rest of it cannot change: a DMA
 * map may take seconds and leave every cache cold, for example, and it may or
 * may not fill the page tables that munmap then has to empty.
 *
 * The floor has DMA maps and unmaps only: it goes through the last two.
 */
#ifndef CYCLE_H
#define CYCLE_H

#include <linux/types.h>

#include "target.h"

enum backing { BACKING_BAR, BACKING_RAM, BACKING_HUGETLB };

/**
 * struct kind - a kind of memory to work on
 * @name: its name
 * @backing: what it is made of
 * @va_offset: how far its virtual address is from one aligned to 1 GiB
 * @iova_offset: how far its IOVA is from one aligned to 1 GiB
 */
struct kind {
	const char *name;
	enum backing backing;
	__u64 va_offset;
	__u64 iova_offset;
};

/* The kind of that name, or NULL. */
const struct kind *kind_find(const char *name);

/*
 * Take RAM from that file, in tmpfs or hugetlbfs. Its pages are there already,
 * so every sample of every run meets the same page frames (how many of them
 * are contiguous decides what a DMA map costs), and clearing fresh pages, which
 * would hide all else, is not measured.
 */
void ram_open(enum backing backing, const char *path);

typedef void cycle_fn(struct target *t, const struct kind *kind, size_t size);

/* mmap, munmap: the mmap is timed. */
cycle_fn mmap_cycle;

/* mmap, touch, munmap: the touch and its munmap are timed. */
cycle_fn touch_cycle;

/* mmap, DMA map, unmap, munmap: the map is timed, before any touch. */
cycle_fn cold_cycle;

/* mmap, touch, DMA map, unmap, munmap: the map and its unmap are timed. */
cycle_fn warm_cycle;

/* What timing costs by itself. */
void null_cycle(void);

#endif /* CYCLE_H */
