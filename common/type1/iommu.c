// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of one container: its life, and its ioctls.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "type1.h"
#include "vfio_lock_order.h"

static unsigned int dma_entry_limit __read_mostly = U16_MAX;
module_param(dma_entry_limit, uint, 0644);
MODULE_PARM_DESC(dma_entry_limit,
		 "Most DMA mappings that one container may have (65535)");

static struct vfio_iommu *vfio_iommu_from_backend(struct vfio_backend *backend)
{
	return container_of(backend, struct vfio_iommu, backend);
}

static long vfio_iommu_check_extension(struct vfio_backend *backend,
				       unsigned long arg)
{
	switch (arg) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return 1;
	case VFIO_DMA_CC_IOMMU:
		return backend &&
		       vfio_domains_enforce_coherency(vfio_iommu_from_backend(backend));
	default:
		return 0;
	}
}

static struct vfio_backend *vfio_iommu_create(unsigned long type)
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

	kref_init(&iommu->kref);
	iommu->v2 = type == VFIO_TYPE1v2_IOMMU;
	mutex_init(&iommu->lock);
	vfio_lock_class(&iommu->lock, VFIO_LOCK_TYPE1);
	mutex_init(&iommu->groups_lock);
	vfio_lock_class(&iommu->groups_lock, VFIO_LOCK_TYPE1_GROUPS);
	mutex_init(&iommu->dmas_lock);
	vfio_lock_class(&iommu->dmas_lock, VFIO_LOCK_TYPE1_DMAS);
	spin_lock_init(&iommu->runs_lock);
	vfio_lock_class(&iommu->runs_lock, VFIO_LOCK_TYPE1_RUNS);
	INIT_LIST_HEAD(&iommu->stuck);
	iommu->dmas = RB_ROOT;
	iommu->dma_avail = READ_ONCE(dma_entry_limit);
	INIT_LIST_HEAD(&iommu->domains);
	iommu->pgsize_bitmap = PAGE_MASK;
	iommu->memcg = get_mem_cgroup_from_mm(current->mm);
	vfio_debugfs_add(iommu);

	return &iommu->backend;
}

/**
 * vfio_iommu_free() - the last reference to the memory is gone
 * @kref: of a backend without users
 */
void vfio_iommu_free(struct kref *kref)
{
	struct vfio_iommu *iommu = container_of(kref, struct vfio_iommu, kref);

	mutex_destroy(&iommu->dmas_lock);
	mutex_destroy(&iommu->groups_lock);
	mutex_destroy(&iommu->lock);
	mem_cgroup_put(iommu->memcg);
	kfree(iommu->ranges);
	kfree(iommu->batch);
	kfree(iommu);
}

static void vfio_iommu_destroy(struct vfio_backend *backend)
{
	struct vfio_iommu *iommu = vfio_iommu_from_backend(backend);

	vfio_debugfs_del(iommu);
	vfio_dma_unmap_all(iommu);
	kref_put(&iommu->kref, vfio_iommu_free);
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

static long vfio_iommu_ioctl(struct vfio_backend *backend, unsigned int cmd,
			     unsigned long arg)
{
	struct vfio_iommu *iommu = vfio_iommu_from_backend(backend);
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

static int vfio_iommu_attach(struct vfio_backend *backend,
			     struct iommu_group *group)
{
	return vfio_iommu_attach_group(vfio_iommu_from_backend(backend), group);
}

static void vfio_iommu_detach(struct vfio_backend *backend,
			      struct iommu_group *group)
{
	vfio_iommu_detach_group(vfio_iommu_from_backend(backend), group);
}

static const struct vfio_backend_ops vfio_iommu_ops = {
	.create = vfio_iommu_create,
	.destroy = vfio_iommu_destroy,
	.attach_group = vfio_iommu_attach,
	.detach_group = vfio_iommu_detach,
	.check_extension = vfio_iommu_check_extension,
	.ioctl = vfio_iommu_ioctl,
	.runs_suspend = vfio_device_runs_suspend,
	.runs_resume = vfio_device_runs_resume,
	.runs_kill = vfio_device_runs_kill,
};

/**
 * vfio_iommu_init() - register type1 with the core
 */
void __init vfio_iommu_init(void)
{
	vfio_debugfs_init();
	vfio_backend_register(&vfio_iommu_ops);
}

/**
 * vfio_iommu_exit() - undo vfio_iommu_init()
 */
void vfio_iommu_exit(void)
{
	vfio_backend_unregister();
	vfio_debugfs_exit();
}
