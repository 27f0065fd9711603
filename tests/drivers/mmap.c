// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the drivers' mmaps share: finding a region, checking a vma, a fault.
 */
#include <linux/mm.h>

#include "compat.h"
#include "driver.h"
#include "vfio_pgoff.h"

/**
 * vfio_test_region_at() - the region that an offset lies in
 * @vdev: device
 * @offset: offset in the device file, in bytes
 *
 * Return: the region or NULL.
 */
const struct vfio_test_region *
vfio_test_region_at(struct vfio_test_device *vdev, u64 offset)
{
	const struct vfio_test_region *region;
	unsigned int i;

	for (i = 0; i < VFIO_TEST_REGIONS; i++) {
		region = &vdev->regions[i];
		if (offset >= region->offset &&
		    offset - region->offset < region->size)
			return region;
	}

	return NULL;
}

/* Regions that follow each other in the device file may be taken as one. */
static bool vfio_test_range_valid(struct vfio_test_device *vdev, u64 offset,
				  u64 size)
{
	const struct vfio_test_region *region;
	u64 left;

	while ((region = vfio_test_region_at(vdev, offset))) {
		left = region->offset + region->size - offset;
		if (size <= left)
			return true;
		offset += left;
		size -= left;
	}

	return false;
}

/**
 * vfio_test_mmap_prepare() - check a new vma and make it one of device memory
 * @vdev: open device
 * @vma: the new vma
 *
 * Return: 0; -EINVAL if it is private or goes beyond the regions.
 * Context: mmap_lock held for write.
 */
int vfio_test_mmap_prepare(struct vfio_test_device *vdev,
			   struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!vfio_test_range_valid(vdev,
				   vfio_pgoff_of_address(vma, vma->vm_start),
				   vma->vm_end - vma->vm_start))
		return -EINVAL;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);

	return 0;
}

/**
 * vfio_test_fault() - put the page frame of a faulting address into place
 * @vdev: whose memory it is
 * @vmf: the fault
 *
 * Return: VM_FAULT_NOPAGE; VM_FAULT_OOM; or what
 * vfio_device_memory_enter_fault() returns.
 * Context: may hold the vma's lock only.
 */
vm_fault_t vfio_test_fault(struct vfio_test_device *vdev, struct vm_fault *vmf)
{
	u64 offset = vfio_pgoff_of_address(vmf->vma, vmf->address & PAGE_MASK);
	const struct vfio_test_region *region;
	vm_fault_t ret;

	region = vfio_test_region_at(vdev, offset);
	if (!region)
		return VM_FAULT_SIGBUS;

	ret = vfio_device_memory_enter_fault(&vdev->vfio, vmf);
	if (ret)
		return ret;

	ret = vmf_insert_pfn(vmf->vma, vmf->address, region->pfn +
			     ((offset - region->offset) >> PAGE_SHIFT));
	vfio_device_memory_leave(&vdev->vfio);

	return ret;
}
