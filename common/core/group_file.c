// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/<group>: the file of a group.
 *
 * It can be open once at a time. Through it a user process puts the group into
 * a container, then opens its devices. Each open device holds the group's file
 * open, so the group cannot change hands below it.
 *
 * An iommufd may stand behind the group instead of a container; it then acts as
 * one by its emulation of type1.
 *
 * A group is viable if no driver of the host does DMA with any device of it.
 * The IOMMU core keeps account of that: putting the group into a container
 * claims its DMA ownership, as opening a device does where an iommufd stands
 * behind the group.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "compat.h"
#include "core.h"

static bool vfio_group_has_iommu(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	return group->container || group->iommufd;
}

static long vfio_group_get_status(struct vfio_group *group,
				  struct vfio_group_status __user *arg)
{
	size_t minsz = offsetofend(struct vfio_group_status, flags);
	struct vfio_group_status status;
	int ret = 0;

	if (copy_from_user(&status, arg, minsz))
		return -EFAULT;

	if (status.argsz < minsz)
		return -EINVAL;

	status.flags = 0;

	mutex_lock(&group->lock);
	if (!group->iommu_group)
		ret = -ENODEV;
	else if (vfio_group_has_iommu(group))
		status.flags = VFIO_GROUP_FLAGS_CONTAINER_SET |
			       VFIO_GROUP_FLAGS_VIABLE;
	else if (!iommu_group_dma_owner_claimed(group->iommu_group))
		status.flags = VFIO_GROUP_FLAGS_VIABLE;
	mutex_unlock(&group->lock);

	if (ret)
		return ret;

	return copy_to_user(arg, &status, minsz) ? -EFAULT : 0;
}

static int vfio_group_set_iommufd(struct vfio_group *group, struct file *file)
{
	if (!vfio_iommufd_ops)
		return VFIO_COMPAT_NO_CONTAINER;

	return vfio_iommufd_ops->group_set(group, file);
}

static long vfio_group_set_container(struct vfio_group *group, int __user *arg)
{
	struct vfio_container *container;
	struct file *file;
	int fd, ret;

	if (get_user(fd, arg))
		return -EFAULT;

	file = fget(fd);
	if (!file)
		return -EBADF;

	mutex_lock(&group->lock);
	container = vfio_container_from_file(file);
	if (vfio_group_has_iommu(group))
		ret = -EINVAL;
	else if (!group->iommu_group)
		ret = -ENODEV;
	else if (container)
		ret = vfio_container_attach_group(container, group);
	else
		ret = vfio_group_set_iommufd(group, file);
	mutex_unlock(&group->lock);

	fput(file);

	return ret;
}

static long vfio_group_unset_container(struct vfio_group *group)
{
	struct vfio_container *container = NULL;
	int ret = 0;

	mutex_lock(&group->lock);
	if (!vfio_group_has_iommu(group))
		ret = -EINVAL;
	else if (group->iommufd)
		/* Open devices keep the iommufd, as on stock. */
		vfio_iommufd_ops->group_unset(group);
	else if (group->container_users != 1)
		ret = -EBUSY;
	else
		container = vfio_container_detach_group(group);
	mutex_unlock(&group->lock);

	vfio_container_put(container);

	return ret;
}

/* The name is a device's, and may be followed by a space and arguments. */
static struct vfio_device *vfio_group_find_device(struct vfio_group *group,
						  char *name)
{
	struct vfio_device *device, *found = ERR_PTR(-ENODEV);
	char *args = name;
	int ret;

	name = strsep(&args, " ");

	mutex_lock(&group->device_lock);
	list_for_each_entry(device, &group->devices, group_next) {
		if (strcmp(dev_name(device->dev), name))
			continue;
		ret = vfio_device_match_args(device, args);
		if (ret)
			found = ERR_PTR(ret);
		else if (vfio_device_try_use(device))
			found = device;
		break;
	}
	mutex_unlock(&group->device_lock);

	return found;
}

static long vfio_group_get_device_fd(struct vfio_group *group,
				     const char __user *arg)
{
	struct vfio_device *device;
	struct file *file;
	char *name;
	int fd;

	name = strndup_user(arg, PAGE_SIZE);
	if (IS_ERR(name))
		return PTR_ERR(name);

	device = vfio_group_find_device(group, name);
	kfree(name);
	if (IS_ERR(device))
		return PTR_ERR(device);

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto unuse_device;

	/* On success the use of the device passes to the file. */
	file = vfio_device_file_open(device);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto unuse_device;
	}

	fd_install(fd, file);

	return fd;

unuse_device:
	vfio_device_unuse(device);

	return fd;
}

static long vfio_group_ioctl(struct file *file, unsigned int cmd,
			     unsigned long arg)
{
	struct vfio_group *group = file->private_data;
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_GROUP_GET_STATUS:
		return vfio_group_get_status(group, uarg);
	case VFIO_GROUP_SET_CONTAINER:
		return vfio_group_set_container(group, uarg);
	case VFIO_GROUP_UNSET_CONTAINER:
		return vfio_group_unset_container(group);
	case VFIO_GROUP_GET_DEVICE_FD:
		return vfio_group_get_device_fd(group, uarg);
	default:
		return -ENOTTY;
	}
}

static int vfio_group_open(struct inode *inode, struct file *file)
{
	struct vfio_group *group =
		container_of(inode->i_cdev, struct vfio_group, cdev);
	int ret = 0;

	mutex_lock(&group->lock);
	if (!group->iommu_group) {
		/* The last device left after the lookup of this inode. */
		ret = -ENODEV;
	} else if (group->opened_file || group->node_users) {
		ret = -EBUSY;
	} else {
		group->opened_file = file;
		file->private_data = group;
	}
	mutex_unlock(&group->lock);

	return ret;
}

static int vfio_group_close(struct inode *inode, struct file *file)
{
	struct vfio_group *group = file->private_data;
	struct vfio_container *container;

	mutex_lock(&group->lock);
	/* An open device of the group would have kept this file open. */
	if (group->container) {
		container = vfio_container_detach_group(group);
	} else {
		container = group->left_container;
		group->left_container = NULL;
	}
	if (group->iommufd)
		vfio_iommufd_ops->group_unset(group);
	group->opened_file = NULL;
	mutex_unlock(&group->lock);

	vfio_container_put(container);

	return 0;
}

const struct file_operations vfio_group_fops = {
	.owner = THIS_MODULE,
	.open = vfio_group_open,
	.release = vfio_group_close,
	.unlocked_ioctl = vfio_group_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * vfio_group_file_valid() - whether a file is a group's
 * @file: any file, referenced by the caller
 *
 * Return: true if it is /dev/vfio/<group>.
 */
bool vfio_group_file_valid(struct file *file)
{
	return file->f_op == &vfio_group_fops;
}
EXPORT_SYMBOL_GPL(vfio_group_file_valid);

/**
 * vfio_group_file_has_device() - whether a device belongs to a file's group
 * @file: a group's file, referenced by the caller
 * @device: registered device
 *
 * Return: true if the device is in the file's group.
 */
bool vfio_group_file_has_device(struct file *file, struct vfio_device *device)
{
	return file->private_data == device->group;
}
EXPORT_SYMBOL_GPL(vfio_group_file_has_device);

/**
 * vfio_group_from_file() - the group behind a file
 * @file: any file, referenced by the caller
 *
 * Return: the group, kept by the file, or NULL if the file is none.
 */
struct vfio_group *vfio_group_from_file(struct file *file)
{
	return vfio_group_file_valid(file) ? file->private_data : NULL;
}
