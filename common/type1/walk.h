/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From one end of a DMA mapping to the other.
 */
#ifndef VFIO_TYPE1_WALK_H
#define VFIO_TYPE1_WALK_H

#include <linux/types.h>

#include "ram.h"

struct vfio_dma;
struct vfio_iommu;
struct vfio_run;

/**
 * struct vfio_walk - a place in a DMA mapping
 * @iommu: backend
 * @dma: mapping
 * @ram: where in its RAM
 * @run: the last of its runs that was found, or NULL
 * @iova: of what vfio_walk_next() found
 * @npages: its length
 * @is_run: it is @run; otherwise RAM, the frames are in @ram
 */
struct vfio_walk {
	struct vfio_iommu *iommu;
	struct vfio_dma *dma;
	struct vfio_ram_cursor ram;
	struct vfio_run *run;
	dma_addr_t iova;
	unsigned long npages;
	bool is_run;
};

void vfio_walk_begin(struct vfio_walk *walk, struct vfio_iommu *iommu,
		     struct vfio_dma *dma);
bool vfio_walk_next(struct vfio_walk *walk);

#endif /* VFIO_TYPE1_WALK_H */
