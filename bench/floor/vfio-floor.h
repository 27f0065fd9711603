/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What user space asks of /dev/vfio-floor: one bare iommu_map() or
 * iommu_unmap() of the start of one BAR of the bound device.
 */
#ifndef VFIO_FLOOR_H
#define VFIO_FLOOR_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct vfio_floor_range - one request
 * @iova: where the range starts in the device's address space, in
 * @size: bytes, a multiple of the page size, in
 * @ticks: what the bare call took, in ticks of the cycle counter, out
 * @bar: index of the BAR, in
 * @reserved: zero
 */
struct vfio_floor_range {
	__u64 iova;
	__u64 size;
	__u64 ticks;
	__u32 bar;
	__u32 reserved;
};

#define VFIO_FLOOR_MAP		_IOWR('F', 0, struct vfio_floor_range)
#define VFIO_FLOOR_UNMAP	_IOWR('F', 1, struct vfio_floor_range)

#endif /* VFIO_FLOOR_H */
