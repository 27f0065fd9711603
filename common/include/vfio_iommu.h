/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The type1 IOMMU backend as the core sees it. A &struct vfio_iommu is what
 * VFIO_SET_IOMMU creates behind a container: DMA mappings, and the IOMMU
 * domains of the container's groups.
 */
#ifndef VFIO_IOMMU_H
#define VFIO_IOMMU_H

#include <linux/types.h>

struct iommu_group;
struct list_head;
struct vfio_device;
struct vfio_iommu;

/* Backends, called by the container. */
struct vfio_iommu *vfio_iommu_create(unsigned long type);
void vfio_iommu_get(struct vfio_iommu *iommu);
void vfio_iommu_put(struct vfio_iommu *iommu);
int vfio_iommu_attach_group(struct vfio_iommu *iommu,
			    struct iommu_group *group);
void vfio_iommu_detach_group(struct vfio_iommu *iommu,
			     struct iommu_group *group);
long vfio_iommu_check_extension(struct vfio_iommu *iommu, unsigned long arg);
long vfio_iommu_ioctl(struct vfio_iommu *iommu, unsigned int cmd,
		      unsigned long arg);
void vfio_iommu_orphan(struct vfio_iommu *iommu, struct list_head *orphans);
void vfio_iommu_put_orphans(struct list_head *orphans);

/* A device's runs in every container, called by transitions. */
void vfio_runs_suspend(struct vfio_device *device);
void vfio_runs_resume(struct vfio_device *device);
void vfio_runs_kill(struct vfio_device *device);

/* Module init and exit. */
void vfio_iommu_init(void);
void vfio_iommu_exit(void);

#endif /* VFIO_IOMMU_H */
