// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one end of a DMA mapping to the other: RAM and runs in IOVA order.
 */
#include <linux/mm.h>

#include "type1.h"
#include "walk.h"

/**
 * vfio_walk_begin() - stand before the first stretch or run of a mapping
 * @walk: the place
 * @iommu: backend
 * @dma: mapping
 */
void vfio_walk_begin(struct vfio_walk *walk, struct vfio_iommu *iommu,
		     struct vfio_dma *dma)
{
	walk->iommu = iommu;
	walk->dma = dma;
	vfio_ram_begin(&walk->ram, &dma->ram);
	walk->run = NULL;
	walk->iova = dma->iova;
	walk->npages = 0;
}

/**
 * vfio_walk_next() - find the next stretch or run
 * @walk: the place; tells afterwards what was found
 *
 * The place stays good while @iommu->removals does, even if the lock is dropped
 * between two calls: a mapping only grows.
 *
 * Return: false if there is none.
 * Context: iommu->dmas_lock held; takes iommu->runs_lock.
 */
bool vfio_walk_next(struct vfio_walk *walk)
{
	unsigned long most = ULONG_MAX;
	struct vfio_run *run;
	bool found = true;

	lockdep_assert_held(&walk->iommu->dmas_lock);

	walk->iova = vfio_pages_end(walk->iova, walk->npages);
	walk->npages = 0;
	walk->is_run = false;

	/* RAM too, or the mapping could become a whole run under the cursor. */
	spin_lock(&walk->iommu->runs_lock);
	run = vfio_dma_next_run(walk->dma, walk->run);
	if (run)
		most = (vfio_run_iova(run) - walk->iova) >> PAGE_SHIFT;
	if (!most) {
		walk->run = run;
		walk->npages = vfio_run_npages(run);
		walk->is_run = true;
	} else if (!walk->dma->is_whole && vfio_ram_next(&walk->ram, most)) {
		walk->npages = walk->ram.npages;
	} else {
		found = false;
	}
	spin_unlock(&walk->iommu->runs_lock);

	return found;
}
