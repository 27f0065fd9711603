// SPDX-License-Identifier: GPL-2.0-only
/*
 * First open and last close: what stands behind a device while it is open.
 *
 * That is either the container that its group is in, or an iommufd: the
 * group's, or the one that the device was bound to by its own node. It is set
 * up before the driver opens the device and torn down after the driver has
 * closed it, so no DMA of the device bypasses it.
 */
#include <linux/module.h>

#include "core.h"

static int vfio_device_first_open(struct vfio_device *device,
				  struct iommufd_ctx *iommufd,
				  struct vfio_kvm *kvm)
{
	int ret;

	if (!try_module_get(device->dev->driver->owner))
		return -ENODEV;

	if (iommufd)
		ret = vfio_iommufd_ops->bind(device, iommufd);
	else
		ret = vfio_group_use_container(device->group);
	if (ret)
		goto put_module;

	vfio_device_get_kvm(device, kvm);

	vfio_names_get();

	ret = device->ops->open_device(device);
	if (ret)
		goto put_names;

	return 0;

put_names:
	vfio_names_put();
	vfio_device_put_kvm(device);
	if (iommufd)
		vfio_iommufd_ops->unbind(device);
	else
		vfio_group_unuse_container(device->group);
put_module:
	module_put(device->dev->driver->owner);

	return ret;
}

static void vfio_device_last_close(struct vfio_device *device)
{
	vfio_device_memory_close(device);
	device->ops->close_device(device);
	vfio_names_put();
	vfio_device_put_kvm(device);
	if (device->iommufd)
		vfio_iommufd_ops->unbind(device);
	else
		vfio_group_unuse_container(device->group);
	module_put(device->dev->driver->owner);
}

/**
 * vfio_device_open() - a file begins to use the device
 * @device: counted in its users by the caller
 * @iommufd: stands behind it from now on; NULL for the container of its group
 * @kvm: the virtual machine that the file belongs to
 *
 * Only the first open looks at @iommufd and @kvm.
 *
 * Return: 0; -EINVAL if there is neither @iommufd nor a container with a
 * backend; -ENODEV if the driver is being unloaded; the errno of iommufd or of
 * the driver.
 * Context: device->open_lock held, group->lock too without @iommufd; may sleep.
 */
int vfio_device_open(struct vfio_device *device, struct iommufd_ctx *iommufd,
		     struct vfio_kvm *kvm)
{
	int ret = 0;

	lockdep_assert_held(&device->open_lock);

	if (!device->open_count)
		ret = vfio_device_first_open(device, iommufd, kvm);
	if (!ret)
		device->open_count++;

	return ret;
}

/**
 * vfio_device_close() - undo vfio_device_open()
 * @device: device
 *
 * Context: as vfio_device_open().
 */
void vfio_device_close(struct vfio_device *device)
{
	lockdep_assert_held(&device->open_lock);

	if (!--device->open_count)
		vfio_device_last_close(device);
}
