// SPDX-License-Identifier: GPL-2.0-only
/*
 * The features that a PCI function has.
 */
#include <linux/uaccess.h>
#include <linux/uuid.h>

#include "pci.h"
#include "sriov.h"

static int vfio_pci_feature_token(struct vfio_pci_device *vdev, u32 flags,
				  void __user *data, size_t size)
{
	uuid_t token;
	int ret;

	if (!vfio_pci_token_exists(vdev))
		return -ENOTTY;

	/* Not to be read: it may be of a former user. */
	ret = vfio_device_feature_check(flags, size, VFIO_DEVICE_FEATURE_SET,
					sizeof(token));
	if (ret <= 0)
		return ret;

	if (copy_from_user(&token, data, sizeof(token)))
		return -EFAULT;

	vfio_pci_token_set(vdev, &token);

	return 0;
}

static int vfio_pci_feature_enter(struct vfio_pci_device *vdev, u32 flags,
				  void __user *data, size_t size)
{
	int ret;

	ret = vfio_device_feature_check(flags, size, VFIO_DEVICE_FEATURE_SET, 0);
	if (ret <= 0)
		return ret;

	return vfio_pci_low_power_enter(vdev);
}

static int vfio_pci_feature_enter_with_wakeup(struct vfio_pci_device *vdev,
					      u32 flags, void __user *data,
					      size_t size)
{
	struct vfio_device_low_power_entry_with_wakeup entry;
	int ret;

	ret = vfio_device_feature_check(flags, size, VFIO_DEVICE_FEATURE_SET,
					sizeof(entry));
	if (ret <= 0)
		return ret;

	if (copy_from_user(&entry, data, sizeof(entry)))
		return -EFAULT;

	if (entry.wakeup_eventfd < 0)
		return -EINVAL;

	return vfio_pci_low_power_enter_with_wakeup(vdev, entry.wakeup_eventfd);
}

static int vfio_pci_feature_exit(struct vfio_pci_device *vdev, u32 flags,
				 void __user *data, size_t size)
{
	int ret;

	ret = vfio_device_feature_check(flags, size, VFIO_DEVICE_FEATURE_SET, 0);
	if (ret <= 0)
		return ret;

	vfio_pci_low_power_exit(vdev);

	return 0;
}

/**
 * vfio_pci_feature() - VFIO_DEVICE_FEATURE
 * @vdev: open device, awake
 * @flags: which feature, and what is asked of it
 * @data: the caller's data
 * @size: of it
 *
 * Return: 0; -ENOTTY for a feature that the device does not have; -EINVAL for
 * what cannot be done to it, or data that do not fit; -EFAULT; or the errno of
 * what is done.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_feature(struct vfio_pci_device *vdev, u32 flags,
		     void __user *data, size_t size)
{
	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_PCI_VF_TOKEN:
		return vfio_pci_feature_token(vdev, flags, data, size);
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
		return vfio_pci_feature_enter(vdev, flags, data, size);
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
		return vfio_pci_feature_enter_with_wakeup(vdev, flags, data,
							  size);
	case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
		return vfio_pci_feature_exit(vdev, flags, data, size);
	default:
		return -ENOTTY;
	}
}
