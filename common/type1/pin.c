// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAM: pinning it, charging it to the user's RLIMIT_MEMLOCK, mapping it.
 *
 * Pages are pinned long-term, in batches. Each begins with a look without locks,
 * which is the faster way to pages that are there and in vain for others: so a
 * batch is several huge pages long.
 *
 * Adjacent frames are one stretch, across batches too, so that huge pages and
 * lucky neighbours are mapped as large as the IOMMU can.
 */
#include <linux/capability.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "domain.h"
#include "fill.h"
#include "type1.h"

#define VFIO_ONE_MEMMAP		(IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || \
				 IS_ENABLED(CONFIG_FLATMEM))

/* Each page of zeros is the kernel's own, and is charged to nobody. */
static unsigned long vfio_ram_count_zeros(struct page **pages,
					  unsigned long npages)
{
	unsigned long i, zeros = 0;

	for (i = 0; i < npages; i++)
		zeros += vfio_compat_is_zero_page(pages[i]);

	return zeros;
}

static int vfio_ram_charge(struct vfio_fill *fill, unsigned long npages)
{
	struct vfio_dma *dma = fill->dma;
	struct mm_struct *mm = current->mm;
	int ret;

	npages -= vfio_ram_count_zeros(fill->iommu->batch, npages);
	if (!npages)
		return 0;

	if (!fill->asked) {
		fill->unlimited = capable(CAP_IPC_LOCK);
		fill->asked = true;
	}

	ret = mmap_write_lock_killable(mm);
	if (ret)
		return ret;
	ret = __account_locked_vm(mm, npages, true, current, fill->unlimited);
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
 * vfio_ram_uncharge() - lower what a process is charged for pinned RAM
 * @mm: of the process; its reference is dropped
 * @npages: pages, unpinned
 *
 * Context: the user's own; takes the mmap_lock of the process that mapped.
 */
void vfio_ram_uncharge(struct mm_struct *mm, unsigned long npages)
{
	/* An mm without users is past caring. */
	if (mmget_not_zero(mm)) {
		mmap_write_lock(mm);
		__account_locked_vm(mm, npages, false, current, true);
		mmap_write_unlock(mm);
		mmput(mm);
	}
	mmdrop(mm);
}

static void vfio_ram_unpin_stretch(struct vfio_dma *dma, unsigned long pfn,
				   unsigned long npages)
{
	unpin_user_page_range_dirty_lock(pfn_to_page(pfn), npages,
					 dma->prot & IOMMU_WRITE);
}

/**
 * vfio_ram_unpin() - unpin and forget the RAM of a mapping
 * @dma: mapping, in no domain any more
 *
 * Context: may sleep.
 */
void vfio_ram_unpin(struct vfio_dma *dma)
{
	struct vfio_ram_cursor cursor;

	vfio_ram_begin(&cursor, &dma->ram);
	while (vfio_ram_next(&cursor, ULONG_MAX)) {
		vfio_ram_unpin_stretch(dma, cursor.pfn, cursor.npages);
		if (!dma->ram.last)
			return;
		cond_resched();
	}
	vfio_ram_free(&dma->ram);
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

/**
 * struct vfio_stretch - adjacent frames that are pinned and not yet mapped
 * @pfn: first frame
 * @npages: how many
 * @left: pages that follow in the vma
 */
struct vfio_stretch {
	unsigned long pfn;
	unsigned long npages;
	unsigned long left;
};

/* Maps what @stretch has and empties it. */
static int vfio_ram_map(struct vfio_fill *fill, struct vfio_stretch *stretch)
{
	struct vfio_dma *dma = fill->dma;
	int ret;

	if (!stretch->npages)
		return 0;

	ret = vfio_ram_make_room(&dma->ram, stretch->npages, stretch->left);
	if (ret)
		return ret;

	ret = vfio_domains_map_ram(fill->iommu, dma->iova + fill->done,
				   stretch->pfn, stretch->npages, dma->prot);
	/* What may still be mapped stays pinned: removing it tries again. */
	if (ret && ret != -ENOTRECOVERABLE)
		return ret;

	vfio_ram_append(&dma->ram, stretch->pfn, stretch->npages);
	fill->done += stretch->npages << PAGE_SHIFT;
	stretch->npages = 0;

	return ret;
}

/*
 * Adds a batch of pinned pages to @stretch, and maps what turns out to be complete:
 * all of it after the last batch. Returns how many of the batch are in the mapping
 * or in @stretch; less than all of them after an error.
 */
static unsigned long vfio_ram_add_batch(struct vfio_fill *fill,
					struct vfio_stretch *stretch,
					unsigned long npages, bool last,
					int *ret)
{
	struct page **pages = fill->iommu->batch;
	unsigned long i, pfn, adjacent;

	for (i = 0; i < npages; i += adjacent) {
		pfn = page_to_pfn(pages[i]);
		if (pfn != stretch->pfn + stretch->npages) {
			*ret = vfio_ram_map(fill, stretch);
			if (*ret)
				return i;
		}
		if (!stretch->npages)
			stretch->pfn = pfn;
		adjacent = vfio_ram_adjacent(pages + i, npages - i);
		stretch->npages += adjacent;
		stretch->left -= adjacent;
	}

	*ret = last ? vfio_ram_map(fill, stretch) : 0;

	return npages;
}

/**
 * vfio_ram_add() - pin and map RAM
 * @fill: how far the mapping has got; goes on with each page that is mapped
 * @vaddr: the user's address
 * @npages: how many pages, of one vma when last looked at
 *
 * Return: 0; -ENOMEM, also over RLIMIT_MEMLOCK; -EFAULT if the process may not
 * access the memory in this way; -EOPNOTSUPP if its pages must not be pinned for
 * long, as those of a file in persistent memory; -EINTR; or as vfio_domain_map().
 * On error some of the pages may be mapped.
 * Context: iommu->lock held; takes iommu->dmas_lock; sleeps as long as the user
 * makes it.
 */
int vfio_ram_add(struct vfio_fill *fill, unsigned long vaddr,
		 unsigned long npages)
{
	struct vfio_stretch stretch = { .left = npages };
	struct vfio_iommu *iommu = fill->iommu;
	unsigned int flags = FOLL_LONGTERM;
	unsigned long done = 0, added;
	long pinned;
	int ret = 0;

	lockdep_assert_held(&iommu->lock);

	if (fill->dma->prot & IOMMU_WRITE)
		flags |= FOLL_WRITE;

	while (done < npages) {
		/* Pinning looks for a signal only when it has to fault. */
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}

		pinned = pin_user_pages_fast(vaddr + (done << PAGE_SHIFT),
					     min(npages - done, VFIO_BATCH_PAGES),
					     flags, iommu->batch);
		if (pinned <= 0) {
			ret = pinned ?: -EFAULT;
			break;
		}
		done += pinned;

		added = 0;
		ret = vfio_ram_charge(fill, pinned);
		if (!ret) {
			mutex_lock(&iommu->dmas_lock);
			added = vfio_ram_add_batch(fill, &stretch, pinned,
						   done == npages, &ret);
			mutex_unlock(&iommu->dmas_lock);
		}
		if (ret) {
			unpin_user_pages(iommu->batch + added, pinned - added);
			break;
		}
		cond_resched();
	}

	if (stretch.npages)
		vfio_ram_unpin_stretch(fill->dma, stretch.pfn, stretch.npages);

	return ret;
}
