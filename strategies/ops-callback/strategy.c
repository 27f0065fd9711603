// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops-callback, the core's half.
 *
 * Idea (Jason Gunthorpe, kvm list, 2021): only the driver knows which page
 * frames it maps where, so ask it, each time. The core recognises its own file
 * by its file operations, and from there on has the device: it is looked up
 * once and handed to the driver.
 *
 * Invariant: the driver is asked with the device's memory lock held, which
 * keeps its answer true. That answers the objection of 2021 that no lock was
 * named.
 */
#include <linux/mm.h>

#include "vfio_strategy.h"

int vfio_strategy_device_init(struct vfio_device *device)
{
	return 0;
}

void vfio_strategy_device_release(struct vfio_device *device)
{
}

int vfio_strategy_mmap(struct vfio_device *device, struct vm_area_struct *vma)
{
	return device->ops->mmap(device, vma);
}

int vfio_strategy_resolve(struct vm_area_struct *vma, unsigned long addr,
			  struct vfio_pfn_run *run)
{
	struct vfio_device *device = vfio_device_from_vma(vma);
	int ret;

	if (!device || !(device->ops->flags & VFIO_DEVICE_OPS_PEER_TO_PEER) ||
	    !device->ops->strategy->vma_pfns)
		return -EPERM;

	ret = vfio_pfn_run_get(run, device);
	if (ret)
		return ret;

	ret = device->ops->strategy->vma_pfns(device, vma, addr, run);
	if (!ret && WARN_ON_ONCE(!run->npages))
		ret = -EPERM;
	if (ret) {
		vfio_pfn_run_put(run);
		return ret;
	}

	run->npages = min(run->npages, (vma->vm_end - addr) >> PAGE_SHIFT);

	return 0;
}
