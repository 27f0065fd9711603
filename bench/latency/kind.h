/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to work on: kinds of memory, mostly, and what every cycle does with them.
 */
#ifndef KIND_H
#define KIND_H

#include <linux/types.h>
#include <stddef.h>

#include "target.h"

enum backing { BACKING_BAR, BACKING_RAM, BACKING_HUGETLB, BACKING_NONE };

struct kind;

/* One timed sequence, on so many bytes, or on so many pages of a kind. */
typedef void cycle_fn(struct target *t, const struct kind *kind, size_t size);

/**
 * struct kind - a kind of memory to work on, or what else a device has
 * @name: its name
 * @backing: what it is made of; of what is no memory, none, and no size
 * @va_offset: how far its virtual address is from one aligned to 1 GiB
 * @iova_offset: how far its IOVA is from one aligned to 1 GiB
 * @stride: if not 0, it is single pages, that many bytes from one to the next,
 *	and its size is how many of them
 * @cycles: what to do with it, until NULL
 */
struct kind {
	const char *name;
	enum backing backing;
	__u64 va_offset;
	__u64 iova_offset;
	size_t stride;
	cycle_fn * const *cycles;
};

/* The kind of that name, or NULL. */
const struct kind *kind_find(const char *name);

/* Bytes from its start to its end. */
size_t kind_span(const struct kind *kind, size_t size);

/*
 * Take RAM from that file, in tmpfs or hugetlbfs. Its pages are there already,
 * so every sample of every run meets the same page frames (how many of them
 * are contiguous decides what a DMA map costs), and clearing fresh pages, which
 * would hide all else, is not measured.
 */
void ram_open(enum backing backing, const char *path);

/* The process's mapping of it; @offset is from its start, in bytes. */
void kind_mmap(struct target *t, const struct kind *kind, size_t offset,
	       size_t size);
void kind_munmap(const struct kind *kind, size_t offset, size_t size);

/*
 * A BAR above 2 MiB is read once per 2 MiB, which is what a huge fault fills.
 * RAM is written, so that a DMA map for writing finds all that it needs.
 */
void kind_touch(const struct kind *kind, size_t offset, size_t size);

/* Both return how long it took, in ticks. */
__u64 kind_dma_map(struct target *t, const struct kind *kind, size_t offset,
		   size_t size);
__u64 kind_dma_unmap(struct target *t, const struct kind *kind, size_t offset,
		     size_t size);

/* The same for all @count pages of such a kind, by one bare call each. */
__u64 kind_floor_map(struct target *t, const struct kind *kind, size_t count);
__u64 kind_floor_unmap(struct target *t, const struct kind *kind, size_t count);

#endif /* KIND_H */
