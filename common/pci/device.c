// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open and close: the function is made the user's, and given back as it was.
 *
 * Both are transitions as a whole, so that a reset from the host's side comes
 * before or after, never between; only interrupts are taken down before close's,
 * step by step, as each of those is a transition of its own. The user finds the
 * device as a reset leaves it where the device can be reset, not a bus master,
 * its memory enabled.
 */
#include <linux/slab.h>

#include "pci.h"

static int vfio_pci_enable(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	/* The state that close gives back must not let the device do DMA. */
	pci_clear_master(pdev);

	ret = pci_enable_device(pdev);
	if (ret)
		return ret;

	/*
	 * No reset method is no error. But one that could not be tried now, as
	 * somebody holds the device's lock, would leave a former user's state.
	 */
	ret = pci_try_reset_function(pdev);
	if (ret == -EAGAIN)
		goto disable;
	vdev->has_reset = !ret;

	/* In the midst of an error, what it has now is nothing to give back. */
	if (!pci_channel_offline(pdev) ||
	    pci_load_saved_state(pdev, vdev->bound_state))
		pci_save_state(pdev);
	vdev->saved_state = pci_store_saved_state(pdev);
	if (!vdev->saved_state)
		pci_warn(pdev, "no memory to save its state: close will not restore it\n");

	vfio_pci_intx_open(vdev);
	ret = vfio_pci_config_open(vdev);
	if (ret)
		goto free_state;

	/* An error that nothing recovered from lasts. */
	vdev->host_away = pci_channel_offline(pdev);
	vdev->enabled = true;

	return 0;

free_state:
	kfree(vdev->saved_state);
	vdev->saved_state = NULL;
disable:
	pci_disable_device(pdev);

	return ret;
}

/*
 * Asleep it would take neither the state, nor every kind of reset, nor that its
 * interrupts are taken down.
 */
static void vfio_pci_quiesce(struct vfio_pci_device *vdev)
{
	vfio_pci_transition_begin(vdev);
	vfio_pci_irqs_hold(vdev);
	vfio_pci_power_set(vdev, PCI_D0);
	vfio_pci_power_forget(vdev);
	pci_clear_master(vdev->pdev);
	vfio_pci_transition_end(vdev);
}

static void vfio_pci_disable(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	/* Quiescing may have restored it after the core took it away. */
	vfio_device_memory_revoke(&vdev->vfio);
	vdev->enabled = false;
	vdev->host_away = false;

	vfio_pci_config_close(vdev);
	vfio_pci_bars_release(vdev);

	/* Without a state saved at open, a reset must keep the present one. */
	if (!vdev->saved_state ||
	    pci_load_and_free_saved_state(pdev, &vdev->saved_state))
		pci_save_state(pdev);

	vdev->needs_reset = !vdev->has_reset || vfio_pci_reset_unused(vdev);

	pci_restore_state(pdev);
	vfio_pci_intx_pin_update(vdev);
	pci_disable_device(pdev);
}

/**
 * vfio_pci_open_device() - first open of the device
 * @device: device
 *
 * Return: 0; -EAGAIN if somebody else holds the device's lock, as a reset from
 * the host's side does; -ENOMEM; or the errno of waking, enabling or reading it.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_open_device(struct vfio_device *device)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	int ret;

	ret = vfio_pci_power_get(vdev);
	if (ret < 0)
		return ret;

	vfio_pci_set_lock(vdev);
	vfio_pci_transition_begin(vdev);
	ret = vfio_pci_enable(vdev);
	vfio_pci_transition_end(vdev);
	if (!ret) {
		vfio_pci_set_opened(vdev);
		vfio_pci_token_opened(vdev);
	}
	vfio_pci_set_unlock(vdev);

	if (ret)
		vfio_pci_power_put(vdev);

	return ret;
}

/**
 * vfio_pci_close_device() - last close of the device
 * @device: device; its memory has been taken away
 *
 * Context: may sleep as long as a reset takes.
 */
void vfio_pci_close_device(struct vfio_device *device)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);

	vfio_pci_set_lock(vdev);
	vfio_pci_low_power_close(vdev);
	vfio_pci_quiesce(vdev);
	vfio_pci_irqs_release(vdev);
	vfio_pci_transition_begin(vdev);
	vfio_pci_disable(vdev);
	vfio_pci_transition_end(vdev);
	vfio_pci_token_closed(vdev);
	vfio_pci_set_closed(vdev);
	vfio_pci_set_unlock(vdev);

	vfio_pci_power_put(vdev);
}
