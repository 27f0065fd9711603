/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU domains and their groups, shared by domain.c and iova.c alone.
 */
#ifndef VFIO_TYPE1_DOMAIN_H
#define VFIO_TYPE1_DOMAIN_H

#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/types.h>

/**
 * struct vfio_domain - one IOMMU domain of a container
 * @node: in the container's list
 * @domain: the kernel's
 * @groups: list of &struct vfio_domain_group, never empty once in the list
 * @enforces_coherency: no-snoop DMA is made coherent
 * @unmapped: something was unmapped that the IOMMU's caches may still have
 * @gather: what that is
 */
struct vfio_domain {
	struct list_head node;
	struct iommu_domain *domain;
	struct list_head groups;
	bool enforces_coherency;
	bool unmapped;
	struct iommu_iotlb_gather gather;
};

/**
 * struct vfio_domain_group - a group that is attached to a domain
 * @node: in the domain's list
 * @iommu_group: the kernel's
 * @reserved: list of &struct iommu_resv_region
 */
struct vfio_domain_group {
	struct list_head node;
	struct iommu_group *iommu_group;
	struct list_head reserved;
};

#endif /* VFIO_TYPE1_DOMAIN_H */
