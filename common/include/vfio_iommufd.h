/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's iommufd as the core sees it: what may stand behind a device
 * instead of a container.
 *
 * The core calls the code for iommufd through the one &struct vfio_iommufd_ops
 * that is registered. A kernel without iommufd has none: then no file is an
 * iommufd, and no device has a node.
 */
#ifndef VFIO_IOMMUFD_OPS_H
#define VFIO_IOMMUFD_OPS_H

#include <linux/compiler.h>
#include <linux/types.h>

struct file;
struct iommufd_ctx;
struct vfio_device;
struct vfio_device_file;
struct vfio_group;

/**
 * struct vfio_iommufd_ops - what iommufd does for the core
 * @group_set: VFIO_GROUP_SET_CONTAINER with a file that is no container: set
 *	group->iommufd. Return: 0; -EBADFD if the file is no iommufd; or another
 *	errno of iommufd. Context: group->lock held; may sleep, but never waits
 *	for user memory.
 * @group_unset: clear group->iommufd; open devices of the group keep a
 *	reference to the iommufd. Context: group->lock held.
 * @bind: bind a device that is being opened to an iommufd, which sets
 *	device->iommufd. Return: 0 or the errno of iommufd. Context:
 *	device->open_lock held; may sleep.
 * @unbind: undo @bind, and detach the device from its address spaces. Context:
 *	device->open_lock held; may sleep.
 * @attach_compat: attach a device to the address space that stands for its
 *	group's container. Return: 0 or the errno of iommufd. Context:
 *	device->open_lock held; may wait for user memory that is mapped there.
 * @ioctl: an ioctl of a device's file, whatever it is. Return: -ENOIOCTLCMD if
 *	it is none of iommufd's; otherwise what the command returns. Context: no
 *	lock of the core held; may wait for user memory.
 * @close: the file that the device was bound by is being closed. Context: no
 *	lock of the core held; may sleep.
 * @id_for: see vfio_device_id_for()
 */
struct vfio_iommufd_ops {
	int (*group_set)(struct vfio_group *group, struct file *file);
	void (*group_unset)(struct vfio_group *group);
	int (*bind)(struct vfio_device *device, struct iommufd_ctx *iommufd);
	void (*unbind)(struct vfio_device *device);
	int (*attach_compat)(struct vfio_device *device);
	long (*ioctl)(struct vfio_device_file *df, unsigned int cmd,
		      void __user *uarg);
	void (*close)(struct vfio_device *device);
	int (*id_for)(struct vfio_device *device, struct vfio_device *asker);
};

void vfio_iommufd_register(const struct vfio_iommufd_ops *ops);
void vfio_iommufd_unregister(void);

/* Module init and exit of iommufd/. */
void vfio_iommufd_init(void);
void vfio_iommufd_exit(void);

#endif /* VFIO_IOMMUFD_OPS_H */
