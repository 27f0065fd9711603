// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two counts that keep a device: users, and references to its memory. What
 * each is for is said in device.c.
 */
#include <linux/module.h>

#include "core.h"

/**
 * vfio_device_get() - take a reference to a device's memory
 * @device: referenced already, or kept by a lock
 */
void vfio_device_get(struct vfio_device *device)
{
	get_device(&device->class_dev);
}
EXPORT_SYMBOL_GPL(vfio_device_get);

/**
 * vfio_device_put() - drop a reference to a device's memory
 * @device: device
 *
 * Context: may sleep.
 */
void vfio_device_put(struct vfio_device *device)
{
	put_device(&device->class_dev);
}
EXPORT_SYMBOL_GPL(vfio_device_put);

/**
 * vfio_device_try_use() - count one more open file
 * @device: kept by a lock of the caller's
 *
 * Return: false if the device is past its unregistration.
 */
bool vfio_device_try_use(struct vfio_device *device)
{
	return refcount_inc_not_zero(&device->users);
}

/**
 * vfio_device_unuse() - undo vfio_device_try_use()
 * @device: the caller must not touch it afterwards without a reference
 */
void vfio_device_unuse(struct vfio_device *device)
{
	if (refcount_dec_and_test(&device->users))
		complete(&device->unused);
}
