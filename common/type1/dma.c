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
#include <linux/sizes.h>
#include <linux/slab.h>
#include <uapi/linux/vfio.h>

#include "compat.h"
#include "domain.h"
#include "fill.h"
#include "type1.h"

/*
 * Mappings whose unmapping shares a flush, and the bytes in them; and from how many
 * on all of the IOMMU's caches are flushed, where those so far were flushed by range.
 */
#define VFIO_UNMAPS_AT_ONCE	1024
#define VFIO_UNMAP_BYTES	((size_t)SZ_1G)
#define VFIO_UNMAPS_FLUSH_ALL	32

/**
 * vfio_dma_first() - find a mapping
 * @iommu: backend
 * @iova: in bytes
 *
 * Return: the mapping with the lowest IOVA that ends behind @iova, or NULL.
 * Context: iommu->lock or iommu->dmas_lock held.
 */
struct vfio_dma *vfio_dma_first(struct vfio_iommu *iommu, dma_addr_t iova)
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

/*
 * Says which check refused a MAP_DMA: several share an errno. Returns @ret.
 */
static int vfio_dma_refuse(const struct vfio_iommu_type1_dma_map *map, int ret,
			   const char *why)
{
	pr_info_ratelimited("vfio: %s[%d]: MAP_DMA of 0x%llx bytes at IOVA 0x%llx from address 0x%llx refused (error %d): %s\n",
			    current->comm, task_pid_nr(current), map->size,
			    map->iova, map->vaddr, ret, why);

	return ret;
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
			   const struct vfio_iommu_type1_dma_map *map)
{
	u64 granule = BIT_ULL(__ffs(iommu->pgsize_bitmap));
	struct vfio_dma *next;

	lockdep_assert_held(&iommu->lock);
	lockdep_assert_held(&iommu->dmas_lock);

	if ((map->size | map->iova | map->vaddr) & (granule - 1))
		return vfio_dma_refuse(map, -EINVAL,
				       "size, IOVA and address must be multiples of the smallest page size in VFIO_IOMMU_GET_INFO");

	next = vfio_dma_first(iommu, dma->iova);
	if (next && next->iova <= dma->iova + dma->size - 1)
		return vfio_dma_refuse(map, -EEXIST,
				       "something is mapped at those IOVAs");

	if (!iommu->dma_avail)
		return vfio_dma_refuse(map, -ENOSPC,
				       "the container has as many mappings as the module parameter dma_entry_limit allows");

	if (!iommu->ranges)
		return vfio_dma_refuse(map, -EINVAL,
				       "the container has lost its last group");

	if (!vfio_iova_valid(iommu, dma->iova, dma->size))
		return vfio_dma_refuse(map, -EINVAL,
				       "a group cannot reach those IOVAs, see the ranges in VFIO_IOMMU_GET_INFO");

	iommu->dma_avail--;
	vfio_dma_link(iommu, dma);

	return 0;
}

/*
 * Takes the RAM of @dma, which is what lies around its parts, out of the domains.
 * Positions count from the mapping's start, as its end may be 2^64. What lies between
 * two parts goes with one call: a cut anywhere could split a large page of the
 * IOMMU's, which its driver would take out whole, or worse.
 */
static bool vfio_dma_unmap_ram(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	struct vfio_part *part;
	size_t start = 0, at;
	bool out = true;

	list_for_each_entry(part, &dma->parts, node) {
		at = part->iova - dma->iova;
		if (start < at)
			out &= vfio_domains_unmap_ram(iommu, dma->iova + start,
						      at - start);
		start = at + (part->npages << PAGE_SHIFT);
		cond_resched();
	}
	if (start < dma->size)
		out &= vfio_domains_unmap_ram(iommu, dma->iova + start,
					      dma->size - start);

	return out;
}

/* It is in no tree, its runs are forgotten, and nobody reaches it any more. */
static void vfio_dma_free(struct vfio_dma *dma)
{
	if (!dma->is_whole) {
		if (!list_empty(&dma->parts))
			vfio_dma_free_parts(dma);
		vfio_ram_unpin(dma);
	}
	kfree(dma);
}

/* Frees mappings, and has each process pay less for them all at once. */
static void vfio_dmas_free(struct list_head *gone)
{
	struct vfio_dma *dma, *next;
	struct mm_struct *mm = NULL;
	unsigned long locked = 0;

	list_for_each_entry_safe(dma, next, gone, gone_node) {
		if (!dma->is_whole && dma->mm) {
			if (dma->mm == mm) {
				mmdrop(mm);
			} else {
				if (mm)
					vfio_ram_uncharge(mm, locked);
				/* With the mapping's reference. */
				mm = dma->mm;
				locked = 0;
			}
			locked += dma->locked;
		}
		vfio_dma_free(dma);
	}

	if (mm)
		vfio_ram_uncharge(mm, locked);
}

/* Takes @dma out of domains and tree. RAM may be reached until it is flushed. */
static void vfio_dma_remove(struct vfio_iommu *iommu, struct vfio_dma *dma,
			    struct list_head *gone)
{
	bool out;

	lockdep_assert_held(&iommu->lock);
	lockdep_assert_held(&iommu->dmas_lock);

	if (dma->is_whole) {
		out = vfio_dma_unmap_whole(iommu, dma);
	} else {
		out = vfio_dma_unmap_parts(iommu, dma);
		out &= vfio_dma_unmap_ram(iommu, dma);
	}
	rb_erase(&dma->node, &iommu->dmas);
	iommu->removals++;
	iommu->dma_avail++;
	list_add_tail(&dma->gone_node, out ? gone : &iommu->stuck);
}

/* The mapping behind @dma, if it begins at @last or before. */
static struct vfio_dma *vfio_dma_next(struct vfio_dma *dma, dma_addr_t last)
{
	struct rb_node *next = rb_next(&dma->node);

	dma = rb_entry_safe(next, struct vfio_dma, node);

	return dma && dma->iova <= last ? dma : NULL;
}

/*
 * Removes the mappings that begin in [iova, last], unless one that began before
 * comes first. Many share one flush, and one lock of the process's memory. Returns
 * bytes.
 */
static u64 vfio_dmas_remove(struct vfio_iommu *iommu, dma_addr_t iova,
			    dma_addr_t last)
{
	struct vfio_dma *dma = vfio_dma_first(iommu, iova), *next;
	u64 removed = 0, batch;
	unsigned int count;

	if (!dma || dma->iova < iova || dma->iova > last)
		return 0;

	do {
		LIST_HEAD(gone);

		batch = 0;
		count = 0;
		mutex_lock(&iommu->dmas_lock);
		do {
			next = vfio_dma_next(dma, last);
			batch += dma->size;
			vfio_dma_remove(iommu, dma, &gone);
			dma = next;
			if (++count == VFIO_UNMAPS_FLUSH_ALL)
				vfio_domains_unmap_many_ram(iommu);
		} while (dma && count < VFIO_UNMAPS_AT_ONCE &&
			 batch < VFIO_UNMAP_BYTES);
		vfio_domains_sync_ram(iommu);
		mutex_unlock(&iommu->dmas_lock);

		vfio_dmas_free(&gone);
		removed += batch;
	} while (dma);

	return removed;
}

/* Ends a mapping that could not be filled: it reaches as far as that got. */
static void vfio_dma_cut_off(struct vfio_fill *fill)
{
	struct vfio_iommu *iommu = fill->iommu;
	LIST_HEAD(gone);

	mutex_lock(&iommu->dmas_lock);
	fill->dma->size = fill->done;
	vfio_dma_remove(iommu, fill->dma, &gone);
	vfio_domains_sync_ram(iommu);
	mutex_unlock(&iommu->dmas_lock);

	vfio_dmas_free(&gone);
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
	/* A charge for page tables belongs to a part. */
	struct vfio_fill fill = {
		.iommu = iommu,
		.vaddr = map->vaddr,
		.parts = !VFIO_COMPAT_CHARGES_TABLES,
	};
	struct vfio_dma *dma;
	int prot = 0, ret;

	ret = vfio_dma_range_check(map->iova, map->size);
	if (!ret)
		ret = vfio_dma_range_check(map->vaddr, map->size);
	if (ret)
		return vfio_dma_refuse(map, ret,
				       map->size ? "the range goes beyond the last address" :
						   "the size is 0");

	if (map->flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_WRITE;
	if (map->flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_READ;
	if (!prot)
		return vfio_dma_refuse(map, -EINVAL,
				       "neither VFIO_DMA_MAP_FLAG_READ nor _WRITE is set");

	dma = kzalloc(sizeof(*dma), GFP_KERNEL_ACCOUNT);
	if (!dma)
		return -ENOMEM;

	dma->iova = map->iova;
	dma->size = map->size;
	dma->prot = prot;
	INIT_LIST_HEAD(&dma->parts);
	fill.dma = dma;

	vfio_iommu_refresh(iommu);
	mutex_lock(&iommu->lock);

	mutex_lock(&iommu->dmas_lock);
	ret = vfio_dma_insert(iommu, dma, map);
	mutex_unlock(&iommu->dmas_lock);
	if (ret) {
		kfree(dma);
		goto unlock;
	}

	ret = vfio_dma_fill(&fill);
	if (ret) {
		vfio_dma_cut_off(&fill);
		if (fill.refused)
			vfio_dma_refuse(map, ret, fill.refused);
	}
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

	granule = BIT_ULL(__ffs(READ_ONCE(iommu->pgsize_bitmap)));

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
	if (!dma || dma->iova + dma->size - 1 == last)
		return dma && dma->iova < unmap->iova ? -EINVAL : 0;
	if (dma->iova < unmap->iova)
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
	int ret;

	vfio_iommu_refresh(iommu);
	mutex_lock(&iommu->lock);

	ret = vfio_dma_unmap_args_check(iommu, unmap);
	if (ret)
		goto unlock;

	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL)
		last = ~(dma_addr_t)0;

	unmap->size = vfio_dmas_remove(iommu, unmap->iova, last);
unlock:
	mutex_unlock(&iommu->lock);

	return ret;
}

/**
 * vfio_dma_unmap_all() - unmap and unpin whatever is mapped
 * @iommu: backend without users, and so without groups
 *
 * Context: the user's own; may wait for the user's mmap_lock.
 */
void vfio_dma_unmap_all(struct vfio_iommu *iommu)
{
	mutex_lock(&iommu->lock);
	/* Then there is nothing to take mappings out of, the stuck ones neither. */
	vfio_iommu_free_domains(iommu);
	vfio_dmas_remove(iommu, 0, ~(dma_addr_t)0);
	vfio_dmas_free(&iommu->stuck);
	mutex_unlock(&iommu->lock);
}
