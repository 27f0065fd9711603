// SPDX-License-Identifier: GPL-2.0-only
/*
 * What iommufd/ does for the core.
 */
#include <linux/init.h>

#include "iommufd.h"
#include "vfio_iommufd.h"

static const struct vfio_iommufd_ops vfio_iommufd_operations = {
	.group_set = vfio_iommufd_group_set,
	.group_unset = vfio_iommufd_group_unset,
	.bind = vfio_iommufd_bind,
	.unbind = vfio_iommufd_unbind,
	.attach_compat = vfio_iommufd_attach_compat,
	.ioctl = vfio_iommufd_ioctl,
	.close = vfio_iommufd_close,
	.id_for = vfio_iommufd_id_for,
};

/**
 * vfio_iommufd_init() - register iommufd with the core
 */
void __init vfio_iommufd_init(void)
{
	vfio_iommufd_register(&vfio_iommufd_operations);
}

/**
 * vfio_iommufd_exit() - undo vfio_iommufd_init()
 */
void vfio_iommufd_exit(void)
{
	vfio_iommufd_unregister();
}
