// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel without iommufd: no file is one, and no device has a node. What comes
 * only after a file that is one is here to be linked, not to be called.
 */
#include "compat.h"
#include "core/core.h"
#include "iommufd/iommufd.h"

int vfio_iommufd_set(struct vfio_group *group, struct file *file)
{
	return VFIO_COMPAT_NO_CONTAINER;
}

void vfio_iommufd_unset(struct vfio_group *group)
{
}

int vfio_iommufd_attach_compat(struct vfio_device *device)
{
	return -ENODEV;
}

int vfio_iommufd_bind(struct vfio_device *device, struct iommufd_ctx *iommufd)
{
	return -ENODEV;
}

void vfio_iommufd_unbind(struct vfio_device *device)
{
}

long vfio_iommufd_ioctl(struct vfio_device_file *df, unsigned int cmd,
			void __user *uarg)
{
	return -ENOIOCTLCMD;
}

void vfio_iommufd_close(struct vfio_device *device)
{
}

void vfio_node_init(struct vfio_device *device)
{
}

int __init vfio_nodes_init(void)
{
	return 0;
}

void vfio_nodes_exit(void)
{
}

int vfio_device_id_for(struct vfio_device *device, struct vfio_device *asker)
{
	return -ENODEV;
}
