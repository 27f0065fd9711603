/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences on one stretch of memory. Each times only what the rest
 * of it cannot change: a DMA map may take seconds and leave every cache cold,
 * for example, and it may or may not fill the page tables that munmap then has
 * to empty.
 *
 * The floor has DMA maps and unmaps only: it goes through the last two.
 */
#ifndef CYCLE_H
#define CYCLE_H

#include "kind.h"

/*
 * From now on, say in the kernel's trace where each DMA map of the cycles below
 * begins, of which kind and size, and where it has ended.
 */
void marks_open(void);

/* mmap, munmap: the mmap is timed. */
cycle_fn mmap_cycle;

/* mmap, touch, munmap: the touch and its munmap are timed. */
cycle_fn touch_cycle;

/* mmap, DMA map, unmap, munmap: the map is timed, before any touch. */
cycle_fn cold_cycle;

/* mmap, touch, DMA map, unmap, munmap: the map and its unmap are timed. */
cycle_fn warm_cycle;

/*
 * mmap, DMA map, unmap, munmap: nothing is timed. Marks where the mmap begins,
 * too.
 */
cycle_fn trace_cycle;

/* What timing costs by itself. */
void null_cycle(void);

#endif /* CYCLE_H */
