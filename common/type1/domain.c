// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU domains: the page tables that the mappings of a container stand in.
 *
 * Groups that can share a domain do, so that a mapping is written once. Two
 * cannot if their IOMMUs differ in kind or in whether they can enforce
 * coherency. All domains of a container hold the same mappings: one that is
 * attached later is filled from the extents, which needs no pinning and thus
 * no user.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "domain.h"
#include "type1.h"

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Assign devices although they could raise any interrupt (no)");

static bool vfio_disable_hugepages;
module_param_named(disable_hugepages, vfio_disable_hugepages, bool, 0644);
MODULE_PARM_DESC(disable_hugepages,
		 "Map page by page, never a large page of the IOMMU (no)");

static int vfio_extent_prot(const struct vfio_extent *extent, int prot)
{
	return prot | (extent->state == VFIO_EXTENT_RAM ? IOMMU_CACHE :
							  IOMMU_MMIO);
}

/*
 * iommu_map() takes back what it has mapped before it failed, as far as the
 * IOMMU's driver tells. Intel's does not count the entries that it wrote before
 * it lacked memory for a page table, and a peer would reach through them what by
 * then belongs to somebody else. So look for every stretch that is still there.
 */
static noinline void vfio_domain_unmap_rest(struct vfio_domain *domain,
					    dma_addr_t iova, size_t size)
{
	size_t start = 0, at;

	for (at = 0; at < size; at += PAGE_SIZE) {
		if (iommu_iova_to_phys(domain->domain, iova + at))
			continue;
		if (start < at)
			iommu_unmap(domain->domain, iova + start, at - start);
		start = at + PAGE_SIZE;
		cond_resched();
	}

	if (start < size)
		iommu_unmap(domain->domain, iova + start, size - start);
}

/* Each page by a call of its own, so that the IOMMU's driver joins none. */
static noinline int vfio_domain_map_pages(struct vfio_domain *domain,
					  const struct vfio_extent *extent,
					  int prot)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < extent->npages && !ret; i++) {
		ret = vfio_compat_iommu_map(domain->domain,
					    extent->iova +
					    ((dma_addr_t)i << PAGE_SHIFT),
					    PFN_PHYS(extent->pfn + i),
					    PAGE_SIZE, prot);
		cond_resched();
	}

	return ret;
}

static int vfio_domain_map_extent(struct vfio_domain *domain,
				  const struct vfio_extent *extent, int prot)
{
	size_t size = (size_t)extent->npages << PAGE_SHIFT;
	int ret;

	prot = vfio_extent_prot(extent, prot);
	if (unlikely(READ_ONCE(vfio_disable_hugepages)))
		ret = vfio_domain_map_pages(domain, extent, prot);
	else
		ret = vfio_compat_iommu_map(domain->domain, extent->iova,
					    PFN_PHYS(extent->pfn), size, prot);
	if (ret)
		vfio_domain_unmap_rest(domain, extent->iova, size);

	return ret;
}

/**
 * vfio_extent_map() - map an extent in every domain, or in none
 * @iommu: backend
 * @extent: in the state that it will have
 * @prot: IOMMU_READ, IOMMU_WRITE
 *
 * Return: 0 or the IOMMU driver's errno.
 * Context: iommu->runs_lock held; may sleep.
 */
int vfio_extent_map(struct vfio_iommu *iommu, struct vfio_extent *extent,
		    int prot)
{
	size_t size = (size_t)extent->npages << PAGE_SHIFT;
	struct vfio_domain *domain;
	int ret;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		ret = vfio_domain_map_extent(domain, extent, prot);
		if (ret)
			goto unmap;
	}

	return 0;

unmap:
	list_for_each_entry_continue_reverse(domain, &iommu->domains, node)
		iommu_unmap(domain->domain, extent->iova, size);

	return ret;
}

/**
 * vfio_domains_unmap() - take a stretch without holes out of every domain
 * @iommu: backend
 * @iova: first IOVA, in bytes
 * @size: in bytes
 *
 * It may be reached until vfio_domains_sync(): many stretches then share one
 * flush of the IOMMU's caches where the IOMMU can do so.
 *
 * Return: whether it stands in no domain any more; false only after a warning, as
 * it is a bug somewhere.
 * Context: iommu->runs_lock held, until vfio_domains_sync() at least; may sleep.
 */
bool vfio_domains_unmap(struct vfio_iommu *iommu, dma_addr_t iova, size_t size)
{
	struct vfio_domain *domain;
	bool out = true;
	size_t unmapped;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		unmapped = iommu_unmap_fast(domain->domain, iova, size,
					    &domain->gather);
		domain->unmapped = true;
		if (WARN_ON(unmapped < size))
			out = false;
	}

	return out;
}

/**
 * vfio_domains_sync() - nobody reaches what was unmapped any more
 * @iommu: backend
 *
 * Context: iommu->runs_lock held.
 */
void vfio_domains_sync(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		if (!domain->unmapped)
			continue;
		iommu_iotlb_sync(domain->domain, &domain->gather);
		domain->unmapped = false;
	}
}

/* Takes out of a domain what vfio_domain_replay() put there before @end. */
static void vfio_domain_unwind(struct vfio_iommu *iommu,
			       struct vfio_domain *domain,
			       const struct vfio_extent *end)
{
	struct vfio_extent *extent;
	struct vfio_dma *dma;
	struct rb_node *n;

	for (n = rb_first(&iommu->dmas); n; n = rb_next(n)) {
		dma = rb_entry(n, struct vfio_dma, node);
		list_for_each_entry(extent, &dma->extents, node) {
			if (extent == end)
				return;
			if (!vfio_extent_mapped(extent))
				continue;
			iommu_unmap(domain->domain, extent->iova,
				    (size_t)extent->npages << PAGE_SHIFT);
			cond_resched();
		}
	}
}

/* Fills a domain that is not yet in the list; empty again on error. */
static int vfio_domain_replay(struct vfio_iommu *iommu,
			      struct vfio_domain *domain)
{
	struct vfio_extent *extent;
	struct vfio_dma *dma;
	struct rb_node *n;
	int ret;

	for (n = rb_first(&iommu->dmas); n; n = rb_next(n)) {
		dma = rb_entry(n, struct vfio_dma, node);
		list_for_each_entry(extent, &dma->extents, node) {
			if (!vfio_extent_mapped(extent))
				continue;
			ret = vfio_domain_map_extent(domain, extent, dma->prot);
			if (ret) {
				vfio_domain_unwind(iommu, domain, extent);
				return ret;
			}
			cond_resched();
		}
	}

	return 0;
}

/**
 * vfio_domains_enforce_coherency() - VFIO_DMA_CC_IOMMU
 * @iommu: backend
 *
 * Return: true if there is a domain and each makes no-snoop DMA coherent.
 * Context: iommu->runs_lock held.
 */
bool vfio_domains_enforce_coherency(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node)
		if (!domain->enforces_coherency)
			return false;

	return !list_empty(&iommu->domains);
}

static void vfio_domains_update_pgsizes(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;
	unsigned long bitmap = ULONG_MAX;

	list_for_each_entry(domain, &iommu->domains, node)
		bitmap &= domain->domain->pgsize_bitmap;

	/* The user's granule is a CPU page, even where the IOMMU's is finer. */
	if (bitmap & ~PAGE_MASK)
		bitmap = (bitmap & PAGE_MASK) | PAGE_SIZE;

	iommu->pgsize_bitmap = bitmap;
}

/* For the group's first device, which only the iteration keeps from going. */
static int vfio_domain_alloc_for(struct device *dev, void *data)
{
	*(struct iommu_domain **)data = vfio_compat_domain_alloc(dev);

	return 1;
}

static struct vfio_domain *vfio_domain_create(struct iommu_group *group)
{
	const struct iommu_domain_ops *ops;
	struct vfio_domain *domain;
	int ret;

	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&domain->groups);
	iommu_iotlb_gather_init(&domain->gather);

	domain->domain = ERR_PTR(-ENODEV);
	iommu_group_for_each_dev(group, &domain->domain, vfio_domain_alloc_for);
	if (IS_ERR(domain->domain)) {
		ret = PTR_ERR(domain->domain);
		goto free;
	}

	ret = iommu_attach_group(domain->domain, group);
	if (ret)
		goto free_domain;

	/* Always on where it can be: it lets KVM skip emulating wbinvd. */
	ops = domain->domain->ops;
	if (ops->enforce_cache_coherency)
		domain->enforces_coherency =
			ops->enforce_cache_coherency(domain->domain);

	return domain;

free_domain:
	iommu_domain_free(domain->domain);
free:
	kfree(domain);

	return ERR_PTR(ret);
}

static void vfio_domain_free(struct vfio_domain *domain)
{
	iommu_domain_free(domain->domain);
	kfree(domain);
}

/*
 * Moves the group from its new domain to an old one that takes it. On success
 * the new one is freed. Fails only if the group ends up in no domain at all.
 *
 * What is unmapped in that moment may be flushed for all devices but these: the
 * IOMMU's driver adds a device to those first in the page tables. They do no DMA
 * before somebody opens them, so none of it is in a cache.
 */
static int vfio_domain_share(struct vfio_iommu *iommu,
			     struct iommu_group *group,
			     struct vfio_domain **pdomain)
{
	struct vfio_domain *domain = *pdomain, *old;
	int ret;

	list_for_each_entry(old, &iommu->domains, node) {
		if (old->domain->ops != domain->domain->ops ||
		    old->enforces_coherency != domain->enforces_coherency)
			continue;

		iommu_detach_group(domain->domain, group);
		if (!iommu_attach_group(old->domain, group)) {
			vfio_domain_free(domain);
			*pdomain = old;
			return 0;
		}

		ret = iommu_attach_group(domain->domain, group);
		if (ret) {
			vfio_domain_free(domain);
			return ret;
		}
	}

	return 0;
}

/*
 * Where the IOMMU translates message interrupts too (Arm's does), they need room
 * in a domain that is not the kernel's own. A real region for them comes first.
 */
static int vfio_domain_reserve_msi(struct vfio_domain *domain,
				   struct vfio_domain_group *group)
{
	struct iommu_resv_region *region, *found = NULL;
	int ret;

	list_for_each_entry(region, &group->reserved, list) {
		if (region->type == IOMMU_RESV_MSI)
			return 0;
		if (region->type == IOMMU_RESV_SW_MSI)
			found = region;
	}
	if (!found)
		return 0;

	ret = iommu_get_msi_cookie(domain->domain, found->start);

	return ret == -ENODEV ? 0 : ret;
}

/* After a change of the domains or their groups. */
static int vfio_domains_changed(struct vfio_iommu *iommu)
{
	vfio_domains_update_pgsizes(iommu);

	return vfio_iova_build(iommu);
}

/*
 * Brings a group that is attached to @domain into the lists, and what is mapped
 * into the domain if that is new. On error both are as they were.
 */
static int vfio_domain_publish(struct vfio_iommu *iommu,
			       struct vfio_domain *domain,
			       struct vfio_domain_group *group)
{
	bool created = list_empty(&domain->groups);
	int ret;

	if (created) {
		ret = vfio_domain_reserve_msi(domain, group);
		if (!ret)
			ret = vfio_domain_replay(iommu, domain);
		if (ret)
			return ret;
		list_add_tail(&domain->node, &iommu->domains);
	}
	list_add_tail(&group->node, &domain->groups);

	ret = vfio_domains_changed(iommu);
	if (!ret)
		return 0;

	list_del(&group->node);
	if (created) {
		list_del(&domain->node);
		vfio_domain_unwind(iommu, domain, NULL);
	}
	vfio_domains_update_pgsizes(iommu);

	return ret;
}

static int vfio_iommu_attach_locked(struct vfio_iommu *iommu,
				    struct vfio_domain_group *group)
{
	struct vfio_domain *domain;
	int ret;

	domain = vfio_domain_create(group->iommu_group);
	if (IS_ERR(domain))
		return PTR_ERR(domain);

	ret = vfio_domain_share(iommu, group->iommu_group, &domain);
	if (ret)
		return ret;

	mutex_lock(&iommu->runs_lock);
	ret = vfio_domain_publish(iommu, domain, group);
	mutex_unlock(&iommu->runs_lock);
	if (!ret)
		return 0;

	iommu_detach_group(domain->domain, group->iommu_group);
	if (list_empty(&domain->groups))
		vfio_domain_free(domain);

	return ret;
}

static void vfio_domain_group_free(struct vfio_domain_group *group)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, &group->reserved, list)
		kfree(region);
	kfree(group);
}

/**
 * vfio_iommu_attach_group() - let a group reach what is mapped
 * @iommu: backend
 * @iommu_group: its DMA ownership is claimed
 *
 * Return: 0; -EPERM if the group's devices could raise any interrupt and
 * allow_unsafe_interrupts is off; -EINVAL if something is mapped where the
 * group cannot reach; -ENOMEM; or the IOMMU driver's errno.
 * Context: takes iommu->groups_lock and iommu->runs_lock; waits for no user.
 */
int vfio_iommu_attach_group(struct vfio_iommu *iommu,
			    struct iommu_group *iommu_group)
{
	struct vfio_domain_group *group;
	int ret;

	if (!vfio_compat_isolated_msi(iommu_group) &&
	    !READ_ONCE(allow_unsafe_interrupts)) {
		pr_warn("vfio: group %d: no interrupt remapping, its devices could raise any interrupt: load with allow_unsafe_interrupts=1 to accept that\n",
			iommu_group_id(iommu_group));
		return -EPERM;
	}

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return -ENOMEM;

	group->iommu_group = iommu_group;
	INIT_LIST_HEAD(&group->reserved);

	ret = iommu_get_group_resv_regions(iommu_group, &group->reserved);
	if (!ret) {
		mutex_lock(&iommu->groups_lock);
		ret = vfio_iommu_attach_locked(iommu, group);
		mutex_unlock(&iommu->groups_lock);
	}
	if (ret)
		vfio_domain_group_free(group);

	return ret;
}

static struct vfio_domain_group *
vfio_domain_find_group(struct vfio_domain *domain,
		       struct iommu_group *iommu_group)
{
	struct vfio_domain_group *group;

	list_for_each_entry(group, &domain->groups, node)
		if (group->iommu_group == iommu_group)
			return group;

	return NULL;
}

/**
 * vfio_iommu_detach_group() - a group reaches nothing of the container any more
 * @iommu: backend
 * @iommu_group: attached
 *
 * What is mapped stays in the other domains, and its RAM stays pinned even if
 * there are none: unpinning is for the user's own time.
 *
 * The domain leaves the list after its last group: until then, whoever unmaps
 * must unmap there as well.
 *
 * Context: takes iommu->groups_lock and iommu->runs_lock; waits for no user.
 */
void vfio_iommu_detach_group(struct vfio_iommu *iommu,
			     struct iommu_group *iommu_group)
{
	struct vfio_domain_group *group;
	struct vfio_domain *domain;
	bool last;

	mutex_lock(&iommu->groups_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		group = vfio_domain_find_group(domain, iommu_group);
		if (group)
			break;
	}
	if (WARN_ON(list_entry_is_head(domain, &iommu->domains, node)))
		goto unlock;

	iommu_detach_group(domain->domain, iommu_group);

	mutex_lock(&iommu->runs_lock);
	list_del(&group->node);
	last = list_empty(&domain->groups);
	if (last)
		list_del(&domain->node);
	/* Without memory the ranges stay as narrow as they were. */
	vfio_domains_changed(iommu);
	mutex_unlock(&iommu->runs_lock);

	vfio_domain_group_free(group);
	if (last)
		vfio_domain_free(domain);

unlock:
	mutex_unlock(&iommu->groups_lock);
}
