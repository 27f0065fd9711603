// SPDX-License-Identifier: GPL-2.0-only
/*
 * An iommufd instead of a container: VFIO_GROUP_SET_CONTAINER with a
 * /dev/iommu.
 *
 * iommufd emulates the ioctls of a type1 container on its own file, with one
 * address space that every device of the group is attached to when it is
 * opened. Here the group only remembers the iommufd.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>

#include "compat.h"
#include "core/core.h"
#include "iommufd/iommufd.h"

vfio_compat_import_ns(IOMMUFD_VFIO);

/**
 * vfio_iommufd_group_set() - have an iommufd stand behind a group
 * @group: in no container; its lock is held
 * @file: any file, referenced by the caller
 *
 * Return: 0; -EBADFD if the file is no iommufd; -ENOMEM, or -EINVAL if the
 * iommufd is one without IOMMU.
 * Context: group->lock held; may sleep, but never waits for user memory.
 */
int vfio_iommufd_group_set(struct vfio_group *group, struct file *file)
{
	struct iommufd_ctx *iommufd;
	int ret;

	lockdep_assert_held(&group->lock);

	iommufd = iommufd_ctx_from_file(file);
	if (IS_ERR(iommufd))
		return -EBADFD;

	ret = iommufd_vfio_compat_ioas_create(iommufd);
	if (ret) {
		iommufd_ctx_put(iommufd);
		return ret;
	}

	group->iommufd = iommufd;

	return 0;
}

/**
 * vfio_iommufd_group_unset() - undo vfio_iommufd_group_set()
 * @group: its lock is held. Its open devices keep the iommufd.
 */
void vfio_iommufd_group_unset(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	iommufd_ctx_put(group->iommufd);
	group->iommufd = NULL;
}

/**
 * vfio_iommufd_attach_compat() - attach a device to its group's address space
 * @device: bound to the iommufd of its group
 *
 * Return: 0; -ENODEV if the user process has destroyed that address space; or
 * another errno of iommufd.
 * Context: device->open_lock held; may wait for user memory that is mapped
 * there.
 */
int vfio_iommufd_attach_compat(struct vfio_device *device)
{
	u32 id;
	int ret;

	ret = iommufd_vfio_compat_ioas_get_id(device->iommufd_ctx, &id);
	if (ret)
		return ret;

	return vfio_iommufd_attach(device, IOMMU_NO_PASID, &id);
}
