/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One MAP_DMA under way.
 */
#ifndef VFIO_TYPE1_FILL_H
#define VFIO_TYPE1_FILL_H

#include <linux/types.h>

struct mm_struct;
struct vfio_dma;
struct vfio_iommu;

/**
 * struct vfio_fill - how far a MAP_DMA has got
 * @iommu: backend
 * @dma: the new mapping
 * @vaddr: the user's address of its first byte
 * @done: bytes that are mapped
 * @parts: its runs are parts of it, not the whole
 * @tries: how often there was no memory for the page tables of the next run
 * @refused: why, for the kernel log
 * @asked: whether the process may pin more than RLIMIT_MEMLOCK has been asked
 * @unlimited: it may
 */
struct vfio_fill {
	struct vfio_iommu *iommu;
	struct vfio_dma *dma;
	unsigned long vaddr;
	size_t done;
	bool parts;
	unsigned int tries;
	const char *refused;
	bool asked;
	bool unlimited;
};

/* fill.c */
int vfio_dma_fill(struct vfio_fill *fill);

/* pin.c */
int vfio_ram_add(struct vfio_fill *fill, unsigned long vaddr,
		 unsigned long npages);
void vfio_ram_unpin(struct vfio_dma *dma);
void vfio_ram_uncharge(struct mm_struct *mm, unsigned long npages);

#endif /* VFIO_TYPE1_FILL_H */
