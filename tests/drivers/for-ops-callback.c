// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ops-callback asks of the test drivers: one callback.
 */
#include "driver.h"
#include "vfio_pgoff.h"
#include "vfio_strategy.h"

static int vfio_test_vma_pfns(struct vfio_device *device,
			      struct vm_area_struct *vma, unsigned long addr,
			      struct vfio_pfn_run *run)
{
	struct vfio_test_device *vdev = vfio_test_from_device(device);
	u64 offset = vfio_pgoff_of_address(vma, addr);
	const struct vfio_test_region *region;
	unsigned long page;

	region = vfio_test_region_at(vdev, offset);
	page = (offset - region->offset) >> PAGE_SHIFT;
	run->pfn = region->pfn + page;
	run->npages = (region->size >> PAGE_SHIFT) - page;

	return 0;
}

const struct vfio_strategy_ops vfio_test_strategy_ops = {
	.vma_pfns = vfio_test_vma_pfns,
};

int vfio_test_strategy_probe(struct vfio_test_device *vdev)
{
	return 0;
}

void vfio_test_strategy_mmap(struct vfio_test_device *vdev,
			     struct vm_area_struct *vma)
{
}
