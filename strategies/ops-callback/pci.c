// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops-callback, the driver's half: one callback.
 */
#include <linux/mm.h>

#include "pci/region.h"
#include "vfio_pgoff.h"
#include "vfio_strategy.h"
#include "vfio_strategy_pci.h"

static int vfio_pci_vma_pfns(struct vfio_device *device,
			     struct vm_area_struct *vma, unsigned long addr,
			     struct vfio_pfn_run *run)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	u64 offset = vfio_pgoff_of_address(vma, addr);
	unsigned int bar = vfio_pgoff_region(offset);
	unsigned long page = vfio_pgoff_position(offset) >> PAGE_SHIFT;

	/* mmap lets only BARs through, and nothing beyond their end. */
	run->pfn = vfio_pci_bar_pfn(vdev, bar) + page;
	run->npages = vfio_pci_bar_npages(vdev, bar) - page;

	return 0;
}

const struct vfio_strategy_ops vfio_strategy_pci_ops = {
	.vma_pfns = vfio_pci_vma_pfns,
};

int vfio_strategy_pci_probe(struct vfio_pci_device *vdev)
{
	return 0;
}

void vfio_strategy_pci_mmap(struct vfio_pci_device *vdev,
			    struct vm_area_struct *vma, unsigned int bar)
{
}
