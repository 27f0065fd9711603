// SPDX-License-Identifier: GPL-2.0-only
/*
 * pgoff-index, the driver's half: each mappable BAR's page frames, once.
 */
#include <linux/mm.h>

#include "pci/region.h"
#include "vfio_strategy_pci.h"

const struct vfio_strategy_ops vfio_strategy_pci_ops = {};

int vfio_strategy_pci_probe(struct vfio_pci_device *vdev)
{
	unsigned int bar;
	int ret;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!vfio_pci_bar_mappable(vdev, bar))
			continue;
		ret = vfio_region_register(&vdev->vfio, bar,
					   vfio_pci_bar_pfn(vdev, bar),
					   vfio_pci_bar_npages(vdev, bar));
		if (ret)
			return ret;
	}

	return 0;
}

void vfio_strategy_pci_mmap(struct vfio_pci_device *vdev,
			    struct vm_area_struct *vma, unsigned int bar)
{
}
