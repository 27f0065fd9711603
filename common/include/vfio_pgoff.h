/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an offset in a vfio-pci device file names a region: the region index in
 * the bits from VFIO_PGOFF_SHIFT on, the position in the region below. User
 * space learns offsets from VFIO_DEVICE_GET_REGION_INFO and must not compute
 * them, so the layout is no uapi.
 */
#ifndef VFIO_PGOFF_H
#define VFIO_PGOFF_H

#include <linux/mm.h>
#include <linux/types.h>

/* Regions of up to 1 TiB, as stock vfio-pci has them. */
#define VFIO_PGOFF_SHIFT	40

/**
 * vfio_pgoff_encode() - offset in the device file of a region's first byte
 * @index: region index
 *
 * Return: the offset in bytes.
 */
static inline u64 vfio_pgoff_encode(unsigned int index)
{
	return (u64)index << VFIO_PGOFF_SHIFT;
}

/**
 * vfio_pgoff_region() - region index in an offset of the device file
 * @offset: offset in bytes
 *
 * Return: the region index, which need not be one that exists.
 */
static inline u64 vfio_pgoff_region(u64 offset)
{
	return offset >> VFIO_PGOFF_SHIFT;
}

/**
 * vfio_pgoff_position() - position in the region of an offset
 * @offset: offset in bytes
 *
 * Return: bytes from the region's start.
 */
static inline u64 vfio_pgoff_position(u64 offset)
{
	return offset & (BIT_ULL(VFIO_PGOFF_SHIFT) - 1);
}

/**
 * vfio_pgoff_of_address() - offset in the device file of an address in a vma
 * @vma: vma of the device file
 * @addr: address in it
 *
 * Return: the offset in bytes. Unlike the vma's start it survives a split.
 */
static inline u64 vfio_pgoff_of_address(const struct vm_area_struct *vma,
					unsigned long addr)
{
	return ((u64)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
}

#endif /* VFIO_PGOFF_H */
