// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset: the bus or slot reset as user space may ask for it.
 *
 * It reaches other devices too. GET_PCI_HOT_RESET_INFO says which. The caller
 * must have all of them, be they opened or not. Who opened the device through its
 * group proves it to PCI_HOT_RESET by the open files of all their groups. Who
 * opened it by its node need not prove anything: what his iommufd has is known,
 * and the list says so device by device.
 */
#include <linux/file.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "pci.h"
#include "reset.h"

static int vfio_pci_hot_reset_count(struct pci_dev *pdev, void *data)
{
	(*(unsigned int *)data)++;

	return 0;
}

struct vfio_pci_hot_reset_list {
	struct vfio_pci_device *asker;
	struct vfio_pci_dependent_device *devices;
	unsigned int room;
	unsigned int count;
	bool all_owned;
};

/* Which of the asker's devices that is. */
static u32 vfio_pci_hot_reset_id(struct vfio_pci_device *asker,
				 struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = vfio_pci_set_get_device(asker, pdev);
	int id;

	if (!vdev)
		return VFIO_PCI_DEVID_NOT_OWNED;

	id = vfio_device_id_for(&vdev->vfio, &asker->vfio);
	vfio_device_put(&vdev->vfio);
	if (id == -ENOENT)
		return VFIO_PCI_DEVID_OWNED;

	return id > 0 ? id : VFIO_PCI_DEVID_NOT_OWNED;
}

static int vfio_pci_hot_reset_add(struct pci_dev *pdev, void *data)
{
	struct vfio_pci_hot_reset_list *list = data;
	struct vfio_pci_dependent_device *device;
	struct iommu_group *group;

	/* One came in since they were counted. */
	if (list->count == list->room)
		return -EAGAIN;

	device = &list->devices[list->count++];
	device->segment = pci_domain_nr(pdev->bus);
	device->bus = pdev->bus->number;
	device->devfn = pdev->devfn;

	if (list->asker->vfio.by_node) {
		/* Also known as devid. */
		device->group_id = vfio_pci_hot_reset_id(list->asker, pdev);
		if (device->group_id == (u32)VFIO_PCI_DEVID_NOT_OWNED)
			list->all_owned = false;
		return 0;
	}

	/* Who could prove to have it? */
	group = iommu_group_get(&pdev->dev);
	if (!group)
		return -EPERM;

	device->group_id = iommu_group_id(group);
	iommu_group_put(group);

	return 0;
}

/* Copies the list out; info->count becomes its length, info->flags what it is. */
static int vfio_pci_hot_reset_list(struct vfio_pci_device *vdev,
				   struct vfio_pci_hot_reset_info *info,
				   void __user *uarg)
{
	struct vfio_pci_hot_reset_list list = {
		.asker = vdev,
		.room = info->count,
		.all_owned = true,
	};
	int ret;

	list.devices = kcalloc(list.room, sizeof(*list.devices), GFP_KERNEL);
	if (!list.devices)
		return -ENOMEM;

	vfio_pci_set_lock(vdev);
	ret = vfio_pci_set_walk(vdev, vfio_pci_hot_reset_add, &list);
	vfio_pci_set_unlock(vdev);
	if (!ret && copy_to_user(uarg + sizeof(*info), list.devices,
				 list.count * sizeof(*list.devices)))
		ret = -EFAULT;

	info->count = list.count;
	if (vdev->vfio.by_node)
		info->flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID |
			      (list.all_owned ?
			       VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED : 0);
	kfree(list.devices);

	return ret;
}

/**
 * vfio_pci_ioctl_hot_reset_info() - VFIO_DEVICE_GET_PCI_HOT_RESET_INFO
 * @vdev: open device
 * @data: the first fields of the caller's structure
 * @uarg: the caller's structure
 *
 * Return: 0; -ENODEV if there is no such reset; -ENOSPC if the list of devices
 * has no room, with their number in the caller's structure; -EPERM if a device
 * has no IOMMU group; -EAGAIN if the number has just changed; -EFAULT; -ENOMEM.
 * Context: may sleep.
 */
long vfio_pci_ioctl_hot_reset_info(struct vfio_pci_device *vdev, void *data,
				   void __user *uarg)
{
	struct vfio_pci_hot_reset_info *info = data;
	size_t room = (info->argsz - sizeof(*info)) / sizeof(info->devices[0]);
	unsigned int count = 0;
	int ret;

	if (!vfio_pci_set_has_reset(vdev))
		return -ENODEV;

	vfio_pci_set_walk(vdev, vfio_pci_hot_reset_count, &count);
	info->flags = 0;
	info->count = count;

	ret = count > room ? -ENOSPC :
			     vfio_pci_hot_reset_list(vdev, info, uarg);
	if (ret && ret != -ENOSPC)
		return ret;

	return copy_to_user(uarg, info, sizeof(*info)) ? -EFAULT : ret;
}

struct vfio_pci_hot_reset_files {
	struct file **files;
	unsigned int count;
};

static bool vfio_pci_hot_reset_allowed(struct vfio_pci_device *vdev, void *data)
{
	struct vfio_pci_hot_reset_files *owned = data;
	unsigned int i;

	for (i = 0; i < owned->count; i++)
		if (vfio_group_file_has_device(owned->files[i], &vdev->vfio))
			return true;

	return false;
}

/* Groups stay their owner's while their files are referenced. */
static int vfio_pci_hot_reset_fget(struct vfio_pci_hot_reset_files *owned,
				   int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;

	if (!vfio_group_file_valid(file)) {
		fput(file);
		return -EINVAL;
	}

	owned->files[owned->count++] = file;

	return 0;
}

static int vfio_pci_hot_reset_by_fds(struct vfio_pci_device *vdev,
				     const s32 *fds, unsigned int count)
{
	struct vfio_pci_hot_reset_files owned = {};
	unsigned int i;
	int ret = 0;

	owned.files = kcalloc(count, sizeof(*owned.files), GFP_KERNEL);
	if (!owned.files)
		return -ENOMEM;

	for (i = 0; !ret && i < count; i++)
		ret = vfio_pci_hot_reset_fget(&owned, fds[i]);

	if (!ret)
		ret = vfio_pci_set_reset(vdev, vfio_pci_hot_reset_allowed,
					 &owned);

	while (owned.count)
		fput(owned.files[--owned.count]);
	kfree(owned.files);

	return ret;
}

static bool vfio_pci_hot_reset_owned(struct vfio_pci_device *vdev, void *data)
{
	struct vfio_pci_device *asker = data;
	int id = vfio_device_id_for(&vdev->vfio, &asker->vfio);

	return id > 0 || id == -ENOENT;
}

/**
 * vfio_pci_ioctl_hot_reset() - VFIO_DEVICE_PCI_HOT_RESET
 * @vdev: open device
 * @data: the first fields of the caller's structure
 * @uarg: the caller's structure
 *
 * Return: 0; -ENODEV if there is no such reset; -EBADF for a bad file
 * descriptor; -EINVAL for one that is no group's, for more of them than
 * devices, for none, or for any if the device was opened by its node; and if the
 * reset would reach a device that is not the caller's;
 * -EBUSY, -EAGAIN if a device is just being used otherwise; -EFAULT; -ENOMEM;
 * or the errno of waking or resetting.
 * Context: may sleep as long as a reset takes.
 */
long vfio_pci_ioctl_hot_reset(struct vfio_pci_device *vdev, void *data,
			      void __user *uarg)
{
	struct vfio_pci_hot_reset *reset = data;
	unsigned int count = 0;
	s32 *fds;
	int ret;

	if (reset->flags || !reset->count != vdev->vfio.by_node)
		return -EINVAL;

	if (!vfio_pci_set_has_reset(vdev))
		return -ENODEV;

	if (vdev->vfio.by_node)
		return vfio_pci_set_reset(vdev, vfio_pci_hot_reset_owned, vdev);

	/* A group has at least one device. */
	vfio_pci_set_walk(vdev, vfio_pci_hot_reset_count, &count);
	if (reset->count > count)
		return -EINVAL;

	fds = memdup_user(uarg + offsetofend(struct vfio_pci_hot_reset, count),
			  reset->count * sizeof(*fds));
	if (IS_ERR(fds))
		return PTR_ERR(fds);

	ret = vfio_pci_hot_reset_by_fds(vdev, fds, reset->count);
	kfree(fds);

	return ret;
}
