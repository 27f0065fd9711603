/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOVAs that every group of a container can reach.
 */
#ifndef VFIO_TYPE1_IOVA_H
#define VFIO_TYPE1_IOVA_H

#include <linux/types.h>
#include <uapi/linux/vfio.h>

/**
 * struct vfio_iova_ranges - ranges in ascending order
 * @count: how many
 * @range: the ranges, each with its last IOVA included
 */
struct vfio_iova_ranges {
	unsigned int count;
	struct vfio_iova_range range[];
};

#endif /* VFIO_TYPE1_IOVA_H */
