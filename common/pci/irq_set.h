/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: what VFIO_DEVICE_SET_IRQS (set_irqs.c) asks of each kind.
 *
 * A device raises its own interrupts in one of three ways at a time: INTx
 * (intx.c, intx_set.c), MSI or MSI-X (msi.c). The host adds two that no device
 * raises, ERR and REQ (host_events.c). User space asks for all of them in the same
 * words.
 *
 * Words. An interrupt's trigger is the eventfd that tells user space of it. The
 * other way round, an eventfd that user space signals and the kernel acts on, is
 * a virqfd (virqfd.c): to unmask INTx, or to write to a BAR (ioeventfd.c).
 */
#ifndef VFIO_PCI_IRQ_SET_H
#define VFIO_PCI_IRQ_SET_H

#include <linux/types.h>
#include <uapi/linux/vfio.h>

struct vfio_pci_device;

/* Whether the @n-th interrupt of a request without eventfds is to be raised. */
static inline bool vfio_pci_irq_set_raises(const struct vfio_irq_set *set,
					   const void *data, unsigned int n)
{
	return set->flags & VFIO_IRQ_SET_DATA_NONE || ((const u8 *)data)[n];
}

/* intx_set.c */
void vfio_pci_intx_release(struct vfio_pci_device *vdev);
int vfio_pci_intx_set_mask(struct vfio_pci_device *vdev,
			   const struct vfio_irq_set *set, const void *data);
int vfio_pci_intx_set_unmask(struct vfio_pci_device *vdev,
			     const struct vfio_irq_set *set, const void *data);
int vfio_pci_intx_set_trigger(struct vfio_pci_device *vdev,
			      const struct vfio_irq_set *set, const void *data);

/* msi.c */
int vfio_pci_msi_order(struct vfio_pci_device *vdev);
void vfio_pci_msi_release(struct vfio_pci_device *vdev);
int vfio_pci_msi_set_trigger(struct vfio_pci_device *vdev,
			     const struct vfio_irq_set *set, const void *data);

/* host_events.c */
int vfio_pci_error_set_trigger(struct vfio_pci_device *vdev,
			       const struct vfio_irq_set *set,
			       const void *data);
int vfio_pci_request_set_trigger(struct vfio_pci_device *vdev,
				 const struct vfio_irq_set *set,
				 const void *data);

#endif /* VFIO_PCI_IRQ_SET_H */
