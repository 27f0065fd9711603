// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA mappings: what the user maps and unmaps.
 *
 * They do not overlap. One is mapped whole or not at all, and unmapped whole.
 *
 * Should the IOMMU's driver not take all of one out, which is a bug, devices may
 * still reach its RAM. That stays pinned and charged, out of the user's sight,
 * until the container has no domain any more.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <uapi/linux/vfio.h>

#include "compat.h"
#include "type1.h"
#include "vfio_device.h"

/* The mapping with the lowest IOVA that ends behind @iova, or NULL. */
static struct vfio_dma *vfio_dma_first(struct vfio_iommu *iommu,
				       dma_addr_t iova)
{
	struct rb_node *n = iommu->dmas.rb_node;
	struct vfio_dma *dma, *first = NULL;

	while (n) {
		dma = rb_entry(n, struct vfio_dma, node);
		if (iova <= dma->iova + dma->size - 1) {
			first = dma;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}

	return first;
}

static void vfio_dma_link(struct vfio_iommu *iommu, struct vfio_dma *new)
{
	struct rb_node **link = &iommu->dmas.rb_node, *parent = NULL;
	struct vfio_dma *dma;

	while (*link) {
		parent = *link;
		dma = rb_entry(parent, struct vfio_dma, node);
		link = new->iova < dma->iova ? &parent->rb_left :
					       &parent->rb_right;
	}

	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &iommu->dmas);
}

/* Neither IOVAs nor virtual addresses may wrap. */
static int vfio_dma_range_check(u64 start, u64 size)
{
	if (!size)
		return -EINVAL;

	return start + size - 1 < start ? VFIO_COMPAT_RANGE_WRAPS : 0;
}

/* Checks that need the lock, and the insertion: no group can come between. */
static int vfio_dma_insert(struct vfio_iommu *iommu, struct vfio_dma *dma,
			   unsigned long vaddr)
{
	u64 granule = BIT_ULL(__ffs(iommu->pgsize_bitmap));
	struct vfio_dma *next;

	lockdep_assert_held(&iommu->lock);
	lockdep_assert_held(&iommu->runs_lock);

	if ((dma->size | dma->iova | vaddr) & (granule - 1))
		return -EINVAL;

	next = vfio_dma_first(iommu, dma->iova);
	if (next && next->iova <= dma->iova + dma->size - 1)
		return -EEXIST;

	if (!iommu->dma_avail)
		return -ENOSPC;

	if (!vfio_iova_valid(iommu, dma->iova, dma->size))
		return -EINVAL;

	iommu->dma_avail--;
	vfio_dma_link(iommu, dma);

	return 0;
}

/*
 * Takes every mapped stretch of @dma out of the domains, with one call each: a
 * run that is suspended or dead is a hole, which iommu_unmap() would stop at.
 *
 * Positions are counted from the mapping's start, as its end may be 2^64.
 *
 * Returns false, after a warning, if some of it may still be reached.
 */
static bool vfio_dma_unmap_domains(struct vfio_iommu *iommu,
				   struct vfio_dma *dma)
{
	struct vfio_extent *extent;
	size_t start = 0, end = 0;
	bool mapped, out = true;

	list_for_each_entry(extent, &dma->extents, node) {
		cond_resched();

		mapped = vfio_extent_mapped(extent);
		if (!mapped && start < end)
			out &= vfio_domains_unmap(iommu, dma->iova + start,
						  end - start);

		end = vfio_extent_end(extent) - dma->iova;
		if (!mapped)
			start = end;
	}

	if (start < end)
		out &= vfio_domains_unmap(iommu, dma->iova + start,
					  end - start);

	vfio_domains_sync(iommu);

	return out;
}

static void vfio_dma_forget_runs(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	struct vfio_extent *extent;

	list_for_each_entry(extent, &dma->extents, node) {
		cond_resched();

		if (extent->state != VFIO_EXTENT_RAM)
			vfio_run_forget(iommu, extent);
	}
}

/* It is in no tree, its runs are forgotten, and nobody reaches it any more. */
static void vfio_dma_free(struct vfio_dma *dma)
{
	struct vfio_extent *extent, *next;

	list_for_each_entry_safe(extent, next, &dma->extents, node) {
		cond_resched();

		if (extent->state != VFIO_EXTENT_RAM) {
			vfio_run_free(extent);
			continue;
		}
		vfio_ram_unpin(dma, extent);
		kfree(extent);
	}

	vfio_ram_uncharge(dma);
	kfree(dma);
}

static void vfio_dma_remove(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	bool out;

	lockdep_assert_held(&iommu->lock);

	mutex_lock(&iommu->runs_lock);
	out = vfio_dma_unmap_domains(iommu, dma);
	/* Not before: a revoker that finds no run waits for nobody. */
	vfio_dma_forget_runs(iommu, dma);
	rb_erase(&dma->node, &iommu->dmas);
	iommu->dma_avail++;
	mutex_unlock(&iommu->runs_lock);

	if (out)
		vfio_dma_free(dma);
	else
		list_add_tail(&dma->stuck_node, &iommu->stuck);
}

/**
 * vfio_dma_map() - VFIO_IOMMU_MAP_DMA
 * @iommu: backend
 * @map: what to map, of the user; its flags are known ones
 *
 * Return: 0; -EINVAL for bad arguments or an IOVA that a group cannot reach;
 * %VFIO_COMPAT_RANGE_WRAPS for a range that goes beyond the last address;
 * -EEXIST if something is mapped there; -ENOSPC when dma_entry_limit is
 * reached; -ENOMEM, also over RLIMIT_MEMLOCK; -EFAULT if the process may not
 * access the memory in this way, or if it is a device's and off; -EPERM if it
 * is PFNMAP memory that no vfio driver declares for peers; -EOPNOTSUPP if pages
 * must not be pinned for long; -EINTR; or the IOMMU driver's errno.
 * Context: the user's own; may sleep for as long as the user makes it.
 */
int vfio_dma_map(struct vfio_iommu *iommu,
		 const struct vfio_iommu_type1_dma_map *map)
{
	struct vfio_dma *dma;
	int prot = 0, ret;

	ret = vfio_dma_range_check(map->iova, map->size);
	if (!ret)
		ret = vfio_dma_range_check(map->vaddr, map->size);
	if (ret)
		return ret;

	if (map->flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_WRITE;
	if (map->flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_READ;
	if (!prot)
		return -EINVAL;

	dma = kzalloc(sizeof(*dma), GFP_KERNEL_ACCOUNT);
	if (!dma)
		return -ENOMEM;

	dma->iova = map->iova;
	dma->size = map->size;
	dma->prot = prot;
	INIT_LIST_HEAD(&dma->extents);

	mutex_lock(&iommu->lock);

	mutex_lock(&iommu->runs_lock);
	ret = vfio_dma_insert(iommu, dma, map->vaddr);
	mutex_unlock(&iommu->runs_lock);
	if (ret) {
		kfree(dma);
		goto unlock;
	}

	ret = vfio_dma_fill(iommu, dma, map->vaddr);
	if (ret)
		vfio_dma_remove(iommu, dma);
unlock:
	mutex_unlock(&iommu->lock);

	return ret;
}

static int vfio_dma_unmap_args_check(struct vfio_iommu *iommu,
				     const struct vfio_iommu_type1_dma_unmap *unmap)
{
	u64 granule, last = unmap->iova + unmap->size - 1;
	struct vfio_dma *dma;
	int ret;

	mutex_lock(&iommu->runs_lock);
	granule = BIT_ULL(__ffs(iommu->pgsize_bitmap));
	mutex_unlock(&iommu->runs_lock);

	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL)
		return unmap->iova || unmap->size ? -EINVAL : 0;

	if ((unmap->iova | unmap->size) & (granule - 1))
		return -EINVAL;

	ret = vfio_dma_range_check(unmap->iova, unmap->size);
	if (ret)
		return ret;

	if (!iommu->v2)
		return 0;

	/* v2: neither end may cut a mapping in two. */
	dma = vfio_dma_first(iommu, unmap->iova);
	if (dma && dma->iova < unmap->iova)
		return -EINVAL;

	dma = vfio_dma_first(iommu, last);
	if (dma && dma->iova <= last && dma->iova + dma->size - 1 != last)
		return -EINVAL;

	return 0;
}

/**
 * vfio_dma_unmap() - VFIO_IOMMU_UNMAP_DMA
 * @iommu: backend
 * @unmap: what to unmap, of the user; its flags are known ones. Its size becomes
 *	the number of bytes that were unmapped, which may be 0.
 *
 * A v1 backend unmaps each mapping whose first IOVA is in the range, whole,
 * and stops at one that began before.
 *
 * Return: 0; -EINVAL for bad arguments or if v2 would cut a mapping in two;
 * %VFIO_COMPAT_RANGE_WRAPS for a range that goes beyond the last IOVA.
 * Context: the user's own; may wait for a MAP of the same container.
 */
int vfio_dma_unmap(struct vfio_iommu *iommu,
		   struct vfio_iommu_type1_dma_unmap *unmap)
{
	dma_addr_t last = unmap->iova + unmap->size - 1;
	struct vfio_dma *dma;
	u64 unmapped = 0;
	int ret;

	mutex_lock(&iommu->lock);

	ret = vfio_dma_unmap_args_check(iommu, unmap);
	if (ret)
		goto unlock;

	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL)
		last = ~(dma_addr_t)0;

	while ((dma = vfio_dma_first(iommu, unmap->iova))) {
		if (dma->iova > last || dma->iova < unmap->iova)
			break;
		unmapped += dma->size;
		vfio_dma_remove(iommu, dma);
	}

	unmap->size = unmapped;
unlock:
	mutex_unlock(&iommu->lock);

	return ret;
}

/**
 * vfio_dma_unmap_all() - unmap and unpin whatever is mapped
 * @iommu: backend without users, and so without domains
 *
 * Context: the user's own; may wait for the user's mmap_lock.
 */
void vfio_dma_unmap_all(struct vfio_iommu *iommu)
{
	struct vfio_dma *dma, *next;

	mutex_lock(&iommu->lock);
	while ((dma = vfio_dma_first(iommu, 0)))
		vfio_dma_remove(iommu, dma);
	list_for_each_entry_safe(dma, next, &iommu->stuck, stuck_node)
		vfio_dma_free(dma);
	mutex_unlock(&iommu->lock);
}
