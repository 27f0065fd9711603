/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What user space asks of /dev/vfio-floor: bare calls of iommu_map() or
 * iommu_unmap() for one BAR of the bound device, from its start on.
 */
#ifndef VFIO_FLOOR_H
#define VFIO_FLOOR_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct vfio_floor_ranges - one request
 * @iova: where the first range starts in the device's address space, in
 * @size: bytes of each range, a multiple of the page size, in
 * @stride: bytes from the start of one range to that of the next, both in the
 *	device's address space and in the BAR, a multiple of the page size, in
 * @ticks: what the bare calls took together, in ticks of the cycle counter, out
 * @bar: index of the BAR, in
 * @count: how many ranges, a call each, in
 */
struct vfio_floor_ranges {
	__u64 iova;
	__u64 size;
	__u64 stride;
	__u64 ticks;
	__u32 bar;
	__u32 count;
};

#define VFIO_FLOOR_MAP		_IOWR('F', 0, struct vfio_floor_ranges)
#define VFIO_FLOOR_UNMAP	_IOWR('F', 1, struct vfio_floor_ranges)

#endif /* VFIO_FLOOR_H */
