// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that VFIO_GROUP_GET_DEVICE_FD returns.
 *
 * A device may be opened many times; the first open and the last close are the
 * driver's concern. An open device keeps its group in its container and the
 * group's file open. A vma keeps its file, so a device that is mmapped is open.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <uapi/linux/vfio.h>

#include "core.h"
#include "vfio_strategy.h"

static const struct file_operations vfio_device_fops;

static int vfio_device_first_open(struct vfio_device *device)
{
	struct vfio_group *group = device->group;
	int ret;

	if (!try_module_get(device->dev->driver->owner))
		return -ENODEV;

	if (!vfio_container_has_iommu(group->container)) {
		ret = -EINVAL;
		goto put_module;
	}

	ret = device->ops->open_device(device);
	if (ret)
		goto put_module;

	get_file(group->opened_file);
	group->container_users++;

	return 0;

put_module:
	module_put(device->dev->driver->owner);

	return ret;
}

static void vfio_device_last_close(struct vfio_device *device)
{
	struct vfio_group *group = device->group;

	vfio_device_memory_close(device);
	device->ops->close_device(device);
	group->container_users--;
	fput(group->opened_file);
	module_put(device->dev->driver->owner);
}

static int vfio_device_open(struct vfio_device *device)
{
	struct vfio_group *group = device->group;
	int ret = 0;

	mutex_lock(&group->lock);
	if (!group->container) {
		ret = -EINVAL;
		goto unlock;
	}

	mutex_lock(&device->open_lock);
	if (!device->open_count)
		ret = vfio_device_first_open(device);
	if (!ret)
		device->open_count++;
	mutex_unlock(&device->open_lock);
unlock:
	mutex_unlock(&group->lock);

	return ret;
}

static void vfio_device_close(struct vfio_device *device)
{
	struct vfio_group *group = device->group;

	mutex_lock(&group->lock);
	mutex_lock(&device->open_lock);
	if (!--device->open_count)
		vfio_device_last_close(device);
	mutex_unlock(&device->open_lock);
	mutex_unlock(&group->lock);
}

static int vfio_device_file_release(struct inode *inode, struct file *file)
{
	struct vfio_device *device = file->private_data;

	vfio_device_close(device);
	vfio_device_unuse(device);

	return 0;
}

static long vfio_device_file_ioctl(struct file *file, unsigned int cmd,
				   unsigned long arg)
{
	struct vfio_device *device = file->private_data;

	if (cmd == VFIO_DEVICE_FEATURE)
		return vfio_device_feature(device, (void __user *)arg);

	return device->ops->ioctl(device, cmd, arg);
}

static ssize_t vfio_device_file_read(struct file *file, char __user *buf,
				     size_t count, loff_t *ppos)
{
	struct vfio_device *device = file->private_data;

	return device->ops->read(device, buf, count, ppos);
}

static ssize_t vfio_device_file_write(struct file *file, const char __user *buf,
				      size_t count, loff_t *ppos)
{
	struct vfio_device *device = file->private_data;

	return device->ops->write(device, buf, count, ppos);
}

static int vfio_device_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vfio_strategy_mmap(file->private_data, vma);
}

static const struct file_operations vfio_device_fops = {
	.owner = THIS_MODULE,
	.release = vfio_device_file_release,
	.unlocked_ioctl = vfio_device_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = vfio_device_file_read,
	.write = vfio_device_file_write,
	.mmap = vfio_device_file_mmap,
};

/**
 * vfio_device_file_open() - open a device
 * @device: counted in its users by the caller; on success the file takes that
 *	over
 *
 * Return: the file; ERR_PTR(-EINVAL) if the group is in no container or the
 * container has no backend; -ENODEV if the driver is being unloaded; -ENOMEM;
 * or the driver's errno.
 * Context: takes the group's lock; may sleep.
 */
struct file *vfio_device_file_open(struct vfio_device *device)
{
	struct file *file;
	int ret;

	ret = vfio_device_open(device);
	if (ret)
		return ERR_PTR(ret);

	file = anon_inode_getfile("[vfio-device]", &vfio_device_fops, device,
				  O_RDWR);
	if (IS_ERR(file)) {
		vfio_device_close(device);
		return file;
	}

	/* Regions are read and written by offset. */
	file->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	file->f_mapping = device->inode->i_mapping;

	return file;
}

/**
 * vfio_device_from_vma() - whose device file a vma maps
 * @vma: any vma
 *
 * Return: the device, kept by the vma's file, or NULL if it is none of ours.
 * Context: mmap_lock held.
 */
struct vfio_device *vfio_device_from_vma(struct vm_area_struct *vma)
{
	if (!vma->vm_file || vma->vm_file->f_op != &vfio_device_fops)
		return NULL;

	return vma->vm_file->private_data;
}
EXPORT_SYMBOL_GPL(vfio_device_from_vma);
