// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host does to a device that may be in use: resets, recovery from errors
 * (AER, DPC), system sleep.
 *
 * A reset of any kind, the user process's own included, is bracketed by
 * reset_prepare and reset_done, in one task that holds device_lock(). Between the
 * two the step lock is held and RESETTING is set.
 *
 * Recovery is made of calls in which the PCI core holds pci_bus_sem, and between
 * which it holds nothing. From a fatal error, which freezes the device's link, to
 * the last call RECOVERING is set, and the work item restores what was lost. After
 * a non-fatal error the device goes on working, so nothing is taken from its user
 * process, but that a neighbour's driver may ask for a reset: then the function is
 * restored if it was reset.
 *
 * Before Linux 7.3 no call tells a driver that recovery has failed. So recovery has
 * a deadline, after which it counts as failed until its last call comes after all.
 * So does that of a function which cannot be given back its config space, whatever
 * the PCI core says: its BARs are not where they were.
 * A device whose recovery has failed is revived by a reset that it answers after,
 * from whichever side, or by being opened anew. Until then resets by user processes
 * and opening wait: the PCI core is about to reset the device.
 */
#include <linux/pm.h>

#include "config/config.h"
#include "pci.h"

/*
 * The PCI core's reset of a bus takes about a second and a half, and drivers of
 * other functions may take their time.
 */
#define VFIO_PCI_RECOVERY_MS	(10 * MSEC_PER_SEC)

static void vfio_pci_reset_prepare(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);
	struct vfio_device *device = &vdev->vfio;

	/* One that sleeps would lose what it was to get back. */
	if (READ_ONCE(device->memory_off) & VFIO_MEMORY_ASLEEP &&
	    mutex_trylock(&vdev->operation.lock)) {
		vfio_pci_power_set(vdev, PCI_D0);
		vfio_pci_operation_end(vdev);
	}

	vfio_pci_step_begin_reset(vdev);
	vfio_device_memory_update(device, VFIO_MEMORY_RESETTING, 0);
	vfio_pci_irqs_hold(vdev);

	/* What the PCI core saves now is what it restores afterwards. */
	vfio_pci_revive_begin(vdev);
}

static void vfio_pci_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);
	struct vfio_device *device = &vdev->vfio;
	unsigned long off = READ_ONCE(device->memory_off);

	if (vfio_pci_revive_end(vdev))
		vfio_pci_command_restore(vdev);
	else if (!(off & (VFIO_MEMORY_RECOVERING | VFIO_MEMORY_FAILED)))
		vfio_pci_state_restore(vdev);

	vfio_device_memory_update(device, 0, VFIO_MEMORY_RESETTING);
	vfio_pci_step_end(vdev);

	/* Where its power state was just being changed. */
	if (off & VFIO_MEMORY_ASLEEP) {
		vfio_device_memory_lock(device);
		vfio_pci_pending_change(&vdev->operation,
					VFIO_PCI_PENDING_WAKE, 0);
		vfio_device_memory_unlock(device);
		queue_work(system_long_wq, &vdev->operation.work);
	}
}

/* A change of the power state that goes on now is followed by another try. */
static void vfio_pci_wake_pending(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;
	bool wake;

	if (!mutex_trylock(&op->lock))
		return;

	vfio_device_memory_lock(&vdev->vfio);
	wake = op->pending & VFIO_PCI_PENDING_WAKE;
	vfio_pci_pending_change(op, 0, VFIO_PCI_PENDING_WAKE);
	vfio_device_memory_unlock(&vdev->vfio);

	if (wake)
		vfio_pci_power_set(vdev, PCI_D0);
	vfio_pci_operation_end(vdev);
}

static void vfio_pci_operation_work(struct work_struct *work)
{
	struct vfio_pci_device *vdev =
		container_of(work, struct vfio_pci_device, operation.work);

	if (READ_ONCE(vdev->operation.pending) & VFIO_PCI_PENDING_WAKE)
		vfio_pci_wake_pending(vdev);

	/* This does what is pending, and lets the device interrupt again. */
	vfio_pci_step_begin(vdev);
	vfio_pci_step_end(vdev);
}

/* Whether recovery was going on. A device that is cut off for good fails anyway. */
static bool vfio_pci_recovery_fail(struct vfio_pci_device *vdev)
{
	struct vfio_device *device = &vdev->vfio;
	bool failed;

	vfio_device_memory_lock(device);
	failed = device->memory_off & VFIO_MEMORY_RECOVERING &&
		 !(vdev->operation.pending & VFIO_PCI_PENDING_RECOVERED);
	if (failed || vfio_pci_cut_off(vdev))
		vfio_device_memory_update_locked(device, VFIO_MEMORY_FAILED,
						 VFIO_MEMORY_RECOVERING);
	vfio_device_memory_unlock(device);

	return failed;
}

static void vfio_pci_recovery_deadline(struct work_struct *work)
{
	struct vfio_pci_device *vdev =
		container_of(to_delayed_work(work), struct vfio_pci_device,
			     operation.deadline);

	if (vfio_pci_recovery_fail(vdev))
		pci_warn(vdev->pdev,
			 "recovery has not ended within %lu s: its memory is refused until it is reset or opened anew\n",
			 VFIO_PCI_RECOVERY_MS / MSEC_PER_SEC);
}

static void vfio_pci_error_fatal(struct vfio_pci_device *vdev)
{
	struct vfio_pci_operation *op = &vdev->operation;

	vfio_device_memory_lock(&vdev->vfio);
	vfio_pci_pending_change(op, VFIO_PCI_PENDING_LOST,
				VFIO_PCI_PENDING_RESTORE |
				VFIO_PCI_PENDING_RECOVERED |
				VFIO_PCI_PENDING_REVIVE);
	vfio_device_memory_update_locked(&vdev->vfio, VFIO_MEMORY_RECOVERING,
					 VFIO_MEMORY_FAILED);
	vfio_device_memory_unlock(&vdev->vfio);

	vfio_pci_irqs_hold(vdev);
	mod_delayed_work(system_long_wq, &op->deadline,
			 msecs_to_jiffies(VFIO_PCI_RECOVERY_MS));
}

static pci_ers_result_t vfio_pci_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);

	vfio_pci_error_signal(vdev);

	switch (state) {
	case pci_channel_io_frozen:
		vfio_pci_error_fatal(vdev);
		return PCI_ERS_RESULT_NEED_RESET;
	case pci_channel_io_perm_failure:
		vfio_pci_recovery_fail(vdev);
		return PCI_ERS_RESULT_DISCONNECT;
	default:
		return PCI_ERS_RESULT_CAN_RECOVER;
	}
}

static void vfio_pci_recovery_note(struct vfio_pci_device *vdev,
				   unsigned int pending)
{
	bool asleep;

	vfio_device_memory_lock(&vdev->vfio);
	asleep = vdev->vfio.memory_off & VFIO_MEMORY_ASLEEP;
	if (asleep)
		pending |= VFIO_PCI_PENDING_WAKE;
	vfio_pci_pending_change(&vdev->operation, pending, 0);
	vfio_device_memory_unlock(&vdev->vfio);

	vfio_pci_step_try(vdev);
	if (asleep)
		queue_work(system_long_wq, &vdev->operation.work);
}

static pci_ers_result_t vfio_pci_slot_reset(struct pci_dev *pdev)
{
	vfio_pci_recovery_note(pci_get_drvdata(pdev), VFIO_PCI_PENDING_RESTORE);

	/* Should it not be restored, the other functions recover all the same. */
	return PCI_ERS_RESULT_RECOVERED;
}

static void vfio_pci_error_resume(struct pci_dev *pdev)
{
	vfio_pci_recovery_note(pci_get_drvdata(pdev),
			       VFIO_PCI_PENDING_RECOVERED);
}

const struct pci_error_handlers vfio_pci_error_handlers = {
	.reset_prepare = vfio_pci_reset_prepare,
	.reset_done = vfio_pci_reset_done,
	.error_detected = vfio_pci_error_detected,
	.slot_reset = vfio_pci_slot_reset,
	.resume = vfio_pci_error_resume,
};

/*
 * Every process is frozen by now. A device that sleeps by runtime PM is woken by
 * the PCI core before. That saves config space after this, and restores it before
 * the resume.
 */
static int vfio_pci_pm_suspend(struct device *dev)
{
	struct vfio_pci_device *vdev = dev_get_drvdata(dev);

	mutex_lock(&vdev->operation.lock);
	vfio_pci_power_set(vdev, PCI_D0);
	vfio_pci_step_begin(vdev);
	vfio_device_memory_update(&vdev->vfio, VFIO_MEMORY_SUSPENDED, 0);
	vfio_pci_irqs_hold(vdev);
	vfio_pci_step_end(vdev);
	vfio_pci_operation_end(vdev);

	return 0;
}

static int vfio_pci_pm_resume(struct device *dev)
{
	struct vfio_pci_device *vdev = dev_get_drvdata(dev);

	vfio_pci_step_begin(vdev);
	vfio_pci_command_restore(vdev);
	vfio_device_memory_update(&vdev->vfio, 0, VFIO_MEMORY_SUSPENDED);
	vfio_pci_step_end(vdev);

	return 0;
}

static int vfio_pci_pm_runtime_suspend(struct device *dev)
{
	vfio_pci_low_power_suspend(dev_get_drvdata(dev));

	return 0;
}

static int vfio_pci_pm_runtime_resume(struct device *dev)
{
	vfio_pci_low_power_resume(dev_get_drvdata(dev));

	return 0;
}

const struct dev_pm_ops vfio_pci_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(vfio_pci_pm_suspend, vfio_pci_pm_resume)
	RUNTIME_PM_OPS(vfio_pci_pm_runtime_suspend, vfio_pci_pm_runtime_resume,
		       NULL)
};

/**
 * vfio_pci_host_init() - prepare for what the host does
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_host_init(struct vfio_pci_device *vdev)
{
	INIT_WORK(&vdev->operation.work, vfio_pci_operation_work);
	INIT_DELAYED_WORK(&vdev->operation.deadline, vfio_pci_recovery_deadline);
}

/**
 * vfio_pci_host_exit() - undo vfio_pci_host_init(), do what is pending
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe; device_lock() held, so that no callback
 * comes any more.
 */
void vfio_pci_host_exit(struct vfio_pci_device *vdev)
{
	cancel_delayed_work_sync(&vdev->operation.deadline);
	cancel_work_sync(&vdev->operation.work);

	vfio_pci_step_begin(vdev);
	vfio_pci_step_end(vdev);
}
