// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAM: charging it to the user's RLIMIT_MEMLOCK, pinning it, mapping it.
 *
 * Pages are pinned long-term in batches of a page full of page pointers.
 * Adjacent frames become one extent, across batches too, so that huge pages and
 * lucky neighbours are mapped as large as the IOMMU can.
 */
#include <linux/capability.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "type1.h"

#define VFIO_BATCH_PAGES	(PAGE_SIZE / sizeof(struct page *))

/* Before pinning, so that nothing needs to be unpinned for want of allowance. */
static int vfio_ram_charge(struct vfio_dma *dma, unsigned long npages)
{
	bool unlimited = capable(CAP_IPC_LOCK);
	struct mm_struct *mm = current->mm;
	int ret;

	ret = mmap_write_lock_killable(mm);
	if (ret)
		return ret;
	ret = __account_locked_vm(mm, npages, true, current, unlimited);
	mmap_write_unlock(mm);
	if (ret) {
		pr_warn_ratelimited("vfio: %s[%d] is over RLIMIT_MEMLOCK (%lu bytes): raise it with ulimit -l\n",
				    current->comm, task_pid_nr(current),
				    rlimit(RLIMIT_MEMLOCK));
		return ret;
	}

	if (!dma->mm) {
		mmgrab(mm);
		dma->mm = mm;
	}
	dma->locked += npages;

	return 0;
}

/**
 * vfio_ram_uncharge() - give back what the RAM of a mapping was charged
 * @dma: its RAM is unpinned
 *
 * Context: the user's own; takes the mmap_lock of the process that mapped.
 */
void vfio_ram_uncharge(struct vfio_dma *dma)
{
	struct mm_struct *mm = dma->mm;

	if (!mm)
		return;

	/* An mm without users is past caring. */
	if (mmget_not_zero(mm)) {
		mmap_write_lock(mm);
		__account_locked_vm(mm, dma->locked, false, current, true);
		mmap_write_unlock(mm);
		mmput(mm);
	}
	mmdrop(mm);
}

/**
 * vfio_ram_unpin() - unpin a RAM extent
 * @dma: its mapping
 * @extent: it is in no domain any more
 *
 * Context: may sleep.
 */
void vfio_ram_unpin(struct vfio_dma *dma, struct vfio_extent *extent)
{
	unpin_user_page_range_dirty_lock(pfn_to_page(extent->pfn),
					 extent->npages,
					 dma->prot & IOMMU_WRITE);
}

/* Makes an extent of pinned frames. On error they are still the caller's. */
static int vfio_ram_map(struct vfio_iommu *iommu, struct vfio_dma *dma,
			const struct vfio_extent *pinned)
{
	struct vfio_extent *extent;
	int ret;

	lockdep_assert_held(&iommu->runs_lock);

	extent = kmalloc(sizeof(*extent), GFP_KERNEL_ACCOUNT);
	if (!extent)
		return -ENOMEM;

	*extent = *pinned;
	ret = vfio_extent_map(iommu, extent, dma->prot);
	if (ret) {
		kfree(extent);
		return ret;
	}

	list_add_tail(&extent->node, &dma->extents);

	return 0;
}

static bool vfio_ram_adjacent(const struct vfio_extent *extent,
			      struct page *page)
{
	return page_to_pfn(page) == extent->pfn + extent->npages;
}

/*
 * Adds a batch of pinned pages to @open, the extent that is still growing, and
 * maps each extent that the batch closes. On error all but the frames of @open
 * are unpinned or mapped.
 */
static int vfio_ram_add_batch(struct vfio_iommu *iommu, struct vfio_dma *dma,
			      struct vfio_extent *open, unsigned int npages)
{
	struct page **pages = iommu->batch;
	unsigned int i;
	int ret = 0;

	/* Once for all of them, as scattered pages are an extent each. */
	mutex_lock(&iommu->runs_lock);

	for (i = 0; i < npages; i++) {
		if (open->npages && vfio_ram_adjacent(open, pages[i])) {
			open->npages++;
			continue;
		}

		if (open->npages) {
			ret = vfio_ram_map(iommu, dma, open);
			if (ret)
				break;
		}

		open->iova = vfio_extent_end(open);
		open->pfn = page_to_pfn(pages[i]);
		open->npages = 1;
	}

	mutex_unlock(&iommu->runs_lock);

	if (ret)
		unpin_user_pages(pages + i, npages - i);

	return ret;
}

/**
 * vfio_ram_add() - pin and map RAM
 * @iommu: backend
 * @dma: mapping that it is a part of
 * @iova: where in it, in bytes
 * @vaddr: the user's address
 * @npages: how many pages, of one vma when last looked at
 *
 * Return: 0; -ENOMEM, also over RLIMIT_MEMLOCK; -EFAULT if the process may not
 * access the memory in this way; -EINTR; or the IOMMU driver's errno. On error
 * some of the pages may be mapped and in @dma's extents.
 * Context: iommu->lock held; sleeps as long as the user makes it.
 */
int vfio_ram_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 dma_addr_t iova, unsigned long vaddr, unsigned long npages)
{
	unsigned int flags = FOLL_LONGTERM;
	struct vfio_extent open = {
		.iova = iova,
		.state = VFIO_EXTENT_RAM,
	};
	unsigned long done = 0;
	long pinned;
	int ret;

	lockdep_assert_held(&iommu->lock);

	if (dma->prot & IOMMU_WRITE)
		flags |= FOLL_WRITE;

	ret = vfio_ram_charge(dma, npages);
	if (ret)
		return ret;

	while (done < npages) {
		pinned = pin_user_pages_fast(vaddr + (done << PAGE_SHIFT),
					     min(npages - done, VFIO_BATCH_PAGES),
					     flags, iommu->batch);
		if (pinned <= 0) {
			ret = pinned ?: -EFAULT;
			goto unpin;
		}

		ret = vfio_ram_add_batch(iommu, dma, &open, pinned);
		if (ret)
			goto unpin;

		done += pinned;
		cond_resched();
	}

	mutex_lock(&iommu->runs_lock);
	ret = vfio_ram_map(iommu, dma, &open);
	mutex_unlock(&iommu->runs_lock);
	if (!ret)
		return 0;
unpin:
	if (open.npages)
		vfio_ram_unpin(dma, &open);

	return ret;
}
