// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host does to a device that is in use: resets, recovery from errors
 * (AER, DPC), system sleep.
 *
 * A reset is one transition: the PCI core holds device_lock() from its begin to
 * its end. Recovery and sleep are made of calls between which no lock is held,
 * in whatever task, and an unbind may come between. They borrow the memory
 * instead: whoever wants it waits, no lock is held meanwhile, and the device's
 * remove ends the waiting. So does the last call, by giving the memory back.
 * Recovery that fails has no last call before Linux 7.3, and then whoever wants
 * the memory waits until the device is closed or unbound. A driver that is told
 * refuses them instead.
 */
#include <linux/pm.h>

#include "pci.h"

/*
 * The PCI core calls these two around every reset that it does, ours included,
 * in one task that holds device_lock(); so the driver stays bound in between.
 */
static void vfio_pci_reset_prepare(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);

	if (vfio_pci_transition_is_mine(vdev))
		return;

	vfio_pci_device_lock_enter(pdev, VFIO_PCI_LOCKED_BEFORE);
	vfio_pci_transition_begin(vdev);
	vdev->host_reset = true;
	vfio_device_memory_revoke(&vdev->vfio);
	vfio_pci_irqs_hold(vdev);
	vfio_pci_power_set(vdev, PCI_D0);
	vfio_pci_device_lock_leave();
}

static void vfio_pci_reset_done(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);

	/* Of a transition that is ours, reset_prepare did not begin it. */
	if (!vfio_pci_transition_is_mine(vdev) || !vdev->host_reset)
		return;

	vdev->host_reset = false;
	vfio_pci_transition_end(vdev);
}

static void vfio_pci_borrow(struct vfio_pci_device *vdev)
{
	lockdep_assert_held_write(&vdev->vfio.memory_lock);

	vdev->host_away = vdev->enabled;
	vfio_device_memory_borrow(&vdev->vfio);
	vfio_pci_irqs_hold(vdev);
}

/* What the user wrote to the command register meanwhile has been lost. */
static void vfio_pci_return(struct vfio_pci_device *vdev)
{
	lockdep_assert_held_write(&vdev->vfio.memory_lock);

	if (!vdev->host_away)
		return;

	vdev->host_away = false;
	vfio_device_memory_return(&vdev->vfio);
	vfio_pci_command_restore(vdev);
}

static pci_ers_result_t vfio_pci_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);
	pci_ers_result_t result = PCI_ERS_RESULT_CAN_RECOVER;

	vfio_pci_device_lock_enter(pdev, VFIO_PCI_LOCKED_RECOVERY);
	vfio_pci_irq_error(vdev);

	vfio_pci_transition_begin_nested(vdev);
	vfio_pci_borrow(vdev);
	if (state == pci_channel_io_perm_failure) {
		vfio_device_memory_return(&vdev->vfio);
		result = PCI_ERS_RESULT_DISCONNECT;
	} else if (state == pci_channel_io_frozen) {
		result = PCI_ERS_RESULT_NEED_RESET;
	}
	vfio_pci_transition_end(vdev);
	vfio_pci_device_lock_leave();

	return result;
}

/*
 * All that the user wrote to config space is lost; it is as at open. A device
 * that nobody has open loses its BARs as well, and the host has no other driver
 * to give them back.
 */
static pci_ers_result_t vfio_pci_slot_reset(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);
	pci_ers_result_t result = PCI_ERS_RESULT_RECOVERED;
	struct pci_saved_state *state;

	vfio_pci_device_lock_enter(pdev, VFIO_PCI_LOCKED_RECOVERY);
	vfio_pci_transition_begin_nested(vdev);
	state = vdev->bound_state;
	if (vdev->enabled) {
		vfio_pci_power_set(vdev, PCI_D0);
		state = vdev->saved_state;
	}
	if (!state || pci_load_saved_state(pdev, state))
		result = PCI_ERS_RESULT_DISCONNECT;
	else
		pci_restore_state(pdev);
	vfio_pci_intx_pin_update(vdev);
	vfio_pci_transition_end(vdev);
	vfio_pci_device_lock_leave();

	return result;
}

static void vfio_pci_resume(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);

	vfio_pci_device_lock_enter(pdev, VFIO_PCI_LOCKED_RECOVERY);
	vfio_pci_transition_begin_nested(vdev);
	vfio_pci_return(vdev);
	vfio_pci_transition_end(vdev);
	vfio_pci_device_lock_leave();
}

const struct pci_error_handlers vfio_pci_error_handlers = {
	.reset_prepare = vfio_pci_reset_prepare,
	.reset_done = vfio_pci_reset_done,
	.error_detected = vfio_pci_error_detected,
	.slot_reset = vfio_pci_slot_reset,
	.resume = vfio_pci_resume,
};

/*
 * A device that sleeps by runtime PM is woken by the PCI core before. That saves
 * config space after this, and restores it before resume.
 */
static int vfio_pci_pm_suspend(struct device *dev)
{
	struct vfio_pci_device *vdev = dev_get_drvdata(dev);

	vfio_pci_device_lock_enter(vdev->pdev, VFIO_PCI_LOCKED);
	vfio_pci_transition_begin(vdev);
	vfio_pci_borrow(vdev);
	vfio_pci_power_set(vdev, PCI_D0);
	vfio_pci_transition_end(vdev);
	vfio_pci_device_lock_leave();

	return 0;
}

static int vfio_pci_pm_resume(struct device *dev)
{
	vfio_pci_resume(to_pci_dev(dev));

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
