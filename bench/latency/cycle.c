// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "cycle.h"
#include "samples.h"
#include "ticks.h"

#define KIB	1024UL
#define PAGE	(4 * KIB)
#define LARGE	(2048 * KIB)
#define GIB	(1024 * 1024 * KIB)

/*
 * Both are aligned to 1 GiB. Nothing else is at this virtual address in any
 * process of this program, and the IOVA fits the 39 bits of the narrowest IOMMU.
 */
#define VA_BASE		(16384 * GIB)
#define IOVA_BASE	(64 * GIB)

static const struct kind kinds[] = {
	{ .name = "bar", .backing = BACKING_BAR },
	{ .name = "bar-va4k", .backing = BACKING_BAR, .va_offset = PAGE },
	{ .name = "bar-iova4k", .backing = BACKING_BAR, .iova_offset = PAGE },
	{ .name = "ram", .backing = BACKING_RAM },
	{ .name = "hugetlb", .backing = BACKING_HUGETLB },
};

const struct kind *kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];

	return NULL;
}

static void *kind_va(const struct kind *kind)
{
	return (void *)(VA_BASE + kind->va_offset);
}

static int ram_files[] = { [BACKING_RAM] = -1, [BACKING_HUGETLB] = -1 };

void ram_open(enum backing backing, const char *path)
{
	ram_files[backing] = open(path, O_RDWR | O_CLOEXEC);
	if (ram_files[backing] < 0)
		err(1, "%s", path);
}

static void kind_mmap(struct target *t, const struct kind *kind, size_t size)
{
	int file = t->device;
	__u64 offset = t->bar_offset;

	if (kind->backing != BACKING_BAR) {
		file = ram_files[kind->backing];
		offset = 0;
	}
	if (mmap(kind_va(kind), size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, file,
		 offset) != kind_va(kind))
		err(1, "mmap of %zu bytes of %s", size, kind->name);
}

static void kind_munmap(const struct kind *kind, size_t size)
{
	if (munmap(kind_va(kind), size))
		err(1, "munmap");
}

/*
 * A BAR above 2 MiB is read once per 2 MiB, which is what a huge fault fills.
 * RAM is written, so that a DMA map for writing finds all that it needs.
 */
static void kind_touch(const struct kind *kind, size_t size)
{
	bool bar = kind->backing == BACKING_BAR;
	size_t step = bar && size > LARGE ? LARGE : PAGE;
	size_t offset;
	int *word;

	for (offset = 0; offset < size; offset += step) {
		word = kind_va(kind) + offset;
		if (bar)
			__atomic_load_n(word, __ATOMIC_RELAXED);
		else
			__atomic_store_n(word, 1, __ATOMIC_RELAXED);
	}
}

static __u64 dma_map(struct target *t, const struct kind *kind, size_t size)
{
	return target_map(t, kind_va(kind), IOVA_BASE + kind->iova_offset,
			  size);
}

static __u64 dma_unmap(struct target *t, const struct kind *kind,
		       size_t size)
{
	return target_unmap(t, IOVA_BASE + kind->iova_offset, size);
}

void mmap_cycle(struct target *t, const struct kind *kind, size_t size)
{
	__u64 begin = ticks();

	kind_mmap(t, kind, size);
	samples_add("mmap", kind->name, size, ticks() - begin);
	kind_munmap(kind, size);
}

void touch_cycle(struct target *t, const struct kind *kind, size_t size)
{
	__u64 begin, touched, unmapped;

	kind_mmap(t, kind, size);
	begin = ticks();
	kind_touch(kind, size);
	touched = ticks();
	kind_munmap(kind, size);
	unmapped = ticks();

	samples_add("touch", kind->name, size, touched - begin);
	samples_add("munmap", kind->name, size, unmapped - touched);
}

void cold_cycle(struct target *t, const struct kind *kind, size_t size)
{
	if (!t->floor)
		kind_mmap(t, kind, size);

	samples_add("map-cold", kind->name, size, dma_map(t, kind, size));
	dma_unmap(t, kind, size);

	if (!t->floor)
		kind_munmap(kind, size);
}

void warm_cycle(struct target *t, const struct kind *kind, size_t size)
{
	if (!t->floor) {
		kind_mmap(t, kind, size);
		kind_touch(kind, size);
	}

	samples_add("map-warm", kind->name, size, dma_map(t, kind, size));
	samples_add("unmap", kind->name, size, dma_unmap(t, kind, size));

	if (!t->floor)
		kind_munmap(kind, size);
}

void null_cycle(void)
{
	__u64 begin = ticks();
	__u64 end = ticks();

	samples_add("null", "none", 0, end - begin);
}
