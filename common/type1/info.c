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

static size_t vfio_info_caps_size(unsigned int count)
{
	struct vfio_info_caps *caps;

	return count ? struct_size(caps, iova.iova_ranges, count) :
		       offsetof(struct vfio_info_caps, iova);
}

static void vfio_info_caps_fill(struct vfio_info_caps *caps, u32 offset,
				struct vfio_iommu *iommu, unsigned int count)
{
	unsigned int i;

	caps->avail.header.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;
	caps->avail.header.version = 1;
	caps->avail.avail = iommu->dma_avail;
	if (!count)
		return;

	caps->avail.header.next = offset + offsetof(struct vfio_info_caps,
						    iova);
	caps->iova.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	caps->iova.header.version = 1;
	caps->iova.nr_iovas = count;
	for (i = 0; i < count; i++)
		caps->iova.iova_ranges[i] = iommu->ranges->range[i];
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
	unsigned int count;
	size_t caps_size;
	long ret = 0;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;

	if (info.argsz < minsz)
		return -EINVAL;

	minsz = min_t(size_t, info.argsz, sizeof(info));

	vfio_iommu_refresh(iommu);

	mutex_lock(&iommu->dmas_lock);
	info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info.iova_pgsizes = iommu->pgsize_bitmap;
	info.cap_offset = 0;
	count = iommu->ranges ? iommu->ranges->count : 0;
	caps_size = vfio_info_caps_size(count);
	if (info.argsz < sizeof(info) + caps_size) {
		info.argsz = sizeof(info) + caps_size;
	} else {
		info.cap_offset = sizeof(info);
		caps = kzalloc(caps_size, GFP_KERNEL);
		if (caps)
			vfio_info_caps_fill(caps, sizeof(info), iommu, count);
		else
			ret = -ENOMEM;
	}
	mutex_unlock(&iommu->dmas_lock);

	if (ret)
		return ret;

	if (caps && copy_to_user(arg + sizeof(info), caps, caps_size))
		ret = -EFAULT;
	else if (copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
	kfree(caps);

	return ret;
}
