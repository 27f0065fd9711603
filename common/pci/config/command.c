// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command register as user space writes it.
 *
 * A write may switch the device's memory off or on. It is also when the device is
 * looked at: some lose their BARs and these bits in a reset that user space does
 * by the device's own registers, and that the host does not see. Then user space
 * writes the command register, and finds its BARs restored.
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

/* User space thinks that they are on and wants them on; the device has them off. */
static bool vfio_pci_command_lost(struct vfio_pci_device *vdev, u16 val)
{
	u16 decode = (PCI_COMMAND_MEMORY | PCI_COMMAND_IO) & vdev->command.mask;
	u16 now;

	pci_read_config_word(vdev->pdev, PCI_COMMAND, &now);

	return decode & vdev->command.user & val & ~now;
}

/* In recovery the device has nothing to look at. */
static bool vfio_pci_command_needs_bars(struct vfio_pci_device *vdev, u16 val)
{
	if (READ_ONCE(vdev->vfio.memory_off) &
	    (VFIO_MEMORY_RECOVERING | VFIO_MEMORY_FAILED))
		return false;

	return vfio_pci_command_lost(vdev, val) ||
	       vfio_pci_config_bars_lost(vdev);
}

/**
 * vfio_pci_command_write() - write the command register
 * @vdev: open device
 * @pos: of its lower or upper byte
 * @width: bytes, 1 or 2
 * @val: what the user writes
 *
 * Return: 0 or -ERESTARTSYS for a signal.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_command_write(struct vfio_pci_device *vdev, unsigned int pos,
			   unsigned int width, u32 val)
{
	unsigned int shift = 8 * (pos - PCI_COMMAND);
	u16 written = vfio_pci_config_mask(width) << shift;
	struct vfio_pci_command *command = &vdev->command;
	struct vfio_device *device = &vdev->vfio;
	unsigned long clear = 0;
	int ret;

	ret = vfio_pci_step_begin_interruptible(vdev);
	if (ret)
		return ret;

	vfio_pci_config_copy_put(vdev->config, pos, width, val);
	val <<= shift;

	if (written & command->mask & PCI_COMMAND_MEMORY) {
		if (val & PCI_COMMAND_MEMORY)
			clear = VFIO_MEMORY_BIT;
		else
			vfio_device_memory_update(device, VFIO_MEMORY_BIT, 0);
	}

	/* Before the bits are written. */
	if (written & PCI_COMMAND_MEMORY &&
	    vfio_pci_command_needs_bars(vdev, val)) {
		vfio_device_memory_update(device, VFIO_MEMORY_RESETTING, 0);
		vfio_pci_config_bars_restore(vdev);
		vfio_pci_intx_pin_update(vdev);
		clear |= VFIO_MEMORY_RESETTING;
	}

	command->user = (command->user & ~written) | (val & written);
	vfio_pci_command_change(vdev, written & command->mask, val);

	if (clear)
		vfio_device_memory_update(device, 0, clear);
	if (written & PCI_COMMAND_INTX_DISABLE)
		vfio_pci_intx_disable(vdev, val & PCI_COMMAND_INTX_DISABLE);
	vfio_pci_step_end(vdev);

	return 0;
}

/**
 * vfio_pci_command_init() - what user space finds in the command register
 * @vdev: device that is being opened
 *
 * Where the device has no memory bit, user space has one that is its own
 * business. INTx is not disabled, even if the host's driver left it so.
 *
 * Context: step lock held.
 */
void vfio_pci_command_init(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	u8 *copy = config->copy + PCI_COMMAND;
	struct pci_dev *pdev = vdev->pdev;
	bool memory;
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (pci_intx_mask_supported(pdev))
		cmd &= ~PCI_COMMAND_INTX_DISABLE;
	if (vdev->command.no_memory) {
		cmd |= PCI_COMMAND_MEMORY;
		config->virtual[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
	}
	vfio_pci_config_set(copy, 2, cmd);

	vdev->command.user = cmd;
	vdev->command.mask = vfio_pci_command_mask(vdev);

	memory = cmd & PCI_COMMAND_MEMORY;
	vfio_device_memory_update(&vdev->vfio, memory ? 0 : VFIO_MEMORY_BIT,
				  memory ? VFIO_MEMORY_BIT : 0);
}
