// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a virtual address range to extents: looks at each vma in turn and hands
 * its part to whoever knows that kind of memory.
 *
 * RAM is pinned with no lock but the container's: its pages are the process's
 * to give, and they may take for ever to come. Device memory is resolved under
 * mmap_lock; the device's memory lock, which resolve leaves held, then keeps
 * the answer true until the run stands in the IOMMU.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "trace.h"
#include "type1.h"
#include "vfio_strategy.h"

static bool vfio_vma_permits(const struct vm_area_struct *vma, int prot)
{
	if (prot & IOMMU_READ && !(vma->vm_flags & VM_READ))
		return false;

	return !(prot & IOMMU_WRITE) || vma->vm_flags & VM_WRITE;
}

/**
 * vfio_dma_fill() - find and map everything behind a new DMA mapping
 * @iommu: backend
 * @dma: in the tree, without extents
 * @vaddr: the user's address of its first byte
 *
 * Return: 0 or -errno, as vfio_dma_map(); on error the caller removes @dma with
 * the extents that it has got.
 * Context: iommu->lock held; takes mmap_lock; sleeps as long as the user makes
 * it.
 */
int vfio_dma_fill(struct vfio_iommu *iommu, struct vfio_dma *dma,
		  unsigned long vaddr)
{
	struct mm_struct *mm = current->mm;
	struct vfio_pfn_run pfns;
	struct vm_area_struct *vma;
	unsigned long npages;
	size_t done = 0;
	int ret;

	lockdep_assert_held(&iommu->lock);

	while (done < dma->size) {
		ret = mmap_read_lock_killable(mm);
		if (ret)
			return ret;

		vma = vma_lookup(mm, vaddr + done);
		if (!vma || !vfio_vma_permits(vma, dma->prot)) {
			mmap_read_unlock(mm);
			return -EFAULT;
		}

		npages = min(vma->vm_end - (vaddr + done), dma->size - done) >>
			 PAGE_SHIFT;

		if (vma->vm_flags & VM_PFNMAP) {
			ret = vfio_strategy_resolve(vma, vaddr + done, &pfns);
			mmap_read_unlock(mm);
			if (ret)
				return ret;

			trace_vfio_run_resolve(pfns.device->dev,
					       dma->iova + done, pfns.pfn,
					       pfns.npages);
			npages = min(npages, pfns.npages);
			pfns.npages = npages;
			ret = vfio_run_add(iommu, dma, dma->iova + done, &pfns);
			vfio_pfn_run_put(&pfns);
		} else {
			mmap_read_unlock(mm);
			ret = vfio_ram_add(iommu, dma, dma->iova + done,
					   vaddr + done, npages);
		}
		if (ret)
			return ret;

		done += (size_t)npages << PAGE_SHIFT;
		cond_resched();
	}

	return 0;
}
