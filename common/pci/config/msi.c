// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSI capability.
 *
 * The message that a device sends is the host's: by writing another, user space
 * could interrupt any processor with any vector. It has registers of its own to
 * write to. Nor does it enable or disable MSI here: it asks for interrupts by
 * ioctl. A write that enables MSI is kept if it has some by then, with no more
 * messages than it has asked for.
 */
#include <linux/bitfield.h>

#include "config.h"
#include "pci/irq_set.h"

/**
 * vfio_pci_msi_write() - write the capability
 * @vdev: open device
 * @start: of the capability
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Return: 0 or the errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_msi_write(struct vfio_pci_device *vdev, unsigned int start,
		       unsigned int pos, unsigned int width, u32 val)
{
	u8 *flags = vdev->config->copy + start + PCI_MSI_FLAGS;
	int ret = vfio_pci_config_put(vdev, pos, width, val);
	int order;
	u8 now;

	if (!vfio_pci_config_covers(pos, width, start + PCI_MSI_FLAGS))
		return ret;

	order = vfio_pci_msi_order(vdev);
	now = vfio_pci_config_copy_get(flags, 1);
	if (order < 0)
		now &= ~(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	else if (FIELD_GET(PCI_MSI_FLAGS_QSIZE, now) > order)
		now = (now & ~PCI_MSI_FLAGS_QSIZE) |
		      FIELD_PREP(PCI_MSI_FLAGS_QSIZE, order);
	vfio_pci_config_copy_set(flags, 1, now);

	return ret;
}
