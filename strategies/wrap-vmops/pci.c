// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrap-vmops, the driver's half: each mmap is told its page frames.
 */
#include <linux/mm.h>

#include "pci/region.h"
#include "vfio_pgoff.h"
#include "vfio_strategy_pci.h"

const struct vfio_strategy_ops vfio_strategy_pci_ops = {};

int vfio_strategy_pci_probe(struct vfio_pci_device *vdev)
{
	return 0;
}

void vfio_strategy_pci_mmap(struct vfio_pci_device *vdev,
			    struct vm_area_struct *vma, unsigned int bar)
{
	struct vfio_mmap *map = vma->vm_private_data;

	map->pfn_base = vfio_pci_bar_pfn(vdev, bar) -
			(vfio_pgoff_encode(bar) >> PAGE_SHIFT);
	map->release_notification = true;
}
