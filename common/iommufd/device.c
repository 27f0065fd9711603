// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is bound to an iommufd, from the first open to the last close.
 *
 * Binding claims the DMA ownership of the device's group for that iommufd. It
 * fails while a container, another iommufd or a driver of the host has that.
 * Until the device is attached to an address space, its DMA reaches nothing.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/module.h>

#include "compat.h"
#include "core/core.h"
#include "iommufd/iommufd.h"

vfio_compat_import_ns(IOMMUFD);

/**
 * vfio_iommufd_bind() - bind a device to an iommufd
 * @device: device that is being opened
 * @iommufd: referenced by the caller; the device then has a reference, too
 *
 * Return: 0; -EPERM if the DMA of its group has another owner, or if interrupts
 * could be forged; or another errno of iommufd.
 * Context: device->open_lock held; may sleep.
 */
int vfio_iommufd_bind(struct vfio_device *device, struct iommufd_ctx *iommufd)
{
	struct iommufd_device *idev;
	u32 id;

	lockdep_assert_held(&device->open_lock);

	idev = iommufd_device_bind(iommufd, device->dev, &id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);

	device->iommufd = idev;
	WRITE_ONCE(device->iommufd_id, id);
	/* Pairs with vfio_iommufd_id_for(), which then reads that id. */
	smp_store_release(&device->iommufd_ctx, iommufd);

	return 0;
}

/**
 * vfio_iommufd_unbind() - undo vfio_iommufd_bind()
 * @device: device that is being closed, or that could not be opened
 *
 * Context: device->open_lock held; may sleep.
 */
void vfio_iommufd_unbind(struct vfio_device *device)
{
	unsigned long pasid;
	void *entry;

	lockdep_assert_held(&device->open_lock);

	/* The attachment without a PASID last: the others may depend on it. */
	xa_for_each_start(&device->iommufd_attached, pasid, entry,
			  IOMMU_NO_PASID + 1)
		vfio_iommufd_detach(device, pasid);
	vfio_iommufd_detach(device, IOMMU_NO_PASID);
	/* Before it may be freed and another iommufd allocated in its place. */
	WRITE_ONCE(device->iommufd_ctx, NULL);
	iommufd_device_unbind(device->iommufd);
	device->iommufd = NULL;
}

/**
 * vfio_iommufd_attach() - give a device an address space for its DMA
 * @device: bound to an iommufd
 * @pasid: for DMA with this PASID, or IOMMU_NO_PASID
 * @pt_id: id of the address space, an IOAS or a page table; set to the id of
 *	the page table that the device is attached to
 *
 * A device that has an address space already changes to the new one in one
 * step.
 *
 * Return: 0, -ENOMEM, or the errno of iommufd.
 * Context: device->open_lock held; may wait for user memory that is mapped
 * there.
 */
int vfio_iommufd_attach(struct vfio_device *device, u32 pasid, u32 *pt_id)
{
	struct xarray *attached = &device->iommufd_attached;
	int ret;

	lockdep_assert_held(&device->open_lock);

	if (xa_load(attached, pasid))
		return vfio_compat_iommufd_replace(device->iommufd, pasid,
						   pt_id);

	ret = xa_err(xa_store(attached, pasid, xa_mk_value(0), GFP_KERNEL));
	if (ret)
		return ret;

	ret = vfio_compat_iommufd_attach(device->iommufd, pasid, pt_id);
	if (ret)
		xa_erase(attached, pasid);

	return ret;
}

/**
 * vfio_iommufd_detach() - undo vfio_iommufd_attach()
 * @device: bound to an iommufd
 * @pasid: as for vfio_iommufd_attach(); there may be none
 *
 * Context: device->open_lock held; may sleep.
 */
void vfio_iommufd_detach(struct vfio_device *device, u32 pasid)
{
	lockdep_assert_held(&device->open_lock);

	if (xa_erase(&device->iommufd_attached, pasid))
		vfio_compat_iommufd_detach(device->iommufd, pasid);
}

/* Implements vfio_device_id_for(). */
int vfio_iommufd_id_for(struct vfio_device *device, struct vfio_device *asker)
{
	struct iommufd_ctx *iommufd = READ_ONCE(asker->iommufd_ctx);
	struct iommu_group *group;
	bool owned;

	if (!iommufd)
		return -ENODEV;

	/* Pairs with vfio_iommufd_bind(). It may be bound anew meanwhile. */
	if (smp_load_acquire(&device->iommufd_ctx) == iommufd)
		return READ_ONCE(device->iommufd_id);

	group = iommu_group_get(device->dev);
	owned = iommufd_ctx_has_group(iommufd, group);
	iommu_group_put(group);

	return owned ? -ENOENT : -ENODEV;
}
