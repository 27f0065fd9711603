// SPDX-License-Identifier: GPL-2.0-only
/*
 * What really stands in the IOMMU, proved by DMA: a device writes through the
 * IOVA and the CPU sees it in the memory that was mapped, and the other way.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "vfio.h"

TEST(dma_moves_ram)
{
	/* This test does DMA to both ends of a piece of RAM. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(64 * PAGE);

	expect_ok(dma_map(container, IOVA, va, 64 * PAGE));
	expect_dma(&edu, IOVA, va);
	expect_dma(&edu, IOVA + 64 * PAGE - PATTERN, va + 64 * PAGE - PATTERN);
}

TEST(dma_across_pages_of_ram)
{
	/* This test does DMA to pages that need not lie side by side. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(64 * PAGE);

	expect_ok(dma_map(container, IOVA, va, 64 * PAGE));
	for (size_t at = 8 * PAGE; at < 64 * PAGE; at += 16 * PAGE)
		expect_dma(&edu, IOVA + at - PATTERN / 2, va + at - PATTERN / 2);
}

TEST(dma_across_batches_of_ram)
{
	/*
	 * This test does DMA around every 2 MiB of more RAM than is pinned at a
	 * time, which is 8 MiB here and 2 MiB on stock.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	size_t size = 16 * MIB + 16 * PAGE;
	char *va = ram(size);

	expect_ok(dma_map(container, IOVA, va, size));
	for (size_t at = 2 * MIB; at < size; at += 2 * MIB)
		expect_dma(&edu, IOVA + at - PATTERN / 2, va + at - PATTERN / 2);
	expect_dma(&edu, IOVA + size - PATTERN, va + size - PATTERN);
	expect_eq(dma_unmap(container, IOVA, size), size);
	expect_eq(locked_memory(), PAGE);
}

TEST(dma_moves_huge_pages)
{
	/* This test does DMA to RAM in huge pages, mapped as a whole and off. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE,
			-1, 0);

	if (va == MAP_FAILED)
		skip("needs two huge pages: echo 8 > /proc/sys/vm/nr_hugepages");
	expect_ok(dma_map(container, IOVA, va, 4 * MIB));
	expect_ok(dma_map(container, 2 * IOVA + PAGE, va + 3 * PAGE, 2 * MIB));
	expect_dma(&edu, IOVA + 2 * MIB - PATTERN / 2, va + 2 * MIB - PATTERN / 2);
	expect_dma(&edu, IOVA + 4 * MIB - PATTERN, va + 4 * MIB - PATTERN);
	expect_dma(&edu, 2 * IOVA + 2 * MIB - 2 * PAGE - PATTERN / 2,
		   va + 2 * MIB - PATTERN / 2);
	expect_eq(dma_unmap(container, 2 * IOVA + PAGE, 2 * MIB), 2 * MIB);
	expect_dma(&edu, IOVA + 2 * MIB, va + 2 * MIB);
}

TEST(dma_moves_transparent_huge_pages)
{
	/* This test does DMA to RAM that the kernel may put into huge pages. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = reserve(4 * MIB, 2 * MIB);

	expect_true(mmap(va, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_FIXED, -1, 0) == va);
	expect_ok(madvise(va, 4 * MIB, MADV_HUGEPAGE));
	expect_ok(dma_map(container, IOVA, va + PAGE, 4 * MIB - PAGE));
	expect_eq(locked_memory(), 4 * MIB - PAGE + PAGE);
	expect_dma(&edu, IOVA, va + PAGE);
	expect_dma(&edu, IOVA + 2 * MIB - PAGE - PATTERN / 2,
		   va + 2 * MIB - PATTERN / 2);
}

TEST(dma_reaches_the_whole_bar)
{
	/* This test does DMA to the first, a middle and the last bytes. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = region_open(peer.fd, BAR2);
	size_t size = region_size(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, va, size));
	expect_dma(&edu, IOVA, va);
	expect_dma(&edu, IOVA + size / 2 - PATTERN / 2, va + size / 2 - PATTERN / 2);
	expect_dma(&edu, IOVA + size - PATTERN, va + size - PATTERN);
}

TEST(dma_reaches_a_bar_never_touched)
{
	/* This test maps a BAR before any access by the CPU. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = region_open(peer.fd, BAR2);
	char *other = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, va, 4 * MIB));
	expect_dma(&edu, IOVA + 3 * MIB, other + 3 * MIB);
	expect_dma(&edu, IOVA + MIB, va + MIB);
}

TEST(dma_reaches_a_part_of_the_bar)
{
	/* This test maps parts: of a whole mmap, and of an mmap of a part. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *whole = region_open(peer.fd, BAR2);
	char *part = region_mmap(peer.fd, BAR2, 5 * PAGE, 8 * PAGE,
				 PROT_READ | PROT_WRITE);

	expect_ok(dma_map(container, IOVA, whole + 3 * PAGE, 2 * PAGE));
	expect_ok(dma_map(container, 2 * IOVA, part + 2 * PAGE, 2 * PAGE));
	expect_dma(&edu, IOVA + PAGE - PATTERN / 2, whole + 4 * PAGE - PATTERN / 2);
	expect_dma(&edu, 2 * IOVA + PAGE, whole + 8 * PAGE);
}

TEST(dma_reaches_a_big_bar)
{
	/*
	 * This test maps 2 GiB, aligned so that large IOMMU pages fit and so
	 * that they do not, and does DMA around the limits between them.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device big = device_open(container, need("big"));
	size_t size = region_size(big.fd, BAR2);
	char *va = reserve(size, GIB);
	__u64 odd = 4 * IOVA + 2 * MIB;

	expect_eq(size, 2 * GIB);
	region_mmap_at(va, big.fd, BAR2, 0, size);
	expect_ok(dma_map(container, IOVA, va, size));
	expect_dma(&edu, IOVA, va);
	expect_dma(&edu, IOVA + GIB - PATTERN / 2, va + GIB - PATTERN / 2);
	expect_dma(&edu, IOVA + size - PATTERN, va + size - PATTERN);

	expect_ok(dma_map(container, odd, va + PAGE, size - PAGE));
	expect_dma(&edu, odd, va + PAGE);
	expect_dma(&edu, odd + GIB - PATTERN / 2, va + GIB + PAGE - PATTERN / 2);
	expect_dma(&edu, odd + size - PAGE - PATTERN, va + size - PATTERN);
	expect_eq(dma_unmap(container, IOVA, size), size);
	expect_eq(dma_unmap(container, odd, size - PAGE), size - PAGE);
}

TEST(dma_reaches_vmas_in_any_order)
{
	/* This test maps pages of a BAR that lie in memory last page first. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	char *va = reserve(32 * PAGE, PAGE);

	for (int i = 0; i < 32; i++)
		region_mmap_at(va + i * PAGE, peer.fd, BAR2, (31 - i) * PAGE, PAGE);
	expect_ok(dma_map(container, IOVA, va, 32 * PAGE));
	expect_dma(&edu, IOVA, bar + 31 * PAGE);
	expect_dma(&edu, IOVA + 10 * PAGE, bar + 21 * PAGE);
	expect_dma(&edu, IOVA + 31 * PAGE, bar);
	expect_dma(&edu, IOVA + 11 * PAGE - PATTERN / 2, va + 11 * PAGE - PATTERN / 2);
	expect_eq(dma_unmap(container, IOVA, 32 * PAGE), 32 * PAGE);
}

TEST(dma_reaches_the_second_vma)
{
	/* This test maps two parts of a BAR that do not belong together. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	char *va = reserve(16 * PAGE, PAGE);

	region_mmap_at(va, peer.fd, BAR2, 20 * PAGE, 8 * PAGE);
	region_mmap_at(va + 8 * PAGE, peer.fd, BAR2, 40 * PAGE, 8 * PAGE);
	expect_ok(dma_map(container, IOVA, va + PAGE, 15 * PAGE));
	expect_dma(&edu, IOVA, bar + 21 * PAGE);
	expect_dma(&edu, IOVA + 7 * PAGE, bar + 40 * PAGE);
	expect_dma(&edu, IOVA + 14 * PAGE, bar + 47 * PAGE);
}

TEST(dma_reaches_ram_and_bar_in_one_mapping)
{
	/* This test maps RAM, a BAR, RAM as one, and does DMA across the seams. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	char *va = ram(24 * PAGE);

	region_mmap_at(va + 8 * PAGE, peer.fd, BAR2, MIB, 8 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 24 * PAGE));
	expect_eq(locked_memory(), (16 + 1) * PAGE);
	expect_dma(&edu, IOVA, va);
	expect_dma(&edu, IOVA + 8 * PAGE - PATTERN / 2, va + 8 * PAGE - PATTERN / 2);
	expect_dma(&edu, IOVA + 10 * PAGE, bar + MIB + 2 * PAGE);
	expect_dma(&edu, IOVA + 16 * PAGE - PATTERN / 2, va + 16 * PAGE - PATTERN / 2);
	expect_dma(&edu, IOVA + 23 * PAGE, va + 23 * PAGE);
	expect_eq(dma_unmap(container, IOVA, 24 * PAGE), 24 * PAGE);
	expect_eq(locked_memory(), PAGE);
}

TEST(dma_reaches_two_bars_in_one_mapping)
{
	/* This test maps BARs of two devices side by side. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	struct device other = device_open(container, need("reset"));
	char *va = reserve(8 * PAGE, PAGE);

	region_mmap_at(va, peer.fd, BAR2, 0, 4 * PAGE);
	region_mmap_at(va + 4 * PAGE, other.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 8 * PAGE));
	expect_dma(&edu, IOVA + 3 * PAGE, region_open(peer.fd, BAR2) + 3 * PAGE);
	expect_dma(&edu, IOVA + 4 * PAGE, region_open(other.fd, BAR2));
	expect_dma(&edu, IOVA + 4 * PAGE - PATTERN / 2, va + 4 * PAGE - PATTERN / 2);
}

TEST(no_dma_after_unmap)
{
	/* This test does DMA to RAM and a BAR, then after their unmap. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2), *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(dma_map(container, 2 * IOVA, va, PAGE));
	expect_dma(&edu, IOVA + 8 * PAGE, bar + 8 * PAGE);
	expect_dma(&edu, 2 * IOVA, va);
	expect_eq(dma_unmap(container, IOVA, MIB), MIB);
	expect_no_dma(&edu, IOVA + 8 * PAGE, bar + 8 * PAGE);
	expect_dma(&edu, 2 * IOVA, va);
	expect_eq(dma_unmap(container, 2 * IOVA, PAGE), PAGE);
	expect_no_dma(&edu, 2 * IOVA, va);
}

TEST(no_dma_before_map_and_beyond_it)
{
	/* This test does DMA beside what is mapped. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_no_dma(&edu, IOVA, bar);
	expect_ok(dma_map(container, IOVA, bar + 4 * PAGE, 4 * PAGE));
	expect_dma(&edu, IOVA, bar + 4 * PAGE);
	expect_no_dma(&edu, IOVA - PAGE, bar + 3 * PAGE);
	expect_no_dma(&edu, IOVA + 4 * PAGE, bar + 8 * PAGE);
}

TEST(no_dma_where_mapping_failed_halfway)
{
	/* This test maps a BAR, RAM and a hole: what came before the hole goes. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(munmap(va + 8 * PAGE, 4 * PAGE));
	expect_errno(dma_map(container, IOVA, va, 12 * PAGE), EFAULT);
	expect_no_dma(&edu, IOVA, va);
	expect_no_dma(&edu, IOVA + 4 * PAGE, va + 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va + 4 * PAGE, 4 * PAGE));
	expect_dma(&edu, IOVA, va + 4 * PAGE);
}

TEST(dma_after_mapping_anew)
{
	/* This test maps other memory at an IOVA that was in use. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2), *va = ram(4 * MIB);

	expect_ok(dma_map(container, IOVA, bar, 4 * MIB));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_eq(dma_unmap(container, IOVA, 4 * MIB), 4 * MIB);
	expect_ok(dma_map(container, IOVA, va, 4 * MIB));
	expect_dma(&edu, IOVA + PAGE, va + PAGE);
	expect_eq(dma_unmap(container, IOVA, 4 * MIB), 4 * MIB);
	expect_ok(dma_map(container, IOVA, bar + 8 * MIB, 4 * MIB));
	expect_dma(&edu, IOVA + PAGE, bar + 8 * MIB + PAGE);
}

static void expect_read_only(struct edu *edu, char *va)
{
	int container = edu->device.container;

	expect_ok(dma_map_flags(container, IOVA, va, PAGE, VFIO_DMA_MAP_FLAG_READ));
	allow_iommu_faults();
	expect_eq(edu_write(edu, IOVA, va), 0);
	expect_eq(edu_read(edu, IOVA, va), PATTERN);
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
}

TEST(dma_reads_only_what_is_mapped_for_reading)
{
	/*
	 * This test maps RAM and a BAR for reading only. (For writing only would
	 * prove nothing: Linux lets Intel's IOMMU read whatever is mapped.)
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));

	expect_read_only(&edu, ram(PAGE));
	expect_read_only(&edu, region_open(peer.fd, BAR2));
}

TEST(dma_in_a_version_1_container)
{
	/* This test does DMA in a container of version 1. */
	int container = container_open();
	int group = group_open(need("peer"));
	struct edu edu;
	char *bar;

	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1_IOMMU));
	edu = edu_open(container);
	bar = region_open(group_get_device(group, need("peer")), BAR2);
	expect_ok(dma_map(container, IOVA, bar, 4 * PAGE));
	expect_dma(&edu, IOVA + 2 * PAGE, bar + 2 * PAGE);
	expect_eq(dma_unmap(container, IOVA, PAGE), 4 * PAGE);
	expect_no_dma(&edu, IOVA + 2 * PAGE, bar + 2 * PAGE);
}

TEST(dma_of_a_group_that_joins_later)
{
	/* This test maps RAM and a BAR first; the group that does DMA comes then. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2), *va = ram(8 * PAGE);
	struct edu edu;

	region_mmap_at(va + 2 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 8 * PAGE));
	edu = edu_open(container);
	expect_dma(&edu, IOVA + PAGE, va + PAGE);
	expect_dma(&edu, IOVA + 4 * PAGE, bar + 2 * PAGE);
	expect_dma(&edu, IOVA + 7 * PAGE, va + 7 * PAGE);
}

TEST(dma_reaches_a_device_of_another_container)
{
	/* This test maps a BAR into a container that its device is not in. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container_open(), need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, 4 * PAGE));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
}

TEST(containers_have_address_spaces_of_their_own)
{
	/* This test uses the same IOVA in two containers. */
	int container = container_open(), other = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(other, need("peer"));
	char *va = ram(PAGE), *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(other, IOVA, bar, PAGE));
	expect_no_dma(&edu, IOVA, bar);
	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_dma(&edu, IOVA, va);
	expect_eq(dma_unmap(other, IOVA, PAGE), PAGE);
	expect_dma(&edu, IOVA, va);
}
