// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrap-vmops, the core's half.
 *
 * Idea (Alex Williamson, kvm list, 2021): a vma of a device file carries a
 * structure that says whose memory it is and which page frame it begins with.
 * The core allocates it, the driver fills it in at mmap, and the core counts
 * the vmas that refer to it: for that it must see vm_ops->open and close, so it
 * puts vm_ops of its own in front of the driver's.
 *
 * Invariant: a vma whose vm_ops->open is vfio_wrap_open() has a vfio_mmap in
 * vm_private_data, with one reference for this vma.
 *
 * A wrapper is made for each vm_ops that is wrapped, not once for all, as the
 * presence of a member means something to the mm: the wrapper is a copy of the
 * driver's vm_ops in which open and close alone are replaced. It lives as long
 * as the device; a driver cannot be unloaded before.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "vfio_lock_order.h"
#include "vfio_pgoff.h"
#include "vfio_strategy.h"

/**
 * struct vfio_wrapper - the core's vm_ops in front of a driver's
 * @node: in the device's list
 * @inner: the driver's vm_ops
 * @outer: a copy of it with open and close replaced
 */
struct vfio_wrapper {
	struct list_head node;
	const struct vm_operations_struct *inner;
	struct vm_operations_struct outer;
};

int vfio_strategy_device_init(struct vfio_device *device)
{
	mutex_init(&device->strategy.wrappers_lock);
	vfio_lock_class(&device->strategy.wrappers_lock, VFIO_LOCK_WRAPPERS);
	INIT_LIST_HEAD(&device->strategy.wrappers);

	return 0;
}

void vfio_strategy_device_release(struct vfio_device *device)
{
	struct vfio_wrapper *wrapper, *next;

	list_for_each_entry_safe(wrapper, next, &device->strategy.wrappers,
				 node)
		kfree(wrapper);
	mutex_destroy(&device->strategy.wrappers_lock);
}

static void vfio_mmap_release(struct kref *kref)
{
	kfree(container_of(kref, struct vfio_mmap, kref));
}

/* A split or a fork has copied the vma, vm_private_data included. */
static void vfio_wrap_open(struct vm_area_struct *vma)
{
	struct vfio_mmap *map = vma->vm_private_data;

	kref_get(&map->kref);
	if (map->vm_ops->open)
		map->vm_ops->open(vma);
}

static void vfio_wrap_close(struct vm_area_struct *vma)
{
	struct vfio_mmap *map = vma->vm_private_data;

	if (map->vm_ops->close)
		map->vm_ops->close(vma);
	kref_put(&map->kref, vfio_mmap_release);
}

static const struct vm_operations_struct *
vfio_wrapper_get(struct vfio_device *device,
		 const struct vm_operations_struct *inner)
{
	struct vfio_strategy_device *strategy = &device->strategy;
	struct vfio_wrapper *wrapper;

	mutex_lock(&strategy->wrappers_lock);

	list_for_each_entry(wrapper, &strategy->wrappers, node)
		if (wrapper->inner == inner)
			goto unlock;

	wrapper = kzalloc(sizeof(*wrapper), GFP_KERNEL);
	if (wrapper) {
		wrapper->inner = inner;
		wrapper->outer = *inner;
		wrapper->outer.open = vfio_wrap_open;
		wrapper->outer.close = vfio_wrap_close;
		list_add(&wrapper->node, &strategy->wrappers);
	}
unlock:
	mutex_unlock(&strategy->wrappers_lock);

	return wrapper ? &wrapper->outer : NULL;
}

int vfio_strategy_mmap(struct vfio_device *device, struct vm_area_struct *vma)
{
	const struct vm_operations_struct *outer;
	struct vfio_mmap *map;
	int ret;

	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;

	map->device = device;
	kref_init(&map->kref);
	vma->vm_private_data = map;

	ret = device->ops->mmap(device, vma);
	if (ret)
		goto free_map;

	/* Opted out: what the driver made of the vma is its own affair. */
	if (vma->vm_private_data != map) {
		kfree(map);
		return 0;
	}

	outer = vfio_wrapper_get(device, vma->vm_ops);
	if (!outer) {
		ret = -ENOMEM;
		goto close_vma;
	}

	map->vm_ops = vma->vm_ops;
	vma->vm_ops = outer;
	/* The driver has checked this length; mremap may not add to it. */
	vm_flags_set(vma, VM_DONTEXPAND);

	return 0;

close_vma:
	/* A vma whose mmap fails is never closed by the mm. */
	if (vma->vm_ops->close)
		vma->vm_ops->close(vma);
free_map:
	vma->vm_private_data = NULL;
	kfree(map);

	return ret;
}

int vfio_strategy_resolve(struct vm_area_struct *vma, unsigned long addr,
			  struct vfio_pfn_run *run)
{
	struct vfio_mmap *map;
	int ret;

	if (!vma->vm_ops || vma->vm_ops->open != vfio_wrap_open)
		return -EPERM;

	map = vma->vm_private_data;
	if (!map->release_notification ||
	    !(map->device->ops->flags & VFIO_DEVICE_OPS_PEER_TO_PEER))
		return -EPERM;

	ret = vfio_pfn_run_get(run, map->device);
	if (ret)
		return ret;

	run->pfn = map->pfn_base +
		   (vfio_pgoff_of_address(vma, addr) >> PAGE_SHIFT);
	/* The vma lies in one region, as the driver's mmap has checked. */
	run->npages = (vma->vm_end - addr) >> PAGE_SHIFT;

	return 0;
}
