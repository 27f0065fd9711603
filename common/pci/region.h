/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The regions of a device: BARs, the ROM, VGA, and how each is accessed.
 */
#ifndef VFIO_PCI_REGION_H
#define VFIO_PCI_REGION_H

#include "pci.h"

/**
 * vfio_pci_bar_pfn() - first page frame of a BAR
 * @vdev: device
 * @bar: a mappable BAR
 *
 * Return: the page frame number.
 */
static inline unsigned long vfio_pci_bar_pfn(struct vfio_pci_device *vdev,
					     unsigned int bar)
{
	return pci_resource_start(vdev->pdev, bar) >> PAGE_SHIFT;
}

/**
 * vfio_pci_bar_npages() - page frames of a BAR
 * @vdev: device
 * @bar: a mappable BAR; one smaller than a page has its page to itself
 *
 * Return: their number.
 */
static inline unsigned long vfio_pci_bar_npages(struct vfio_pci_device *vdev,
						unsigned int bar)
{
	return PAGE_ALIGN(pci_resource_len(vdev->pdev, bar)) >> PAGE_SHIFT;
}

/**
 * vfio_pci_bar_mappable() - whether user space may mmap a BAR
 * @vdev: probed device
 * @bar: below PCI_STD_NUM_BARS
 *
 * Return: the same from probe to remove.
 */
static inline bool vfio_pci_bar_mappable(struct vfio_pci_device *vdev,
					 unsigned int bar)
{
	return vdev->bars[bar].mappable;
}

/* bar.c */
void vfio_pci_bars_init(struct vfio_pci_device *vdev);
void vfio_pci_bars_exit(struct vfio_pci_device *vdev);
int vfio_pci_bar_claim(struct vfio_pci_device *vdev, unsigned int bar);
void __iomem *vfio_pci_bar_iomap(struct vfio_pci_device *vdev,
				 unsigned int bar);
void vfio_pci_bars_release(struct vfio_pci_device *vdev);
u64 vfio_pci_rom_size(struct vfio_pci_device *vdev);

/* access.c */
size_t vfio_pci_io(void __iomem *io, u8 *buf, size_t count, u64 pos,
		   unsigned int width, bool write);
ssize_t vfio_pci_bar_rw(struct vfio_pci_device *vdev, unsigned int bar,
			char __user *ubuf, size_t count, u64 pos, bool write);

/* rom.c */
bool vfio_pci_rom_present(struct vfio_pci_device *vdev);
ssize_t vfio_pci_rom_read(struct vfio_pci_device *vdev, char __user *ubuf,
			  size_t count, u64 pos);

/* vga.c */
u64 vfio_pci_vga_size(struct vfio_pci_device *vdev);
int vfio_pci_vga_init(struct vfio_pci_device *vdev);
void vfio_pci_vga_exit(struct vfio_pci_device *vdev);
ssize_t vfio_pci_vga_rw(struct vfio_pci_device *vdev, char __user *ubuf,
			size_t count, u64 pos, bool write);

/* mmap.c */
int vfio_pci_mmap(struct vfio_device *device, struct vm_area_struct *vma);

#endif /* VFIO_PCI_REGION_H */
