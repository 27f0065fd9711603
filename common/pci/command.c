// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's command register: changing it, and putting it back.
 *
 * It has bits of the user process (memory and I/O decoding, bus mastering), and
 * INTx Disable, which is the host's: the interrupt handler has the PCI core read
 * and write all of the register, at any time. So whoever else changes it does so
 * under the handler's lock.
 *
 * What the user process last wrote is kept. A reset and a wake-up restore the
 * register to what it was at some time before, and then it is put right.
 */
#include <linux/pci.h>

#include "pci.h"

/**
 * vfio_pci_command_change_locked() - as vfio_pci_command_change()
 * @vdev: device
 * @mask: the bits
 * @val: what they become
 *
 * Return: the register as it was.
 * Context: the lock of the command register held.
 */
u16 vfio_pci_command_change_locked(struct vfio_pci_device *vdev, u16 mask,
				   u16 val)
{
	u16 old, new;

	lockdep_assert_held(&vdev->command.lock);

	/* As a whole: QEMU 7 does not see INTx Disable in a write of its byte. */
	pci_read_config_word(vdev->pdev, PCI_COMMAND, &old);
	/* A device that does not answer must not be written ones to. */
	if (PCI_POSSIBLE_ERROR(old))
		return old;

	new = (old & ~mask) | (val & mask);
	if (new != old)
		pci_write_config_word(vdev->pdev, PCI_COMMAND, new);

	return old;
}

/**
 * vfio_pci_command_change() - change bits of the command register
 * @vdev: device
 * @mask: the bits
 * @val: what they become
 *
 * Return: the register as it was.
 * Context: any.
 */
u16 vfio_pci_command_change(struct vfio_pci_device *vdev, u16 mask, u16 val)
{
	unsigned long flags;
	u16 old;

	spin_lock_irqsave(&vdev->command.lock, flags);
	old = vfio_pci_command_change_locked(vdev, mask, val);
	spin_unlock_irqrestore(&vdev->command.lock, flags);

	return old;
}

/**
 * vfio_pci_command_restore() - put the user's bits back
 * @vdev: device whose config space was restored to what it once was
 *
 * Context: step lock held.
 */
void vfio_pci_command_restore(struct vfio_pci_device *vdev)
{
	if (vdev->command.mask)
		vfio_pci_command_change(vdev, vdev->command.mask,
					vdev->command.user);
}

/**
 * vfio_pci_decode_enable() - have the device answer to memory accesses
 * @vdev: device
 *
 * For the kernel's own accesses: as long as the memory is off for the user
 * process, it has none. A virtual function has no memory bit and always answers.
 *
 * Return: for vfio_pci_decode_restore(), whether it did so before.
 * Context: step lock held.
 */
bool vfio_pci_decode_enable(struct vfio_pci_device *vdev)
{
	if (vdev->command.no_memory)
		return true;

	return vfio_pci_command_change(vdev, PCI_COMMAND_MEMORY,
				       PCI_COMMAND_MEMORY) & PCI_COMMAND_MEMORY;
}

/**
 * vfio_pci_decode_restore() - undo vfio_pci_decode_enable()
 * @vdev: device
 * @enabled: what that returned
 *
 * Context: step lock held since.
 */
void vfio_pci_decode_restore(struct vfio_pci_device *vdev, bool enabled)
{
	if (!enabled)
		vfio_pci_command_change(vdev, PCI_COMMAND_MEMORY, 0);
}
