/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver's half of a strategy: what vfio-pci must do for it. Each strategy
 * implements these in its pci.c, so that a reviewer sees there, and nowhere
 * else, what the idea costs every bus driver.
 */
#ifndef VFIO_STRATEGY_PCI_H
#define VFIO_STRATEGY_PCI_H

struct vfio_pci_device;
struct vfio_strategy_ops;
struct vm_area_struct;

/* What vfio-pci puts into its &struct vfio_device_ops. */
extern const struct vfio_strategy_ops vfio_strategy_pci_ops;

/**
 * vfio_strategy_pci_probe() - tell the strategy of a device's BARs
 * @vdev: its BARs are known, it is not yet registered
 *
 * Return: 0 or -errno, which fails the probe.
 * Context: may sleep.
 */
int vfio_strategy_pci_probe(struct vfio_pci_device *vdev);

/**
 * vfio_strategy_pci_mmap() - tell the strategy of an mmap
 * @vdev: open device
 * @vma: checked to lie inside @bar, everything else about it is set up
 * @bar: index of the BAR
 *
 * Context: mmap_lock held for write; cannot fail.
 */
void vfio_strategy_pci_mmap(struct vfio_pci_device *vdev,
			    struct vm_area_struct *vma, unsigned int bar);

#endif /* VFIO_STRATEGY_PCI_H */
