// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which IOVAs a container may map: those inside the aperture of every domain
 * and outside every region that the platform reserves for any group (the MSI
 * window, firmware's identity mappings).
 *
 * The ranges are built anew whenever a group comes or goes. A group may not
 * come if something is mapped where it cannot reach.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "domain.h"
#include "iova.h"
#include "type1.h"

/* Keeps of each range what lies in [start, last]. */
static void vfio_iova_clip(struct vfio_iova_ranges *ranges, u64 start, u64 last)
{
	struct vfio_iova_range *range;
	unsigned int i, kept = 0;

	for (i = 0; i < ranges->count; i++) {
		range = &ranges->range[i];
		if (range->end < start || range->start > last)
			continue;
		ranges->range[kept].start = max(range->start, start);
		ranges->range[kept].end = min(range->end, last);
		kept++;
	}
	ranges->count = kept;
}

/* Cuts [start, last] out; there is room for the one range that may be added. */
static void vfio_iova_cut(struct vfio_iova_ranges *ranges, u64 start, u64 last)
{
	struct vfio_iova_range *range;
	unsigned int i;

	for (i = 0; i < ranges->count; i++) {
		range = &ranges->range[i];
		if (range->end < start || range->start > last)
			continue;

		if (range->start < start && range->end > last) {
			memmove(range + 1, range,
				(ranges->count - i) * sizeof(*range));
			ranges->count++;
			range[0].end = start - 1;
			range[1].start = last + 1;
			return;
		}

		if (range->start < start) {
			range->end = start - 1;
		} else if (range->end > last) {
			range->start = last + 1;
		} else {
			memmove(range, range + 1,
				(ranges->count - i - 1) * sizeof(*range));
			ranges->count--;
			i--;
		}
	}
}

static bool vfio_iova_is_cut(const struct iommu_resv_region *region)
{
	return region->type != IOMMU_RESV_DIRECT_RELAXABLE && region->length;
}

static unsigned int vfio_iova_count_cuts(struct vfio_iommu *iommu)
{
	struct iommu_resv_region *region;
	struct vfio_domain_group *group;
	struct vfio_domain *domain;
	unsigned int count = 0;

	list_for_each_entry(domain, &iommu->domains, node)
		list_for_each_entry(group, &domain->groups, node)
			list_for_each_entry(region, &group->reserved, list)
				count += vfio_iova_is_cut(region);

	return count;
}

static bool vfio_iova_inside(const struct vfio_iova_ranges *ranges, u64 start,
			     u64 last)
{
	unsigned int i;

	for (i = 0; i < ranges->count; i++)
		if (start >= ranges->range[i].start &&
		    last <= ranges->range[i].end)
			return true;

	return false;
}

static bool vfio_iova_all_inside(struct vfio_iommu *iommu,
				 const struct vfio_iova_ranges *ranges)
{
	struct vfio_dma *dma;
	struct rb_node *n;

	for (n = rb_first(&iommu->dmas); n; n = rb_next(n)) {
		dma = rb_entry(n, struct vfio_dma, node);
		if (!vfio_iova_inside(ranges, dma->iova,
				      dma->iova + dma->size - 1))
			return false;
	}

	return true;
}

/**
 * vfio_iova_ranges() - find the IOVAs that every group can reach
 * @iommu: backend
 *
 * Return: the ranges, for kfree(); NULL if there is no domain; ERR_PTR(-EINVAL) if
 * something is mapped outside of them or if they are empty; ERR_PTR(-ENOMEM).
 * Context: iommu->groups_lock and iommu->dmas_lock held; may sleep.
 */
struct vfio_iova_ranges *vfio_iova_ranges(struct vfio_iommu *iommu)
{
	struct iommu_domain_geometry *geometry;
	struct vfio_iova_ranges *ranges;
	struct iommu_resv_region *region;
	struct vfio_domain_group *group;
	struct vfio_domain *domain;
	unsigned int most;

	lockdep_assert_held(&iommu->groups_lock);
	lockdep_assert_held(&iommu->dmas_lock);

	if (list_empty(&iommu->domains))
		return NULL;

	most = vfio_iova_count_cuts(iommu) + 1;
	ranges = kmalloc(struct_size(ranges, range, most), GFP_KERNEL);
	if (!ranges)
		return ERR_PTR(-ENOMEM);

	ranges->count = 1;
	ranges->range[0].start = 0;
	ranges->range[0].end = U64_MAX;

	list_for_each_entry(domain, &iommu->domains, node) {
		geometry = &domain->domain->geometry;
		vfio_iova_clip(ranges, geometry->aperture_start,
			       geometry->aperture_end);
		list_for_each_entry(group, &domain->groups, node)
			list_for_each_entry(region, &group->reserved, list)
				if (vfio_iova_is_cut(region))
					vfio_iova_cut(ranges, region->start,
						      region->start +
						      region->length - 1);
	}

	if (!ranges->count || !vfio_iova_all_inside(iommu, ranges)) {
		kfree(ranges);
		return ERR_PTR(-EINVAL);
	}

	return ranges;
}

/**
 * vfio_iova_valid() - whether every group reaches a range
 * @iommu: backend
 * @iova: first IOVA, in bytes
 * @size: in bytes, not 0
 *
 * Return: true if so; false as well if there is no group, as for an ioctl that
 * was under way when the last one left.
 * Context: iommu->dmas_lock held.
 */
bool vfio_iova_valid(struct vfio_iommu *iommu, dma_addr_t iova, size_t size)
{
	lockdep_assert_held(&iommu->dmas_lock);

	return iommu->ranges &&
	       vfio_iova_inside(iommu->ranges, iova, iova + size - 1);
}
