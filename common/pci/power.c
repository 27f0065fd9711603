// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states.
 *
 * A bound device that nobody has open may sleep in D3hot, by runtime PM. From
 * open to close it is the user process that puts it to sleep, through the control
 * register of the power management capability (config/pm.c) or by a feature
 * (low_power.c). A device answers to no memory access outside of D0: ASLEEP is
 * set before it leaves D0, and WAKING until it is back.
 *
 * Some functions come back from D3hot as from a reset. Their config space is
 * saved before and restored afterwards.
 */
#include <linux/moduleparam.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pci.h"

static bool vfio_pci_disable_idle_d3;
module_param_named(disable_idle_d3, vfio_pci_disable_idle_d3, bool, 0644);
MODULE_PARM_DESC(disable_idle_d3,
		 "Keep bound devices that nobody has awake (no)");

/**
 * vfio_pci_power_get() - a device that is to be opened must be awake
 * @vdev: device
 *
 * Return: 0, or the errno of waking it.
 * Context: may sleep.
 */
int vfio_pci_power_get(struct vfio_pci_device *vdev)
{
	if (vdev->power.stays_awake)
		return 0;

	return pm_runtime_resume_and_get(&vdev->pdev->dev);
}

/**
 * vfio_pci_power_put() - undo vfio_pci_power_get()
 * @vdev: device that no file is open of
 */
void vfio_pci_power_put(struct vfio_pci_device *vdev)
{
	if (!vdev->power.stays_awake)
		pm_runtime_put(&vdev->pdev->dev);
}

/**
 * vfio_pci_power_init() - let an idle device sleep
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_power_init(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 ctrl;

	if (pdev->pm_cap) {
		pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &ctrl);
		vdev->power.loses_state = !(ctrl & PCI_PM_CTRL_NO_SOFT_RESET);
	}

	/*
	 * The PCI core does not know the power state of a device that had no
	 * driver, and leaves such a state for D0 only.
	 */
	pci_set_power_state(pdev, PCI_D0);
	pm_runtime_allow(&pdev->dev);
	vdev->power.stays_awake = READ_ONCE(vfio_pci_disable_idle_d3);
	vfio_pci_power_put(vdev);
}

/**
 * vfio_pci_power_exit() - undo vfio_pci_power_init()
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_power_exit(struct vfio_pci_device *vdev)
{
	if (!vdev->power.stays_awake)
		pm_runtime_get_noresume(&vdev->pdev->dev);
	pm_runtime_forbid(&vdev->pdev->dev);
}

/**
 * vfio_pci_power_forget() - what a sleeping function would get back is void
 * @vdev: device that is being closed
 *
 * It is its user process's, and must not come back for the next one, should the
 * function not have woken.
 *
 * Context: step lock held.
 */
void vfio_pci_power_forget(struct vfio_pci_device *vdev)
{
	kfree(vdev->power.saved_state);
	vdev->power.saved_state = NULL;
}

/* Whether it can come back as it is now. */
static bool vfio_pci_power_save(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	bool saved;

	if (!vdev->power.loses_state ||
	    READ_ONCE(pdev->current_state) == PCI_D3hot)
		return true;

	vfio_pci_step_begin(vdev);
	kfree(vdev->power.saved_state);
	pci_save_state(pdev);
	vdev->power.saved_state = pci_store_saved_state(pdev);
	/* Error recovery may have reset the function before that. */
	saved = vdev->power.saved_state &&
		!(READ_ONCE(vdev->vfio.memory_off) & VFIO_MEMORY_RECOVERING);
	if (!saved)
		vfio_pci_power_forget(vdev);
	vfio_pci_step_end(vdev);

	return saved;
}

static void vfio_pci_power_sleep(struct vfio_pci_device *vdev,
				 pci_power_t state)
{
	struct pci_dev *pdev = vdev->pdev;

	vfio_device_memory_update(&vdev->vfio, VFIO_MEMORY_ASLEEP, 0);
	vfio_pci_step_begin(vdev);
	vfio_pci_irqs_hold(vdev);
	vfio_pci_step_end(vdev);

	if (state != PCI_D3hot || vfio_pci_power_save(vdev))
		pci_set_power_state(pdev, state);
}

/* Waking, it may lose its state; sleeping less deep than before as well. */
static void vfio_pci_power_restore(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	if (!vdev->power.saved_state ||
	    READ_ONCE(pdev->current_state) == PCI_D3hot)
		return;

	vfio_pci_step_begin(vdev);
	pci_load_and_free_saved_state(pdev, &vdev->power.saved_state);
	pci_restore_state(pdev);
	/* The user process may have changed it since. */
	vfio_pci_command_restore(vdev);
	vfio_pci_step_end(vdev);
}

/**
 * vfio_pci_power_set() - put a function to sleep or wake it
 * @vdev: device
 * @state: PCI_D0 to PCI_D3hot
 *
 * Best effort: a state that the function does not have, one that it could not
 * come back from for lack of memory, and one that its virtual functions could not
 * bear, is not entered. Nor is any while the device is being unbound: that holds
 * device_lock() until the device is closed, and a close that waited for pci_bus_sem
 * here could wait for error recovery, which waits for device_lock().
 *
 * Context: operation mutex held, step lock not; may sleep as long as a reset
 * takes, and waits for pci_bus_sem.
 */
void vfio_pci_power_set(struct vfio_pci_device *vdev, pci_power_t state)
{
	struct vfio_device *device = &vdev->vfio;
	bool awake;

	lockdep_assert_held(&vdev->operation.lock);

	if (READ_ONCE(device->memory_off) & VFIO_MEMORY_GONE)
		return;

	if (state == PCI_D0) {
		/* Awake already, it may have runs that could not be resumed. */
		if (!(READ_ONCE(device->memory_off) & VFIO_MEMORY_ASLEEP)) {
			vfio_device_memory_update(device, 0, 0);
			return;
		}
		vfio_device_memory_update(device, VFIO_MEMORY_WAKING,
					  VFIO_MEMORY_ASLEEP);
		pci_set_power_state(vdev->pdev, PCI_D0);
	} else {
		/* No function may be in a higher state than its physical one. */
		if (vdev->sriov.active)
			return;
		vfio_pci_power_sleep(vdev, state);
	}

	vfio_pci_power_restore(vdev);

	vfio_pci_step_begin(vdev);
	awake = READ_ONCE(vdev->pdev->current_state) == PCI_D0;
	vfio_device_memory_update(device, awake ? 0 : VFIO_MEMORY_ASLEEP,
				  VFIO_MEMORY_WAKING | VFIO_MEMORY_ASLEEP);
	vfio_pci_step_end(vdev);
}
