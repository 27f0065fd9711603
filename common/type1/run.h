/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device runs: adjacent page frames of a device at adjacent IOVAs.
 */
#ifndef VFIO_TYPE1_RUN_H
#define VFIO_TYPE1_RUN_H

#include <linux/list.h>
#include <linux/types.h>

struct vfio_device;
struct vfio_dma;
struct vfio_iommu;
struct vfio_pfn_run;

/**
 * enum vfio_run_state - whether a run is in the IOMMU
 * @VFIO_RUN_LIVE: mapped
 * @VFIO_RUN_SUSPENDED: not mapped until its memory is on again
 * @VFIO_RUN_DEAD: never mapped again; its device is no user's any more
 */
enum vfio_run_state {
	VFIO_RUN_LIVE,
	VFIO_RUN_SUSPENDED,
	VFIO_RUN_DEAD,
};

/**
 * struct vfio_run - a device run
 * @device_node: in a list of the device's
 * @device: whose memory it is; NULL if dead, and if nothing is ever revoked. No
 *	reference: a device empties its lists before it goes.
 * @iommu: the backend of its container
 * @pfn: first page frame
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @state: an enum vfio_run_state
 * @reported: that it cannot be resumed has been said, once
 * @whole: it is a whole DMA mapping, &struct vfio_dma; else a &struct vfio_part
 */
struct vfio_run {
	struct list_head device_node;
	struct vfio_device *device;
	struct vfio_iommu *iommu;
	unsigned long pfn;
	u8 prot;
	u8 state;
	bool reported;
	bool whole;
};

/**
 * struct vfio_charge - memory that stands for page tables
 * @next: more of it
 *
 * It is as large as they are, and charged to the user's memory cgroup, where the
 * kernel does not charge the page tables themselves.
 */
struct vfio_charge {
	struct vfio_charge *next;
};

/**
 * struct vfio_part - a device run that is a part of a DMA mapping
 * @run: the run
 * @node: in the mapping's list
 * @iova: first IOVA, in bytes
 * @npages: pages
 * @charge: list of what stands for its page tables; under the container lock
 */
struct vfio_part {
	struct vfio_run run;
	struct list_head node;
	dma_addr_t iova;
	unsigned long npages;
	struct vfio_charge *charge;
};

struct vfio_part *vfio_part_alloc(void);
int vfio_run_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 struct vfio_part **ppart, dma_addr_t iova,
		 const struct vfio_pfn_run *pfns);
int vfio_run_charge(struct vfio_dma *dma, dma_addr_t iova,
		    const struct vfio_pfn_run *pfns);
bool vfio_dma_unmap_whole(struct vfio_iommu *iommu, struct vfio_dma *dma);
bool vfio_dma_unmap_parts(struct vfio_iommu *iommu, struct vfio_dma *dma);
void vfio_dma_free_parts(struct vfio_dma *dma);

/* revoke.c */
void vfio_device_runs_suspend(struct vfio_device *device);
void vfio_device_runs_resume(struct vfio_device *device);
void vfio_device_runs_kill(struct vfio_device *device);

#endif /* VFIO_TYPE1_RUN_H */
