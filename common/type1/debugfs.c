// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vfio/<n>: what is mapped in each container, for who wants to
 * see it. One line for each DMA mapping, below it one for each extent:
 *
 *	iova 0x40000000 size 0x200000 rw
 *		live      iova 0x40000000 pfn 0xfe800 npages 512 0000:00:04.0
 */
#include <linux/debugfs.h>
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "type1.h"

static struct dentry *vfio_debugfs_dir;
static DEFINE_IDA(vfio_debugfs_ids);

static const char * const vfio_extent_names[] = {
	[VFIO_EXTENT_RAM] = "ram",
	[VFIO_EXTENT_LIVE] = "live",
	[VFIO_EXTENT_SUSPENDED] = "suspended",
	[VFIO_EXTENT_DEAD] = "dead",
};

static int vfio_debugfs_show(struct seq_file *s, void *unused)
{
	struct vfio_iommu *iommu = s->private;
	struct vfio_extent *extent;
	struct vfio_dma *dma;
	struct rb_node *n;

	mutex_lock(&iommu->runs_lock);
	for (n = rb_first(&iommu->dmas); n; n = rb_next(n)) {
		/* It will be called again with a larger buffer. */
		if (seq_has_overflowed(s))
			break;
		cond_resched();
		dma = rb_entry(n, struct vfio_dma, node);
		seq_printf(s, "iova %pad size 0x%zx %s%s\n", &dma->iova,
			   dma->size, dma->prot & IOMMU_READ ? "r" : "",
			   dma->prot & IOMMU_WRITE ? "w" : "");
		list_for_each_entry(extent, &dma->extents, node)
			seq_printf(s, "\t%-9s iova %pad pfn 0x%lx npages %lu %s\n",
				   vfio_extent_names[extent->state],
				   &extent->iova, extent->pfn, extent->npages,
				   vfio_run_device_name(extent));
	}
	mutex_unlock(&iommu->runs_lock);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfio_debugfs);

/**
 * vfio_debugfs_add() - make the file of a new backend
 * @iommu: backend
 *
 * Nothing depends on it, so nothing is said if it fails.
 */
void vfio_debugfs_add(struct vfio_iommu *iommu)
{
	char name[12];

	iommu->debugfs_id = ida_alloc(&vfio_debugfs_ids, GFP_KERNEL);
	if (iommu->debugfs_id < 0)
		return;

	snprintf(name, sizeof(name), "%d", iommu->debugfs_id);
	iommu->debugfs = debugfs_create_file(name, 0400, vfio_debugfs_dir,
					     iommu, &vfio_debugfs_fops);
}

/**
 * vfio_debugfs_del() - remove the file
 * @iommu: backend that still has its locks
 *
 * Context: waits until nobody reads the file.
 */
void vfio_debugfs_del(struct vfio_iommu *iommu)
{
	debugfs_remove(iommu->debugfs);
	if (iommu->debugfs_id >= 0)
		ida_free(&vfio_debugfs_ids, iommu->debugfs_id);
}

/**
 * vfio_debugfs_init() - make the directory
 */
void __init vfio_debugfs_init(void)
{
	vfio_debugfs_dir = debugfs_create_dir("vfio", NULL);
}

/**
 * vfio_debugfs_exit() - remove the directory
 */
void vfio_debugfs_exit(void)
{
	debugfs_remove(vfio_debugfs_dir);
	ida_destroy(&vfio_debugfs_ids);
}
