// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_IOMMU_GET_INFO: page sizes and capabilities.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

TEST(info_misuse)
{
	/* This test asks for information with bad sizes and pointers. */
	struct vfio_iommu_type1_info *info = (void *)ram(PAGE);
	size_t least = offsetof(struct vfio_iommu_type1_info, cap_offset);
	int container = container_open_with(need("peer"));

	expect_errno(ioctl(container, VFIO_IOMMU_GET_INFO, NULL), EFAULT);
	expect_errno(ioctl(container, VFIO_IOMMU_GET_INFO, info), EINVAL);
	info->argsz = least - 1;
	expect_errno(ioctl(container, VFIO_IOMMU_GET_INFO, info), EINVAL);
	expect_eq(info->iova_pgsizes, 0);
	info->argsz = PAGE;
	expect_ok(mprotect(info, PAGE, PROT_READ));
	expect_errno(ioctl(container, VFIO_IOMMU_GET_INFO, info), EFAULT);
}

TEST(info_of_the_first_version)
{
	/*
	 * This test asks as a client did that knows no capabilities: what is
	 * beyond its structure stays untouched, and it learns how much there is.
	 */
	struct vfio_iommu_type1_info *info = (void *)ram(PAGE);
	size_t least = offsetof(struct vfio_iommu_type1_info, cap_offset);
	int container = container_open_with(need("peer"));

	memset(info, 0x5a, PAGE);
	info->argsz = least;
	expect_ok(ioctl(container, VFIO_IOMMU_GET_INFO, info));
	expect_eq(info->flags, VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS);
	expect_true(info->iova_pgsizes & PAGE);
	expect_eq(info->iova_pgsizes & (PAGE - 1), 0);
	expect_true(info->argsz > sizeof(*info));
	expect_eq(info->cap_offset, 0x5a5a5a5a);
}

TEST(info_with_room_for_no_capability)
{
	/* This test leaves one byte too little, then just enough. */
	struct vfio_iommu_type1_info *info = (void *)ram(PAGE);
	int container = container_open_with(need("peer"));
	char *bytes = (char *)info;
	__u32 whole;

	info->argsz = sizeof(*info);
	expect_ok(ioctl(container, VFIO_IOMMU_GET_INFO, info));
	whole = info->argsz;
	expect_true(whole > sizeof(*info));
	expect_eq(info->cap_offset, 0);

	memset(info, 0x5a, PAGE);
	info->argsz = whole - 1;
	expect_ok(ioctl(container, VFIO_IOMMU_GET_INFO, info));
	expect_eq(info->argsz, whole);
	expect_eq(info->cap_offset, 0);
	for (size_t i = sizeof(*info); i < PAGE; i++)
		expect_eq(bytes[i], 0x5a);

	info->argsz = whole;
	expect_ok(ioctl(container, VFIO_IOMMU_GET_INFO, info));
	expect_eq(info->argsz, whole);
	expect_eq(info->cap_offset, sizeof(*info));
	for (size_t i = whole; i < PAGE; i++)
		expect_eq(bytes[i], 0x5a);
}

TEST(info_capabilities_do_not_fit_the_memory)
{
	/* This test promises more memory than there is. */
	char *page = ram(2 * PAGE);
	struct vfio_iommu_type1_info *info =
		(void *)(page + PAGE - sizeof(*info));
	int container = container_open_with(need("peer"));

	expect_ok(munmap(page + PAGE, PAGE));
	info->argsz = PAGE;
	expect_errno(ioctl(container, VFIO_IOMMU_GET_INFO, info), EFAULT);
}

TEST(info_chain_is_well_formed)
{
	/* This test walks the capabilities: in bounds, aligned, no circle. */
	struct vfio_iommu_type1_info *info =
		iommu_info(container_open_with(need("peer")));
	struct vfio_info_cap_header *cap;
	__u32 offset, last = 0;

	expect_eq(info->cap_offset, sizeof(*info));
	for (offset = info->cap_offset; offset; offset = cap->next) {
		expect_true(offset > last);
		expect_true(offset + sizeof(*cap) <= info->argsz);
		expect_eq(offset % 8, 0);
		cap = (void *)info + offset;
		expect_eq(cap->version, 1);
		last = offset;
	}
}

TEST(info_offers_no_dirty_tracking)
{
	/* This test looks for the capability of what is out of scope here. */
	struct vfio_iommu_type1_info *info =
		iommu_info(container_open_with(need("peer")));

	expect_true(!iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION));
}

TEST(info_counts_mappings)
{
	/* This test counts how many mappings are left, up and down. */
	int container = container_open_with(need("peer"));
	char *va = ram(PAGE);

	expect_eq(dma_avail(container), 65535);
	for (int i = 1; i <= 5; i++) {
		expect_ok(dma_map(container, i * IOVA, va, PAGE));
		expect_eq(dma_avail(container), 65535 - i);
	}
	expect_errno(dma_map(container, IOVA, va, PAGE), EEXIST);
	expect_errno(dma_map(container, 7 * IOVA, NULL, PAGE), EFAULT);
	expect_eq(dma_avail(container), 65530);
	expect_eq(dma_unmap(container, IOVA, 2 * IOVA), 2 * PAGE);
	expect_eq(dma_avail(container), 65532);
}

TEST(info_ranges_leave_out_what_is_reserved)
{
	/*
	 * This test compares the ranges of IOVAs with what sysfs says of the
	 * group: sorted, page-aligned, and nothing reserved in them.
	 */
	struct vfio_iommu_type1_info *info =
		iommu_info(container_open_with(need("peer")));
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	unsigned long long start, end, last = 0;
	char path[96], kind[32];
	int count = 0;
	FILE *file;

	cap = (void *)iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	expect_true(cap);
	expect_true(cap->nr_iovas);
	for (__u32 i = 0; i < cap->nr_iovas; i++) {
		expect_eq(cap->iova_ranges[i].start % PAGE, 0);
		expect_eq((cap->iova_ranges[i].end + 1) % PAGE, 0);
		expect_true(cap->iova_ranges[i].start < cap->iova_ranges[i].end);
		expect_true(!i || cap->iova_ranges[i].start > last);
		last = cap->iova_ranges[i].end;
	}

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/reserved_regions",
		 pci_group(need("peer")));
	file = fopen(path, "re");
	expect_true(file);
	while (fscanf(file, "%llx %llx %31s", &start, &end, kind) == 3) {
		count++;
		for (__u32 i = 0; i < cap->nr_iovas; i++)
			expect_true(start > cap->iova_ranges[i].end ||
				    end < cap->iova_ranges[i].start);
	}
	expect_true(count > 0);
}
