// SPDX-License-Identifier: GPL-2.0-only
/*
 * What wrap-vmops asks of the test drivers: each mmap is told its page frames.
 */
#include "driver.h"
#include "vfio_pgoff.h"

const struct vfio_strategy_ops vfio_test_strategy_ops = {};

int vfio_test_strategy_probe(struct vfio_test_device *vdev)
{
	return 0;
}

void vfio_test_strategy_mmap(struct vfio_test_device *vdev,
			     struct vm_area_struct *vma)
{
	u64 offset = vfio_pgoff_of_address(vma, vma->vm_start);
	u64 end = offset + (vma->vm_end - vma->vm_start);
	struct vfio_mmap *map = vma->vm_private_data;
	const struct vfio_test_region *region;

	/* Of two regions that have nothing in common, one base says nothing. */
	region = vfio_test_region_at(vdev, offset);
	if (end > region->offset + region->size)
		return;

	map->pfn_base = region->pfn - (region->offset >> PAGE_SHIFT);
	map->release_notification = true;
}
