// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSI capability.
 *
 * The message that a device sends is the host's: by writing another, user space
 * could interrupt any processor with any vector. It has registers of its own to
 * write to. Nor does it enable MSI here: it asks for interrupts by ioctl, and
 * as long as it has none, they stay disabled, however many messages it wants.
 */
#include "config.h"

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
	int ret = vfio_pci_config_put(vdev, pos, width, val);

	vdev->config->copy[start + PCI_MSI_FLAGS] &= ~(PCI_MSI_FLAGS_ENABLE |
						       PCI_MSI_FLAGS_QSIZE);

	return ret;
}
