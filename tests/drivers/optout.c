// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-test-optout: has its own structure in vm_private_data, as drivers had
 * before there was any strategy, and declares nothing for peers. Its fault
 * handler trusts vm_private_data: where the core had put its own structure
 * there and kept it, this driver would crash.
 *
 * How many vmas its open and close have counted can be read from the module
 * parameter optout_vmas, as the proof that both are called as ever.
 */
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "driver.h"

/**
 * struct vfio_test_mapping - one mmap, however often split or forked
 * @vdev: kept by the vma's file
 * @kref: one for each vma
 */
struct vfio_test_mapping {
	struct vfio_test_device *vdev;
	struct kref kref;
};

/* A parameter is an int, which the inside of an atomic_t is. */
static atomic_t vfio_test_optout_vmas = ATOMIC_INIT(0);
module_param_named(optout_vmas, vfio_test_optout_vmas.counter, int, 0444);
MODULE_PARM_DESC(optout_vmas, "vmas of devices of vfio-test-optout");

static void vfio_test_optout_open(struct vm_area_struct *vma)
{
	struct vfio_test_mapping *mapping = vma->vm_private_data;

	kref_get(&mapping->kref);
	atomic_inc(&vfio_test_optout_vmas);
}

static void vfio_test_mapping_release(struct kref *kref)
{
	kfree(container_of(kref, struct vfio_test_mapping, kref));
}

static void vfio_test_optout_close(struct vm_area_struct *vma)
{
	struct vfio_test_mapping *mapping = vma->vm_private_data;

	atomic_dec(&vfio_test_optout_vmas);
	kref_put(&mapping->kref, vfio_test_mapping_release);
}

static vm_fault_t vfio_test_optout_fault(struct vm_fault *vmf)
{
	struct vfio_test_mapping *mapping = vmf->vma->vm_private_data;

	return vfio_test_fault(mapping->vdev, vmf);
}

static const struct vm_operations_struct vfio_test_optout_vm_ops = {
	.open = vfio_test_optout_open,
	.close = vfio_test_optout_close,
	.fault = vfio_test_optout_fault,
};

static int vfio_test_optout_mmap(struct vfio_device *device,
				 struct vm_area_struct *vma)
{
	struct vfio_test_device *vdev = vfio_test_from_device(device);
	struct vfio_test_mapping *mapping;
	int ret;

	ret = vfio_test_mmap_prepare(vdev, vma);
	if (ret)
		return ret;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return -ENOMEM;

	mapping->vdev = vdev;
	kref_init(&mapping->kref);
	vma->vm_private_data = mapping;
	vma->vm_ops = &vfio_test_optout_vm_ops;
	atomic_inc(&vfio_test_optout_vmas);

	return 0;
}

struct vfio_test_driver vfio_test_optout = {
	.pci = { VFIO_TEST_PCI("vfio-test-optout") },
	.ops = {
		VFIO_TEST_OPS("vfio-test-optout"),
		.mmap = vfio_test_optout_mmap,
	},
	.layout = vfio_test_layout_halves,
};
