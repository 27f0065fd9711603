// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command register.
 *
 * A write is a transition, as it may switch the device's memory. It is also
 * when the device is looked at: some lose their BARs and these bits in a reset
 * that user space does by the device's own registers, and that nobody sees.
 * Then user space writes the command register, and finds its BARs restored.
 *
 * The device's INTx Disable is the host's, which switches it at any time. The
 * user's is one more reason for INTx to be off, see intx.c.
 */
#include "config.h"

/* Bits that are written to the device. */
static u16 vfio_pci_command_mask(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;

	return vfio_pci_config_get(config->writable + PCI_COMMAND, 2) &
	       ~vfio_pci_config_get(config->virtual + PCI_COMMAND, 2);
}

/* The user thinks that it is on and wants it on, but the device has it off. */
static bool vfio_pci_command_lost(struct vfio_pci_device *vdev, u16 val)
{
	bool memory = vdev->memory_bit && !vdev->pdev->no_command_memory;
	u16 old;

	/* In a transition: not by pci_user_*(). */
	pci_read_config_word(vdev->pdev, PCI_COMMAND, &old);

	return (memory && val & ~old & PCI_COMMAND_MEMORY) ||
	       (vdev->io_bit && val & ~old & PCI_COMMAND_IO);
}

/* Before the bits are written. */
static void vfio_pci_command_memory(struct vfio_pci_device *vdev, u16 val)
{
	bool lost = vfio_pci_command_lost(vdev, val) ||
		    vfio_pci_config_bars_lost(vdev);

	vdev->memory_bit = val & PCI_COMMAND_MEMORY;
	vdev->io_bit = val & PCI_COMMAND_IO;
	if (!vfio_pci_memory_enabled(vdev))
		vfio_device_memory_revoke(&vdev->vfio);

	if (lost) {
		vfio_pci_config_bars_restore(vdev);
		vfio_pci_intx_pin_update(vdev);
	}
}

/**
 * vfio_pci_command_write() - write the command register
 * @vdev: open device
 * @pos: of its lower or upper byte
 * @width: bytes, 1 or 2
 * @val: what the user writes
 *
 * Context: may sleep as long as a transition takes.
 */
void vfio_pci_command_write(struct vfio_pci_device *vdev, unsigned int pos,
			    unsigned int width, u32 val)
{
	unsigned int shift = 8 * (pos - PCI_COMMAND);
	u16 written = vfio_pci_config_mask(width) << shift;

	vfio_pci_transition_begin(vdev);
	vfio_pci_config_copy_put(vdev->config, pos, width, val);
	val <<= shift;

	if (written & PCI_COMMAND_MEMORY)
		vfio_pci_command_memory(vdev, val);
	vfio_pci_command_change(vdev, written & vfio_pci_command_mask(vdev),
				val);
	if (written & PCI_COMMAND_INTX_DISABLE)
		vfio_pci_intx_disable(vdev, val & PCI_COMMAND_INTX_DISABLE);
	vfio_pci_transition_end(vdev);
}

/**
 * vfio_pci_command_init() - what user space finds in the command register
 * @vdev: device that is being opened
 *
 * Where the device has no memory bit, user space has one that is its own
 * business. INTx is not disabled, even if the host's driver left it so.
 *
 * Context: inside the transition of the open.
 */
void vfio_pci_command_init(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	u8 *copy = config->copy + PCI_COMMAND;
	struct pci_dev *pdev = vdev->pdev;
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (pci_intx_mask_supported(pdev))
		cmd &= ~PCI_COMMAND_INTX_DISABLE;
	if (pdev->no_command_memory) {
		cmd |= PCI_COMMAND_MEMORY;
		config->virtual[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
	}
	vfio_pci_config_set(copy, 2, cmd);

	vdev->memory_bit = cmd & PCI_COMMAND_MEMORY;
	vdev->io_bit = cmd & PCI_COMMAND_IO;
}
