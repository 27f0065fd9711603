// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "config.h"
#include "contention.h"
#include "cycle.h"
#include "interrupt.h"
#include "kind.h"
#include "revocation.h"
#include "scaling.h"

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

static cycle_fn * const bar_cycles[] = {
	mmap_cycle, touch_cycle, cold_cycle, warm_cycle, NULL,
};

static cycle_fn * const ram_cycles[] = { cold_cycle, warm_cycle, NULL };
static cycle_fn * const runs_cycles[] = { runs_cycle, NULL };
static cycle_fn * const vmas_cycles[] = { vmas_cycle, NULL };
static cycle_fn * const beside_cycles[] = { beside_cycle, NULL };
static cycle_fn * const forks_cycles[] = { forks_cycle, NULL };
static cycle_fn * const containers_cycles[] = { containers_cycle, NULL };
static cycle_fn * const shared_cycles[] = { shared_cycle, NULL };
static cycle_fn * const threads_cycles[] = { threads_cycle, NULL };
static cycle_fn * const devices_cycles[] = { devices_cycle, NULL };
static cycle_fn * const config_cycles[] = { config_cycle, NULL };
static cycle_fn * const intx_cycles[] = { intx_cycle, NULL };
static cycle_fn * const msi_cycles[] = { msi_cycle, NULL };

static const struct kind kinds[] = {
	{ .name = "bar", .cycles = bar_cycles },
	{ .name = "bar-2m", .va_offset = LARGE, .iova_offset = LARGE,
	  .cycles = bar_cycles },
	{ .name = "bar-va4k", .va_offset = PAGE, .cycles = bar_cycles },
	{ .name = "bar-iova4k", .iova_offset = PAGE, .cycles = bar_cycles },
	{ .name = "ram", .backing = BACKING_RAM, .cycles = ram_cycles },
	{ .name = "hugetlb", .backing = BACKING_HUGETLB, .cycles = ram_cycles },
	{ .name = "runs", .stride = 2 * PAGE, .cycles = runs_cycles },
	{ .name = "adjacent-runs", .stride = PAGE, .cycles = runs_cycles },
	{ .name = "vmas", .stride = PAGE, .cycles = vmas_cycles },
	{ .name = "beside-vmas", .stride = PAGE, .cycles = beside_cycles },
	{ .name = "forks", .stride = PAGE, .cycles = forks_cycles },
	{ .name = "containers", .stride = THREAD_SPAN,
	  .cycles = containers_cycles },
	{ .name = "shared-bar", .stride = THREAD_SPAN,
	  .cycles = shared_cycles },
	{ .name = "threads", .stride = THREAD_SPAN, .cycles = threads_cycles },
	{ .name = "devices", .stride = PAGE, .cycles = devices_cycles },
	{ .name = "config", .backing = BACKING_NONE, .cycles = config_cycles },
	{ .name = "INTx", .backing = BACKING_NONE, .cycles = intx_cycles },
	{ .name = "MSI", .backing = BACKING_NONE, .cycles = msi_cycles },
};

const struct kind *kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];

	return NULL;
}

size_t kind_span(const struct kind *kind, size_t size)
{
	return kind->stride ? (size - 1) * kind->stride + PAGE : size;
}

static char *kind_va(const struct kind *kind, size_t offset)
{
	return (char *)(VA_BASE + kind->va_offset + offset);
}

static __u64 kind_iova(const struct kind *kind, size_t offset)
{
	return IOVA_BASE + kind->iova_offset + offset;
}

static int ram_files[] = { [BACKING_RAM] = -1, [BACKING_HUGETLB] = -1 };

void ram_open(enum backing backing, const char *path)
{
	ram_files[backing] = open(path, O_RDWR | O_CLOEXEC);
	if (ram_files[backing] < 0)
		err(1, "%s", path);
}

void kind_mmap(struct target *t, const struct kind *kind, size_t offset,
	       size_t size)
{
	__u64 file_offset = t->bar_offset + offset;
	char *va = kind_va(kind, offset);
	int file = t->device;

	if (kind->backing != BACKING_BAR) {
		file = ram_files[kind->backing];
		file_offset = offset;
	}
	if (mmap(va, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, file, file_offset) != va)
		err(1, "mmap of %zu bytes of %s", size, kind->name);
}

void kind_munmap(const struct kind *kind, size_t offset, size_t size)
{
	if (munmap(kind_va(kind, offset), size))
		err(1, "munmap");
}

void kind_touch(const struct kind *kind, size_t offset, size_t size)
{
	bool bar = kind->backing == BACKING_BAR;
	size_t step = bar && size > LARGE ? LARGE : PAGE;
	char *va = kind_va(kind, offset);
	size_t at;
	int *word;

	for (at = 0; at < size; at += step) {
		word = (int *)(va + at);
		if (bar)
			__atomic_load_n(word, __ATOMIC_RELAXED);
		else
			__atomic_store_n(word, 1, __ATOMIC_RELAXED);
	}
}

__u64 kind_dma_map(struct target *t, const struct kind *kind, size_t offset,
		   size_t size)
{
	char *va = kind_va(kind, offset);
	__u64 iova = kind_iova(kind, offset);

	if (kind->backing == BACKING_BAR)
		return target_map_bar(t, va, offset, iova, size);

	return target_map(t, va, iova, size);
}

__u64 kind_dma_unmap(struct target *t, const struct kind *kind, size_t offset,
		     size_t size)
{
	return target_unmap(t, kind_iova(kind, offset), size);
}

__u64 kind_floor_map(struct target *t, const struct kind *kind, size_t count)
{
	return target_floor_map(t, kind_iova(kind, 0), kind->stride, count);
}

__u64 kind_floor_unmap(struct target *t, const struct kind *kind, size_t count)
{
	return target_floor_unmap(t, kind_iova(kind, 0), kind->stride, count);
}
