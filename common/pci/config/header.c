// SPDX-License-Identifier: GPL-2.0-only
/*
 * The standard header, where it shows something else than the device does.
 *
 * A virtual function has no numbers, no memory bit and no interrupt pin of its
 * own. The pin of a function is hidden where its interrupt is not offered, so
 * that nobody waits for it. Elsewhere it is that which the PCI core has read when
 * it found the function, as the interrupt was routed by it.
 */
#include "config.h"

/**
 * vfio_pci_header_init() - what user space finds in the header
 * @vdev: device that is being opened
 * @start: 0
 *
 * Context: step lock held.
 */
void vfio_pci_header_init(struct vfio_pci_device *vdev, unsigned int start)
{
	struct vfio_pci_config *config = vdev->config;
	struct pci_dev *pdev = vdev->pdev;

	if (vdev->sriov.is_virtual) {
		vfio_pci_config_set(config->copy + PCI_VENDOR_ID, 2,
				    pdev->vendor);
		vfio_pci_config_set(config->copy + PCI_DEVICE_ID, 2,
				    pdev->device);
	}

	config->copy[PCI_INTERRUPT_PIN] =
		vdev->irq_count[VFIO_PCI_INTX_IRQ_INDEX] ? pdev->pin : 0;

	vfio_pci_command_init(vdev);
	vfio_pci_config_bars_init(vdev);
}

/**
 * vfio_pci_header_write() - write the header
 * @vdev: open device
 * @start: 0
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Return: 0 or the errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_header_write(struct vfio_pci_device *vdev, unsigned int start,
			  unsigned int pos, unsigned int width, u32 val)
{
	int ret;

	if (pos < PCI_COMMAND || pos >= PCI_STATUS)
		return vfio_pci_config_put(vdev, pos, width, val);

	if (width < 4)
		return vfio_pci_command_write(vdev, pos, width, val);

	ret = vfio_pci_command_write(vdev, PCI_COMMAND, 2, val & 0xffff);
	if (ret)
		return ret;

	return vfio_pci_config_put(vdev, PCI_STATUS, 2, val >> 16);
}
