/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU domains: the page tables that the mappings of a container stand in.
 */
#ifndef VFIO_TYPE1_DOMAIN_H
#define VFIO_TYPE1_DOMAIN_H

#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/pgtable.h>
#include <linux/types.h>

struct vfio_iommu;

/**
 * struct vfio_gather - what was unmapped and may still be in the IOMMU's caches
 * @gather: the IOMMU core's
 * @used: there is something
 * @first: the first of it, in bytes
 * @page_size: size of what was unmapped last, as the IOMMU's driver saw it
 */
struct vfio_gather {
	struct iommu_iotlb_gather gather;
	bool used;
	dma_addr_t first;
	size_t page_size;
};

/**
 * struct vfio_domain - one IOMMU domain of a container
 * @node: in the container's list
 * @domain: the kernel's
 * @groups: list of &struct vfio_domain_group; a domain without one is freed the
 *	next time that the user process does something
 * @enforces_coherency: no-snoop DMA is made coherent
 * @replayed: runs below this IOVA are in the domain, while it is filled; then
 *	%U64_MAX. Under the container's runs lock.
 * @ram: RAM that was unmapped; under the container's dmas_lock
 * @runs: runs that were unmapped; under the container's runs lock
 */
struct vfio_domain {
	struct list_head node;
	struct iommu_domain *domain;
	struct list_head groups;
	bool enforces_coherency;
	u64 replayed;
	struct vfio_gather ram;
	struct vfio_gather runs;
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

int vfio_domain_map(struct vfio_domain *domain, dma_addr_t iova,
		    unsigned long pfn, unsigned long npages, int prot,
		    gfp_t gfp);

/* RAM; under iommu->dmas_lock */
int vfio_domains_map_ram(struct vfio_iommu *iommu, dma_addr_t iova,
			 unsigned long pfn, unsigned long npages, int prot);
bool vfio_domains_unmap_ram(struct vfio_iommu *iommu, dma_addr_t iova,
			    size_t size);
void vfio_domains_unmap_many_ram(struct vfio_iommu *iommu);
void vfio_domains_sync_ram(struct vfio_iommu *iommu);

/* device runs; under iommu->runs_lock */
int vfio_domains_map_run(struct vfio_iommu *iommu, dma_addr_t iova,
			 unsigned long pfn, unsigned long npages, int prot);
bool vfio_domains_unmap_run(struct vfio_iommu *iommu, dma_addr_t iova,
			    unsigned long npages);
void vfio_domains_sync_runs(struct vfio_iommu *iommu);
unsigned long vfio_domains_large_page(struct vfio_iommu *iommu);
unsigned long vfio_domains_many_entries(dma_addr_t iova, unsigned long pfn,
					unsigned long npages);

/* How many page table entries a run may take, see the above. */
static inline unsigned long vfio_domains_entries(dma_addr_t iova,
						 unsigned long pfn,
						 unsigned long npages)
{
	return npages < 2 * PMD_SIZE / PAGE_SIZE ? npages :
	       vfio_domains_many_entries(iova, pfn, npages);
}

/* iova.c; under iommu->groups_lock and iommu->dmas_lock */
struct vfio_iova_ranges *vfio_iova_ranges(struct vfio_iommu *iommu);

#endif /* VFIO_TYPE1_DOMAIN_H */
