/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's command register, which several files share: see command.c.
 */
#ifndef VFIO_PCI_COMMAND_H
#define VFIO_PCI_COMMAND_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct vfio_pci_device;

/**
 * struct vfio_pci_command - the command register
 * @lock: held to read, change and write it, and over the state of INTx, whose
 *	handler does so in hard interrupt context
 * @no_memory: the device has no memory bit and always answers to its memory;
 *	constant from probe to remove
 * @user: its bits of @mask as the user process wrote them. Under the step lock.
 * @mask: bits that a write of the user process sets in the device; 0 while it is
 *	closed. Under the step lock.
 */
struct vfio_pci_command {
	spinlock_t lock;	/* of the register and of INTx's state */
	bool no_memory;
	u16 user;
	u16 mask;
};

u16 vfio_pci_command_change_locked(struct vfio_pci_device *vdev, u16 mask,
				   u16 val);
u16 vfio_pci_command_change(struct vfio_pci_device *vdev, u16 mask, u16 val);
void vfio_pci_command_restore(struct vfio_pci_device *vdev);
bool vfio_pci_decode_enable(struct vfio_pci_device *vdev);
void vfio_pci_decode_restore(struct vfio_pci_device *vdev, bool enabled);

#endif /* VFIO_PCI_COMMAND_H */
