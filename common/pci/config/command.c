// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command register.
 *
 * A write is a transition, as it may switch the device's memory. It is also
 * when the device is looked at: some lose their BARs and these bits in a reset
 * that user space does by the device's own registers, and that nobody sees.
 * Then user space writes the command register, and finds its BARs restored.
 *
 * The register's two bytes are written apart from each other. In the upper one
 * is the INTx disable bit, which is switched by whoever handles INTx at any
 * time; so it is written only if there is something to change.
 */
#include "config.h"

/* Of the device's register, in a transition: not by pci_user_*(). */
static u8 vfio_pci_command_byte(struct vfio_pci_device *vdev, unsigned int pos)
{
	u8 val;

	pci_read_config_byte(vdev->pdev, pos, &val);

	return val;
}

/* Bits that are written to the device. */
static u8 vfio_pci_command_mask(struct vfio_pci_device *vdev, unsigned int pos)
{
	struct vfio_pci_config *config = vdev->config;

	return config->writable[pos] & ~config->virtual[pos];
}

/* The user thinks that it is on and wants it on, but the device has it off. */
static bool vfio_pci_command_lost(struct vfio_pci_device *vdev, u8 val, u8 old)
{
	bool memory = vdev->memory_bit && !vdev->pdev->no_command_memory;

	return (memory && val & ~old & PCI_COMMAND_MEMORY) ||
	       (vdev->io_bit && val & ~old & PCI_COMMAND_IO);
}

static void vfio_pci_command_low(struct vfio_pci_device *vdev, u8 val)
{
	u8 mask = vfio_pci_command_mask(vdev, PCI_COMMAND);
	u8 old = vfio_pci_command_byte(vdev, PCI_COMMAND);
	bool lost = vfio_pci_command_lost(vdev, val, old) ||
		    vfio_pci_config_bars_lost(vdev);

	vdev->memory_bit = val & PCI_COMMAND_MEMORY;
	vdev->io_bit = val & PCI_COMMAND_IO;
	if (!vfio_pci_memory_enabled(vdev))
		vfio_device_memory_revoke(&vdev->vfio);

	if (lost)
		vfio_pci_config_bars_restore(vdev);
	pci_write_config_byte(vdev->pdev, PCI_COMMAND,
			      (old & ~mask) | (val & mask));
}

/* Nobody handles INTx: the device's bit is as the user wants it. */
static void vfio_pci_command_intx(struct vfio_pci_device *vdev)
{
	u16 cmd = vfio_pci_config_get(vdev->config->copy + PCI_COMMAND, 2);

	if (pci_intx_mask_supported(vdev->pdev))
		pci_intx(vdev->pdev, !(cmd & PCI_COMMAND_INTX_DISABLE));
}

static void vfio_pci_command_high(struct vfio_pci_device *vdev, u8 val)
{
	u8 mask = vfio_pci_command_mask(vdev, PCI_COMMAND + 1);
	u8 old = vfio_pci_command_byte(vdev, PCI_COMMAND + 1);

	if ((old ^ val) & mask)
		pci_write_config_byte(vdev->pdev, PCI_COMMAND + 1,
				      (old & ~mask) | (val & mask));

	vfio_pci_command_intx(vdev);
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
	vfio_pci_transition_begin(vdev);
	vfio_pci_config_copy_put(vdev->config, pos, width, val);

	if (pos == PCI_COMMAND)
		vfio_pci_command_low(vdev, val);
	if (vfio_pci_config_covers(pos, width, PCI_COMMAND + 1))
		vfio_pci_command_high(vdev, pos == PCI_COMMAND ? val >> 8 : val);
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
	vfio_pci_command_intx(vdev);
}
