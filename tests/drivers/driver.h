/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bus drivers that exist only to test what the core and a strategy ask of a
 * driver, and what they make of one that does things in another way.
 *
 * Each takes a PCI function by driver_override and gives its largest memory BAR
 * to user space, as regions. They share all but the layout of the regions and
 * mmap. What a strategy asks of them besides is in one file for each strategy,
 * for-<strategy>.c.
 *
 * In a reset, VFIO_DEVICE_RESET, nothing happens to the hardware: memory
 * goes and comes back in microseconds, so that races can be tried thousands of
 * times. A reset from the host's side is none of these drivers' business.
 */
#ifndef VFIO_TEST_DRIVER_H
#define VFIO_TEST_DRIVER_H

#include <linux/mm.h>
#include <linux/pci.h>

#include "vfio_device.h"

#define VFIO_TEST_REGIONS	2

/**
 * struct vfio_test_region - a part of the BAR that is a part of the device file
 * @offset: where in the device file, in bytes
 * @size: in bytes, whole pages
 * @pfn: its first page frame
 */
struct vfio_test_region {
	u64 offset;
	u64 size;
	unsigned long pfn;
};

/**
 * struct vfio_test_device - a PCI function that a test driver has
 * @vfio: the device as the core sees it
 * @pdev: the PCI function
 * @bar: index of its BAR
 * @regions: the BAR's parts; the same from probe to remove
 */
struct vfio_test_device {
	struct vfio_device vfio;
	struct pci_dev *pdev;
	unsigned int bar;
	struct vfio_test_region regions[VFIO_TEST_REGIONS];
};

/**
 * struct vfio_test_driver - one of the drivers
 * @pci: what the PCI core calls
 * @ops: what the vfio core calls
 * @layout: sets offset, size and page frames of the regions. @pfn is the BAR's
 *	first page frame, @size the BAR's size, a multiple of four pages.
 */
struct vfio_test_driver {
	struct pci_driver pci;
	struct vfio_device_ops ops;
	void (*layout)(struct vfio_test_device *vdev, unsigned long pfn,
		       u64 size);
};

static inline struct vfio_test_device *
vfio_test_from_device(struct vfio_device *device)
{
	return container_of(device, struct vfio_test_device, vfio);
}

/* The drivers, each in the file of its name. */
extern struct vfio_test_driver vfio_test_dense;
extern struct vfio_test_driver vfio_test_optout;
extern struct vfio_test_driver vfio_test_remap;

/* device.c */
int vfio_test_probe(struct pci_dev *pdev, const struct pci_device_id *id);
void vfio_test_remove(struct pci_dev *pdev);
int vfio_test_open_device(struct vfio_device *device);
void vfio_test_close_device(struct vfio_device *device);
void vfio_test_layout_halves(struct vfio_test_device *vdev, unsigned long pfn,
			     u64 size);
extern const struct pci_device_id vfio_test_ids[];

/* ioctl.c */
long vfio_test_ioctl(struct vfio_device *device, unsigned int cmd,
		     unsigned long arg);
ssize_t vfio_test_read(struct vfio_device *device, char __user *buf,
		       size_t count, loff_t *ppos);
ssize_t vfio_test_write(struct vfio_device *device, const char __user *buf,
			size_t count, loff_t *ppos);

/* mmap.c */
const struct vfio_test_region *
vfio_test_region_at(struct vfio_test_device *vdev, u64 offset);
int vfio_test_mmap_prepare(struct vfio_test_device *vdev,
			   struct vm_area_struct *vma);
vm_fault_t vfio_test_fault(struct vfio_test_device *vdev,
			   struct vm_fault *vmf);

/*
 * What is shared by all of @ops; a driver adds its flags, its strategy's part
 * and its mmap. What is shared by all of @pci.
 */
#define VFIO_TEST_OPS(name_)						\
	.name = (name_),						\
	.open_device = vfio_test_open_device,				\
	.close_device = vfio_test_close_device,				\
	.read = vfio_test_read,						\
	.write = vfio_test_write,					\
	.ioctl = vfio_test_ioctl

#define VFIO_TEST_PCI(name_)						\
	.name = (name_),						\
	.id_table = vfio_test_ids,					\
	.probe = vfio_test_probe,					\
	.remove = vfio_test_remove,					\
	.driver_managed_dma = true

/*
 * for-<strategy>.c: what the strategy asks of a driver that has page frames for
 * peers.
 */

/* What such a driver puts into its &struct vfio_device_ops. */
extern const struct vfio_strategy_ops vfio_test_strategy_ops;

/**
 * vfio_test_strategy_probe() - tell the strategy of a device's regions
 * @vdev: its regions are known, it is not yet registered
 *
 * Return: 0 or -errno, which fails the probe.
 * Context: may sleep.
 */
int vfio_test_strategy_probe(struct vfio_test_device *vdev);

/**
 * vfio_test_strategy_mmap() - tell the strategy of an mmap
 * @vdev: open device
 * @vma: prepared by vfio_test_mmap_prepare(); its vm_private_data is as the
 *	core gave it
 *
 * Context: mmap_lock held for write; cannot fail.
 */
void vfio_test_strategy_mmap(struct vfio_test_device *vdev,
			     struct vm_area_struct *vma);

#endif /* VFIO_TEST_DRIVER_H */
