/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's iommufd as the core sees it: what may stand behind a device in
 * place of a container of ours.
 *
 * An iommufd is an open /dev/iommu; its IOAS are what a container is, address
 * spaces for DMA, but the kernel's own. It maps RAM only: the memory of a device
 * that user space mmaps has no struct page to be pinned by, so IOMMU_IOAS_MAP and
 * the emulated VFIO_IOMMU_MAP_DMA of it are -EFAULT, as on stock. Revocation then
 * is about who else has mapped that memory: CPUs, and containers of ours.
 *
 * A kernel without iommufd gets absent.c for all of these files.
 *
 * Locks. What a device has of an iommufd is under its open lock. iommufd takes
 * locks of its own inside, and in them a user's mmap_lock, see core.h.
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

/* group.c: in a container's place */
int vfio_iommufd_set(struct vfio_group *group, struct file *file);
void vfio_iommufd_unset(struct vfio_group *group);
int vfio_iommufd_attach_compat(struct vfio_device *device);

/* device.c: a device in the hands of an iommufd */
int vfio_iommufd_bind(struct vfio_device *device, struct iommufd_ctx *iommufd);
void vfio_iommufd_unbind(struct vfio_device *device);
int vfio_iommufd_attach(struct vfio_device *device, u32 pasid, u32 *pt_id);
void vfio_iommufd_detach(struct vfio_device *device, u32 pasid);

/* ioctl.c: of a file that was opened by a device's node */
long vfio_iommufd_ioctl(struct vfio_device_file *df, unsigned int cmd,
			void __user *uarg);
void vfio_iommufd_close(struct vfio_device *device);

/* node.c: /dev/vfio/devices */
void vfio_node_init(struct vfio_device *device);
int vfio_nodes_init(void);
void vfio_nodes_exit(void);

#endif /* VFIO_IOMMUFD_H */
