// SPDX-License-Identifier: GPL-2.0-only
/*
 * pgoff-index, the core's half.
 *
 * Idea (Jason Gunthorpe, kvm list, 2021): vfio-pci encodes the region index in
 * the high bits of the offset. Make that the rule for every driver, and the
 * core can tell the region and the place in it from vm_pgoff; the rest is one
 * addition to the base that the driver registered.
 *
 * Invariant: vm_pgoff is what unmap_mapping_range() selects by, and stays so. A
 * split moves it together with vm_start, so the sum is right for every part.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/nospec.h>

#include "vfio_pgoff.h"
#include "vfio_strategy.h"

/**
 * vfio_region_register() - tell the core the page frames of a region
 * @device: not yet registered
 * @index: region index, as the driver encodes it in offsets
 * @pfn: first page frame
 * @npages: how many
 *
 * Return: 0; -EINVAL if @index or the range is out of bounds.
 * Context: before vfio_device_register(), so no lock.
 */
int vfio_region_register(struct vfio_device *device, unsigned int index,
			 unsigned long pfn, unsigned long npages)
{
	if (index >= VFIO_REGIONS_MAX || !npages ||
	    npages > vfio_pgoff_encode(1) >> PAGE_SHIFT ||
	    pfn + npages < pfn)
		return -EINVAL;

	device->strategy.regions[index].pfn = pfn;
	device->strategy.regions[index].npages = npages;

	return 0;
}
EXPORT_SYMBOL_GPL(vfio_region_register);

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
	u64 offset = vfio_pgoff_of_address(vma, addr);
	u64 index = vfio_pgoff_region(offset);
	unsigned long page = vfio_pgoff_position(offset) >> PAGE_SHIFT;
	const struct vfio_region_pfns *region;
	int ret;

	if (!device || !(device->ops->flags & VFIO_DEVICE_OPS_PEER_TO_PEER) ||
	    index >= VFIO_REGIONS_MAX)
		return -EPERM;

	index = array_index_nospec(index, VFIO_REGIONS_MAX);
	region = &device->strategy.regions[index];
	if (page >= region->npages)
		return -EPERM;

	ret = vfio_pfn_run_get(run, device);
	if (ret)
		return ret;

	run->pfn = region->pfn + page;
	run->npages = min(region->npages - page,
			  (vma->vm_end - addr) >> PAGE_SHIFT);

	return 0;
}
