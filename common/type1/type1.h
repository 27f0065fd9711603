/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the type1 backend share among themselves.
 *
 * Model. What the user mapped is a &struct vfio_dma. It holds extents in IOVA
 * order: pinned RAM, and device runs. An extent remembers how its page frames
 * were obtained, so unmapping asks nobody: RAM is unpinned by extent, a device
 * run never was pinned. IOMMU domains hold what the extents say, always all of
 * them the same.
 *
 * Three locks, where the kernel's type1 has one, because a user can stall a page
 * fault for as long as it likes and revocation must not wait for that:
 *
 *  - @lock, the container lock, serialises the user's own MAP and UNMAP. It is
 *    held across pinning. A revoker never takes it.
 *  - @runs_lock guards domains, extents and the state of device runs. It is
 *    held briefly, by ioctls and by revokers, and never across a fault, a pin,
 *    a copy from or to user memory, or a charge to the user's memory cgroup.
 *  - @groups_lock serialises groups that come and go. It is there because the
 *    IOMMU core's own group lock is held, elsewhere in the kernel, over what
 *    leads to an mmap_lock: so it cannot be taken inside of @runs_lock.
 *
 * Order: see vfio_lock_order.h; the IOMMU core's locks lie inside @groups_lock. The
 * tree of DMA mappings changes under both @lock and @runs_lock, the list of domains
 * and their lists of groups under both @groups_lock and @runs_lock, so that either
 * is enough to read them.
 */
#ifndef VFIO_TYPE1_H
#define VFIO_TYPE1_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "vfio_iommu.h"

struct dentry;
struct iommu_domain;
struct iommu_group;
struct mm_struct;
struct page;
struct vfio_device;
struct vfio_iova_ranges;
struct vfio_pfn_run;
struct vfio_iommu_type1_dma_map;
struct vfio_iommu_type1_dma_unmap;

/* Pages that are pinned at a time: where pages are 4 KiB, 8 MiB. */
#define VFIO_BATCH_PAGES	2048

/**
 * struct vfio_iommu - the backend of one container
 * @backend: the core's part, with the count of users
 * @kref: keeps the structure's memory for a revoker
 * @v2: VFIO_TYPE1v2_IOMMU: an unmap may not cut a mapping in two
 * @debugfs: the file that shows what is mapped
 * @debugfs_id: its name
 * @lock: the container lock
 * @batch: room for the pages of one batch, see pin.c; under @lock
 * @stuck: list of &struct vfio_dma that could not be taken out of the domains,
 *	freed when there are none; under @lock
 * @groups_lock: serialises groups that come and go
 * @runs_lock: guards all that follows
 * @dmas: tree of DMA mappings by IOVA; changed under @lock as well
 * @dma_avail: DMA mappings that may still be made
 * @domains: IOMMU domains, each with its groups; changed under @groups_lock as
 *	well
 * @ranges: IOVAs that every group can reach, or NULL without a group
 * @pgsize_bitmap: page sizes that every domain has
 */
struct vfio_iommu {
	struct vfio_backend backend;
	struct kref kref;
	bool v2;
	struct dentry *debugfs;
	int debugfs_id;

	struct mutex lock;
	struct page **batch;
	struct list_head stuck;

	struct mutex groups_lock;

	struct mutex runs_lock;
	struct rb_root dmas;
	unsigned int dma_avail;
	struct list_head domains;
	struct vfio_iova_ranges *ranges;
	unsigned long pgsize_bitmap;
};

/**
 * struct vfio_dma - what one VFIO_IOMMU_MAP_DMA mapped
 * @node: in the tree
 * @stuck_node: once it is out of the tree, but not of the domains
 * @iova: first IOVA, in bytes
 * @size: in bytes
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @mm: the mm that its RAM is charged to, or NULL if none is
 * @locked: pages charged
 * @extents: list of &struct vfio_extent in IOVA order, without a gap from @iova
 *	on as far as the mapping has got
 */
struct vfio_dma {
	union {
		struct rb_node node;
		struct list_head stuck_node;
	};
	dma_addr_t iova;
	size_t size;
	int prot;
	struct mm_struct *mm;
	unsigned long locked;
	struct list_head extents;
};

/**
 * enum vfio_extent_state - what an extent is, and whether it is in the IOMMU
 * @VFIO_EXTENT_RAM: pinned RAM, mapped
 * @VFIO_EXTENT_LIVE: a device run, mapped
 * @VFIO_EXTENT_SUSPENDED: a device run, not mapped until its memory is back
 * @VFIO_EXTENT_DEAD: a device run whose device is gone, never mapped again
 */
enum vfio_extent_state {
	VFIO_EXTENT_RAM,
	VFIO_EXTENT_LIVE,
	VFIO_EXTENT_SUSPENDED,
	VFIO_EXTENT_DEAD,
};

/**
 * struct vfio_extent - adjacent page frames at adjacent IOVAs
 * @node: in the mapping's list
 * @iova: first IOVA, in bytes
 * @pfn: first page frame
 * @npages: how many
 * @state: kind and state
 */
struct vfio_extent {
	struct list_head node;
	dma_addr_t iova;
	unsigned long pfn;
	unsigned long npages;
	enum vfio_extent_state state;
};

static inline dma_addr_t vfio_extent_end(const struct vfio_extent *extent)
{
	return extent->iova + ((dma_addr_t)extent->npages << PAGE_SHIFT);
}

static inline bool vfio_extent_mapped(const struct vfio_extent *extent)
{
	return extent->state == VFIO_EXTENT_RAM ||
	       extent->state == VFIO_EXTENT_LIVE;
}

/* iommu.c */
void vfio_iommu_free(struct kref *kref);

/* domain.c; takes iommu->groups_lock and iommu->runs_lock */
int vfio_iommu_attach_group(struct vfio_iommu *iommu,
			    struct iommu_group *iommu_group);
void vfio_iommu_detach_group(struct vfio_iommu *iommu,
			     struct iommu_group *iommu_group);

/* domain.c; all under iommu->runs_lock */
int vfio_extent_map(struct vfio_iommu *iommu, struct vfio_extent *extent,
		    int prot);
bool vfio_domains_unmap(struct vfio_iommu *iommu, dma_addr_t iova, size_t size);
void vfio_domains_sync(struct vfio_iommu *iommu);
bool vfio_domains_enforce_coherency(struct vfio_iommu *iommu);

/* iova.c */
int vfio_iova_build(struct vfio_iommu *iommu);
bool vfio_iova_valid(struct vfio_iommu *iommu, dma_addr_t iova, size_t size);

/* dma.c */
int vfio_dma_map(struct vfio_iommu *iommu,
		 const struct vfio_iommu_type1_dma_map *map);
int vfio_dma_unmap(struct vfio_iommu *iommu,
		   struct vfio_iommu_type1_dma_unmap *unmap);
void vfio_dma_unmap_all(struct vfio_iommu *iommu);

/* fill.c */
int vfio_dma_fill(struct vfio_iommu *iommu, struct vfio_dma *dma,
		  unsigned long vaddr);

/* pin.c; all under iommu->lock */
int vfio_ram_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 dma_addr_t iova, unsigned long vaddr, unsigned long npages);
void vfio_ram_unpin(struct vfio_dma *dma, struct vfio_extent *extent);
void vfio_ram_uncharge(struct vfio_dma *dma);

/* run.c */
struct vfio_extent *vfio_run_alloc(void);
int vfio_run_add(struct vfio_iommu *iommu, struct vfio_dma *dma,
		 struct vfio_extent *extent, dma_addr_t iova,
		 const struct vfio_pfn_run *pfns);
void vfio_run_forget(struct vfio_iommu *iommu, struct vfio_extent *extent);
void vfio_run_free(struct vfio_extent *extent);
const char *vfio_run_device_name(struct vfio_extent *extent);
void vfio_device_runs_suspend(struct vfio_device *device);
void vfio_device_runs_resume(struct vfio_device *device);
void vfio_device_runs_kill(struct vfio_device *device);

/* debugfs.c */
void vfio_debugfs_init(void);
void vfio_debugfs_exit(void);
void vfio_debugfs_add(struct vfio_iommu *iommu);
void vfio_debugfs_del(struct vfio_iommu *iommu);

/* info.c */
long vfio_iommu_get_info(struct vfio_iommu *iommu, void __user *arg);

#endif /* VFIO_TYPE1_H */
