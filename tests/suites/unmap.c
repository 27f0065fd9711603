// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_IOMMU_UNMAP_DMA: versions 1 and 2, ranges and all.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "vfio.h"

#define ALL	VFIO_DMA_UNMAP_FLAG_ALL

static int open_iommu(unsigned long type)
{
	int container = container_open();
	int group = group_open(need("peer"));

	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, type));

	return container;
}

/* One to four pages at IOVA, 2 IOVA, 3 IOVA, 4 IOVA. */
static void map_four(int container)
{
	char *va = ram(4 * PAGE);

	for (int i = 1; i <= 4; i++)
		expect_ok(dma_map(container, i * IOVA, va, i * PAGE));
}

TEST(unmap_misuse)
{
	/* This test unmaps with bad sizes, flags, pointers and ranges. */
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap) - 1,
		.iova = IOVA,
		.size = PAGE,
	};
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, NULL), EFAULT);
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap), EINVAL);
	unmap.argsz = 0;
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap), EINVAL);
	for (int bit = 3; bit < 32; bit++)
		expect_errno(dma_unmap_flags(container, IOVA, PAGE, 1U << bit),
			     EINVAL);

	expect_errno(dma_unmap(container, IOVA, 0), EINVAL);
	expect_errno(dma_unmap(container, IOVA, 1), EINVAL);
	expect_errno(dma_unmap(container, IOVA, PAGE + 1), EINVAL);
	expect_errno(dma_unmap(container, IOVA + 1, PAGE), EINVAL);
	expect_errno(dma_unmap(container, IOVA, -PAGE), EINVAL);
	expect_errno(dma_unmap(container, -PAGE, 2 * PAGE), EINVAL);
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
}

TEST(unmap_that_fails_writes_nothing_back)
{
	/* This test looks at the size after failures and after success. */
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA + PAGE,
		.size = PAGE,
	};
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	expect_ok(dma_map(container, IOVA, ram(2 * PAGE), 2 * PAGE));
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap), EINVAL);
	expect_eq(unmap.size, PAGE);
	unmap.iova = IOVA;
	unmap.size = 16 * PAGE;
	expect_ok(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));
	expect_eq(unmap.size, 2 * PAGE);
	expect_eq(unmap.argsz, sizeof(unmap));
	expect_eq(unmap.iova, IOVA);
}

TEST(unmap_from_read_only_memory)
{
	/* This test has the size written where the process cannot write. */
	struct vfio_iommu_type1_dma_unmap *unmap = (void *)ram(PAGE);
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	unmap->argsz = sizeof(*unmap);
	unmap->iova = IOVA;
	unmap->size = PAGE;
	expect_ok(mprotect(unmap, PAGE, PROT_READ));
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, unmap), EFAULT);
	/* It was done all the same. */
	expect_eq(dma_unmap(container, IOVA, PAGE), 0);
}

TEST(unmap_of_nothing)
{
	/* This test unmaps where nothing is mapped: no error, no bytes. */
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	expect_eq(dma_unmap(container, IOVA, PAGE), 0);
	expect_eq(dma_unmap(container, 0, 1UL << 62), 0);
	expect_eq(dma_unmap(container, -PAGE, PAGE), 0);
	expect_eq(dma_unmap_flags(container, 0, 0, ALL), 0);
	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	expect_eq(dma_unmap(container, IOVA - PAGE, PAGE), 0);
	expect_eq(dma_unmap(container, IOVA + PAGE, PAGE), 0);
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
}

TEST(version_2_unmaps_whole_mappings_only)
{
	/* This test unmaps ranges that cut a mapping: refused, all stays. */
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	expect_ok(dma_map(container, IOVA, ram(4 * PAGE), 4 * PAGE));
	expect_errno(dma_unmap(container, IOVA, PAGE), EINVAL);
	expect_errno(dma_unmap(container, IOVA + PAGE, PAGE), EINVAL);
	expect_errno(dma_unmap(container, IOVA + 3 * PAGE, PAGE), EINVAL);
	expect_errno(dma_unmap(container, IOVA + 3 * PAGE, 4 * PAGE), EINVAL);
	expect_errno(dma_unmap(container, IOVA - PAGE, 2 * PAGE), EINVAL);
	expect_eq(locked_memory(), 4 * PAGE);
	expect_eq(dma_unmap(container, IOVA - PAGE, 6 * PAGE), 4 * PAGE);
	expect_eq(locked_memory(), 0);
}

TEST(version_2_unmaps_many_at_once)
{
	/* This test unmaps several mappings and the gaps between them. */
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	expect_eq(dma_unmap(container, IOVA, 2 * IOVA), 3 * PAGE);
	expect_eq(dma_unmap(container, 0, 1UL << 62), 7 * PAGE);
	expect_eq(locked_memory(), 0);
}

TEST(version_1_unmaps_from_the_first_byte)
{
	/*
	 * This test unmaps parts with version 1: a range that begins inside a
	 * mapping does nothing, one that has its first byte takes all of it.
	 */
	int container = open_iommu(VFIO_TYPE1_IOMMU);

	expect_ok(dma_map(container, IOVA, ram(4 * PAGE), 4 * PAGE));
	expect_eq(dma_unmap(container, IOVA + PAGE, PAGE), 0);
	expect_eq(dma_unmap(container, IOVA + PAGE, 8 * PAGE), 0);
	expect_eq(locked_memory(), 4 * PAGE);
	expect_eq(dma_unmap(container, IOVA - PAGE, 2 * PAGE), 4 * PAGE);
	expect_eq(locked_memory(), 0);

	map_four(container);
	expect_eq(dma_unmap(container, 3 * IOVA, IOVA + PAGE), 7 * PAGE);
	expect_eq(dma_unmap(container, 2 * IOVA + PAGE, 8 * IOVA), 0);
	expect_eq(dma_unmap(container, 2 * IOVA, PAGE), 2 * PAGE);
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
}

TEST(unmap_all)
{
	/* This test unmaps all, of both versions, and what is left then. */
	unsigned long types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };

	for (int i = 0; i < 2; i++) {
		int container = container_open();
		int group = group_open(need("peer"));

		expect_ok(group_set_container(group, container));
		expect_ok(container_set_iommu(container, types[i]));
		map_four(container);
		expect_ok(dma_map(container, 0, ram(PAGE), PAGE));
		expect_eq(dma_unmap_flags(container, 0, 0, ALL), 11 * PAGE);
		expect_eq(locked_memory(), 0);
		expect_eq(dma_unmap_flags(container, 0, 0, ALL), 0);
		map_four(container);
		expect_ok(close(group));
	}
}

TEST(unmap_all_takes_no_range)
{
	/* This test unmaps all and gives a range besides. */
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	expect_errno(dma_unmap_flags(container, 0, PAGE, ALL), EINVAL);
	expect_errno(dma_unmap_flags(container, IOVA, 0, ALL), EINVAL);
	expect_errno(dma_unmap_flags(container, IOVA, PAGE, ALL), EINVAL);
	expect_errno(dma_unmap_flags(container, 1, 0, ALL), EINVAL);
	expect_eq(dma_unmap_flags(container, 0, 0, ALL), 10 * PAGE);
}

TEST(unmap_of_an_address_is_left_out)
{
	/* This test invalidates addresses, which is out of scope here. */
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	expect_errno(dma_unmap_flags(container, IOVA, PAGE,
				     VFIO_DMA_UNMAP_FLAG_VADDR), EINVAL);
	expect_errno(dma_unmap_flags(container, 0, 0,
				     ALL | VFIO_DMA_UNMAP_FLAG_VADDR), EINVAL);
	expect_eq(dma_unmap_flags(container, 0, 0, ALL), 10 * PAGE);
}

TEST(unmap_with_a_bitmap_is_left_out)
{
	/* This test asks for dirty pages, which nobody tracks, when unmapping. */
	__u64 bits = 0;
	struct {
		struct vfio_iommu_type1_dma_unmap unmap;
		struct vfio_bitmap bitmap;
	} arg = {
		.unmap = {
			.argsz = sizeof(arg),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = IOVA,
			.size = PAGE,
		},
		.bitmap = {
			.pgsize = PAGE,
			.size = sizeof(bits),
			.data = &bits,
		},
	};
	int container = open_iommu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &arg), EINVAL);
	arg.unmap.argsz = sizeof(arg.unmap);
	expect_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &arg), EINVAL);
	expect_eq(dma_unmap_flags(container, 0, 0, ALL), 10 * PAGE);
}

TEST(unmap_bar_and_ram_at_once)
{
	/* This test unmaps a BAR, mixed memory and RAM with one call. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va + 4 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va + 5 * PAGE, PAGE));
	expect_ok(dma_map(container, 2 * IOVA, va, 12 * PAGE));
	expect_ok(dma_map(container, 3 * IOVA, va, 2 * PAGE));
	expect_eq(dma_unmap(container, 0, 1UL << 62), 15 * PAGE);
	expect_eq(locked_memory(), 0);
}

TEST(unmap_what_the_process_no_longer_has)
{
	/* This test unmaps after the memory's munmap: its pages come back then. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va + 4 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 12 * PAGE));
	expect_ok(munmap(va, 12 * PAGE));
	expect_eq(locked_memory(), 8 * PAGE);
	expect_eq(dma_unmap(container, IOVA, 12 * PAGE), 12 * PAGE);
	expect_eq(locked_memory(), 0);
}
