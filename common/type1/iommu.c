// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of one container: its life, and its ioctls.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "type1.h"
#include "vfio_iommu.h"

static unsigned int dma_entry_limit __read_mostly = U16_MAX;
module_param(dma_entry_limit, uint, 0644);
MODULE_PARM_DESC(dma_entry_limit,
		 "Most DMA mappings that one container may have (65535)");

/**
 * vfio_iommu_create() - make a backend
 * @type: VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU
 *
 * Return: the backend with one user; ERR_PTR(-ENODEV) if @type is no extension
 * of this one, ERR_PTR(-EINVAL) if it is one but no type; ERR_PTR(-ENOMEM).
 * Context: may sleep.
 */
struct vfio_iommu *vfio_iommu_create(unsigned long type)
{
	struct vfio_iommu *iommu;

	if (!vfio_iommu_check_extension(NULL, type))
		return ERR_PTR(-ENODEV);
	if (type != VFIO_TYPE1_IOMMU && type != VFIO_TYPE1v2_IOMMU)
		return ERR_PTR(-EINVAL);

	iommu = kzalloc(sizeof(*iommu), GFP_KERNEL_ACCOUNT);
	if (!iommu)
		return ERR_PTR(-ENOMEM);

	iommu->batch = kmalloc_array(VFIO_BATCH_PAGES, sizeof(*iommu->batch),
				     GFP_KERNEL_ACCOUNT);
	if (!iommu->batch) {
		kfree(iommu);
		return ERR_PTR(-ENOMEM);
	}

	refcount_set(&iommu->users, 1);
	kref_init(&iommu->kref);
	INIT_LIST_HEAD(&iommu->orphan);
	iommu->v2 = type == VFIO_TYPE1v2_IOMMU;
	mutex_init(&iommu->lock);
	mutex_init(&iommu->groups_lock);
	mutex_init(&iommu->runs_lock);
	INIT_LIST_HEAD(&iommu->stuck);
	iommu->dmas = RB_ROOT;
	iommu->dma_avail = dma_entry_limit;
	INIT_LIST_HEAD(&iommu->domains);
	iommu->pgsize_bitmap = PAGE_MASK;
	vfio_debugfs_add(iommu);

	return iommu;
}

/**
 * vfio_iommu_free() - the last reference to the memory is gone
 * @kref: of a backend without users
 */
void vfio_iommu_free(struct kref *kref)
{
	struct vfio_iommu *iommu = container_of(kref, struct vfio_iommu, kref);

	mutex_destroy(&iommu->runs_lock);
	mutex_destroy(&iommu->groups_lock);
	mutex_destroy(&iommu->lock);
	kfree(iommu->ranges);
	kfree(iommu->batch);
	kfree(iommu);
}

/**
 * vfio_iommu_get() - one more user
 * @iommu: kept by the container's lock
 */
void vfio_iommu_get(struct vfio_iommu *iommu)
{
	refcount_inc(&iommu->users);
}

/**
 * vfio_iommu_put() - one user less; the last one unmaps and unpins everything
 * @iommu: backend
 *
 * Context: the user's own; may wait for the user's mmap_lock.
 */
void vfio_iommu_put(struct vfio_iommu *iommu)
{
	if (!refcount_dec_and_test(&iommu->users))
		return;

	vfio_debugfs_del(iommu);
	vfio_dma_unmap_all(iommu);
	kref_put(&iommu->kref, vfio_iommu_free);
}

/**
 * vfio_iommu_orphan() - keep a backend until its user has time for it
 * @iommu: backend that lost its last group
 * @orphans: list that it is added to, with the reference that the caller has
 */
void vfio_iommu_orphan(struct vfio_iommu *iommu, struct list_head *orphans)
{
	list_add_tail(&iommu->orphan, orphans);
}

/**
 * vfio_iommu_put_orphans() - vfio_iommu_put() for each of a list
 * @orphans: list, of the caller alone
 *
 * Context: as vfio_iommu_put().
 */
void vfio_iommu_put_orphans(struct list_head *orphans)
{
	struct vfio_iommu *iommu, *next;

	list_for_each_entry_safe(iommu, next, orphans, orphan)
		vfio_iommu_put(iommu);
}

/**
 * vfio_iommu_check_extension() - VFIO_CHECK_EXTENSION
 * @iommu: backend, or NULL if none is set
 * @arg: extension
 *
 * Return: 1 if it is there, 0 if not.
 * Context: may sleep.
 */
long vfio_iommu_check_extension(struct vfio_iommu *iommu, unsigned long arg)
{
	bool coherent;

	switch (arg) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return 1;
	case VFIO_DMA_CC_IOMMU:
		if (!iommu)
			return 0;
		mutex_lock(&iommu->runs_lock);
		coherent = vfio_domains_enforce_coherency(iommu);
		mutex_unlock(&iommu->runs_lock);
		return coherent;
	default:
		return 0;
	}
}

static long vfio_iommu_map_dma(struct vfio_iommu *iommu, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_dma_map, size);
	struct vfio_iommu_type1_dma_map map;

	if (copy_from_user(&map, arg, minsz))
		return -EFAULT;

	if (map.argsz < minsz ||
	    map.flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE))
		return -EINVAL;

	return vfio_dma_map(iommu, &map);
}

static long vfio_iommu_unmap_dma(struct vfio_iommu *iommu, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	struct vfio_iommu_type1_dma_unmap unmap;
	int ret;

	if (copy_from_user(&unmap, arg, minsz))
		return -EFAULT;

	if (unmap.argsz < minsz || unmap.flags & ~VFIO_DMA_UNMAP_FLAG_ALL)
		return -EINVAL;

	ret = vfio_dma_unmap(iommu, &unmap);
	if (ret)
		return ret;

	return copy_to_user(arg, &unmap, minsz) ? -EFAULT : 0;
}

/**
 * vfio_iommu_ioctl() - the ioctls of a container that has a backend
 * @iommu: backend, used by the caller
 * @cmd: command
 * @arg: its argument
 *
 * Return: what the command returns; -ENOTTY if it is not known.
 * Context: the user's own; may sleep for as long as the user makes it.
 */
long vfio_iommu_ioctl(struct vfio_iommu *iommu, unsigned int cmd,
		      unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_IOMMU_GET_INFO:
		return vfio_iommu_get_info(iommu, uarg);
	case VFIO_IOMMU_MAP_DMA:
		return vfio_iommu_map_dma(iommu, uarg);
	case VFIO_IOMMU_UNMAP_DMA:
		return vfio_iommu_unmap_dma(iommu, uarg);
	default:
		return -ENOTTY;
	}
}

/**
 * vfio_iommu_init() - prepare for backends
 */
void __init vfio_iommu_init(void)
{
	vfio_debugfs_init();
}

/**
 * vfio_iommu_exit() - undo vfio_iommu_init()
 */
void vfio_iommu_exit(void)
{
	vfio_debugfs_exit();
}
