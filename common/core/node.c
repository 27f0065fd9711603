// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/devices/vfio<number>: nodes by which devices are opened one by one,
 * without their group. There are nodes only where the kernel has iommufd. What
 * is opened is a file of the device like any other, but for what it can do
 * before it is bound to an iommufd: see device_file.c.
 */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "core.h"

static const struct file_operations *vfio_node_fops;
static dev_t vfio_node_devt;

/**
 * vfio_node_prepare() - have a device's node made with its entry in sysfs
 * @device: not yet in sysfs
 */
void vfio_node_prepare(struct vfio_device *device)
{
	if (!vfio_iommufd_ops)
		return;

	device->class_dev.devt = MKDEV(MAJOR(vfio_node_devt),
				       device->class_dev.id);
	cdev_init(&device->cdev, vfio_node_fops);
	device->cdev.owner = THIS_MODULE;
}

/**
 * vfio_node_init() - prepare /dev/vfio/devices
 * @fops: operations of an open node
 *
 * Return: 0 or -errno.
 */
int __init vfio_node_init(const struct file_operations *fops)
{
	if (!vfio_iommufd_ops)
		return 0;

	vfio_node_fops = fops;

	return alloc_chrdev_region(&vfio_node_devt, 0, MINORMASK + 1,
				   "vfio-dev");
}

/**
 * vfio_node_exit() - undo vfio_node_init()
 */
void vfio_node_exit(void)
{
	if (vfio_iommufd_ops)
		unregister_chrdev_region(vfio_node_devt, MINORMASK + 1);
}
