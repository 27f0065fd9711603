/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: what the files share that make them.
 *
 * A device raises its own interrupts in one of three ways at a time: INTx, MSI
 * or MSI-X, which are left out. The host adds two that no device raises, ERR
 * and REQ (trigger.c). User space asks for all of them in the same words, by
 * VFIO_DEVICE_SET_IRQS (irq.c).
 *
 * Words. An interrupt's trigger is the eventfd that tells user space of it.
 */
#ifndef VFIO_PCI_IRQ_H
#define VFIO_PCI_IRQ_H

#include <uapi/linux/vfio.h>

struct vfio_pci_device;

/**
 * vfio_pci_irq_set_raises() - whether a request is for an interrupt
 * @set: request whose data are no eventfds
 * @data: its data
 * @n: the interrupt, counted from the first one of the request
 *
 * Return: true if it is to be raised, masked or unmasked.
 */
static inline bool vfio_pci_irq_set_raises(const struct vfio_irq_set *set,
					   const void *data, unsigned int n)
{
	return set->flags & VFIO_IRQ_SET_DATA_NONE || ((const u8 *)data)[n];
}

/* trigger.c */
void vfio_pci_triggers_release(struct vfio_pci_device *vdev);
int vfio_pci_error_set_trigger(struct vfio_pci_device *vdev,
			       const struct vfio_irq_set *set,
			       const void *data);
int vfio_pci_request_set_trigger(struct vfio_pci_device *vdev,
				 const struct vfio_irq_set *set,
				 const void *data);

#endif /* VFIO_PCI_IRQ_H */
