/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wrap-vmops: the core keeps one structure per mmap in vm_private_data, and its
 * own vm_ops in front of the driver's. README.md has the idea and its price.
 */
#ifndef VFIO_STRATEGY_TYPES_H
#define VFIO_STRATEGY_TYPES_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct vfio_device;
struct vm_operations_struct;

/**
 * struct vfio_mmap - one mmap of a device file, however often split or forked
 *
 * The core puts it into vma->vm_private_data before it calls the driver's mmap.
 * A driver that wants its page frames to be mapped for peers sets @pfn_base and
 * @release_notification there. A driver that needs vm_private_data for itself
 * replaces it and thereby opts out: its vma stays as the driver made it.
 *
 * @device: kept by the vma's file
 * @pfn_base: the page frame behind vm_pgoff 0. It is a number to be added to,
 *	not a frame of its own, and wraps below 0 where a region's offset is larger
 *	than its address. Not "the frame behind vm_start": a split moves that.
 * @private: for the driver
 * @vm_ops: the driver's
 * @kref: one for each vma
 * @release_notification: the driver sets a reason before each loss of the memory
 */
struct vfio_mmap {
	struct vfio_device *device;
	unsigned long pfn_base;
	void *private;
	const struct vm_operations_struct *vm_ops;
	struct kref kref;
	bool release_notification;
};

/**
 * struct vfio_strategy_device - what the strategy keeps for a device
 * @wrappers_lock: guards @wrappers
 * @wrappers: one wrapper for each vm_ops that the driver has used so far
 */
struct vfio_strategy_device {
	struct mutex wrappers_lock;
	struct list_head wrappers;
};

/* Nothing is asked of a driver's ops. */
struct vfio_strategy_ops {
};

#endif /* VFIO_STRATEGY_TYPES_H */
