/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences. What is timed in each is all that its neighbours cannot
 * change: a DMA map of a BAR may take seconds and leave every cache cold, and
 * it may or may not fill the page tables that munmap then has to empty.
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

/* mmap, touch, munmap: each timed. Not for the floor. */
void cpu_cycle(struct target *t, const struct kind *kind, size_t size);

/* mmap, DMA map, unmap, munmap: the map is timed, before any touch. */
void cold_cycle(struct target *t, const struct kind *kind, size_t size);

/* mmap, touch, DMA map, unmap, munmap: the map and its unmap are timed. */
void warm_cycle(struct target *t, const struct kind *kind, size_t size);

/* What timing costs by itself. */
void null_cycle(void);

#endif /* CYCLE_H */
