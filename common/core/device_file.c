// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a device: what VFIO_GROUP_GET_DEVICE_FD returns, and what opening
 * /dev/vfio/devices/vfio<number> does.
 *
 * Through the group, a device may be opened many times. It keeps the group's
 * file open and its group in its container, and its file may be used at once.
 * By its node, it may be opened many times, too, but only one of these files
 * can be used: the one that is bound to an iommufd (VFIO_DEVICE_BIND_IOMMUFD).
 * Every other call on a file that is not bound is -EINVAL. A bound file is like
 * one that was opened through the group.
 *
 * A vma keeps its file, so a device that is mmapped is open.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <uapi/linux/vfio.h>

#include "core.h"
#include "vfio_lock_order.h"
#include "vfio_strategy.h"

static struct vfio_device_file *
vfio_device_file_new(struct vfio_device *device, bool by_node)
{
	struct vfio_device_file *df;

	df = kzalloc(sizeof(*df), GFP_KERNEL_ACCOUNT);
	if (!df)
		return NULL;

	df->device = device;
	df->by_node = by_node;
	spin_lock_init(&df->kvm.lock);
	vfio_lock_class(&df->kvm.lock, VFIO_LOCK_KVM);

	return df;
}

/* Where an iommufd stands behind the group instead of a container. */
static int vfio_device_open_with_iommufd(struct vfio_device *device)
{
	struct vfio_group *group = device->group;
	int ret;

	ret = vfio_device_open(device, group->iommufd, &group->kvm);
	if (ret || device->open_count > 1)
		return ret;

	ret = vfio_iommufd_ops->attach_compat(device);
	if (ret)
		vfio_device_close(device);

	return ret;
}

static int vfio_device_open_by_group(struct vfio_device *device)
{
	struct vfio_group *group = device->group;
	int ret;

	mutex_lock(&group->lock);
	mutex_lock(&device->open_lock);
	if (group->iommufd)
		ret = vfio_device_open_with_iommufd(device);
	else if (group->container)
		ret = vfio_device_open(device, NULL, &group->kvm);
	else
		ret = -EINVAL;
	if (!ret && device->open_count == 1)
		get_file(group->opened_file);
	mutex_unlock(&device->open_lock);
	mutex_unlock(&group->lock);

	return ret;
}

static void vfio_device_close_by_group(struct vfio_device *device)
{
	struct vfio_group *group = device->group;

	mutex_lock(&group->lock);
	mutex_lock(&device->open_lock);
	vfio_device_close(device);
	if (!device->open_count)
		fput(group->opened_file);
	mutex_unlock(&device->open_lock);
	mutex_unlock(&group->lock);
}

static int vfio_device_file_open_node(struct inode *inode, struct file *file)
{
	struct vfio_device *device =
		container_of(inode->i_cdev, struct vfio_device, cdev);
	struct vfio_device_file *df;

	/* It may have been unregistered since the lookup of this inode. */
	if (!vfio_device_try_use(device))
		return -ENODEV;

	df = vfio_device_file_new(device, true);
	if (!df) {
		vfio_device_unuse(device);
		return -ENOMEM;
	}

	file->private_data = df;
	file->f_mapping = device->inode->i_mapping;

	return 0;
}

static int vfio_device_file_release(struct inode *inode, struct file *file)
{
	struct vfio_device_file *df = file->private_data;
	struct vfio_device *device = df->device;

	if (!df->by_node)
		vfio_device_close_by_group(device);
	else if (df->usable)
		vfio_iommufd_ops->close(device);
	vfio_device_unuse(device);
	kfree(df);

	return 0;
}

static long vfio_device_file_ioctl(struct file *file, unsigned int cmd,
				   unsigned long arg)
{
	struct vfio_device_file *df = file->private_data;
	struct vfio_device *device = df->device;
	void __user *uarg = (void __user *)arg;
	long ret;

	if (vfio_iommufd_ops) {
		ret = vfio_iommufd_ops->ioctl(df, cmd, uarg);
		if (ret != -ENOIOCTLCMD)
			return ret;
	}

	if (!vfio_device_file_usable(df))
		return -EINVAL;
	if (cmd == VFIO_DEVICE_FEATURE)
		return vfio_device_feature(device, uarg);

	return device->ops->ioctl(device, cmd, arg);
}

static ssize_t vfio_device_file_read(struct file *file, char __user *buf,
				     size_t count, loff_t *ppos)
{
	struct vfio_device_file *df = file->private_data;

	if (!vfio_device_file_usable(df))
		return -EINVAL;

	return df->device->ops->read(df->device, buf, count, ppos);
}

static ssize_t vfio_device_file_write(struct file *file, const char __user *buf,
				      size_t count, loff_t *ppos)
{
	struct vfio_device_file *df = file->private_data;

	if (!vfio_device_file_usable(df))
		return -EINVAL;

	return df->device->ops->write(df->device, buf, count, ppos);
}

static int vfio_device_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vfio_device_file *df = file->private_data;

	if (!vfio_device_file_usable(df))
		return -EINVAL;

	return vfio_strategy_mmap(df->device, vma);
}

const struct file_operations vfio_device_fops = {
	.owner = THIS_MODULE,
	.open = vfio_device_file_open_node,
	.release = vfio_device_file_release,
	.unlocked_ioctl = vfio_device_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = vfio_device_file_read,
	.write = vfio_device_file_write,
	.mmap = vfio_device_file_mmap,
};

/**
 * vfio_device_file_open() - open a device through its group
 * @device: counted in its users by the caller; on success for the file, whose
 *	release ends that
 *
 * Return: the file; ERR_PTR(-EINVAL) if the group is in no container or the
 * container has no backend; -ENODEV if the driver is being unloaded; -ENOMEM;
 * or the errno of iommufd or the driver.
 * Context: takes the group's lock; may sleep.
 */
struct file *vfio_device_file_open(struct vfio_device *device)
{
	struct vfio_device_file *df;
	struct file *file;
	int ret;

	df = vfio_device_file_new(device, false);
	if (!df)
		return ERR_PTR(-ENOMEM);

	ret = vfio_device_open_by_group(device);
	if (ret)
		goto free_file;

	df->usable = true;
	file = anon_inode_getfile("[vfio-device]", &vfio_device_fops, df,
				  O_RDWR);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto close_device;
	}

	/* Regions are read and written by offset. */
	file->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	file->f_mapping = device->inode->i_mapping;

	return file;

close_device:
	vfio_device_close_by_group(device);
free_file:
	kfree(df);

	return ERR_PTR(ret);
}

/**
 * vfio_device_file_from() - the structure behind a file of a device
 * @file: any file, referenced by the caller
 *
 * Return: the structure, kept by the file, or NULL if it is no device's file.
 */
struct vfio_device_file *vfio_device_file_from(struct file *file)
{
	return file->f_op == &vfio_device_fops ? file->private_data : NULL;
}

/**
 * vfio_device_from_vma() - the device whose file a vma maps
 * @vma: any vma
 *
 * Return: the device, kept by the vma's file, or NULL if the vma maps no file
 * of a device of this module.
 * Context: mmap_lock held.
 */
struct vfio_device *vfio_device_from_vma(struct vm_area_struct *vma)
{
	struct vfio_device_file *df = NULL;

	if (vma->vm_file)
		df = vfio_device_file_from(vma->vm_file);

	return df ? df->device : NULL;
}
EXPORT_SYMBOL_GPL(vfio_device_from_vma);
