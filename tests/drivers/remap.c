// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-test-remap: maps every page at mmap time, as simple drivers do, and has
 * no fault handler. What the revoker has zapped stays unmapped for the CPU,
 * which gets SIGBUS until it mmaps anew. A peer is not concerned: what is mapped
 * for it comes back, as no strategy asks the page tables.
 *
 * It cannot keep the whole guarantee. The vma gets into the device's i_mmap
 * tree after its mmap has returned, so a revoker between the two does not
 * find it, and its pages outlive that one. That is why a driver that means it
 * maps by faults.
 */
#include "driver.h"
#include "vfio_pgoff.h"

/*
 * In two parts, since a vma that is remapped as a whole is tracked by x86's PAT,
 * by way of its first page-table entry: zapping that, as the revoker does,
 * makes the kernel warn of it at munmap.
 */
static int vfio_test_remap_pages(struct vm_area_struct *vma, unsigned long pfn)
{
	unsigned long second = vma->vm_start + PAGE_SIZE;
	int ret;

	ret = remap_pfn_range(vma, vma->vm_start, pfn, PAGE_SIZE,
			      vma->vm_page_prot);
	if (ret)
		return ret;

	return remap_pfn_range(vma, second, pfn + 1, vma->vm_end - second,
			       vma->vm_page_prot);
}

static int vfio_test_remap_mmap(struct vfio_device *device,
				struct vm_area_struct *vma)
{
	struct vfio_test_device *vdev = vfio_test_from_device(device);
	const struct vfio_test_region *region;
	u64 offset;
	int ret;

	if (vma_pages(vma) < 2)
		return -EINVAL;

	ret = vfio_test_mmap_prepare(vdev, vma);
	if (ret)
		return ret;

	offset = vfio_pgoff_of_address(vma, vma->vm_start);
	region = vfio_test_region_at(vdev, offset);

	ret = vfio_device_memory_enter(device);
	if (ret)
		return ret;
	ret = vfio_test_remap_pages(vma, region->pfn +
				    ((offset - region->offset) >> PAGE_SHIFT));
	vfio_device_memory_leave(device);
	if (ret)
		return ret;

	vfio_test_strategy_mmap(vdev, vma);

	return 0;
}

struct vfio_test_driver vfio_test_remap = {
	.pci = { VFIO_TEST_PCI("vfio-test-remap") },
	.ops = {
		VFIO_TEST_OPS("vfio-test-remap"),
		.flags = VFIO_DEVICE_OPS_PEER_TO_PEER,
		.strategy = &vfio_test_strategy_ops,
		.mmap = vfio_test_remap_mmap,
	},
	.layout = vfio_test_layout_halves,
};
