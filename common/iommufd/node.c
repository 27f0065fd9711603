// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/devices/vfio<number>: nodes by which devices are opened one by one,
 * without their group. What is opened is a file of the device like any other, but
 * for what it can do before it is bound: see device_file.c.
 */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "core/core.h"
#include "iommufd/iommufd.h"

static dev_t vfio_nodes_devt;

/**
 * vfio_node_init() - have a device's node made with its place in sysfs
 * @device: not yet in sysfs
 */
void vfio_node_init(struct vfio_device *device)
{
	device->class_dev.devt = MKDEV(MAJOR(vfio_nodes_devt),
				       device->class_dev.id);
	cdev_init(&device->cdev, &vfio_device_fops);
	device->cdev.owner = THIS_MODULE;
}

/**
 * vfio_nodes_init() - prepare /dev/vfio/devices
 *
 * Return: 0 or -errno.
 */
int __init vfio_nodes_init(void)
{
	return alloc_chrdev_region(&vfio_nodes_devt, 0, MINORMASK + 1,
				   "vfio-dev");
}

/**
 * vfio_nodes_exit() - undo vfio_nodes_init()
 */
void vfio_nodes_exit(void)
{
	unregister_chrdev_region(vfio_nodes_devt, MINORMASK + 1);
}
