// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device runs: extents whose page frames are a device's memory.
 *
 * A run hangs in two places: in its DMA mapping, where the user finds it, and
 * in its device's list, where a revoker finds it. It is
 *
 *	live		mapped; in device->live_runs
 *	suspended	taken out, to be put back; in device->suspended_runs
 *	dead		taken out for good; it knows no device any more
 *
 * The state changes under the container's runs lock. The lists change under
 * that and the device's, so whoever holds a container's runs lock knows that
 * the container's runs stay where they are. A revoker therefore goes from
 * container to container: it sees the first run of a list, takes the lock of
 * that run's container, and works off the list while the runs are of that
 * container.
 *
 * The device's memory lock, held for write by the revoker and for read by
 * whoever adds a run, keeps new ones out meanwhile.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "type1.h"
#include "vfio_strategy.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * struct vfio_run - a device run
 * @extent: its part of the DMA mapping
 * @iommu: the backend of its container
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @reported: that it cannot be resumed has been said, once
 * @device: whose memory it is; NULL if dead, and if nothing is ever revoked. No
 *	reference: a device empties its lists before it goes.
 * @device_node: in a list of the device's
 */
struct vfio_run {
	struct vfio_extent extent;
	struct vfio_iommu *iommu;
	int prot;
	bool reported;
	struct vfio_device *device;
	struct list_head device_node;
};

static struct vfio_run *vfio_run_from_extent(struct vfio_extent *extent)
{
	return container_of(extent, struct vfio_run, extent);
}

/**
 * vfio_run_device_name() - whose memory an extent is
 * @extent: any extent
 *
 * Return: the device's name; "" for RAM, a dead run, and if nothing is ever
 * revoked.
 * Context: the container's runs lock held.
 */
const char *vfio_run_device_name(struct vfio_extent *extent)
{
	struct vfio_run *run = vfio_run_from_extent(extent);

	if (extent->state == VFIO_EXTENT_RAM || !run->device)
		return "";

	lockdep_assert_held(&run->iommu->runs_lock);

	return dev_name(run->device->dev);
}

static void vfio_run_set_state(struct vfio_run *run,
			       enum vfio_extent_state state,
			       struct list_head *list)
{
	lockdep_assert_held(&run->iommu->runs_lock);

	spin_lock(&run->device->runs_lock);
	run->extent.state = state;
	list_move_tail(&run->device_node, list);
	spin_unlock(&run->device->runs_lock);
}

/**
 * vfio_run_alloc() - allocate a run for vfio_run_add()
 *
 * Separate because it is charged to the user, who can make that last: it must
 * be done before the memory lock, which revocation waits for.
 *
 * Return: an extent for vfio_run_add() or vfio_run_free(), or NULL.
 * Context: may sleep for as long as the user makes it.
 */
struct vfio_extent *vfio_run_alloc(void)
{
	struct vfio_run *run = kzalloc(sizeof(*run), GFP_KERNEL_ACCOUNT);

	if (!run)
		return NULL;

	INIT_LIST_HEAD(&run->device_node);

	return &run->extent;
}

/**
 * vfio_run_add() - map a run and put it where a revoker finds it
 * @iommu: backend
 * @dma: mapping that it is a part of
 * @extent: of vfio_run_alloc(); on error still the caller's
 * @iova: where in it, in bytes
 * @pfns: resolved, and still held so that no revoker comes between
 *
 * Return: 0 or the IOMMU driver's errno, -ENOMEM among them.
 * Context: iommu->lock and the device's memory lock (read) held; may sleep, but
 * not for a user.
 */
int vfio_run_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 struct vfio_extent *extent, dma_addr_t iova,
		 const struct vfio_pfn_run *pfns)
{
	struct vfio_run *run = vfio_run_from_extent(extent);
	struct vfio_device *device = pfns->device;
	int ret;

	lockdep_assert_held(&iommu->lock);
	lockdep_assert_held_read(&device->memory_lock);

	extent->iova = iova;
	extent->pfn = pfns->pfn;
	extent->npages = pfns->npages;
	extent->state = VFIO_EXTENT_LIVE;
	run->iommu = iommu;
	run->prot = dma->prot;

	mutex_lock(&iommu->runs_lock);

	ret = vfio_extent_map(iommu, extent, run->prot);
	if (ret)
		goto unlock;

	list_add_tail(&extent->node, &dma->extents);
	trace_vfio_run_map(device, extent);
	if (vfio_memory_revocable()) {
		run->device = device;
		spin_lock(&device->runs_lock);
		list_add_tail(&run->device_node, &device->live_runs);
		spin_unlock(&device->runs_lock);
	}
unlock:
	mutex_unlock(&iommu->runs_lock);

	return ret;
}

/**
 * vfio_run_forget() - no revoker finds the run from now on
 * @iommu: backend
 * @extent: the run, in no domain any more
 *
 * Context: iommu->runs_lock held.
 */
void vfio_run_forget(struct vfio_iommu *iommu, struct vfio_extent *extent)
{
	struct vfio_run *run = vfio_run_from_extent(extent);

	lockdep_assert_held(&iommu->runs_lock);

	if (!run->device)
		return;

	spin_lock(&run->device->runs_lock);
	list_del_init(&run->device_node);
	spin_unlock(&run->device->runs_lock);
	run->device = NULL;
}

/**
 * vfio_run_free() - free a run
 * @extent: the run, never added or forgotten
 */
void vfio_run_free(struct vfio_extent *extent)
{
	kfree(vfio_run_from_extent(extent));
}

/*
 * Calls @change for each run in @list, with the runs lock of its container
 * held. @change takes the run off @list. What it unmaps is out of reach before
 * anybody else gets that lock.
 */
static void vfio_runs_for_each(struct vfio_device *device,
			       struct list_head *list,
			       void (*change)(struct vfio_run *run))
{
	struct vfio_iommu *iommu;
	struct vfio_run *run;

	lockdep_assert_held_write(&device->memory_lock);

	spin_lock(&device->runs_lock);
	while ((run = list_first_entry_or_null(list, struct vfio_run,
					       device_node))) {
		/* A backend cannot lose its last user before its runs. */
		iommu = run->iommu;
		kref_get(&iommu->kref);
		spin_unlock(&device->runs_lock);

		mutex_lock(&iommu->runs_lock);
		spin_lock(&device->runs_lock);
		while ((run = list_first_entry_or_null(list, struct vfio_run,
						       device_node)) &&
		       run->iommu == iommu) {
			spin_unlock(&device->runs_lock);
			change(run);
			cond_resched();
			spin_lock(&device->runs_lock);
		}
		spin_unlock(&device->runs_lock);
		vfio_domains_sync(iommu);
		mutex_unlock(&iommu->runs_lock);

		kref_put(&iommu->kref, vfio_iommu_free);
		spin_lock(&device->runs_lock);
	}
	spin_unlock(&device->runs_lock);
}

static void vfio_run_unmap(struct vfio_run *run)
{
	vfio_domains_unmap(run->iommu, run->extent.iova,
			   (size_t)run->extent.npages << PAGE_SHIFT);
}

/*
 * These two out of line, as what recording an event needs would otherwise be a
 * register more to save in their callers, event or not.
 */
static noinline void vfio_run_trace_suspend(struct vfio_run *run)
{
	trace_vfio_run_suspend(run->device, &run->extent);
}

static noinline void vfio_run_trace_kill(struct vfio_run *run)
{
	trace_vfio_run_kill(run->device, &run->extent);
}

static void vfio_run_suspend(struct vfio_run *run)
{
	vfio_run_unmap(run);
	if (trace_vfio_run_suspend_enabled())
		vfio_run_trace_suspend(run);
	vfio_run_set_state(run, VFIO_EXTENT_SUSPENDED,
			   &run->device->suspended_runs);
}

static void vfio_run_resume(struct vfio_run *run)
{
	int ret;

	ret = vfio_extent_map(run->iommu, &run->extent, run->prot);
	if (!ret) {
		run->reported = false;
		trace_vfio_run_resume(run->device, &run->extent);
		vfio_run_set_state(run, VFIO_EXTENT_LIVE,
				   &run->device->live_runs);
		return;
	}

	if (!run->reported)
		dev_warn(run->device->dev,
			 "DMA mapping of %lu pages at IOVA %pad cannot be resumed (error %d): peers do not reach them until the next reset or memory enable succeeds\n",
			 run->extent.npages, &run->extent.iova, ret);
	run->reported = true;
	vfio_run_set_state(run, VFIO_EXTENT_SUSPENDED,
			   &run->device->suspended_runs);
}

static void vfio_run_kill(struct vfio_run *run)
{
	struct vfio_device *device = run->device;

	if (run->extent.state == VFIO_EXTENT_LIVE)
		vfio_run_unmap(run);
	if (trace_vfio_run_kill_enabled())
		vfio_run_trace_kill(run);

	spin_lock(&device->runs_lock);
	run->extent.state = VFIO_EXTENT_DEAD;
	list_del_init(&run->device_node);
	spin_unlock(&device->runs_lock);

	run->device = NULL;
}

/**
 * vfio_device_runs_suspend() - take every live run of a device out of the IOMMU
 * @device: device
 *
 * Context: memory lock held for write; waits for no user process.
 */
void vfio_device_runs_suspend(struct vfio_device *device)
{
	vfio_runs_for_each(device, &device->live_runs, vfio_run_suspend);
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
	LIST_HEAD(resuming);

	/* Those that fail go back to the suspended ones: try each once. */
	spin_lock(&device->runs_lock);
	list_splice_tail_init(&device->suspended_runs, &resuming);
	spin_unlock(&device->runs_lock);

	vfio_runs_for_each(device, &resuming, vfio_run_resume);
}

/**
 * vfio_device_runs_kill() - take every run of a device out of the IOMMU, for good
 * @device: device
 *
 * Context: memory lock held for write; waits for no user process.
 */
void vfio_device_runs_kill(struct vfio_device *device)
{
	vfio_runs_for_each(device, &device->live_runs, vfio_run_kill);
	vfio_runs_for_each(device, &device->suspended_runs, vfio_run_kill);
}
