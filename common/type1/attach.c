// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of a container come and go, and IOMMU domains with them.
 *
 * Groups that can share a domain do, so that a mapping is written once. Two
 * cannot if their IOMMUs differ in kind or in whether they can enforce
 * coherency. All domains of a container hold the same mappings: one that is
 * attached later is filled from them, which needs no pinning.
 *
 * A domain that has lost its last group stays in the list, where mappings go on
 * being written to it and no device sees them, until the user process does
 * something: it is the user process that may still be at work in it, and the host
 * must not wait for that.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "domain.h"
#include "iova.h"
#include "type1.h"
#include "walk.h"

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Assign devices although they could raise any interrupt (no)");

/* How often a run is put into a new domain for which there was no memory at once. */
#define VFIO_REPLAY_TRIES	4

/*
 * Filling a new domain.
 */

/*
 * The page tables are charged to the user process without having it sleep for
 * that: the host may wait for the group. Memory itself may be waited for.
 */
static int vfio_replay_stretch(struct vfio_domain *domain,
			       const struct vfio_walk *walk)
{
	int prot = walk->dma->prot | IOMMU_CACHE, ret;

	ret = vfio_domain_map(domain, walk->iova, walk->ram.pfn, walk->npages,
			      prot, VFIO_TABLES_GFP_ATOMIC);
	if (ret != -ENOMEM)
		return ret;

	return vfio_domain_map(domain, walk->iova, walk->ram.pfn, walk->npages,
			       prot, GFP_KERNEL);
}

/* All RAM. The domain is not yet in the list. */
static int vfio_replay_ram(struct vfio_iommu *iommu, struct vfio_domain *domain)
{
	struct vfio_walk walk;
	struct rb_node *n;
	int ret;

	for (n = rb_first(&iommu->dmas); n; n = rb_next(n)) {
		vfio_walk_begin(&walk, iommu,
				rb_entry(n, struct vfio_dma, node));
		while (vfio_walk_next(&walk)) {
			cond_resched();
			if (walk.is_run)
				continue;
			ret = vfio_replay_stretch(domain, &walk);
			if (ret)
				return ret;
		}
	}

	return 0;
}

/*
 * Maps what the domain lacks of @run, or of the mapping's next run if it lacks
 * nothing. Returns the run, or NULL if there is none.
 */
static struct vfio_run *vfio_replay_run(struct vfio_domain *domain,
					struct vfio_dma *dma,
					struct vfio_run *run, int *ret)
{
	unsigned long skip = 0;
	dma_addr_t iova;
	u64 end;

	if (!run || vfio_pages_end(vfio_run_iova(run), vfio_run_npages(run)) - 1 <
		    domain->replayed)
		run = vfio_dma_next_run(dma, run);
	if (!run) {
		end = dma->iova + dma->size;
	} else {
		iova = vfio_run_iova(run);
		end = vfio_pages_end(iova, vfio_run_npages(run));
		if (domain->replayed > iova)
			skip = (domain->replayed - iova) >> PAGE_SHIFT;
		if (run->state == VFIO_RUN_LIVE)
			*ret = vfio_domain_map(domain, vfio_pages_end(iova, skip),
					       run->pfn + skip,
					       vfio_run_npages(run) - skip,
					       run->prot | IOMMU_MMIO,
					       VFIO_TABLES_GFP_ATOMIC);
	}
	/* 0 stands for 2^64: nothing lies behind that. */
	if (!*ret)
		domain->replayed = end ?: U64_MAX;

	return run;
}

/*
 * All runs of a mapping, one at a time. Meanwhile the user process may add some at
 * its end, or to its last one, and a revoker may suspend and resume some: both ask
 * how far the domain is filled.
 */
static int vfio_replay_dma(struct vfio_iommu *iommu, struct vfio_domain *domain,
			   struct vfio_dma *dma)
{
	unsigned int tries = 0;
	struct vfio_run *run = NULL;
	int ret;

	do {
		ret = 0;
		spin_lock(&iommu->runs_lock);
		run = vfio_replay_run(domain, dma, run, &ret);
		spin_unlock(&iommu->runs_lock);

		if (ret == -ENOMEM && tries++ < VFIO_REPLAY_TRIES) {
			free_page(__get_free_page(GFP_KERNEL));
			ret = 0;
		}
		cond_resched();
	} while (run && !ret && domain->replayed != U64_MAX);

	return ret;
}

/* All runs. The domain is in the list: nothing is in it that lies further on. */
static int vfio_replay_runs(struct vfio_iommu *iommu, struct vfio_domain *domain)
{
	struct rb_node *n;
	int ret;

	for (n = rb_first(&iommu->dmas); n; n = rb_next(n)) {
		ret = vfio_replay_dma(iommu, domain,
				      rb_entry(n, struct vfio_dma, node));
		if (ret)
			return ret;
	}

	spin_lock(&iommu->runs_lock);
	domain->replayed = U64_MAX;
	spin_unlock(&iommu->runs_lock);

	return 0;
}

static void vfio_domain_list(struct vfio_iommu *iommu,
			     struct vfio_domain *domain)
{
	spin_lock(&iommu->runs_lock);
	list_add_tail(&domain->node, &iommu->domains);
	spin_unlock(&iommu->runs_lock);
}

static void vfio_domain_unlist(struct vfio_iommu *iommu,
			       struct vfio_domain *domain)
{
	spin_lock(&iommu->runs_lock);
	list_del(&domain->node);
	spin_unlock(&iommu->runs_lock);
}

/* Fills a new domain and brings it into the list. On error it is in none. */
static int vfio_domain_replay(struct vfio_iommu *iommu,
			      struct vfio_domain *domain)
{
	int ret;

	lockdep_assert_held(&iommu->dmas_lock);

	ret = vfio_replay_ram(iommu, domain);
	if (ret)
		return ret;

	domain->replayed = 0;
	vfio_domain_list(iommu, domain);
	ret = vfio_replay_runs(iommu, domain);
	if (ret)
		vfio_domain_unlist(iommu, domain);

	return ret;
}

/*
 * The domains as a whole.
 */

/**
 * vfio_domains_enforce_coherency() - VFIO_DMA_CC_IOMMU
 * @iommu: backend
 *
 * Return: true if there is a domain and each makes no-snoop DMA coherent.
 * Context: takes iommu->runs_lock.
 */
bool vfio_domains_enforce_coherency(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;
	bool enforce = false;

	spin_lock(&iommu->runs_lock);
	list_for_each_entry(domain, &iommu->domains, node) {
		if (list_empty(&domain->groups))
			continue;
		enforce = domain->enforces_coherency;
		if (!enforce)
			break;
	}
	spin_unlock(&iommu->runs_lock);

	return enforce;
}

/* Page sizes and IOVAs, after a change of the domains or their groups. */
static int vfio_domains_changed(struct vfio_iommu *iommu)
{
	struct vfio_iova_ranges *ranges;
	struct vfio_domain *domain;
	unsigned long bitmap = ULONG_MAX;

	lockdep_assert_held(&iommu->groups_lock);
	lockdep_assert_held(&iommu->dmas_lock);

	ranges = vfio_iova_ranges(iommu);
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);

	list_for_each_entry(domain, &iommu->domains, node)
		bitmap &= domain->domain->pgsize_bitmap;

	/* The user's granule is a CPU page, even where the IOMMU's is finer. */
	if (bitmap & ~PAGE_MASK)
		bitmap = (bitmap & PAGE_MASK) | PAGE_SIZE;

	kfree(iommu->ranges);
	iommu->ranges = ranges;
	iommu->pgsize_bitmap = bitmap;

	return 0;
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
	iommu_iotlb_gather_init(&domain->ram.gather);
	iommu_iotlb_gather_init(&domain->runs.gather);
	domain->replayed = U64_MAX;

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
 * What is unmapped in the very moment may be flushed for all devices but these: the
 * IOMMU's driver adds a device to those first in the page tables. So all is flushed
 * once more.
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
			iommu_flush_iotlb_all(old->domain);
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

static void vfio_domain_add_group(struct vfio_iommu *iommu,
				  struct vfio_domain *domain,
				  struct vfio_domain_group *group)
{
	spin_lock(&iommu->runs_lock);
	list_add_tail(&group->node, &domain->groups);
	spin_unlock(&iommu->runs_lock);
}

static void vfio_domain_del_group(struct vfio_iommu *iommu,
				  struct vfio_domain_group *group)
{
	spin_lock(&iommu->runs_lock);
	list_del(&group->node);
	spin_unlock(&iommu->runs_lock);
}

/*
 * Brings a group that is attached to @domain into the lists, and what is mapped
 * into the domain if that is @new. On error both are as they were.
 */
static int vfio_domain_publish(struct vfio_iommu *iommu,
			       struct vfio_domain *domain,
			       struct vfio_domain_group *group, bool new)
{
	int ret;

	vfio_domain_add_group(iommu, domain, group);

	if (new) {
		ret = vfio_domain_reserve_msi(domain, group);
		if (!ret)
			ret = vfio_domain_replay(iommu, domain);
		if (ret)
			goto del_group;
	}

	ret = vfio_domains_changed(iommu);
	if (!ret)
		return 0;

	if (new)
		vfio_domain_unlist(iommu, domain);
del_group:
	vfio_domain_del_group(iommu, group);

	return ret;
}

/* Frees the domains that have lost their last group, which only this does. */
static void vfio_domains_prune(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain, *next;

	list_for_each_entry_safe(domain, next, &iommu->domains, node) {
		if (!list_empty(&domain->groups))
			continue;
		vfio_domain_unlist(iommu, domain);
		vfio_domain_free(domain);
	}
}

/* Under iommu->groups_lock and iommu->dmas_lock. */
static void vfio_iommu_refresh_locked(struct vfio_iommu *iommu)
{
	if (!iommu->stale)
		return;

	WRITE_ONCE(iommu->stale, false);
	vfio_domains_prune(iommu);
	/* Without memory the ranges stay as narrow as they were. */
	vfio_domains_changed(iommu);
}

/**
 * vfio_iommu_refresh_stale() - look through domains and ranges
 * @iommu: backend
 *
 * Context: the user's own; takes iommu->groups_lock and iommu->dmas_lock.
 */
void vfio_iommu_refresh_stale(struct vfio_iommu *iommu)
{
	mutex_lock(&iommu->groups_lock);
	mutex_lock(&iommu->dmas_lock);
	vfio_iommu_refresh_locked(iommu);
	mutex_unlock(&iommu->dmas_lock);
	mutex_unlock(&iommu->groups_lock);
}

/**
 * vfio_iommu_free_domains() - free what the groups have left behind
 * @iommu: backend without groups and users
 */
void vfio_iommu_free_domains(struct vfio_iommu *iommu)
{
	mutex_lock(&iommu->dmas_lock);
	vfio_domains_prune(iommu);
	mutex_unlock(&iommu->dmas_lock);
}

static int vfio_iommu_attach_locked(struct vfio_iommu *iommu,
				    struct vfio_domain_group *group)
{
	struct vfio_domain *domain, *own;
	int ret;

	mutex_lock(&iommu->dmas_lock);
	vfio_iommu_refresh_locked(iommu);
	mutex_unlock(&iommu->dmas_lock);

	domain = vfio_domain_create(group->iommu_group);
	if (IS_ERR(domain))
		return PTR_ERR(domain);

	own = domain;
	ret = vfio_domain_share(iommu, group->iommu_group, &domain);
	if (ret)
		return ret;

	mutex_lock(&iommu->dmas_lock);
	ret = vfio_domain_publish(iommu, domain, group, domain == own);
	mutex_unlock(&iommu->dmas_lock);
	if (!ret)
		return 0;

	iommu_detach_group(domain->domain, group->iommu_group);
	if (domain == own)
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
 * vfio_iommu_attach_group() - have a group reach what is mapped
 * @iommu: backend
 * @iommu_group: its DMA ownership is claimed
 *
 * Return: 0; -EPERM if the group's devices could raise any interrupt and
 * allow_unsafe_interrupts is off; -EINVAL if something is mapped where the
 * group cannot reach; -ENOMEM; or the IOMMU driver's errno.
 * Context: the user's own; takes iommu->groups_lock, iommu->dmas_lock and
 * iommu->runs_lock; never waits for user memory.
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
 * What is mapped stays in the domains, and its RAM stays pinned even if there are
 * none with a group: unpinning is for the user's own time, as is freeing a domain
 * that has lost its last group.
 *
 * Context: takes iommu->groups_lock and iommu->runs_lock; waits for no user process
 * but one that attaches a group.
 */
void vfio_iommu_detach_group(struct vfio_iommu *iommu,
			     struct iommu_group *iommu_group)
{
	struct vfio_domain_group *group = NULL;
	struct vfio_domain *domain;

	mutex_lock(&iommu->groups_lock);

	spin_lock(&iommu->runs_lock);
	list_for_each_entry(domain, &iommu->domains, node) {
		group = vfio_domain_find_group(domain, iommu_group);
		if (group)
			break;
	}
	spin_unlock(&iommu->runs_lock);
	if (WARN_ON(!group))
		goto unlock;

	/* It stays: a domain is freed under groups_lock, or without groups. */
	iommu_detach_group(domain->domain, iommu_group);
	vfio_domain_del_group(iommu, group);
	WRITE_ONCE(iommu->stale, true);
	vfio_domain_group_free(group);

unlock:
	mutex_unlock(&iommu->groups_lock);
}
