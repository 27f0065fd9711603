// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE: what some devices have, by number.
 *
 * A user process probes whether a device has a feature that can be read (GET)
 * or written (SET), or does so. What holds for every feature is checked here;
 * the driver knows which features there are. A feature that a device does not
 * have is -ENOTTY, whatever the request.
 */
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "core.h"

#define VFIO_DEVICE_FEATURE_OPS						\
	(VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET)

/**
 * vfio_device_feature() - VFIO_DEVICE_FEATURE
 * @device: open device
 * @uarg: the caller's structure
 *
 * Return: 0; -EINVAL for a structure that is too small or flags that do not go
 * together; -ENOTTY for a feature that the device does not have; -EFAULT; or
 * the errno of the driver.
 * Context: no lock of the core held; may sleep.
 */
long vfio_device_feature(struct vfio_device *device,
			 struct vfio_device_feature __user *uarg)
{
	size_t minsz = offsetofend(struct vfio_device_feature, flags);
	struct vfio_device_feature feature;

	if (copy_from_user(&feature, uarg, minsz))
		return -EFAULT;

	if (feature.argsz < minsz ||
	    feature.flags & ~(VFIO_DEVICE_FEATURE_MASK |
			      VFIO_DEVICE_FEATURE_OPS |
			      VFIO_DEVICE_FEATURE_PROBE))
		return -EINVAL;

	/* Both are for a probe only. */
	if (!(feature.flags & VFIO_DEVICE_FEATURE_PROBE) &&
	    (feature.flags & VFIO_DEVICE_FEATURE_OPS) == VFIO_DEVICE_FEATURE_OPS)
		return -EINVAL;

	if (!device->ops->feature)
		return -ENOTTY;

	return device->ops->feature(device, feature.flags, uarg->data,
				    feature.argsz - minsz);
}

/**
 * vfio_device_feature_check() - judge a request for a feature that there is
 * @flags: of the request
 * @size: of the caller's data
 * @ops: what can be done to the feature, VFIO_DEVICE_FEATURE_GET and _SET
 * @needed: size of its data
 *
 * Return: 1 for a GET or SET to be done; 0 for a probe of what can be done;
 * -EINVAL if it cannot be done, nothing was requested, or the data do not fit.
 * Context: any.
 */
int vfio_device_feature_check(u32 flags, size_t size, u32 ops, size_t needed)
{
	u32 asked = flags & VFIO_DEVICE_FEATURE_OPS;

	if (asked & ~ops)
		return -EINVAL;
	if (flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	if (!asked || size < needed)
		return -EINVAL;

	return 1;
}
EXPORT_SYMBOL_GPL(vfio_device_feature_check);
