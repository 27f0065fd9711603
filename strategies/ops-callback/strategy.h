/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ops-callback: the core asks the driver, through one more callback. README.md
 * has the idea and its price.
 */
#ifndef VFIO_STRATEGY_TYPES_H
#define VFIO_STRATEGY_TYPES_H

struct vfio_device;
struct vfio_pfn_run;
struct vm_area_struct;

/* Nothing is kept for a device. */
struct vfio_strategy_device {
};

/**
 * struct vfio_strategy_ops - what the strategy asks of a driver
 * @vma_pfns: which page frames stand behind @addr of @vma, a vma of this
 *	device's file. The driver sets the pfn and npages of @run, clipped to its
 *	region; the core clips them to the vma. Return: 0; -EPERM if there are none
 *	that a peer may be given. Context: mmap_lock and the device's memory lock
 *	held for read, so the answer stays true until the core has used it; must
 *	not fault. NULL for a driver that has nothing for peers.
 */
struct vfio_strategy_ops {
	int (*vma_pfns)(struct vfio_device *device, struct vm_area_struct *vma,
			unsigned long addr, struct vfio_pfn_run *run);
};

#endif /* VFIO_STRATEGY_TYPES_H */
