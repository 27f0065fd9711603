/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on the hardware of a device, and what orders them: see operation.c.
 */
#ifndef VFIO_PCI_OPERATION_H
#define VFIO_PCI_OPERATION_H

#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct vfio_pci_device;

/**
 * struct vfio_pci_operation - what orders operations on a device
 * @lock: the operation mutex
 * @step: the step lock
 * @pending: work that error recovery or a reset has left, VFIO_PCI_PENDING_*.
 *	Changed under the memory lock; read without it only to find none.
 * @work: does what is pending, if no step comes first
 * @deadline: ends the waiting for a recovery that never ends
 */
struct vfio_pci_operation {
	struct mutex lock;
	struct mutex step;
	unsigned int pending;
	struct work_struct work;
	struct delayed_work deadline;
};

/*
 * LOST: the function lost its config space in a fatal error, or could not be given
 * it back. RESTORE: it can be restored by now, if it was lost. RECOVERED: recovery
 * is over. WAKE: a reset has left it in D0, though it counts as asleep. REVIVE:
 * recovery had failed when the reset that goes on began.
 */
#define VFIO_PCI_PENDING_LOST		BIT(0)
#define VFIO_PCI_PENDING_RESTORE	BIT(1)
#define VFIO_PCI_PENDING_RECOVERED	BIT(2)
#define VFIO_PCI_PENDING_WAKE		BIT(3)
#define VFIO_PCI_PENDING_REVIVE		BIT(4)

/* Context: memory lock held for write; whoever reads it without goes on. */
static inline void vfio_pci_pending_change(struct vfio_pci_operation *op,
					   unsigned int set, unsigned int clear)
{
	WRITE_ONCE(op->pending, (op->pending & ~clear) | set);
}

void vfio_pci_operation_init(struct vfio_pci_device *vdev);
void vfio_pci_operation_exit(struct vfio_pci_device *vdev);
bool vfio_pci_awake(struct vfio_pci_device *vdev);
int vfio_pci_operation_begin(struct vfio_pci_device *vdev);
void vfio_pci_operation_end(struct vfio_pci_device *vdev);
void vfio_pci_step_begin(struct vfio_pci_device *vdev);
void vfio_pci_step_begin_reset(struct vfio_pci_device *vdev);
int vfio_pci_step_begin_interruptible(struct vfio_pci_device *vdev);
int vfio_pci_step_begin_ready(struct vfio_pci_device *vdev);
void vfio_pci_step_end(struct vfio_pci_device *vdev);
void vfio_pci_step_try(struct vfio_pci_device *vdev);
bool vfio_pci_state_restore(struct vfio_pci_device *vdev);
void vfio_pci_revive_begin(struct vfio_pci_device *vdev);
bool vfio_pci_revive_end(struct vfio_pci_device *vdev);

#endif /* VFIO_PCI_OPERATION_H */
