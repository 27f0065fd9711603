/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is mapped for DMA in all containers, as /sys/kernel/debug/vfio shows it.
 * The kernel's own vfio has no such files: there nothing is looked at, and
 * whatever is expected holds.
 */
#ifndef MAPPED_H
#define MAPPED_H

#include <linux/types.h>

/* Adjacent page frames at adjacent IOVAs. */
struct extent {
	char state[16];
	__u64 iova;
	__u64 pfn;
	__u64 npages;
};

/* Calls @look for each; a container that just goes away may be left out. */
void extents_for_each(void (*look)(const struct extent *extent, void *data),
		      void *data);

/* Pages of each kind. */
struct pages {
	unsigned int ram;
	unsigned int live;
	unsigned int suspended;
	unsigned int dead;
};

/* On stock all are 0. */
struct pages mapped(void);

/* Exactly that many pages are mapped: expect_mapped(.ram = 3, .live = 4). */
#define expect_mapped(...)						\
	expect_fine(mapped_differs((struct pages){ __VA_ARGS__ }))

const char *mapped_differs(struct pages want);

/* From @iova on @npages are live, whose page frames begin with @pfn. */
#define expect_frames(iova, pfn, npages)				\
	expect_fine(frames_differ(iova, pfn, npages))

const char *frames_differ(__u64 iova, __u64 pfn, __u64 npages);

#endif /* MAPPED_H */
