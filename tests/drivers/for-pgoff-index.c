// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pgoff-index asks of the test drivers: the page frames of each region
 * whose offset is what the strategy expects of its index. A region elsewhere it
 * has no name for, so that one has nothing for peers.
 */
#include "driver.h"
#include "vfio_pgoff.h"

const struct vfio_strategy_ops vfio_test_strategy_ops = {};

int vfio_test_strategy_probe(struct vfio_test_device *vdev)
{
	const struct vfio_test_region *region;
	unsigned int i;
	int ret;

	for (i = 0; i < VFIO_TEST_REGIONS; i++) {
		region = &vdev->regions[i];
		if (region->offset != vfio_pgoff_encode(i))
			continue;
		ret = vfio_region_register(&vdev->vfio, i, region->pfn,
					   region->size >> PAGE_SHIFT);
		if (ret)
			return ret;
	}

	return 0;
}

void vfio_test_strategy_mmap(struct vfio_test_device *vdev,
			     struct vm_area_struct *vma)
{
}
