/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the core and a strategy: all that the core asks.
 *
 * Exactly one strategy is compiled in. Its folder is on the include path, so
 * "strategy.h" declares its &struct vfio_strategy_device, its &struct
 * vfio_strategy_ops and whatever it offers to bus drivers; the functions below
 * are bound at link time.
 */
#ifndef VFIO_STRATEGY_H
#define VFIO_STRATEGY_H

#include "vfio_device.h"

/**
 * struct vfio_pfn_run - what stands behind an address of a vma
 * @device: whose memory it is
 * @pfn: first page frame
 * @npages: number of adjacent page frames from there on, at least 1
 */
struct vfio_pfn_run {
	struct vfio_device *device;
	unsigned long pfn;
	unsigned long npages;
};

/**
 * vfio_strategy_device_init() - set up the strategy's part of a device
 * @device: not yet registered, nobody else knows it
 *
 * Return: 0 or -ENOMEM.
 * Context: may sleep.
 */
int vfio_strategy_device_init(struct vfio_device *device);

/**
 * vfio_strategy_device_release() - tear down the strategy's part of a device
 * @device: its last reference is gone
 *
 * Context: may sleep.
 */
void vfio_strategy_device_release(struct vfio_device *device);

/**
 * vfio_strategy_mmap() - mmap of the device file
 * @device: open device
 * @vma: the new vma
 *
 * Calls the driver's mmap, and whatever the strategy needs around it.
 *
 * Return: 0, -ENOMEM, or the driver's errno.
 * Context: mmap_lock held for write.
 */
int vfio_strategy_mmap(struct vfio_device *device, struct vm_area_struct *vma);

/**
 * vfio_strategy_resolve() - which page frames stand behind an address
 * @vma: a VM_PFNMAP vma, anybody's
 * @addr: address in @vma, in bytes, aligned to a page
 * @run: filled in
 *
 * One call answers for the whole run from @addr on, clipped to the vma and to
 * the region, where the driver's mmap has not kept the vma inside it already. It
 * causes no page fault and walks no page table. On success the caller holds a
 * reference to the device and its memory lock for read, so that the answer stays
 * true, until vfio_pfn_run_put().
 *
 * Return: 0; -EPERM if the vma is not a vfio device's, if the device's driver
 * does not declare VFIO_DEVICE_OPS_PEER_TO_PEER or the vma has no known page
 * frames, or if the device is gone; -EFAULT while its memory is off; -EAGAIN while
 * it is off for a temporary reason, then @run->device is set and referenced, for
 * the caller to wait with vfio_device_memory_wait() once mmap_lock is dropped.
 * Context: mmap_lock held for read; sleeps as long as the revoker takes, never for
 * hardware.
 */
int vfio_strategy_resolve(struct vm_area_struct *vma, unsigned long addr,
			  struct vfio_pfn_run *run);

int vfio_pfn_run_get(struct vfio_pfn_run *run, struct vfio_device *device);
void vfio_pfn_run_put(struct vfio_pfn_run *run);

#endif /* VFIO_STRATEGY_H */
