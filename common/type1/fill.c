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

/*
 * Resolves under mmap_lock, which it drops. Returns pages mapped, or -errno; none
 * if the memory was off for a while, then the vma may be another one by now.
 *
 * The run is charged to the user process, which can make that last; a revoker
 * never waits for mmap_lock.
 */
static long vfio_fill_run(struct vfio_iommu *iommu, struct vfio_dma *dma,
			  dma_addr_t iova, struct vm_area_struct *vma,
			  unsigned long addr, unsigned long npages)
{
	struct vfio_extent *run = vfio_run_alloc();
	struct vfio_pfn_run pfns;
	int ret;

	ret = run ? vfio_strategy_resolve(vma, addr, &pfns) : -ENOMEM;
	mmap_read_unlock(current->mm);
	if (ret == -EAGAIN) {
		npages = 0;
		ret = vfio_device_memory_wait(pfns.device);
		vfio_device_put(pfns.device);
		goto free;
	}
	if (ret)
		goto free;

	trace_vfio_run_resolve(&pfns, iova);
	npages = min(npages, pfns.npages);
	pfns.npages = npages;
	ret = vfio_run_add(iommu, dma, run, iova, &pfns);
	vfio_pfn_run_put(&pfns);
	if (!ret)
		return npages;
free:
	if (run)
		vfio_run_free(run);

	return ret ?: npages;
}

/*
 * Maps what stands behind one address, up to the end of its vma at most. Returns
 * pages mapped, or -errno.
 */
static long vfio_fill_one(struct vfio_iommu *iommu, struct vfio_dma *dma,
			  dma_addr_t iova, unsigned long vaddr, size_t size)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long addr, npages;
	int ret;

	ret = mmap_read_lock_killable(mm);
	if (ret)
		return ret;

	addr = untagged_addr_remote(mm, vaddr);
	vma = vma_lookup(mm, addr);
	if (!vma || !vfio_vma_permits(vma, dma->prot)) {
		mmap_read_unlock(mm);
		return -EFAULT;
	}

	npages = min(vma->vm_end - addr, size) >> PAGE_SHIFT;

	if (vma->vm_flags & VM_PFNMAP)
		return vfio_fill_run(iommu, dma, iova, vma, addr, npages);

	mmap_read_unlock(mm);
	ret = vfio_ram_add(iommu, dma, iova, addr, npages);

	return ret ?: npages;
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
	size_t done = 0;
	long ret;

	lockdep_assert_held(&iommu->lock);

	while (done < dma->size) {
		ret = vfio_fill_one(iommu, dma, dma->iova + done, vaddr + done,
				    dma->size - done);
		if (ret < 0)
			return ret;

		done += (size_t)ret << PAGE_SHIFT;
		cond_resched();
	}

	return 0;
}
