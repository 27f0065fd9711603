// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vfio/<n>: what is mapped in each container. One line for each
 * DMA mapping, below it one for each stretch of RAM and each run:
 *
 *	iova 0x40000000 size 0x200000 rw
 *		live      iova 0x40000000 pfn 0xfe800 npages 512 0000:00:04.0
 *
 * Lines are made for one read() at a time, under the container's dmas_lock. While
 * it is not held the user process may map and unmap, so the place to go on from is
 * kept as an IOVA, too.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "type1.h"
#include "vfio_device.h"
#include "walk.h"

static struct dentry *vfio_debugfs_dir;
static DEFINE_IDA(vfio_debugfs_ids);

static const char * const vfio_run_state_names[] = {
	[VFIO_RUN_LIVE] = "live",
	[VFIO_RUN_SUSPENDED] = "suspended",
	[VFIO_RUN_DEAD] = "dead",
};

/**
 * struct vfio_debugfs_place - which line comes next
 * @iommu: backend
 * @pos: number of the line
 * @removals: @iommu->removals when @walk was at that line
 * @dma: mapping that the line is of, NULL behind the last one
 * @header: the line is the mapping's own
 * @walk: what the line is of otherwise
 * @iova: first IOVA of @dma or of what @walk is at
 */
struct vfio_debugfs_place {
	struct vfio_iommu *iommu;
	loff_t pos;
	unsigned long removals;
	struct vfio_dma *dma;
	bool header;
	struct vfio_walk walk;
	dma_addr_t iova;
};

static void vfio_debugfs_goto(struct vfio_debugfs_place *place,
			      struct vfio_dma *dma)
{
	place->dma = dma;
	place->header = true;
	if (dma)
		place->iova = dma->iova;
}

/* Steps to the next line. */
static void vfio_debugfs_step(struct vfio_debugfs_place *place)
{
	struct rb_node *next;

	if (place->header)
		vfio_walk_begin(&place->walk, place->iommu, place->dma);
	place->header = false;
	if (vfio_walk_next(&place->walk)) {
		place->iova = place->walk.iova;
		return;
	}

	next = rb_next(&place->dma->node);
	vfio_debugfs_goto(place, rb_entry_safe(next, struct vfio_dma, node));
}

/* After a mapping was removed: looks for where the next line is now. */
static void vfio_debugfs_seek(struct vfio_debugfs_place *place)
{
	bool header = place->header;
	dma_addr_t iova = place->iova;
	struct vfio_dma *dma = vfio_dma_first(place->iommu, iova);

	vfio_debugfs_goto(place, dma);
	if (header || !dma || dma->iova > iova)
		return;

	do {
		vfio_debugfs_step(place);
		cond_resched();
	} while (place->dma == dma && place->iova < iova);
}

static void *vfio_debugfs_start(struct seq_file *s, loff_t *pos)
{
	struct vfio_debugfs_place *place = s->private;
	struct vfio_iommu *iommu = place->iommu;
	int ret;

	ret = mutex_lock_interruptible(&iommu->dmas_lock);
	if (ret)
		return ERR_PTR(ret);

	if (*pos < place->pos || !*pos) {
		place->pos = 0;
		vfio_debugfs_goto(place, vfio_dma_first(iommu, 0));
	} else if (place->dma && place->removals != iommu->removals) {
		vfio_debugfs_seek(place);
	}
	for (; place->pos < *pos && place->dma; place->pos++)
		vfio_debugfs_step(place);

	return place->dma ? place : NULL;
}

static void *vfio_debugfs_next(struct seq_file *s, void *v, loff_t *pos)
{
	struct vfio_debugfs_place *place = v;

	vfio_debugfs_step(place);
	place->pos = ++*pos;
	cond_resched();

	return place->dma ? place : NULL;
}

static void vfio_debugfs_stop(struct seq_file *s, void *v)
{
	struct vfio_debugfs_place *place = s->private;

	if (IS_ERR(v))
		return;

	place->removals = place->iommu->removals;
	mutex_unlock(&place->iommu->dmas_lock);
}

static void vfio_debugfs_show_run(struct seq_file *s,
				  struct vfio_debugfs_place *place)
{
	struct vfio_run *run = place->walk.run;
	dma_addr_t iova = vfio_run_iova(run);

	spin_lock(&place->iommu->runs_lock);
	seq_printf(s, "\t%-9s iova %pad pfn 0x%lx npages %lu %s\n",
		   vfio_run_state_names[run->state], &iova, run->pfn,
		   vfio_run_npages(run), run->device ? dev_name(run->device->dev) : "");
	spin_unlock(&place->iommu->runs_lock);
}

static int vfio_debugfs_show(struct seq_file *s, void *v)
{
	struct vfio_debugfs_place *place = v;
	struct vfio_walk *walk = &place->walk;
	struct vfio_dma *dma = place->dma;

	if (place->header)
		seq_printf(s, "iova %pad size 0x%zx %s%s\n", &dma->iova,
			   dma->size, dma->prot & IOMMU_READ ? "r" : "",
			   dma->prot & IOMMU_WRITE ? "w" : "");
	else if (walk->is_run)
		vfio_debugfs_show_run(s, place);
	else
		seq_printf(s, "\t%-9s iova %pad pfn 0x%lx npages %lu\n", "ram",
			   &walk->iova, walk->ram.pfn, walk->npages);

	return 0;
}

static const struct seq_operations vfio_debugfs_ops = {
	.start = vfio_debugfs_start,
	.next = vfio_debugfs_next,
	.stop = vfio_debugfs_stop,
	.show = vfio_debugfs_show,
};

static int vfio_debugfs_open(struct inode *inode, struct file *file)
{
	struct vfio_debugfs_place *place;

	place = __seq_open_private(file, &vfio_debugfs_ops, sizeof(*place));
	if (!place)
		return -ENOMEM;

	place->iommu = inode->i_private;

	return 0;
}

static const struct file_operations vfio_debugfs_fops = {
	.owner = THIS_MODULE,
	.open = vfio_debugfs_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

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
