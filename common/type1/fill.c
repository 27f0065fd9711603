// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a virtual address range to page frames: looks at each vma in turn and hands
 * its part to what knows that kind of memory.
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
#include <linux/slab.h>

#include "compat.h"
#include "domain.h"
#include "fill.h"
#include "trace.h"
#include "type1.h"
#include "vfio_strategy.h"

/* How often a MAP of a run is tried for which there was no memory at once. */
#define VFIO_FILL_TRIES	8

/* A vma that can be written counts as one that can be read: pages are pinned so. */
static bool vfio_vma_permits(const struct vm_area_struct *vma, int prot)
{
	if (prot & IOMMU_WRITE)
		return vma->vm_flags & VM_WRITE;

	return vma->vm_flags & VM_READ;
}

/* Waits for memory, and pays for what was charged above the limit. */
static int vfio_fill_wait(void)
{
	unsigned long page = __get_free_page(GFP_KERNEL_ACCOUNT);

	if (!page)
		return -ENOMEM;

	free_page(page);

	return fatal_signal_pending(current) ? -EINTR : 0;
}

/*
 * Page tables of a run that is large and cannot have large pages are many, and are
 * charged whether the limit allows it or not: so not for too many pages at a time.
 */
static unsigned long vfio_run_most(const struct vfio_pfn_run *pfns,
				   dma_addr_t iova, unsigned long npages)
{
	npages = min(npages, pfns->npages);
	while (vfio_domains_entries(iova, pfns->pfn, npages) > VFIO_RUN_ENTRIES)
		npages = max(npages / 2, VFIO_RUN_ENTRIES);

	return npages;
}

/* Why resolve refused, where the errno has several meanings. */
static const char *vfio_fill_refusal(int error)
{
	switch (error) {
	case -EPERM:
		return "no vfio driver declares the memory at that address for peers";
	case -EFAULT:
		return "the device's memory is off";
	default:
		return NULL;
	}
}

/* A run is mapped: goes on behind it, once its page tables are paid for. */
static int vfio_fill_added(struct vfio_fill *fill, dma_addr_t iova,
			   const struct vfio_pfn_run *pfns)
{
	int ret = 0;

	fill->done += pfns->npages << PAGE_SHIFT;
	fill->tries = 0;
	if (fill->parts)
		ret = vfio_run_charge(fill->dma, iova, pfns);
	if (!ret && vfio_domains_entries(iova, pfns->pfn, pfns->npages) >
		    VFIO_RUN_ENTRIES / 8)
		ret = vfio_fill_wait();

	return ret;
}

/*
 * Maps a run, or a part of it. It is resolved under mmap_lock, which this drops.
 * Nothing is mapped, so that it is to be tried again, if the memory was off for a
 * while: then the vma may be another one by now. Nor if there was no memory for page
 * tables at once; nor if what was expected to be the whole mapping is none.
 *
 * A part is charged to the user process, which can make that last; a revoker never
 * waits for mmap_lock.
 */
static int vfio_fill_run(struct vfio_fill *fill, struct vm_area_struct *vma,
			 unsigned long addr, unsigned long npages)
{
	struct vfio_dma *dma = fill->dma;
	dma_addr_t iova = dma->iova + fill->done;
	struct vfio_part *part = NULL;
	struct vfio_pfn_run pfns, resolved;
	int ret = 0;

	if (fill->parts || npages << PAGE_SHIFT != dma->size) {
		part = vfio_part_alloc();
		if (!part)
			ret = -ENOMEM;
	}
	if (!ret)
		ret = vfio_strategy_resolve(vma, addr, &pfns);
	mmap_read_unlock(current->mm);
	if (ret == -EAGAIN) {
		ret = vfio_device_memory_wait(pfns.device);
		vfio_device_put(pfns.device);
		goto free;
	}
	if (ret) {
		fill->refused = vfio_fill_refusal(ret);
		goto free;
	}

	resolved = pfns;
	pfns.npages = vfio_run_most(&pfns, iova, npages);
	if (!part && pfns.npages != npages) {
		fill->parts = true;
		vfio_pfn_run_put(&pfns);
		return 0;
	}

	trace_vfio_run_resolve(&resolved, iova);
	ret = vfio_run_add(fill->iommu, dma, &part, iova, &pfns);
	vfio_pfn_run_put(&pfns);
	if (ret == -ENOMEM && fill->tries++ < VFIO_FILL_TRIES)
		ret = vfio_fill_wait();
	else if (!ret)
		ret = vfio_fill_added(fill, iova, &pfns);
free:
	kfree(part);

	return ret;
}

/*
 * Maps what stands behind one address, up to the end of its vma at most. Returns 0
 * if some of it is mapped, or if it is to be tried again; or -errno.
 */
static int vfio_fill_one(struct vfio_fill *fill)
{
	unsigned long addr, npages, vaddr = fill->vaddr + fill->done;
	size_t size = fill->dma->size - fill->done;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int ret;

	ret = mmap_read_lock_killable(mm);
	if (ret)
		return ret;

	addr = untagged_addr_remote(mm, vaddr);
	vma = vma_lookup(mm, addr);
	if (!vma || !vfio_vma_permits(vma, fill->dma->prot)) {
		mmap_read_unlock(mm);
		fill->refused = vma ? "the process may not access its memory so" :
				      "there is no memory at that address";
		return -EFAULT;
	}

	npages = min(vma->vm_end - addr, size) >> PAGE_SHIFT;

	if (vma->vm_flags & VM_PFNMAP)
		return vfio_fill_run(fill, vma, addr, npages);

	mmap_read_unlock(mm);

	return vfio_ram_add(fill, addr, npages);
}

/**
 * vfio_dma_fill() - find and map everything behind a new DMA mapping
 * @fill: its mapping is in the tree, and empty
 *
 * Return: 0 or -errno, as vfio_dma_map(); on error the caller removes the mapping
 * with what it has got.
 * Context: iommu->lock held; takes mmap_lock; sleeps as long as the user makes
 * it.
 */
int vfio_dma_fill(struct vfio_fill *fill)
{
	int ret = 0;

	lockdep_assert_held(&fill->iommu->lock);

	while (!ret && fill->done < fill->dma->size) {
		ret = vfio_fill_one(fill);
		cond_resched();
	}

	return ret;
}
