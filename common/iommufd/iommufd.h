/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files share that have the kernel's iommufd stand behind devices.
 *
 * An iommufd is an open /dev/iommu. Its IOAS are address spaces for DMA, as a
 * container is one, but the kernel's own. It maps RAM only: device memory that
 * a user process mmaps has no struct page that iommufd could pin, so
 * IOMMU_IOAS_MAP and the emulated VFIO_IOMMU_MAP_DMA of it are -EFAULT, as on
 * stock. Revocation then concerns only the other mappings of that memory: those
 * of CPUs, and of containers of this module.
 *
 * A kernel without iommufd gets absent.c instead of all of these files.
 *
 * Locks. A device's iommufd and its attachments are under its open lock.
 * iommufd takes locks of its own inside, and in them a user's mmap_lock, see
 * core.h.
 */
#ifndef VFIO_IOMMUFD_H
#define VFIO_IOMMUFD_H

#include <linux/compiler.h>
#include <linux/types.h>

struct file;
struct iommufd_ctx;
struct vfio_device;
struct vfio_device_file;
struct vfio_group;

/* group.c: an iommufd instead of a container */
int vfio_iommufd_group_set(struct vfio_group *group, struct file *file);
void vfio_iommufd_group_unset(struct vfio_group *group);
int vfio_iommufd_attach_compat(struct vfio_device *device);

/* device.c: a device that is bound to an iommufd */
int vfio_iommufd_bind(struct vfio_device *device, struct iommufd_ctx *iommufd);
void vfio_iommufd_unbind(struct vfio_device *device);
int vfio_iommufd_attach(struct vfio_device *device, u32 pasid, u32 *pt_id);
void vfio_iommufd_detach(struct vfio_device *device, u32 pasid);
int vfio_iommufd_id_for(struct vfio_device *device, struct vfio_device *asker);

/* ioctl.c: a file that was opened by a device's node */
long vfio_iommufd_ioctl(struct vfio_device_file *df, unsigned int cmd,
			void __user *uarg);
void vfio_iommufd_close(struct vfio_device *device);

#endif /* VFIO_IOMMUFD_H */
