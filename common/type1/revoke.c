// SPDX-License-Identifier: GPL-2.0-only
/*
 * What revokers do with the runs of a device: suspend, resume, kill.
 *
 * A revoker goes from container to container: it sees the first run of a list,
 * takes the lock of that run's container, and works off the list while the runs
 * are of that container. It works in bounded steps, so that nobody spins for long
 * for that lock. Runs that follow each other in the list, in IOVA and in memory are
 * taken out, or put back, with one call.
 *
 * A revoker waits for no user process: page tables are charged to the container's
 * memory cgroup without asking whether it may have more, and where memory itself
 * is short the revoker's own allocation waits for it, outside of the runs lock.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "domain.h"
#include "trace.h"
#include "type1.h"
#include "vfio_device.h"

/* Runs that change under one hold of the runs lock. */
#define VFIO_REVOKE_AT_ONCE	64

/* How often a run is tried to be put back for which there was no memory at once. */
#define VFIO_RESUME_TRIES	5

/**
 * struct vfio_revoke - one step of a revoker
 * @device: whose runs
 * @iommu: the container that these runs are of
 * @tries: how often runs may still be tried that there was no memory for
 * @count: how many runs
 * @run: the runs
 * @failed: those that could not be put back
 * @again: those that are to be tried again
 */
struct vfio_revoke {
	struct vfio_device *device;
	struct vfio_iommu *iommu;
	unsigned int tries;
	unsigned int count;
	struct vfio_run *run[VFIO_REVOKE_AT_ONCE];
	DECLARE_BITMAP(failed, VFIO_REVOKE_AT_ONCE);
	DECLARE_BITMAP(again, VFIO_REVOKE_AT_ONCE);
};

/*
 * The first runs of @list, as far as they are of the container. They stay where
 * they are while its runs lock is held.
 */
static void vfio_revoke_pick(struct vfio_revoke *step, struct list_head *list)
{
	struct vfio_run *run;
	unsigned long entries = 0;

	step->count = 0;

	spin_lock(&step->device->runs_lock);
	list_for_each_entry(run, list, device_node) {
		entries += vfio_domains_entries(vfio_run_iova(run), run->pfn,
						vfio_run_npages(run));
		if (run->iommu != step->iommu ||
		    (step->count && entries > VFIO_RUN_ENTRIES))
			break;
		step->run[step->count++] = run;
		if (step->count == VFIO_REVOKE_AT_ONCE)
			break;
	}
	spin_unlock(&step->device->runs_lock);
}

/* How many runs from the @i-th on lie one behind the other, in IOVA. */
static unsigned int vfio_revoke_neighbours(struct vfio_revoke *step,
					   unsigned int i,
					   unsigned long *npages)
{
	dma_addr_t iova = vfio_run_iova(step->run[i]);
	unsigned int n = 1;

	*npages = vfio_run_npages(step->run[i]);
	for (; i + n < step->count; n++) {
		if (vfio_run_iova(step->run[i + n]) !=
		    vfio_pages_end(iova, *npages))
			break;
		*npages += vfio_run_npages(step->run[i + n]);
	}

	return n;
}

static void vfio_revoke_unmap(struct vfio_revoke *step)
{
	unsigned long npages;
	unsigned int i, n;

	for (i = 0; i < step->count; i += n) {
		n = vfio_revoke_neighbours(step, i, &npages);
		vfio_domains_unmap_run(step->iommu,
				       vfio_run_iova(step->run[i]), npages);
	}
	vfio_domains_sync_runs(step->iommu);
}

static void vfio_suspend_trace(struct vfio_device *device, struct vfio_run *run)
{
	trace_vfio_run_suspend(device, vfio_run_iova(run), run->pfn,
			       vfio_run_npages(run));
}

static bool vfio_revoke_suspend(struct vfio_revoke *step)
{
	struct vfio_device *device = step->device;
	unsigned int i;

	vfio_revoke_unmap(step);
	if (trace_vfio_run_suspend_enabled())
		for (i = 0; i < step->count; i++)
			vfio_suspend_trace(device, step->run[i]);

	spin_lock(&device->runs_lock);
	for (i = 0; i < step->count; i++) {
		step->run[i]->state = VFIO_RUN_SUSPENDED;
		list_move_tail(&step->run[i]->device_node,
			       &device->suspended_runs);
	}
	spin_unlock(&device->runs_lock);

	return true;
}

static void vfio_kill_trace(struct vfio_device *device, struct vfio_run *run)
{
	trace_vfio_run_kill(device, vfio_run_iova(run), run->pfn,
			    vfio_run_npages(run));
}

static bool vfio_revoke_kill(struct vfio_revoke *step)
{
	struct vfio_device *device = step->device;
	unsigned int i;

	if (step->run[0]->state == VFIO_RUN_LIVE)
		vfio_revoke_unmap(step);
	if (trace_vfio_run_kill_enabled())
		for (i = 0; i < step->count; i++)
			vfio_kill_trace(device, step->run[i]);

	spin_lock(&device->runs_lock);
	for (i = 0; i < step->count; i++) {
		step->run[i]->state = VFIO_RUN_DEAD;
		list_del(&step->run[i]->device_node);
		step->run[i]->device = NULL;
	}
	spin_unlock(&device->runs_lock);

	return true;
}

static void vfio_resume_trace(struct vfio_device *device, struct vfio_run *run)
{
	trace_vfio_run_resume(device, vfio_run_iova(run), run->pfn,
			      vfio_run_npages(run));
}

/*
 * How many runs from the @i-th on are put back with one call: as far as they
 * follow each other in memory, too. Together they must not fill a large page of
 * the IOMMU's: from that, one of them alone could not be unmapped.
 */
static unsigned int vfio_resume_neighbours(struct vfio_revoke *step,
					   unsigned int i,
					   unsigned long *npages)
{
	struct vfio_run *run = step->run[i], *next;
	dma_addr_t iova = vfio_run_iova(run);
	unsigned long large, room;
	unsigned int n = 1;

	*npages = vfio_run_npages(run);
	large = vfio_domains_large_page(step->iommu);
	room = (large - (iova & (large - 1))) >> PAGE_SHIFT;
	if (room == large >> PAGE_SHIFT)
		room--;

	for (; i + n < step->count; n++) {
		next = step->run[i + n];
		if (vfio_run_iova(next) != vfio_pages_end(iova, *npages) ||
		    next->pfn != run->pfn + *npages || next->prot != run->prot ||
		    *npages + vfio_run_npages(next) > room)
			break;
		*npages += vfio_run_npages(next);
	}

	return n;
}

static void vfio_resume_report(struct vfio_device *device, struct vfio_run *run,
			       int error)
{
	dma_addr_t iova = vfio_run_iova(run);

	if (!run->reported)
		dev_warn(device->dev,
			 "DMA mapping of %lu pages at IOVA %pad cannot be resumed (error %d): peers do not reach them until the next reset or memory enable succeeds\n",
			 vfio_run_npages(run), &iova, error);
	run->reported = true;
}

/* Maps what it can, notes what it cannot. */
static void vfio_resume_map(struct vfio_revoke *step)
{
	struct mem_cgroup *old = set_active_memcg(step->iommu->memcg);
	unsigned int i, n, j;
	struct vfio_run *run;
	unsigned long npages;
	int ret;

	bitmap_zero(step->failed, VFIO_REVOKE_AT_ONCE);
	bitmap_zero(step->again, VFIO_REVOKE_AT_ONCE);
	for (i = 0; i < step->count; i += n) {
		run = step->run[i];
		n = vfio_resume_neighbours(step, i, &npages);
		ret = vfio_domains_map_run(step->iommu, vfio_run_iova(run),
					   run->pfn, npages, run->prot);
		if (ret && n > 1) {
			n = 1;
			npages = vfio_run_npages(run);
			ret = vfio_domains_map_run(step->iommu,
						   vfio_run_iova(run), run->pfn,
						   npages, run->prot);
		}
		if (ret == -ENOMEM && step->tries) {
			set_bit(i, step->again);
		} else if (ret) {
			set_bit(i, step->failed);
			vfio_resume_report(step->device, run, ret);
		} else {
			for (j = i; j < i + n; j++)
				step->run[j]->reported = false;
			if (trace_vfio_run_resume_enabled())
				for (j = i; j < i + n; j++)
					vfio_resume_trace(step->device,
							  step->run[j]);
		}
	}
	set_active_memcg(old);
}

/* Returns false if there was no memory for some, which stay in their list. */
static bool vfio_revoke_resume(struct vfio_revoke *step)
{
	struct vfio_device *device = step->device;
	struct vfio_run *run;
	unsigned int i;

	vfio_resume_map(step);

	spin_lock(&device->runs_lock);
	for (i = 0; i < step->count; i++) {
		run = step->run[i];
		if (test_bit(i, step->again))
			continue;
		if (test_bit(i, step->failed)) {
			list_move_tail(&run->device_node,
				       &device->suspended_runs);
			continue;
		}
		run->state = VFIO_RUN_LIVE;
		list_move_tail(&run->device_node, &device->live_runs);
	}
	spin_unlock(&device->runs_lock);

	return bitmap_empty(step->again, VFIO_REVOKE_AT_ONCE);
}

/*
 * Calls @change for the first runs of @list, with the runs lock of their container
 * held, until there are none. @change takes them off @list; if it leaves some, for
 * which it wants to be called again, this returns false.
 */
static bool vfio_revoke_each(struct vfio_device *device, struct list_head *list,
			     bool (*change)(struct vfio_revoke *step),
			     unsigned int tries)
{
	struct vfio_revoke step;
	struct vfio_run *run;
	bool done = true;

	lockdep_assert_held_write(&device->memory_lock);

	step.device = device;
	step.tries = tries;
	while (done) {
		spin_lock(&device->runs_lock);
		run = list_first_entry_or_null(list, struct vfio_run,
					       device_node);
		if (!run) {
			spin_unlock(&device->runs_lock);
			break;
		}
		/* A backend cannot lose its last user before its runs. */
		step.iommu = run->iommu;
		kref_get(&step.iommu->kref);
		spin_unlock(&device->runs_lock);

		spin_lock(&step.iommu->runs_lock);
		vfio_revoke_pick(&step, list);
		if (step.count)
			done = change(&step);
		spin_unlock(&step.iommu->runs_lock);

		kref_put(&step.iommu->kref, vfio_iommu_free);
		cond_resched();
	}

	return done;
}

/**
 * vfio_device_runs_suspend() - take every live run of a device out of the IOMMU
 * @device: device
 *
 * Context: memory lock held for write; waits for no user process.
 */
void vfio_device_runs_suspend(struct vfio_device *device)
{
	vfio_revoke_each(device, &device->live_runs, vfio_revoke_suspend, 0);
}

/*
 * Waits until there is some free memory, but not for what a device would have to be
 * written to for that: it may be behind the one that is reset.
 */
static void vfio_resume_wait(void)
{
	unsigned long page = __get_free_page(GFP_NOIO | __GFP_NOWARN);

	if (page)
		free_page(page);
}

/**
 * vfio_device_runs_resume() - put every suspended run of a device back
 * @device: device
 *
 * A run that cannot be mapped stays suspended and is reported once.
 *
 * Context: memory lock held for write; waits for no user process.
 */
void vfio_device_runs_resume(struct vfio_device *device)
{
	unsigned int tries = VFIO_RESUME_TRIES;
	LIST_HEAD(resuming);

	if (list_empty(&device->suspended_runs))
		return;

	/* Those that fail go back to the suspended ones. */
	spin_lock(&device->runs_lock);
	list_splice_tail_init(&device->suspended_runs, &resuming);
	spin_unlock(&device->runs_lock);

	while (!vfio_revoke_each(device, &resuming, vfio_revoke_resume,
				 --tries))
		vfio_resume_wait();
}

/**
 * vfio_device_runs_kill() - take every run of a device out of the IOMMU, for good
 * @device: device
 *
 * Context: memory lock held for write; waits for no user process.
 */
void vfio_device_runs_kill(struct vfio_device *device)
{
	vfio_revoke_each(device, &device->live_runs, vfio_revoke_kill, 0);
	vfio_revoke_each(device, &device->suspended_runs, vfio_revoke_kill, 0);
}
