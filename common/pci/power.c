// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states.
 *
 * A bound device that nobody has open may sleep in D3hot, by runtime PM. From
 * open to close it is the user's to put it to sleep, through the control
 * register of the power management capability, or by a feature, see low_power.c.
 * It answers to no memory access
 * outside of D0, so leaving D0 takes the memory away, and coming back gives it
 * back if it is enabled.
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
	if (vdev->stays_awake)
		return 0;

	return pm_runtime_resume_and_get(&vdev->pdev->dev);
}

/**
 * vfio_pci_power_put() - undo vfio_pci_power_get()
 * @vdev: device that no file is open of
 */
void vfio_pci_power_put(struct vfio_pci_device *vdev)
{
	if (!vdev->stays_awake)
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
		vdev->power_loses_state = !(ctrl & PCI_PM_CTRL_NO_SOFT_RESET);
	}

	/*
	 * The PCI core does not know the power state of a device that had no
	 * driver, and leaves such a state for D0 only.
	 */
	pci_set_power_state(pdev, PCI_D0);
	pm_runtime_allow(&pdev->dev);
	vdev->stays_awake = READ_ONCE(vfio_pci_disable_idle_d3);
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
	if (!vdev->stays_awake)
		pm_runtime_get_noresume(&vdev->pdev->dev);
	pm_runtime_forbid(&vdev->pdev->dev);
}

/**
 * vfio_pci_power_set() - put a function to sleep or wake it
 * @vdev: device; its memory has been revoked if @state is not PCI_D0
 * @state: PCI_D0 to PCI_D3hot
 *
 * Best effort: a state that the function does not have, one that it could not
 * come back from for lack of memory, and one that its virtual functions could not
 * bear, is not entered.
 *
 * Context: inside a transition; may sleep.
 */
void vfio_pci_power_set(struct vfio_pci_device *vdev, pci_power_t state)
{
	struct pci_dev *pdev = vdev->pdev;

	lockdep_assert_held_write(&vdev->vfio.memory_lock);

	/* No function may be in a higher state than its physical one. */
	if (vdev->sriov_active && state != PCI_D0)
		return;

	if (vdev->power_loses_state && state == PCI_D3hot &&
	    pdev->current_state != PCI_D3hot) {
		kfree(vdev->power_state);
		pci_save_state(pdev);
		vdev->power_state = pci_store_saved_state(pdev);
		if (!vdev->power_state)
			return;
	}

	pci_set_power_state(pdev, state);

	if (vdev->power_state && pdev->current_state != PCI_D3hot) {
		pci_load_and_free_saved_state(pdev, &vdev->power_state);
		pci_restore_state(pdev);
		/* The user may have changed it since. */
		vfio_pci_command_restore(vdev);
	}
}

/**
 * vfio_pci_power_forget() - what a sleeping function would get back is void
 * @vdev: device that is being closed
 *
 * It is its user's, and must not come back to the next one, should the function
 * not have woken.
 *
 * Context: inside a transition.
 */
void vfio_pci_power_forget(struct vfio_pci_device *vdev)
{
	lockdep_assert_held_write(&vdev->vfio.memory_lock);

	kfree(vdev->power_state);
	vdev->power_state = NULL;
}

/**
 * vfio_pci_power_write() - the low byte of Power Management Control
 * @vdev: open device
 * @val: what the user writes
 *
 * Context: may sleep as long as a transition takes.
 */
void vfio_pci_power_write(struct vfio_pci_device *vdev, u8 val)
{
	u8 state = val & PCI_PM_CTRL_STATE_MASK;

	vfio_pci_transition_begin(vdev);
	/* The host gives it back awake. */
	if (!vdev->host_away) {
		if (state) {
			vfio_device_memory_revoke(&vdev->vfio);
			vfio_pci_irqs_hold(vdev);
		}
		vfio_pci_power_set(vdev, (__force pci_power_t)state);
	}
	vfio_pci_transition_end(vdev);
}
