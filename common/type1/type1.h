/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the type1 backend share among themselves.
 *
 * Model. What the user mapped is a &struct vfio_dma. Behind it stands pinned RAM,
 * whose page frames are kept in IOVA order (ram.h), and device runs, which are the
 * memory of devices. Both remember their frames, so unmapping asks nobody: RAM is
 * unpinned, a device run never was pinned. IOMMU domains hold what the DMA mappings
 * say, always all of them the same.
 *
 * Four locks, where the kernel's type1 has one, because a user process can stall a
 * page fault, or can be stopped by its limits, for as long as it likes, and a
 * revoker must not wait for that:
 *
 *  - @lock, the container lock, serialises the user's own MAP and UNMAP. It is
 *    held across pinning.
 *  - @dmas_lock guards the tree of DMA mappings and the RAM in them, and is held
 *    while RAM is put into the domains and taken out. It is held for as long as
 *    that takes, and page tables are charged to the user process under it, but
 *    never across a page fault.
 *  - @runs_lock, a spinlock, guards device runs. It is held while a bounded number
 *    of runs is put into the domains or taken out. It is the only one of the four
 *    that a revoker takes. As a spinlock it is never held by a task that sleeps or
 *    that its scheduler has stopped for having used up its share of the processor.
 *  - @groups_lock serialises groups that come and go. It is there because the
 *    IOMMU core's own group lock is held, elsewhere in the kernel, over what leads
 *    to an mmap_lock: so it cannot be taken inside of the others.
 *
 * Order: see vfio_lock_order.h; the IOMMU core's locks lie inside @groups_lock. The
 * list of domains changes under both @dmas_lock and @runs_lock, so either is enough
 * to read it; a domain's list of groups likewise under @groups_lock and @runs_lock.
 *
 * RAM and runs are put into one domain and taken out side by side: what the IOMMU
 * drivers promise for IOVAs that do not overlap. Each of the two has its own gather
 * of what is still in the IOMMU's caches.
 */
#ifndef VFIO_TYPE1_H
#define VFIO_TYPE1_H

#include <linux/gfp.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "ram.h"
#include "run.h"
#include "vfio_iommu.h"

struct dentry;
struct iommu_group;
struct mem_cgroup;
struct mm_struct;
struct page;
struct vfio_device;
struct vfio_iova_ranges;
struct vfio_pfn_run;
struct vfio_iommu_type1_dma_map;
struct vfio_iommu_type1_dma_unmap;

/* Pages that are pinned at a time: where pages are 4 KiB, 8 MiB. */
#define VFIO_BATCH_PAGES	2048

/* Page table entries that are written in one go under the runs lock. */
#define VFIO_RUN_ENTRIES	32768UL

/*
 * How page tables are allocated. The user's own time, with no lock held that a
 * revoker takes: charged, and the charge may put the process to sleep. Under the
 * runs lock: charged as well, but the charge is never refused nor waited for; the
 * next allocation of the user's own pays for what is above the limit.
 */
#define VFIO_TABLES_GFP		GFP_KERNEL_ACCOUNT
#define VFIO_TABLES_GFP_ATOMIC	(GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN)

/**
 * struct vfio_iommu - the backend of one container
 * @backend: the core's part, with the count of users
 * @kref: keeps the structure's memory for a revoker
 * @v2: VFIO_TYPE1v2_IOMMU: an unmap may not cut a mapping in two
 * @stale: a group has left since the domains and ranges were last looked through
 * @debugfs: the file that shows what is mapped
 * @debugfs_id: its name
 * @memcg: of the process that made the backend; charged for the page tables that
 *	revokers make
 * @lock: the container lock
 * @batch: room for the pages of one batch, see pin.c; under @lock
 * @stuck: list of &struct vfio_dma that could not be taken out of the domains,
 *	freed when there are none; under @lock
 * @groups_lock: serialises groups that come and go
 * @dmas_lock: guards the tree and the RAM in it, and what follows up to @runs_lock
 * @dmas: tree of DMA mappings by IOVA; changed under @lock as well
 * @removals: DMA mappings taken out of the tree so far
 * @dma_avail: DMA mappings that may still be made
 * @ranges: IOVAs that every group can reach, or NULL without a group
 * @pgsize_bitmap: page sizes that every domain has
 * @runs_lock: guards all runs
 * @domains: IOMMU domains, with their groups; changed under @dmas_lock as well
 */
struct vfio_iommu {
	struct vfio_backend backend;
	struct kref kref;
	bool v2;
	bool stale;
	struct dentry *debugfs;
	int debugfs_id;
	struct mem_cgroup *memcg;

	struct mutex lock;
	struct page **batch;
	struct list_head stuck;

	struct mutex groups_lock;

	struct mutex dmas_lock;
	struct rb_root dmas;
	unsigned long removals;
	unsigned int dma_avail;
	struct vfio_iova_ranges *ranges;
	unsigned long pgsize_bitmap;

	spinlock_t runs_lock;
	struct list_head domains;
};

/**
 * struct vfio_dma - what one VFIO_IOMMU_MAP_DMA mapped
 * @node: in the tree
 * @gone_node: once it is out of the tree
 * @iova: first IOVA, in bytes
 * @size: in bytes
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @is_whole: it is one device run, @whole; changed under the runs lock
 * @whole: the run
 * @mm: the mm that its RAM is charged to, or NULL if none is
 * @locked: pages charged
 * @ram: its RAM; under the container's dmas_lock
 * @parts: list of &struct vfio_part in IOVA order; under the container's runs lock,
 *	and shrinks under its dmas_lock only
 */
struct vfio_dma {
	union {
		struct rb_node node;
		struct list_head gone_node;
	};
	dma_addr_t iova;
	size_t size;
	int prot;
	bool is_whole;
	union {
		struct vfio_run whole;
		struct {
			struct mm_struct *mm;
			unsigned long locked;
			struct vfio_ram ram;
			struct list_head parts;
		};
	};
};

static inline dma_addr_t vfio_pages_end(dma_addr_t iova, unsigned long npages)
{
	return iova + ((dma_addr_t)npages << PAGE_SHIFT);
}

static inline struct vfio_part *vfio_part_from_run(const struct vfio_run *run)
{
	return container_of(run, struct vfio_part, run);
}

static inline dma_addr_t vfio_run_iova(const struct vfio_run *run)
{
	return run->whole ? container_of(run, struct vfio_dma, whole)->iova :
			    vfio_part_from_run(run)->iova;
}

static inline unsigned long vfio_run_npages(const struct vfio_run *run)
{
	return run->whole ?
	       container_of(run, struct vfio_dma, whole)->size >> PAGE_SHIFT :
	       vfio_part_from_run(run)->npages;
}

/* The run behind @run, or the first one; NULL if there is none. */
static inline struct vfio_run *vfio_dma_next_run(struct vfio_dma *dma,
						 struct vfio_run *run)
{
	struct vfio_part *part;

	if (dma->is_whole)
		return run ? NULL : &dma->whole;

	part = run ? list_next_entry(vfio_part_from_run(run), node) :
		     list_first_entry(&dma->parts, struct vfio_part, node);

	return list_entry_is_head(part, &dma->parts, node) ? NULL : &part->run;
}

/* iommu.c */
void vfio_iommu_free(struct kref *kref);

/* attach.c; takes iommu->groups_lock and what lies inside */
int vfio_iommu_attach_group(struct vfio_iommu *iommu,
			    struct iommu_group *iommu_group);
void vfio_iommu_detach_group(struct vfio_iommu *iommu,
			     struct iommu_group *iommu_group);
void vfio_iommu_refresh_stale(struct vfio_iommu *iommu);
void vfio_iommu_free_domains(struct vfio_iommu *iommu);
bool vfio_domains_enforce_coherency(struct vfio_iommu *iommu);

/* Looks through domains and ranges after a group has left; may sleep. */
static inline void vfio_iommu_refresh(struct vfio_iommu *iommu)
{
	if (unlikely(READ_ONCE(iommu->stale)))
		vfio_iommu_refresh_stale(iommu);
}

/* iova.c; under iommu->dmas_lock */
bool vfio_iova_valid(struct vfio_iommu *iommu, dma_addr_t iova, size_t size);

/* dma.c */
struct vfio_dma *vfio_dma_first(struct vfio_iommu *iommu, dma_addr_t iova);
int vfio_dma_map(struct vfio_iommu *iommu,
		 const struct vfio_iommu_type1_dma_map *map);
int vfio_dma_unmap(struct vfio_iommu *iommu,
		   struct vfio_iommu_type1_dma_unmap *unmap);
void vfio_dma_unmap_all(struct vfio_iommu *iommu);

/* debugfs.c */
void vfio_debugfs_init(void);
void vfio_debugfs_exit(void);
void vfio_debugfs_add(struct vfio_iommu *iommu);
void vfio_debugfs_del(struct vfio_iommu *iommu);

/* info.c */
long vfio_iommu_get_info(struct vfio_iommu *iommu, void __user *arg);

#endif /* VFIO_TYPE1_H */
