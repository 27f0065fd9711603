// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on the hardware of a device: the two locks that order them, and what
 * error recovery leaves to be done.
 *
 * The operation mutex is for what the user process does that may take long:
 * opening, closing, changes of the power state, resets. Its holder may wait for
 * pci_bus_sem, which the PCI core takes in them. So whoever holds device_lock()
 * does not wait for this mutex, nor for a work item that does: error recovery
 * holds pci_bus_sem while it waits for device_lock(). A reset from the host's side
 * and the work item only try it.
 *
 * The step lock, inside of it, is for what is short: a write of the command
 * register, a change of the interrupts' messages, restoring config space. Its
 * holder waits for nothing of the PCI core's, so callbacks with device_lock()
 * held may wait for it. A reset of any kind holds it from reset_prepare to
 * reset_done; whoever resets has device_lock() as well.
 *
 * Neither lock is taken inside of pci_bus_sem, where the PCI core calls error
 * handlers, and wakes devices by runtime PM. Those change the reasons why the
 * memory is off and note what is to be done, under the memory lock. They do it if
 * the step lock is free; otherwise whoever takes the lock next does, and if nobody
 * else, a work item.
 *
 * device_lock() is only tried inside the locks here. Config space is accessed by
 * pci_read_config_*() and pci_write_config_*() inside the step lock, never by
 * pci_user_*(): those wait for a reset, which waits for the step lock.
 */
#include <linux/pci.h>

#include "config/config.h"
#include "pci.h"
#include "vfio_lock_order.h"

/**
 * vfio_pci_awake() - whether the device is open and takes accesses
 * @vdev: device
 *
 * Return: false if it is closed, asleep, reset, or in recovery.
 * Context: step lock held: then only an error can make it another answer.
 */
bool vfio_pci_awake(struct vfio_pci_device *vdev)
{
	return !(READ_ONCE(vdev->vfio.memory_off) &
		 ~(VFIO_MEMORY_BIT | VFIO_MEMORY_LOW_POWER));
}

/* Whether it answers, with the BARs that it was given. */
static bool vfio_pci_state_is_there(struct vfio_pci_device *vdev)
{
	return vfio_pci_config_answers(vdev) &&
	       !vfio_pci_config_bars_lost(vdev);
}

/**
 * vfio_pci_state_restore() - give config space back to a function that lost it
 * @vdev: device; what it is restored to must not be in use
 *
 * As it was at open, or at probe where it is closed, and the command register as
 * the user process has it.
 *
 * Return: whether the function has it.
 * Context: step lock held.
 */
bool vfio_pci_state_restore(struct vfio_pci_device *vdev)
{
	struct pci_saved_state *state = vdev->saved_state ?: vdev->bound_state;
	bool fits = !pci_load_saved_state(vdev->pdev, state);

	if (fits)
		pci_restore_state(vdev->pdev);
	else
		pci_warn(vdev->pdev, "no saved state fits: config space stays as it is\n");
	vfio_pci_command_restore(vdev);
	vfio_pci_intx_pin_update(vdev);

	return fits && vfio_pci_state_is_there(vdev);
}

/*
 * What recovery has reset is given back its config space, if it lost that. A
 * device that sleeps by runtime PM is restored when it wakes. False if it cannot
 * be restored.
 */
static bool vfio_pci_recovery_restore(struct vfio_pci_device *vdev, bool lost)
{
	if (!lost && vdev->config && !vfio_pci_config_bars_lost(vdev))
		return true;
	if (READ_ONCE(vdev->vfio.memory_off) & VFIO_MEMORY_RUNTIME)
		return true;

	vfio_device_memory_update(&vdev->vfio, VFIO_MEMORY_RESETTING, 0);
	if (vfio_pci_state_restore(vdev))
		return true;

	pci_warn(vdev->pdev,
		 "not restored after an error: its memory is refused until it is reset or opened anew\n");

	return false;
}

/*
 * What the host's callbacks have left to be done under the step lock. Another
 * error that comes meanwhile begins anew: it clears what is pending, and the
 * function is lost again.
 */
static void vfio_pci_step_pending(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;
	unsigned long set = 0, clear = VFIO_MEMORY_RESETTING;
	bool restored = true;
	unsigned int pending;

	vfio_device_memory_lock(&vdev->vfio);
	pending = op->pending;
	if (pending & VFIO_PCI_PENDING_RESTORE)
		vfio_pci_pending_change(op, 0, VFIO_PCI_PENDING_RESTORE |
					       VFIO_PCI_PENDING_LOST);
	vfio_device_memory_unlock(&vdev->vfio);

	if (pending & VFIO_PCI_PENDING_RESTORE)
		restored = vfio_pci_recovery_restore(vdev, pending &
						     VFIO_PCI_PENDING_LOST);

	/* In one update, so that a run is resumed, or fails to be, once. */
	vfio_device_memory_lock(&vdev->vfio);
	if (!restored && !(op->pending & VFIO_PCI_PENDING_LOST)) {
		vfio_pci_pending_change(op, VFIO_PCI_PENDING_LOST, 0);
		set = VFIO_MEMORY_FAILED;
	}
	if (op->pending & VFIO_PCI_PENDING_RECOVERED &&
	    !(op->pending & VFIO_PCI_PENDING_RESTORE)) {
		clear |= VFIO_MEMORY_RECOVERING;
		if (!(op->pending & VFIO_PCI_PENDING_LOST))
			clear |= VFIO_MEMORY_FAILED;
		vfio_pci_pending_change(op, 0, VFIO_PCI_PENDING_RECOVERED |
					       VFIO_PCI_PENDING_LOST);
	}
	vfio_device_memory_update_locked(&vdev->vfio, set, clear);
	vfio_device_memory_unlock(&vdev->vfio);
}

static void vfio_pci_step_begun(struct vfio_pci_device *vdev)
{
	if (READ_ONCE(vdev->operation.pending) &
	    (VFIO_PCI_PENDING_RESTORE | VFIO_PCI_PENDING_RECOVERED))
		vfio_pci_step_pending(vdev);
}

/**
 * vfio_pci_operation_begin() - begin an operation for a user process
 * @vdev: device
 *
 * Return: 0, until vfio_pci_operation_end(); -ERESTARTSYS for a signal.
 * Context: device_lock() not held; may sleep as long as a reset takes.
 */
int vfio_pci_operation_begin(struct vfio_pci_device *vdev)
{
	return mutex_lock_interruptible(&vdev->operation.lock) ?
	       -ERESTARTSYS : 0;
}

/**
 * vfio_pci_operation_end() - release the operation mutex
 * @vdev: device
 *
 * What the work item could not do without it, it does now.
 *
 * Context: operation mutex held.
 */
void vfio_pci_operation_end(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;

	mutex_unlock(&op->lock);

	if (READ_ONCE(op->pending) & VFIO_PCI_PENDING_WAKE)
		queue_work(system_long_wq, &op->work);
}

/**
 * vfio_pci_step_begin() - take the step lock
 * @vdev: device
 *
 * Context: may sleep as long as a reset takes.
 */
void vfio_pci_step_begin(struct vfio_pci_device *vdev)
{
	mutex_lock(&vdev->operation.step);
	vfio_pci_step_begun(vdev);
}

/**
 * vfio_pci_step_begin_reset() - as vfio_pci_step_begin(), for a reset
 * @vdev: device
 *
 * A reset of a bus takes the step locks of all devices on it, in the PCI core's
 * order. That it has all their device_locks by then keeps another one out, and is
 * what lockdep sees here.
 *
 * Context: device_lock() held; may sleep as long as a step takes.
 */
void vfio_pci_step_begin_reset(struct vfio_pci_device *vdev)
{
	mutex_lock_nest_lock(&vdev->operation.step, &vdev->pdev->dev.mutex);
	vfio_pci_step_begun(vdev);
}

/**
 * vfio_pci_step_begin_interruptible() - as vfio_pci_step_begin()
 * @vdev: device
 *
 * Return: 0 or -ERESTARTSYS for a signal.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_step_begin_interruptible(struct vfio_pci_device *vdev)
{
	if (mutex_lock_interruptible(&vdev->operation.step))
		return -ERESTARTSYS;

	vfio_pci_step_begun(vdev);

	return 0;
}

/**
 * vfio_pci_step_begin_ready() - take the step lock when the device can be used
 * @vdev: open device
 *
 * For what a device in recovery must not be asked to do.
 *
 * Return: 0; -EIO if recovery has failed or the device is gone; -ERESTARTSYS for a
 * signal.
 * Context: may sleep as long as a reset or recovery takes.
 */
int vfio_pci_step_begin_ready(struct vfio_pci_device *vdev)
{
	unsigned long off;
	int ret;

	for (;;) {
		ret = vfio_device_memory_wait_for(&vdev->vfio,
						  VFIO_MEMORY_RECOVERING);
		if (!ret)
			ret = vfio_pci_step_begin_interruptible(vdev);
		if (ret)
			return ret;

		off = READ_ONCE(vdev->vfio.memory_off);
		if (!(off & (VFIO_MEMORY_RECOVERING | VFIO_MEMORY_FAILED |
			     VFIO_MEMORY_GONE)))
			return 0;

		vfio_pci_step_end(vdev);
		if (off & (VFIO_MEMORY_FAILED | VFIO_MEMORY_GONE))
			return -EIO;
	}
}

/**
 * vfio_pci_step_end() - release the step lock
 * @vdev: device
 *
 * A device that is awake by now interrupts again.
 *
 * Context: step lock held.
 */
void vfio_pci_step_end(struct vfio_pci_device *vdev)
{
	if (READ_ONCE(vdev->intx.held) && vfio_pci_awake(vdev))
		vfio_pci_irqs_resume(vdev);

	mutex_unlock(&vdev->operation.step);
}

/**
 * vfio_pci_revive_begin() - a device is about to be reset
 * @vdev: device
 *
 * One whose recovery has failed has lost its config space, and the reset restores
 * what it finds.
 *
 * Context: step lock held.
 */
void vfio_pci_revive_begin(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;
	bool failed;

	vfio_device_memory_lock(&vdev->vfio);
	failed = vdev->vfio.memory_off & VFIO_MEMORY_FAILED;
	if (failed)
		vfio_pci_pending_change(op, VFIO_PCI_PENDING_REVIVE, 0);
	vfio_device_memory_unlock(&vdev->vfio);

	if (failed)
		vfio_pci_state_restore(vdev);
}

/**
 * vfio_pci_revive_end() - the device was reset, whether it worked or not
 * @vdev: device
 *
 * If it answers, recovery that had failed before the reset no longer counts. One
 * that went on by then does: it is about to reset the device once more.
 *
 * Return: whether the device answers, with the BARs that it was given.
 * Context: step lock held since, or held again.
 */
bool vfio_pci_revive_end(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;
	bool answers = vfio_pci_state_is_there(vdev);

	vfio_device_memory_lock(&vdev->vfio);
	if (answers && op->pending & VFIO_PCI_PENDING_REVIVE)
		vfio_device_memory_update_locked(&vdev->vfio, 0,
						 VFIO_MEMORY_FAILED);
	vfio_pci_pending_change(op, 0, VFIO_PCI_PENDING_REVIVE);
	vfio_device_memory_unlock(&vdev->vfio);

	return answers;
}

/**
 * vfio_pci_step_try() - do what is pending, now or by the work item
 * @vdev: device
 *
 * For callbacks that must not wait for the step lock, as the PCI core may hold
 * pci_bus_sem.
 *
 * Context: any that may sleep.
 */
void vfio_pci_step_try(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;

	if (mutex_trylock(&op->step)) {
		vfio_pci_step_begun(vdev);
		vfio_pci_step_end(vdev);
	} else {
		queue_work(system_long_wq, &op->work);
	}
}

/**
 * vfio_pci_operation_init() - initialise the locks
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_operation_init(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;

	mutex_init(&op->lock);
	vfio_lock_class(&op->lock, VFIO_LOCK_OPERATION);
	mutex_init(&op->step);
	vfio_lock_class(&op->step, VFIO_LOCK_STEP);
	spin_lock_init(&vdev->command.lock);
	vfio_lock_class(&vdev->command.lock, VFIO_LOCK_COMMAND);
	vdev->command.no_memory = vdev->pdev->no_command_memory;
}

/**
 * vfio_pci_operation_exit() - undo vfio_pci_operation_init()
 * @vdev: device
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_operation_exit(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;

	/* A hot reset that this device has just left may hold the other one. */
	mutex_destroy(&op->step);
}
