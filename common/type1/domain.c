// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written into IOMMU domains, and what is taken out of them.
 *
 * All domains of a container hold the same mappings. RAM is written under the
 * container's dmas_lock, runs are written under its runs lock.
 */
#include <linux/bits.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "compat.h"
#include "domain.h"
#include "type1.h"

static bool vfio_disable_hugepages;
module_param_named(disable_hugepages, vfio_disable_hugepages, bool, 0644);
MODULE_PARM_DESC(disable_hugepages,
		 "Map page by page, never a large page of the IOMMU (no)");

/*
 * A gather that is queued has no range, only page tables: all is flushed, and then
 * the first page once more, by the call that frees the page tables.
 */
static void vfio_gather_sync(struct vfio_domain *domain,
			     struct vfio_gather *gather)
{
	if (gather->gather.queued) {
		iommu_flush_iotlb_all(domain->domain);
		gather->gather.queued = false;
		gather->gather.start = gather->first;
		gather->gather.end = gather->first + PAGE_SIZE - 1;
		gather->gather.pgsize = PAGE_SIZE;
	}
	iommu_iotlb_sync(domain->domain, &gather->gather);
	gather->used = false;
}

/*
 * How much from @iova on the IOMMU core hands to the IOMMU's driver in one call:
 * up to where it goes on with pages of another size.
 */
static size_t vfio_unmap_part(unsigned long sizes, dma_addr_t iova, size_t size)
{
	unsigned long fit = sizes & GENMASK(__fls(size), 0), larger;
	size_t page, left;

	if (iova)
		fit &= GENMASK(__ffs(iova), 0);
	if (!fit)
		return size;

	page = BIT(__fls(fit));
	larger = sizes & ~(page | (page - 1));
	if (larger) {
		larger = BIT(__ffs(larger));
		left = larger - (iova & (larger - 1));
		if (left < size && size - left >= larger)
			return left;
	}

	return ALIGN_DOWN(size, page);
}

/*
 * iommu_unmap_fast(), with the flushes in the right order. Before Linux 7.0,
 * Intel's driver puts the page tables of what it unmaps on the gather, and then
 * has the gather flushed if that holds something else: a range apart, or one of
 * another size. That flush frees the page tables too, before what they mapped is
 * flushed, and the flush of that range, which comes later, leaves out the caches
 * of page tables as if none had been freed. So nothing else is in the gather.
 */
static noinline size_t vfio_domain_unmap_ordered(struct vfio_domain *domain,
						 struct vfio_gather *gather,
						 dma_addr_t iova, size_t size)
{
	size_t done, part, unmapped;

	if (!gather->used)
		gather->first = iova;
	for (done = 0; done < size; done += unmapped) {
		part = size - done;
		if (part > PAGE_SIZE)
			part = vfio_unmap_part(domain->domain->pgsize_bitmap,
					       iova + done, part);
		if (gather->used && !gather->gather.queued &&
		    (part != gather->page_size ||
		     iommu_iotlb_gather_is_disjoint(&gather->gather,
						    iova + done, part)))
			vfio_gather_sync(domain, gather);
		unmapped = iommu_unmap_fast(domain->domain, iova + done, part,
					    &gather->gather);
		gather->page_size = part;
		gather->used = true;
		if (unmapped < part)
			return done + unmapped;
	}

	return done;
}

static size_t vfio_domain_unmap(struct vfio_domain *domain,
				struct vfio_gather *gather, dma_addr_t iova,
				size_t size)
{
	if (VFIO_COMPAT_ORDER_FLUSHES)
		return vfio_domain_unmap_ordered(domain, gather, iova, size);

	if (!gather->used)
		gather->first = iova;
	gather->used = true;

	return iommu_unmap_fast(domain->domain, iova, size, &gather->gather);
}

/* The same, flushed at once. Returns bytes. */
static size_t vfio_domain_unmap_now(struct vfio_domain *domain, dma_addr_t iova,
				    size_t size)
{
	struct vfio_gather gather = {};
	size_t unmapped;

	iommu_iotlb_gather_init(&gather.gather);
	unmapped = vfio_domain_unmap(domain, &gather, iova, size);
	vfio_gather_sync(domain, &gather);

	return unmapped;
}

/*
 * iommu_map() takes back what it has mapped before it failed, as far as the
 * IOMMU's driver tells. Intel's does not count the entries that it wrote before
 * it lacked memory for a page table, and a peer would reach through them what by
 * then belongs to somebody else. So look for every stretch that is still there.
 */
static noinline bool vfio_domain_unmap_rest(struct vfio_domain *domain,
					    dma_addr_t iova, size_t size,
					    gfp_t gfp)
{
	size_t start = 0, at, left = 0;

	for (at = 0; at <= size; at += PAGE_SIZE) {
		if (gfpflags_allow_blocking(gfp))
			cond_resched();
		if (at < size && iommu_iova_to_phys(domain->domain, iova + at))
			continue;
		if (start < at)
			left += at - start -
				vfio_domain_unmap_now(domain, iova + start,
						      at - start);
		start = at + PAGE_SIZE;
	}

	return !WARN_ON(left);
}

/* Each page by a call of its own, so that the IOMMU's driver joins none. */
static noinline int vfio_domain_map_pages(struct vfio_domain *domain,
					  dma_addr_t iova, unsigned long pfn,
					  unsigned long npages, int prot,
					  gfp_t gfp)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < npages && !ret; i++) {
		ret = vfio_compat_iommu_map(domain->domain,
					    vfio_pages_end(iova, i),
					    PFN_PHYS(pfn + i), PAGE_SIZE, prot,
					    gfp);
		if (gfpflags_allow_blocking(gfp))
			cond_resched();
	}

	return ret;
}

/**
 * vfio_domain_map() - map adjacent page frames in one domain
 * @domain: domain
 * @iova: first IOVA, in bytes
 * @pfn: first page frame
 * @npages: pages
 * @prot: IOMMU_READ, IOMMU_WRITE, and of what kind the memory is
 * @gfp: how page tables are allocated
 *
 * Return: 0; the IOMMU driver's errno, then nothing of it is mapped; or after a
 * warning, as it is a bug somewhere, -ENOTRECOVERABLE if some of it may be.
 * Context: any that @gfp allows.
 */
int vfio_domain_map(struct vfio_domain *domain, dma_addr_t iova,
		    unsigned long pfn, unsigned long npages, int prot,
		    gfp_t gfp)
{
	size_t size = (size_t)npages << PAGE_SHIFT;
	int ret;

	if (unlikely(READ_ONCE(vfio_disable_hugepages)))
		ret = vfio_domain_map_pages(domain, iova, pfn, npages, prot,
					    gfp);
	else
		ret = vfio_compat_iommu_map(domain->domain, iova,
					    PFN_PHYS(pfn), size, prot, gfp);
	if (unlikely(ret) && !vfio_domain_unmap_rest(domain, iova, size, gfp))
		return -ENOTRECOVERABLE;

	return ret;
}

/*
 * RAM.
 */

/**
 * vfio_domains_map_ram() - map adjacent pages of RAM in every domain, or in none
 * @iommu: backend
 * @iova: first IOVA, in bytes
 * @pfn: first page frame
 * @npages: pages
 * @prot: IOMMU_READ, IOMMU_WRITE
 *
 * Return: as vfio_domain_map().
 * Context: the user's own, iommu->dmas_lock held; page tables are charged, which
 * may put the process to sleep.
 */
int vfio_domains_map_ram(struct vfio_iommu *iommu, dma_addr_t iova,
			 unsigned long pfn, unsigned long npages, int prot)
{
	size_t size = (size_t)npages << PAGE_SHIFT;
	struct vfio_domain *domain;
	int ret;

	lockdep_assert_held(&iommu->dmas_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		ret = vfio_domain_map(domain, iova, pfn, npages,
				      prot | IOMMU_CACHE, VFIO_TABLES_GFP);
		if (ret)
			goto unmap;
	}

	return 0;

unmap:
	list_for_each_entry_continue_reverse(domain, &iommu->domains, node)
		if (WARN_ON(vfio_domain_unmap_now(domain, iova, size) < size))
			ret = -ENOTRECOVERABLE;

	return ret;
}

/**
 * vfio_domains_unmap_ram() - take RAM without holes out of every domain
 * @iommu: backend
 * @iova: first IOVA, in bytes
 * @size: in bytes
 *
 * It may be reached until vfio_domains_sync_ram(): many stretches then share one
 * flush of the IOMMU's caches where the IOMMU can do so.
 *
 * Return: whether it stands in no domain any more; false only after a warning, as
 * it is a bug somewhere.
 * Context: iommu->dmas_lock held, until vfio_domains_sync_ram() at least; may
 * sleep.
 */
bool vfio_domains_unmap_ram(struct vfio_iommu *iommu, dma_addr_t iova,
			    size_t size)
{
	struct vfio_domain *domain;
	bool out = true;

	lockdep_assert_held(&iommu->dmas_lock);

	list_for_each_entry(domain, &iommu->domains, node)
		if (WARN_ON(vfio_domain_unmap(domain, &domain->ram, iova,
					      size) < size))
			out = false;

	return out;
}

/**
 * vfio_domains_unmap_many_ram() - much more RAM will be unmapped before the sync
 * @iommu: backend
 *
 * So it is cheaper to flush all of the IOMMU's caches, once, than what is unmapped.
 *
 * Context: iommu->dmas_lock held, until vfio_domains_sync_ram() at least.
 */
void vfio_domains_unmap_many_ram(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;

	lockdep_assert_held(&iommu->dmas_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		if (!domain->domain->ops->flush_iotlb_all)
			continue;
		if (domain->ram.used)
			vfio_gather_sync(domain, &domain->ram);
		domain->ram.gather.queued = true;
	}
}

/**
 * vfio_domains_sync_ram() - nobody reaches RAM any more that was unmapped
 * @iommu: backend
 *
 * Context: iommu->dmas_lock held.
 */
void vfio_domains_sync_ram(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;

	lockdep_assert_held(&iommu->dmas_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		if (domain->ram.used)
			vfio_gather_sync(domain, &domain->ram);
		domain->ram.gather.queued = false;
	}
}

/*
 * Device runs.
 */

/* How many of those pages a domain has; a new one may have none, or a part. */
static unsigned long vfio_domain_has(struct vfio_domain *domain,
				     dma_addr_t iova, unsigned long npages)
{
	if (likely(domain->replayed == U64_MAX))
		return npages;

	if (domain->replayed <= iova)
		return 0;

	return min_t(u64, npages, (domain->replayed - iova) >> PAGE_SHIFT);
}

/**
 * vfio_domains_map_run() - map a device's page frames in every domain, or in none
 * @iommu: backend
 * @iova: first IOVA, in bytes
 * @pfn: first page frame
 * @npages: pages
 * @prot: IOMMU_READ, IOMMU_WRITE
 *
 * Return: 0; -ENOMEM if there is no memory for page tables at once; or the IOMMU
 * driver's errno.
 * Context: iommu->runs_lock held.
 */
int vfio_domains_map_run(struct vfio_iommu *iommu, dma_addr_t iova,
			 unsigned long pfn, unsigned long npages, int prot)
{
	struct vfio_domain *domain;
	unsigned long has;
	int ret;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		has = vfio_domain_has(domain, iova, npages);
		if (!has)
			continue;
		ret = vfio_domain_map(domain, iova, pfn, has,
				      prot | IOMMU_MMIO,
				      VFIO_TABLES_GFP_ATOMIC);
		if (unlikely(ret))
			goto unmap;
	}

	return 0;

unmap:
	list_for_each_entry_continue_reverse(domain, &iommu->domains, node) {
		size_t size = vfio_domain_has(domain, iova, npages) << PAGE_SHIFT;

		if (size)
			WARN_ON(vfio_domain_unmap_now(domain, iova, size) < size);
	}

	return ret;
}

/**
 * vfio_domains_unmap_run() - take a device's page frames out of every domain
 * @iommu: backend
 * @iova: first IOVA, in bytes
 * @npages: pages, all of them mapped
 *
 * They may be reached until vfio_domains_sync_runs().
 *
 * Return: as vfio_domains_unmap_ram().
 * Context: iommu->runs_lock held, until vfio_domains_sync_runs() at least.
 */
bool vfio_domains_unmap_run(struct vfio_iommu *iommu, dma_addr_t iova,
			    unsigned long npages)
{
	struct vfio_domain *domain;
	bool out = true;
	size_t size;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node) {
		size = vfio_domain_has(domain, iova, npages) << PAGE_SHIFT;
		if (size && WARN_ON(vfio_domain_unmap(domain, &domain->runs,
						      iova, size) < size))
			out = false;
	}

	return out;
}

/**
 * vfio_domains_sync_runs() - nobody reaches runs any more that were unmapped
 * @iommu: backend
 *
 * Context: iommu->runs_lock held.
 */
void vfio_domains_sync_runs(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node)
		if (domain->runs.used)
			vfio_gather_sync(domain, &domain->runs);
}

/**
 * vfio_domains_large_page() - the smallest large page of any domain
 * @iommu: backend
 *
 * AMD's has every power of two from two pages on.
 *
 * Return: its size in bytes; that of a PMD where there is none.
 * Context: iommu->runs_lock held.
 */
unsigned long vfio_domains_large_page(struct vfio_iommu *iommu)
{
	struct vfio_domain *domain;
	unsigned long sizes = 0;

	lockdep_assert_held(&iommu->runs_lock);

	list_for_each_entry(domain, &iommu->domains, node)
		sizes |= domain->domain->pgsize_bitmap;
	sizes &= ~(2 * PAGE_SIZE - 1);

	return sizes ? BIT(__ffs(sizes)) : PMD_SIZE;
}

/**
 * vfio_domains_many_entries() - how many page table entries a run may take
 * @iova: first IOVA, in bytes
 * @pfn: first page frame
 * @npages: pages
 *
 * Return: the number, of one domain: an upper bound where the IOMMU has pages as
 * large as a PMD of the processor's, or larger.
 */
unsigned long vfio_domains_many_entries(dma_addr_t iova, unsigned long pfn,
					unsigned long npages)
{
	unsigned long large = PMD_SIZE >> PAGE_SHIFT;

	if ((iova ^ PFN_PHYS(pfn)) & (PMD_SIZE - 1) ||
	    READ_ONCE(vfio_disable_hugepages))
		return npages;

	return npages / large + 2 * large;
}
