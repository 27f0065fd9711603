// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device runs as the user process makes and ends them; revoke.c has what revokers
 * do with them.
 *
 * A run hangs in two places: in its DMA mapping, where the user process finds it,
 * and in its device's list, where a revoker finds it. It is
 *
 *	live		mapped; in device->live_runs
 *	suspended	taken out, to be put back; in device->suspended_runs
 *	dead		taken out for good; it knows no device any more
 *
 * The state changes under the container's runs lock. The lists of a device change
 * under that and the device's, so whoever holds a container's runs lock knows that
 * the container's runs stay where they are.
 *
 * The device's memory lock, held for write by the revoker and for read by the user
 * process that adds a run, keeps new ones out meanwhile.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "domain.h"
#include "type1.h"
#include "vfio_device.h"
#include "vfio_strategy.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Runs that are taken out of the domains under one hold of the runs lock. */
#define VFIO_RUNS_AT_ONCE	64

/**
 * vfio_part_alloc() - allocate a part for vfio_run_add()
 *
 * Separate because it is charged to the user process, which can make that last: it
 * must be done before the memory lock, which revocation waits for.
 *
 * Return: the part, or NULL without memory.
 * Context: may sleep for as long as the user process makes it.
 */
struct vfio_part *vfio_part_alloc(void)
{
	return kzalloc(sizeof(struct vfio_part), GFP_KERNEL_ACCOUNT);
}

/* The last part of @dma, if a run of @pfns at @iova just goes on where it ends. */
static struct vfio_part *vfio_part_before(struct vfio_dma *dma, dma_addr_t iova,
					  struct vfio_device *device,
					  const struct vfio_pfn_run *pfns)
{
	struct vfio_part *last;

	if (list_empty(&dma->parts))
		return NULL;

	last = list_last_entry(&dma->parts, struct vfio_part, node);
	if (last->run.state != VFIO_RUN_LIVE || last->run.device != device ||
	    vfio_pages_end(last->iova, last->npages) != iova ||
	    last->run.pfn + last->npages != pfns->pfn ||
	    last->npages + pfns->npages > VFIO_RUN_ENTRIES)
		return NULL;

	return last;
}

/*
 * Out of line, as what recording an event needs would otherwise be registers more
 * to save in the caller, event or not.
 */
static noinline void vfio_run_trace_map(const struct vfio_pfn_run *pfns,
					dma_addr_t iova)
{
	trace_vfio_run_map(pfns->device, iova, pfns->pfn, pfns->npages);
}

static void vfio_run_list(struct vfio_iommu *iommu, struct vfio_run *run,
			  struct vfio_dma *dma, struct vfio_device *device,
			  const struct vfio_pfn_run *pfns)
{
	run->iommu = iommu;
	run->pfn = pfns->pfn;
	run->prot = dma->prot;
	run->state = VFIO_RUN_LIVE;
	run->reported = false;
	run->device = device;
	if (!device)
		return;

	spin_lock(&device->runs_lock);
	list_add_tail(&run->device_node, &device->live_runs);
	spin_unlock(&device->runs_lock);
}

/**
 * vfio_run_add() - map a run and put it where a revoker finds it
 * @iommu: backend
 * @dma: mapping that it is, or that it is a part of
 * @ppart: of vfio_part_alloc(), NULL afterwards if it was used; or NULL in it if
 *	the run is all of @dma. A part that goes on where the mapping's last one
 *	ends is added to that.
 * @iova: where in @dma, in bytes
 * @pfns: resolved, and still held so that no revoker comes between
 *
 * Return: 0; -ENOMEM if there is no memory for page tables at once; or the IOMMU
 * driver's errno.
 * Context: iommu->lock and the device's memory lock (read) held.
 */
int vfio_run_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 struct vfio_part **ppart, dma_addr_t iova,
		 const struct vfio_pfn_run *pfns)
{
	struct vfio_device *device = vfio_memory_revocable() ? pfns->device : NULL;
	struct vfio_part *part = *ppart, *last;
	int ret;

	lockdep_assert_held(&iommu->lock);
	lockdep_assert_held_read(&pfns->device->memory_lock);

	spin_lock(&iommu->runs_lock);

	ret = vfio_domains_map_run(iommu, iova, pfns->pfn, pfns->npages,
				   dma->prot);
	if (ret)
		goto unlock;

	if (trace_vfio_run_map_enabled())
		vfio_run_trace_map(pfns, iova);

	if (!part) {
		dma->is_whole = true;
		dma->whole.whole = true;
		vfio_run_list(iommu, &dma->whole, dma, device, pfns);
		goto unlock;
	}

	last = vfio_part_before(dma, iova, device, pfns);
	if (last) {
		last->npages += pfns->npages;
		goto unlock;
	}

	part->iova = iova;
	part->npages = pfns->npages;
	list_add_tail(&part->node, &dma->parts);
	vfio_run_list(iommu, &part->run, dma, device, pfns);
	*ppart = NULL;
unlock:
	spin_unlock(&iommu->runs_lock);

	return ret;
}

/*
 * Page tables of what was just mapped: those of the lowest level, of which a small
 * run shares one with the mapping before it, or has one of its own.
 */
static unsigned long vfio_run_tables(struct vfio_dma *dma, dma_addr_t iova,
				     const struct vfio_pfn_run *pfns)
{
	unsigned long entries = vfio_domains_entries(iova, pfns->pfn,
						     pfns->npages);
	struct rb_node *before = rb_prev(&dma->node);
	struct vfio_dma *prev;

	if (entries >= PTRS_PER_PTE)
		return entries / PTRS_PER_PTE;

	if (iova != dma->iova)
		return 0;

	prev = rb_entry_safe(before, struct vfio_dma, node);

	return !prev || (iova ^ (prev->iova + prev->size - 1)) >= PMD_SIZE;
}

/**
 * vfio_run_charge() - charge page tables to the user process
 * @dma: mapping; the run is a part of it
 * @iova: where in it, in bytes, vfio_run_add() has just mapped
 * @pfns: what it has mapped
 *
 * Does nothing where the IOMMU's driver charges them, Linux 6.3 and later.
 *
 * Return: 0; -ENOMEM if the process may not have so much.
 * Context: iommu->lock held; may sleep for as long as the user process makes it.
 */
int vfio_run_charge(struct vfio_dma *dma, dma_addr_t iova,
		    const struct vfio_pfn_run *pfns)
{
	struct vfio_charge *charge;
	unsigned long tables;
	struct vfio_part *part;

	if (VFIO_COMPAT_CHARGES_TABLES)
		return 0;

	tables = vfio_run_tables(dma, iova, pfns);
	if (!tables)
		return 0;

	charge = kvmalloc(tables << PAGE_SHIFT, GFP_KERNEL_ACCOUNT);
	if (!charge)
		return -ENOMEM;

	part = list_last_entry(&dma->parts, struct vfio_part, node);
	charge->next = part->charge;
	part->charge = charge;

	return 0;
}

/* No revoker finds the run from now on. */
static void vfio_run_forget(struct vfio_run *run)
{
	if (!run->device)
		return;

	spin_lock(&run->device->runs_lock);
	list_del(&run->device_node);
	spin_unlock(&run->device->runs_lock);
	run->device = NULL;
}

static bool vfio_run_unmap(struct vfio_iommu *iommu, struct vfio_run *run)
{
	if (run->state != VFIO_RUN_LIVE)
		return true;

	return vfio_domains_unmap_run(iommu, vfio_run_iova(run),
				      vfio_run_npages(run));
}

/* Some parts from *@ppart on; *@ppart becomes the first that is left. */
static bool vfio_dma_unmap_some(struct vfio_iommu *iommu, struct vfio_dma *dma,
				struct vfio_part **ppart)
{
	struct vfio_part *first = *ppart, *part = first;
	unsigned long entries = 0;
	unsigned int count = 0;
	bool out = true;

	list_for_each_entry_from(part, &dma->parts, node) {
		if (count++ == VFIO_RUNS_AT_ONCE || entries > VFIO_RUN_ENTRIES)
			break;
		out &= vfio_run_unmap(iommu, &part->run);
		entries += vfio_domains_entries(part->iova, part->run.pfn,
						part->npages);
	}
	vfio_domains_sync_runs(iommu);

	/* Not before: a revoker that finds no run waits for nobody. */
	*ppart = part;
	part = first;
	list_for_each_entry_from(part, &dma->parts, node) {
		if (part == *ppart)
			break;
		vfio_run_forget(&part->run);
	}

	return out;
}

/**
 * vfio_dma_unmap_whole() - take a mapping that is one run out of every domain
 * @iommu: backend
 * @dma: mapping; no revoker finds its run afterwards
 *
 * Return: whether nobody reaches it any more; false only after a warning, as it is
 * a bug somewhere.
 * Context: iommu->dmas_lock held.
 */
bool vfio_dma_unmap_whole(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	bool out;

	lockdep_assert_held(&iommu->dmas_lock);

	spin_lock(&iommu->runs_lock);
	out = vfio_run_unmap(iommu, &dma->whole);
	vfio_domains_sync_runs(iommu);
	vfio_run_forget(&dma->whole);
	spin_unlock(&iommu->runs_lock);

	return out;
}

/**
 * vfio_dma_unmap_parts() - take the runs that are parts of a mapping out of every
 *	domain
 * @iommu: backend
 * @dma: mapping; no revoker finds its parts afterwards
 *
 * Return: as vfio_dma_unmap_whole().
 * Context: iommu->dmas_lock held; may sleep.
 */
bool vfio_dma_unmap_parts(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	struct vfio_part *part;
	bool out = true;

	lockdep_assert_held(&iommu->dmas_lock);

	part = list_first_entry(&dma->parts, struct vfio_part, node);
	while (!list_entry_is_head(part, &dma->parts, node)) {
		spin_lock(&iommu->runs_lock);
		out &= vfio_dma_unmap_some(iommu, dma, &part);
		spin_unlock(&iommu->runs_lock);
		cond_resched();
	}

	return out;
}

/**
 * vfio_dma_free_parts() - free the parts of a mapping
 * @dma: mapping that is no whole run; its runs are unmapped
 */
void vfio_dma_free_parts(struct vfio_dma *dma)
{
	struct vfio_part *part, *next;
	struct vfio_charge *charge;

	list_for_each_entry_safe(part, next, &dma->parts, node) {
		while ((charge = part->charge)) {
			part->charge = charge->next;
			kvfree(charge);
		}
		kfree(part);
		cond_resched();
	}
}
