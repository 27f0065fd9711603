/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: what the files share that make them.
 *
 * A device raises its own interrupts in one of three ways at a time: INTx
 * (intx.c), MSI or MSI-X (msi.c). The host adds two that no device raises, ERR
 * and REQ (trigger.c). User space asks for all of them in the same words, by
 * VFIO_DEVICE_SET_IRQS (irq.c).
 *
 * Words. An interrupt's trigger is the eventfd that tells user space of it. The
 * other way round, an eventfd that user space signals and the kernel acts on, is
 * a virqfd (virqfd.c): to unmask INTx, or to write to a BAR (ioeventfd.c).
 *
 * Locks, outermost first, see struct vfio_pci_device for where they stand among
 * the device's others: irqs_lock, a mutex for whoever sets interrupts up; the
 * memory lock; the wait queue's lock of an eventfd, held while it is signalled
 * and by what a virqfd does then; the lock of INTx, a spinlock that the hard
 * interrupt handler takes too. No eventfd is signalled under the last one.
 */
#ifndef VFIO_PCI_IRQ_H
#define VFIO_PCI_IRQ_H

#include <linux/irqreturn.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <uapi/linux/vfio.h>

struct eventfd_ctx;
struct vfio_pci_device;

/**
 * struct vfio_pci_virqfd - an eventfd that user space signals
 * @eventfd: it, or NULL if none is set
 * @wait: our place in its wait queue
 * @closed: its file was closed, so it left the queue
 * @event: called for each signal. Context: any, with interrupts off and the
 *	queue's lock held; signals no eventfd.
 */
struct vfio_pci_virqfd {
	struct eventfd_ctx *eventfd;
	wait_queue_entry_t wait;
	bool closed;
	void (*event)(struct vfio_pci_virqfd *virqfd);
};

/**
 * struct vfio_pci_intx - the interrupt by the device's pin
 * @lock: guards all flags below, and the device's command register, in which
 *	INTx Disable lies, see vfio_pci_command_change()
 * @trigger: who is told, or NULL. Changed under irqs_lock; read under RCU.
 * @unmask: unmasks it. Under irqs_lock.
 * @resend: tells the trigger, where @unmask could not
 * @name: for /proc/interrupts
 * @irq: the line's number while @up
 * @has_disable: the device has a bit that keeps it from raising its pin
 * @self_masking: and one that says whether it wants to
 * @up: somebody has asked for it, the handler is installed
 * @masked: it is off until somebody unmasks it
 * @disabled: INTx Disable as the user wrote it: no unmasking meanwhile
 * @held: the function is being reset or asleep; the handler keeps off
 */
struct vfio_pci_intx {
	spinlock_t lock;	/* of the flags and the command register */
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

/* virqfd.c */
int vfio_pci_virqfd_enable(struct vfio_pci_virqfd *virqfd, int fd,
			   void (*event)(struct vfio_pci_virqfd *virqfd));
void vfio_pci_virqfd_disable(struct vfio_pci_virqfd *virqfd);

/* intx.c */
void vfio_pci_intx_init(struct vfio_pci_device *vdev);
void vfio_pci_intx_open(struct vfio_pci_device *vdev);
u16 vfio_pci_command_change(struct vfio_pci_device *vdev, u16 mask, u16 val);
void vfio_pci_command_restore(struct vfio_pci_device *vdev);
void vfio_pci_intx_pin_update_locked(struct vfio_pci_device *vdev);
void vfio_pci_intx_pin_update(struct vfio_pci_device *vdev);
void vfio_pci_intx_changed_locked(struct vfio_pci_device *vdev);
void vfio_pci_intx_hold(struct vfio_pci_device *vdev);
bool vfio_pci_intx_resume(struct vfio_pci_device *vdev);
void vfio_pci_intx_signal(struct vfio_pci_device *vdev);
void vfio_pci_intx_mask_locked(struct vfio_pci_device *vdev);
void vfio_pci_intx_mask(struct vfio_pci_device *vdev);
void vfio_pci_intx_unmask(struct vfio_pci_device *vdev);
void vfio_pci_intx_disable(struct vfio_pci_device *vdev, bool disabled);
void vfio_pci_intx_unmask_event(struct vfio_pci_virqfd *virqfd);
irqreturn_t vfio_pci_intx_handler(int irq, void *data);

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

/* trigger.c */
void vfio_pci_triggers_release(struct vfio_pci_device *vdev);
int vfio_pci_error_set_trigger(struct vfio_pci_device *vdev,
			       const struct vfio_irq_set *set,
			       const void *data);
int vfio_pci_request_set_trigger(struct vfio_pci_device *vdev,
				 const struct vfio_irq_set *set,
				 const void *data);

#endif /* VFIO_PCI_IRQ_H */
