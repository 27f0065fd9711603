// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAM: charging it to the user's RLIMIT_MEMLOCK, pinning it, mapping it.
 *
 * Pages are pinned long-term, in batches. Each begins with a look without locks,
 * which is the faster way to pages that are there and in vain for others: so a
 * batch is several huge pages long.
 *
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

#define VFIO_ONE_MEMMAP		(IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || \
				 IS_ENABLED(CONFIG_FLATMEM))

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

/* Moves the frames of @open to an extent of their own. Empty, it may grow anew. */
static int vfio_ram_close(struct vfio_extent *open, struct list_head *closed)
{
	struct vfio_extent *extent;

	if (!open->npages)
		return 0;

	extent = kmalloc(sizeof(*extent), GFP_KERNEL_ACCOUNT);
	if (!extent)
		return -ENOMEM;

	*extent = *open;
	list_add_tail(&extent->node, closed);
	open->iova = vfio_extent_end(open);
	open->npages = 0;

	return 0;
}

/*
 * How many pages, from the first one on, are one behind the other in memory. Where
 * all of memory has one array of struct page, the pointers say so.
 */
static unsigned long vfio_ram_adjacent(struct page **pages, unsigned long npages)
{
	struct page *first = pages[0];
	unsigned long i;

	for (i = 1; i < npages; i++)
		if (VFIO_ONE_MEMMAP ? pages[i] != first + i :
		    page_to_pfn(pages[i]) != page_to_pfn(first) + i)
			break;

	return i;
}

/*
 * Sorts a batch of pinned pages into @closed, extents that are complete, and
 * @open, the one that may still grow. Charged to the user, so no lock yet. On
 * error the pages from *@sorted on are in none of them.
 */
static int vfio_ram_sort(struct page **pages, unsigned int npages,
			 struct vfio_extent *open, struct list_head *closed,
			 unsigned int *sorted)
{
	unsigned long pfn, adjacent;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < npages; i += adjacent) {
		pfn = page_to_pfn(pages[i]);
		if (!open->npages || pfn != open->pfn + open->npages) {
			ret = vfio_ram_close(open, closed);
			if (ret)
				break;
			open->pfn = pfn;
		}
		adjacent = vfio_ram_adjacent(pages + i, npages - i);
		open->npages += adjacent;
	}

	*sorted = i;

	return ret;
}

/* Maps extents and gives them to @dma. On error the rest stays in @closed. */
static int vfio_ram_map(struct vfio_iommu *iommu, struct vfio_dma *dma,
			struct list_head *closed)
{
	struct list_head *pos;
	LIST_HEAD(mapped);
	int ret = 0;

	if (list_empty(closed))
		return 0;

	mutex_lock(&iommu->runs_lock);
	list_for_each(pos, closed) {
		ret = vfio_extent_map(iommu,
				      list_entry(pos, struct vfio_extent, node),
				      dma->prot);
		if (ret)
			break;
	}
	/* Those before the one that failed, all of them if none did. */
	list_cut_before(&mapped, closed, pos);
	list_splice_tail(&mapped, &dma->extents);
	mutex_unlock(&iommu->runs_lock);

	return ret;
}

/* Frames that were pinned but not mapped. */
static void vfio_ram_drop(struct vfio_dma *dma, struct list_head *closed)
{
	struct vfio_extent *extent, *next;

	list_for_each_entry_safe(extent, next, closed, node) {
		vfio_ram_unpin(dma, extent);
		kfree(extent);
	}
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
 * access the memory in this way; -EOPNOTSUPP if its pages must not be pinned for
 * long, as those of a file in persistent memory; -EINTR; or the IOMMU driver's
 * errno. On error some of the pages may be mapped and in @dma's extents.
 * Context: iommu->lock held; sleeps as long as the user makes it.
 */
int vfio_ram_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 dma_addr_t iova, unsigned long vaddr, unsigned long npages)
{
	unsigned int flags = FOLL_LONGTERM, sorted;
	struct vfio_extent open = {
		.iova = iova,
		.state = VFIO_EXTENT_RAM,
	};
	unsigned long done = 0;
	LIST_HEAD(closed);
	long pinned;
	int ret;

	lockdep_assert_held(&iommu->lock);

	if (dma->prot & IOMMU_WRITE)
		flags |= FOLL_WRITE;

	ret = vfio_ram_charge(dma, npages);
	if (ret)
		return ret;

	while (done < npages) {
		/* Pinning looks for a signal only when it has to fault. */
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			goto drop;
		}

		pinned = pin_user_pages_fast(vaddr + (done << PAGE_SHIFT),
					     min(npages - done, VFIO_BATCH_PAGES),
					     flags, iommu->batch);
		if (pinned <= 0) {
			ret = pinned ?: -EFAULT;
			goto drop;
		}

		ret = vfio_ram_sort(iommu->batch, pinned, &open, &closed,
				    &sorted);
		if (ret) {
			unpin_user_pages(iommu->batch + sorted,
					 pinned - sorted);
			goto drop;
		}

		ret = vfio_ram_map(iommu, dma, &closed);
		if (ret)
			goto drop;

		done += pinned;
		cond_resched();
	}

	ret = vfio_ram_close(&open, &closed);
	if (!ret)
		ret = vfio_ram_map(iommu, dma, &closed);
	if (!ret)
		return 0;
drop:
	vfio_ram_drop(dma, &closed);
	if (open.npages)
		vfio_ram_unpin(dma, &open);

	return ret;
}
