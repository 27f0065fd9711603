// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-test-dense: regions packed one behind the other in the device file, so
 * that the offset is no region index. Region 0 is the last quarter of the BAR,
 * region 1 all before: their order in the file is not that of their page
 * frames, so no one number added to an offset gives the page frames of both.
 *
 * Its mmap is as vfio-pci's, filled by faults, but may go over both regions.
 */
#include "driver.h"

static void vfio_test_dense_layout(struct vfio_test_device *vdev,
				   unsigned long pfn, u64 size)
{
	struct vfio_test_region *regions = vdev->regions;
	u64 quarter = size / 4;

	regions[0].offset = 0;
	regions[0].size = quarter;
	regions[0].pfn = pfn + (3 * quarter >> PAGE_SHIFT);

	regions[1].offset = quarter;
	regions[1].size = 3 * quarter;
	regions[1].pfn = pfn;
}

static vm_fault_t vfio_test_dense_fault(struct vm_fault *vmf)
{
	struct vfio_device *device = vfio_device_from_vma(vmf->vma);

	return vfio_test_fault(vfio_test_from_device(device), vmf);
}

static const struct vm_operations_struct vfio_test_dense_vm_ops = {
	.fault = vfio_test_dense_fault,
};

static int vfio_test_dense_mmap(struct vfio_device *device,
				struct vm_area_struct *vma)
{
	struct vfio_test_device *vdev = vfio_test_from_device(device);
	int ret;

	ret = vfio_test_mmap_prepare(vdev, vma);
	if (ret)
		return ret;

	vma->vm_ops = &vfio_test_dense_vm_ops;
	vfio_test_strategy_mmap(vdev, vma);

	return 0;
}

struct vfio_test_driver vfio_test_dense = {
	.pci = { VFIO_TEST_PCI("vfio-test-dense") },
	.ops = {
		VFIO_TEST_OPS("vfio-test-dense"),
		.flags = VFIO_DEVICE_OPS_PEER_TO_PEER,
		.strategy = &vfio_test_strategy_ops,
		.mmap = vfio_test_dense_mmap,
	},
	.layout = vfio_test_dense_layout,
};
