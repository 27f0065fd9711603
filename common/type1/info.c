// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_IOMMU_GET_INFO: page sizes, and two capabilities behind them: how many
 * DMA mappings may still be made, and the IOVAs that may be mapped.
 */
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "iova.h"
#include "type1.h"

/**
 * struct vfio_info_caps - the capability chain as it lies in memory
 * @avail: how many mappings may be made
 * @pad: puts @iova on 8 bytes
 * @iova: the ranges; left out if there are none
 *
 * Both sizes are multiples of 8, so each capability is aligned.
 */
struct vfio_info_caps {
	struct vfio_iommu_type1_info_dma_avail avail;
	u32 pad;
	struct vfio_iommu_type1_info_cap_iova_range iova;
};

static unsigned int vfio_info_count_ranges(struct vfio_iommu *iommu)
{
	return iommu->ranges ? iommu->ranges->count : 0;
}

static size_t vfio_info_caps_size(struct vfio_iommu *iommu)
{
	struct vfio_info_caps *caps;
	unsigned int count = vfio_info_count_ranges(iommu);

	return count ? struct_size(caps, iova.iova_ranges, count) :
		       offsetof(struct vfio_info_caps, iova);
}

static struct vfio_info_caps *vfio_info_caps_build(struct vfio_iommu *iommu,
						   u32 offset)
{
	unsigned int i, count = vfio_info_count_ranges(iommu);
	struct vfio_info_caps *caps;

	caps = kzalloc(vfio_info_caps_size(iommu), GFP_KERNEL);
	if (!caps)
		return NULL;

	caps->avail.header.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;
	caps->avail.header.version = 1;
	caps->avail.avail = iommu->dma_avail;
	if (!count)
		return caps;

	caps->avail.header.next = offset + offsetof(struct vfio_info_caps,
						    iova);
	caps->iova.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	caps->iova.header.version = 1;
	caps->iova.nr_iovas = count;
	for (i = 0; i < count; i++)
		caps->iova.iova_ranges[i] = iommu->ranges->range[i];

	return caps;
}

/**
 * vfio_iommu_get_info() - VFIO_IOMMU_GET_INFO
 * @iommu: backend
 * @arg: &struct vfio_iommu_type1_info of the user
 *
 * If the user's buffer is too small for the capabilities, argsz tells how large
 * it must be and cap_offset is 0.
 *
 * Return: 0; -EINVAL if argsz is too small for the structure's first version;
 * -EFAULT; -ENOMEM.
 * Context: may sleep.
 */
long vfio_iommu_get_info(struct vfio_iommu *iommu, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
	struct vfio_iommu_type1_info info = {};
	struct vfio_info_caps *caps = NULL;
	size_t caps_size;
	long ret = 0;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;

	if (info.argsz < minsz)
		return -EINVAL;

	minsz = min_t(size_t, info.argsz, sizeof(info));

	mutex_lock(&iommu->runs_lock);
	info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info.iova_pgsizes = iommu->pgsize_bitmap;
	info.cap_offset = 0;
	caps_size = vfio_info_caps_size(iommu);
	if (info.argsz < sizeof(info) + caps_size) {
		info.argsz = sizeof(info) + caps_size;
	} else {
		info.cap_offset = sizeof(info);
		caps = vfio_info_caps_build(iommu, sizeof(info));
		if (!caps)
			ret = -ENOMEM;
	}
	mutex_unlock(&iommu->runs_lock);

	if (ret)
		return ret;

	if (caps && copy_to_user(arg + sizeof(info), caps, caps_size))
		ret = -EFAULT;
	else if (copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
	kfree(caps);

	return ret;
}
