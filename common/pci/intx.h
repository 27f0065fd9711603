/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INTx, the interrupt by the device's pin: see intx.c.
 */
#ifndef VFIO_PCI_INTX_H
#define VFIO_PCI_INTX_H

#include <linux/irqreturn.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "virqfd.h"

struct eventfd_ctx;
struct vfio_pci_device;

/**
 * struct vfio_pci_intx - the interrupt by the device's pin
 *
 * The flags are under the lock of the command register, in which INTx Disable
 * lies. No eventfd is signalled under it.
 *
 * @trigger: the eventfd that tells user space, or NULL. Changed under irqs_lock;
 *	read under RCU.
 * @unmask: unmasks it. Under irqs_lock.
 * @resend: tells the trigger, where @unmask could not
 * @name: for /proc/interrupts
 * @irq: the line's number while @up
 * @has_disable: the device has a bit that keeps it from raising its pin
 * @self_masking: and one that says whether it wants to
 * @up: user space has asked for it, the handler is installed
 * @masked: it is off until user space unmasks it
 * @disabled: INTx Disable as user space wrote it: no unmasking meanwhile
 * @held: the function is being reset or asleep; the handler keeps off. Read
 *	without the lock only to find out whether to resume.
 */
struct vfio_pci_intx {
	struct eventfd_ctx *trigger;
	struct vfio_pci_virqfd unmask;
	struct work_struct resend;
	char *name;
	int irq;
	bool has_disable;
	bool self_masking;
	bool up;
	bool masked;
	bool disabled;
	bool held;
};

/* intx.c */
void vfio_pci_intx_init(struct vfio_pci_device *vdev);
void vfio_pci_intx_open(struct vfio_pci_device *vdev);
void vfio_pci_intx_pin_update(struct vfio_pci_device *vdev);
void vfio_pci_intx_changed_locked(struct vfio_pci_device *vdev);
void vfio_pci_intx_signal(struct vfio_pci_device *vdev);
void vfio_pci_intx_mask_locked(struct vfio_pci_device *vdev);
void vfio_pci_intx_mask(struct vfio_pci_device *vdev);
void vfio_pci_intx_unmask(struct vfio_pci_device *vdev);
void vfio_pci_intx_disable(struct vfio_pci_device *vdev, bool disabled);
void vfio_pci_intx_unmask_event(struct vfio_pci_virqfd *virqfd);
irqreturn_t vfio_pci_intx_handler(int irq, void *data);
void vfio_pci_irqs_hold(struct vfio_pci_device *vdev);
void vfio_pci_irqs_resume(struct vfio_pci_device *vdev);

#endif /* VFIO_PCI_INTX_H */
