// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_IOMMU_MAP_DMA: what it takes and what it refuses.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "vfio.h"

#define READ	VFIO_DMA_MAP_FLAG_READ
#define WRITE	VFIO_DMA_MAP_FLAG_WRITE

/* Nothing is mapped, pinned or counted. */
static void expect_nothing_mapped(int container)
{
	expect_eq(dma_unmap_flags(container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
	expect_eq(dma_avail(container), 65535);
	expect_eq(locked_memory(), 0);
}

/* An address that has no memory. */
static char *nothing(void)
{
	char *va = reserve(PAGE, PAGE);

	expect_ok(munmap(va, PAGE));

	return va;
}

TEST(map_misuse)
{
	/* This test maps with bad sizes, flags and pointers. */
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map) - 1,
		.flags = DMA_RW,
		.vaddr = (unsigned long)ram(PAGE),
		.iova = IOVA,
		.size = PAGE,
	};
	int container = container_open_with(need("peer"));

	expect_errno(ioctl(container, VFIO_IOMMU_MAP_DMA, NULL), EFAULT);
	expect_errno(ioctl(container, VFIO_IOMMU_MAP_DMA, &map), EINVAL);
	map.argsz = 0;
	expect_errno(ioctl(container, VFIO_IOMMU_MAP_DMA, &map), EINVAL);
	map.argsz = sizeof(map);
	map.flags = 0;
	expect_errno(ioctl(container, VFIO_IOMMU_MAP_DMA, &map), EINVAL);
	for (int bit = 3; bit < 32; bit++) {
		map.flags = DMA_RW | 1U << bit;
		expect_errno(ioctl(container, VFIO_IOMMU_MAP_DMA, &map), EINVAL);
	}
	expect_nothing_mapped(container);

	/* More than it knows is fine, as long as it is not used. */
	map.argsz = 4000;
	map.flags = DMA_RW;
	expect_ok(ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
}

TEST(map_with_a_new_address_is_left_out)
{
	/* This test asks to change the address of a mapping: out of scope here. */
	int container = container_open_with(need("peer"));
	char *va = ram(PAGE);

	expect_errno(dma_map_flags(container, IOVA, va, PAGE,
				   DMA_RW | VFIO_DMA_MAP_FLAG_VADDR), EINVAL);
	expect_errno(dma_map_flags(container, IOVA, va, PAGE,
				   VFIO_DMA_MAP_FLAG_VADDR), EINVAL);
}

TEST(map_zero_size)
{
	/* This test maps nothing. */
	int container = container_open_with(need("peer"));

	expect_errno(dma_map(container, IOVA, ram(PAGE), 0), EINVAL);
	expect_nothing_mapped(container);
}

TEST(map_misaligned)
{
	/* This test maps with address, IOVA and size off the page grid. */
	int container = container_open_with(need("peer"));
	char *va = ram(4 * PAGE);

	expect_errno(dma_map(container, IOVA + 1, va, PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA + PAGE / 2, va, PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA, va + 1, PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA, va + PAGE / 2, PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA, va, 1), EINVAL);
	expect_errno(dma_map(container, IOVA, va, PAGE - 1), EINVAL);
	expect_errno(dma_map(container, IOVA, va, PAGE + 1), EINVAL);
	expect_errno(dma_map(container, IOVA + 8, va + 8, PAGE), EINVAL);
	expect_nothing_mapped(container);
}

TEST(map_wrapping)
{
	/* This test maps ranges that go beyond the last address. */
	int container = container_open_with(need("peer"));
	char *va = ram(2 * PAGE);

	expect_errno(dma_map(container, -PAGE, va, 2 * PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA, va, -PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA, (void *)-PAGE, 2 * PAGE), EINVAL);
	expect_errno(dma_map(container, IOVA, va, 1UL << 63), EINVAL);
	expect_nothing_mapped(container);
}

TEST(map_reserved_iova)
{
	/*
	 * This test maps what is no usable IOVA: the window of interrupt
	 * messages, all of it, a page of it, across its borders; right beside it
	 * is fine.
	 */
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	int container = container_open_with(need("peer"));
	struct vfio_iommu_type1_info *info = iommu_info(container);
	char *va = ram(2 * PAGE);
	__u64 first, last;

	cap = (void *)iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	expect_true(cap);
	if (cap->nr_iovas < 2)
		skip("needs an IOMMU with a reserved range inside: vm/run --iommu intel");
	first = cap->iova_ranges[0].end + 1;
	last = cap->iova_ranges[1].start - PAGE;

	expect_errno(dma_map(container, first, va, PAGE), EINVAL);
	expect_errno(dma_map(container, last, va, PAGE), EINVAL);
	expect_errno(dma_map(container, first - PAGE, va, 2 * PAGE), EINVAL);
	expect_errno(dma_map(container, last, va, 2 * PAGE), EINVAL);
	expect_nothing_mapped(container);
	expect_ok(dma_map(container, first - PAGE, va, PAGE));
	expect_ok(dma_map(container, last + PAGE, va, PAGE));
}

TEST(map_beyond_the_aperture)
{
	/* This test maps what the IOMMU has no address bits for. */
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	int container = container_open_with(need("peer"));
	struct vfio_iommu_type1_info *info = iommu_info(container);
	char *va = ram(2 * PAGE);
	__u64 end;

	cap = (void *)iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	expect_true(cap);
	end = cap->iova_ranges[cap->nr_iovas - 1].end + 1;
	if (!end)
		skip("needs an IOMMU with less than 64 address bits: vm/run --iommu intel");

	expect_errno(dma_map(container, end, va, PAGE), EINVAL);
	expect_errno(dma_map(container, end - PAGE, va, 2 * PAGE), EINVAL);
	expect_errno(dma_map(container, -PAGE, va, PAGE), EINVAL);
	expect_nothing_mapped(container);
	expect_ok(dma_map(container, end - PAGE, va, PAGE));
	expect_ok(dma_map(container, 0, va, PAGE));
}

TEST(map_overlapping)
{
	/* This test maps over a mapping in every way, and right beside it. */
	int container = container_open_with(need("peer"));
	char *va = ram(16 * PAGE);

	expect_ok(dma_map(container, IOVA, va, 4 * PAGE));
	expect_errno(dma_map(container, IOVA, va, 4 * PAGE), EEXIST);
	expect_errno(dma_map(container, IOVA, va, PAGE), EEXIST);
	expect_errno(dma_map(container, IOVA + PAGE, va, PAGE), EEXIST);
	expect_errno(dma_map(container, IOVA + 3 * PAGE, va, 2 * PAGE), EEXIST);
	expect_errno(dma_map(container, IOVA - PAGE, va, 2 * PAGE), EEXIST);
	expect_errno(dma_map(container, IOVA - PAGE, va, 16 * PAGE), EEXIST);
	expect_eq(locked_memory(), 4 * PAGE);

	expect_ok(dma_map(container, IOVA - PAGE, va, PAGE));
	expect_ok(dma_map(container, IOVA + 4 * PAGE, va, PAGE));
	expect_eq(locked_memory(), 6 * PAGE);
}

TEST(map_overlap_comes_before_a_bad_address)
{
	/* This test maps bad memory over a mapping: the overlap is what counts. */
	int container = container_open_with(need("peer"));

	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	expect_errno(dma_map(container, IOVA, nothing(), PAGE),
		     EEXIST);
}

TEST(map_what_is_not_there)
{
	/* This test maps addresses that have nothing, all of them or some. */
	int container = container_open_with(need("peer"));
	char *va = ram(8 * PAGE);

	expect_errno(dma_map(container, IOVA, nothing(), PAGE),
		     EFAULT);
	expect_errno(dma_map(container, IOVA, NULL, PAGE), EFAULT);
	expect_errno(dma_map(container, IOVA, (void *)(1UL << 63), PAGE), EFAULT);
	expect_errno(dma_map(container, IOVA, (void *)-PAGE, PAGE), EFAULT);

	expect_ok(munmap(va + 5 * PAGE, PAGE));
	expect_errno(dma_map(container, IOVA, va, 8 * PAGE), EFAULT);
	expect_errno(dma_map(container, IOVA, va + 5 * PAGE, 3 * PAGE), EFAULT);
	expect_nothing_mapped(container);
	expect_ok(dma_map(container, IOVA, va, 5 * PAGE));
}

TEST(map_hole_after_bar)
{
	/* This test maps a BAR and what is not there behind it. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = reserve(8 * PAGE, PAGE);

	region_mmap_at(va, peer.fd, BAR2, 0, 4 * PAGE);
	expect_ok(munmap(va + 4 * PAGE, 4 * PAGE));
	expect_errno(dma_map(container, IOVA, va, 5 * PAGE), EFAULT);
	expect_nothing_mapped(container);
	expect_ok(dma_map(container, IOVA, va, 4 * PAGE));
}

TEST(map_read_only_ram)
{
	/* This test maps memory for more than the process may do to it. */
	int container = container_open_with(need("peer"));
	char *va = ram(4 * PAGE);

	expect_ok(mprotect(va + PAGE, PAGE, PROT_READ));
	expect_ok(mprotect(va + 2 * PAGE, PAGE, PROT_NONE));
	expect_errno(dma_map(container, IOVA, va + PAGE, PAGE), EFAULT);
	expect_errno(dma_map_flags(container, IOVA, va + PAGE, PAGE, WRITE), EFAULT);
	expect_errno(dma_map(container, IOVA, va, 2 * PAGE), EFAULT);
	expect_errno(dma_map_flags(container, IOVA, va + 2 * PAGE, PAGE, READ), EFAULT);
	expect_errno(dma_map_flags(container, IOVA, va, 4 * PAGE, READ), EFAULT);
	expect_nothing_mapped(container);
	expect_ok(dma_map_flags(container, IOVA, va, 2 * PAGE, READ));
}

TEST(map_read_only_bar)
{
	/* This test maps a BAR for more than the process may do to it. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *read = region_mmap(peer.fd, BAR2, 0, 4 * PAGE, PROT_READ);
	char *none = region_mmap(peer.fd, BAR2, 0, 4 * PAGE, PROT_NONE);
	char *both = region_mmap(peer.fd, BAR2, 0, 4 * PAGE, PROT_READ | PROT_WRITE);

	expect_errno(dma_map(container, IOVA, read, 4 * PAGE), EFAULT);
	expect_errno(dma_map_flags(container, IOVA, read, PAGE, WRITE), EFAULT);
	expect_errno(dma_map_flags(container, IOVA, none, PAGE, READ), EFAULT);
	expect_ok(mprotect(both + PAGE, PAGE, PROT_READ));
	expect_errno(dma_map(container, IOVA, both, 4 * PAGE), EFAULT);
	expect_nothing_mapped(container);

	expect_ok(dma_map_flags(container, IOVA, read, 4 * PAGE, READ));
	expect_ok(dma_map(container, 2 * IOVA, both, PAGE));
	expect_ok(dma_map(container, 3 * IOVA, both + 2 * PAGE, 2 * PAGE));
}

TEST(map_write_only_ram)
{
	/*
	 * This test maps memory that the process may write but, by its protection,
	 * not read: who may write may read, as far as the CPU can tell.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(4 * PAGE);

	expect_ok(mprotect(va, 4 * PAGE, PROT_WRITE));
	expect_errno(dma_map_flags(container, IOVA, va, 4 * PAGE, READ), EFAULT);
	expect_ok(dma_map_flags(container, IOVA, va, 4 * PAGE, WRITE));
	expect_ok(dma_map(container, 2 * IOVA, va, 4 * PAGE));
	expect_dma(&edu, 2 * IOVA + 2 * PAGE, va + 2 * PAGE);
}

TEST(map_write_only_bar)
{
	/* This test maps a BAR in the same way. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = region_mmap(peer.fd, BAR2, 0, 4 * PAGE, PROT_WRITE);

	expect_true(va != MAP_FAILED);
	expect_ok(dma_map_flags(container, IOVA, va, 4 * PAGE, WRITE));
	expect_ok(dma_map(container, 2 * IOVA, va, 4 * PAGE));
	expect_dma(&edu, 2 * IOVA + 2 * PAGE, va + 2 * PAGE);
}

TEST(map_bar_touched_before)
{
	/*
	 * This test maps BARs whose pages the CPU has used before: what counts
	 * is what the process may do now.
	 */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = region_open(peer.fd, BAR2);

	memset(va, 1, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 4 * PAGE));
	expect_eq(dma_unmap(container, IOVA, 4 * PAGE), 4 * PAGE);
	expect_ok(mprotect(va, 4 * PAGE, PROT_READ));
	expect_errno(dma_map(container, IOVA, va, 4 * PAGE), EFAULT);
	expect_ok(dma_map_flags(container, IOVA, va, 4 * PAGE, READ));
}

TEST(map_bar_then_unmap)
{
	/* This test maps a BAR whole, its parts, and single pages, and unmaps. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = region_open(peer.fd, BAR2);
	size_t size = region_size(peer.fd, BAR2);

	for (size_t part = size; part >= PAGE; part /= 4) {
		expect_ok(dma_map(container, IOVA, va + size - part, part));
		expect_eq(dma_unmap(container, IOVA, part), part);
	}
	expect_ok(dma_map(container, IOVA, va + 3 * PAGE, 5 * PAGE));
	expect_eq(dma_unmap(container, IOVA, 5 * PAGE), 5 * PAGE);
	expect_nothing_mapped(container);
}

TEST(map_small_bar)
{
	/* This test maps a BAR of less than a page, if it can be mmapped. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = region_mmap(peer.fd, 0, 0, PAGE, PROT_READ | PROT_WRITE);

	expect_true(region_size(peer.fd, 0) < PAGE);
	if (va == MAP_FAILED)
		skip("needs a BAR smaller than a page that has its page for itself");
	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
}

TEST(map_many_vmas)
{
	/*
	 * This test maps memory in which every second page is a VMA of its own,
	 * without and with one among them that does not allow it.
	 */
	int container = container_open_with(need("peer"));
	size_t size = 512 * PAGE;
	char *va = ram(size);

	for (size_t at = 0; at < size; at += 2 * PAGE)
		expect_ok(mprotect(va + at, PAGE, PROT_READ));
	expect_errno(dma_map(container, IOVA, va, size), EFAULT);
	expect_ok(dma_map_flags(container, IOVA, va, size, READ));
	expect_eq(locked_memory(), size);
	expect_eq(dma_unmap(container, IOVA, size), size);

	expect_ok(mprotect(va + size - PAGE, PAGE, PROT_NONE));
	expect_errno(dma_map_flags(container, IOVA, va, size, READ), EFAULT);
	expect_nothing_mapped(container);
}

TEST(map_same_memory_twice)
{
	/* This test maps RAM and a BAR at two IOVAs each. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(PAGE), *bar = region_open(peer.fd, BAR2);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_ok(dma_map(container, 2 * IOVA, va, PAGE));
	expect_ok(dma_map(container, 3 * IOVA, bar, PAGE));
	expect_ok(dma_map(container, 4 * IOVA, bar, PAGE));
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
	expect_eq(dma_unmap(container, 3 * IOVA, PAGE), PAGE);
	expect_eq(dma_unmap(container, 2 * IOVA, PAGE), PAGE);
	expect_eq(dma_unmap(container, 4 * IOVA, PAGE), PAGE);
	expect_nothing_mapped(container);
}

TEST(map_file_beyond_its_end)
{
	/* This test maps a file's pages, and some that it does not have. */
	int container = container_open_with(need("peer"));
	int file = expect_ok(memfd_create("test", MFD_CLOEXEC));
	char *va;

	expect_ok(ftruncate(file, 4 * PAGE));
	va = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	expect_true(va != MAP_FAILED);
	expect_errno(dma_map(container, IOVA, va, 8 * PAGE), EFAULT);
	expect_nothing_mapped(container);
	expect_ok(dma_map(container, IOVA, va, 4 * PAGE));
	expect_eq(locked_memory(), 4 * PAGE);
}

TEST(map_bar_while_its_memory_is_off)
{
	/*
	 * This test maps a BAR, touched or not, while its device does not answer
	 * to memory accesses, then when it does.
	 */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = region_open(peer.fd, BAR2);

	memset(va, 1, PAGE);
	command_clear(peer.fd, 0x2);
	expect_errno(dma_map(container, IOVA, va, PAGE), EFAULT);
	expect_errno(dma_map(container, IOVA, va + PAGE, 7 * PAGE), EFAULT);
	expect_nothing_mapped(container);
	command_set(peer.fd, 0x2);
	expect_ok(dma_map(container, IOVA, va, 8 * PAGE));
}

TEST(map_ram_and_bar_while_its_memory_is_off)
{
	/* This test maps RAM, a BAR that is off, and RAM: nothing stays. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va + 4 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
	command_clear(peer.fd, 0x2);
	expect_errno(dma_map(container, IOVA, va, 12 * PAGE), EFAULT);
	expect_nothing_mapped(container);
	command_set(peer.fd, 0x2);
	expect_ok(dma_map(container, IOVA, va, 12 * PAGE));
	expect_eq(locked_memory(), 8 * PAGE);
}
