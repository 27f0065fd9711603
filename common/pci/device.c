// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open and close: the function is made the user process's, and put back to what
 * it was.
 *
 * Both are one operation. The user process finds the device as a reset leaves it
 * where the device can be reset, not a bus master, its memory enabled.
 */
#include <linux/slab.h>

#include "config/config.h"
#include "pci.h"
#include "region.h"
#include "reset.h"
#include "sriov.h"

static int vfio_pci_open_reset(struct vfio_pci_device *vdev)
{
	int ret;

	/* Should it have no reset, it is as good as reset by that. */
	vfio_pci_step_begin(vdev);
	vfio_pci_revive_begin(vdev);
	vfio_pci_step_end(vdev);

	/*
	 * No reset method is no error. But one that could not be tried now, as
	 * somebody holds the device's lock, would leave a former user's state.
	 */
	ret = pci_try_reset_function(vdev->pdev);
	if (ret == -EAGAIN)
		return ret;

	vdev->has_reset = !ret;

	return 0;
}

/* One that does not answer would have its config space of ones restored. */
static int vfio_pci_open_check(struct vfio_pci_device *vdev)
{
	if (!vfio_pci_cut_off(vdev) && vfio_pci_config_answers(vdev))
		return 0;

	pci_warn(vdev->pdev,
		 "not opened: its config space reads all ones: is it still there?\n");

	return -EIO;
}

/*
 * What is read here is restored later, so it must not be of a function that error
 * recovery has just reset. That recovery had not begun by the end says so: it
 * begins before it resets. Otherwise -EAGAIN. The step lock is held.
 */
static int vfio_pci_open_config(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	ret = vfio_pci_open_check(vdev);
	if (ret)
		return ret;

	pci_save_state(pdev);
	vdev->saved_state = pci_store_saved_state(pdev);
	if (!vdev->saved_state)
		pci_warn(pdev, "no memory to save its state: close will not restore it\n");

	vfio_pci_intx_open(vdev);
	ret = vfio_pci_revive_end(vdev) ? vfio_pci_config_open(vdev) : -EIO;
	if (!ret && READ_ONCE(vdev->vfio.memory_off) & VFIO_MEMORY_RECOVERING) {
		vfio_pci_config_close(vdev);
		ret = -EAGAIN;
	}
	if (ret) {
		kfree(vdev->saved_state);
		vdev->saved_state = NULL;
	}

	return ret;
}

static int vfio_pci_enable(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	/* The state that close restores must not let the device do DMA. */
	pci_clear_master(pdev);

	ret = pci_enable_device(pdev);
	if (ret)
		return ret;

	ret = vfio_pci_open_check(vdev);
	if (!ret)
		ret = vfio_pci_open_reset(vdev);
	/* A reset takes long, and what follows does not. */
	if (!ret)
		ret = vfio_device_memory_wait_for(&vdev->vfio,
						  VFIO_MEMORY_RECOVERING);
	if (ret)
		goto disable;

	vfio_pci_step_begin(vdev);
	ret = vfio_pci_open_config(vdev);
	if (!ret)
		vfio_device_memory_update(&vdev->vfio, 0, VFIO_MEMORY_CLOSED |
					  VFIO_MEMORY_ASLEEP);
	vfio_pci_step_end(vdev);
	if (ret)
		goto disable;

	return 0;

disable:
	pci_disable_device(pdev);

	return ret;
}

/* The step lock is held. */
static void vfio_pci_disable(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	vfio_pci_config_close(vdev);
	vfio_pci_bars_release(vdev);

	/* Without a state saved at open, a reset must keep the present one. */
	if (!vdev->saved_state ||
	    pci_load_and_free_saved_state(pdev, &vdev->saved_state))
		pci_save_state(pdev);

	WRITE_ONCE(vdev->needs_reset,
		   !vdev->has_reset || vfio_pci_reset_unused(vdev));

	pci_restore_state(pdev);
	vfio_pci_intx_pin_update(vdev);
	pci_disable_device(pdev);
	vfio_device_memory_update(&vdev->vfio, 0, VFIO_MEMORY_ASLEEP |
						  VFIO_MEMORY_BIT);
}

static int vfio_pci_open_once(struct vfio_pci_device *vdev)
{
	int ret;

	/* Recovery resets it once more. */
	ret = vfio_device_memory_wait_for(&vdev->vfio, VFIO_MEMORY_RECOVERING);
	if (ret)
		return ret;

	vfio_pci_set_lock(vdev);
	mutex_lock(&vdev->operation.lock);
	ret = vfio_pci_enable(vdev);
	vfio_pci_operation_end(vdev);
	if (!ret) {
		vfio_pci_set_opened(vdev);
		vfio_pci_token_opened(vdev);
	}
	vfio_pci_set_unlock(vdev);

	return ret;
}

/**
 * vfio_pci_open_device() - first open of the device
 * @device: device
 *
 * Return: 0; -EAGAIN if somebody else holds the device's lock, as a reset from
 * the host's side does, or if one error follows another; -EIO if it does not
 * answer; -ERESTARTSYS for a signal while recovery goes on; -ENOMEM; or the errno of
 * waking, enabling or reading it.
 * Context: may sleep as long as a reset or recovery takes.
 */
int vfio_pci_open_device(struct vfio_device *device)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	int ret;

	ret = vfio_pci_power_get(vdev);
	if (ret < 0)
		return ret;

	/* Once more, if recovery began in between; but not for ever. */
	ret = vfio_pci_open_once(vdev);
	if (ret == -EAGAIN &&
	    READ_ONCE(device->memory_off) & VFIO_MEMORY_RECOVERING)
		ret = vfio_pci_open_once(vdev);

	if (ret)
		vfio_pci_power_put(vdev);

	return ret;
}

/**
 * vfio_pci_close_device() - last close of the device
 * @device: device; the core has revoked its memory
 *
 * Context: may sleep as long as a reset takes.
 */
void vfio_pci_close_device(struct vfio_device *device)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);

	vfio_pci_set_lock(vdev);
	vfio_pci_low_power_close(vdev);

	mutex_lock(&vdev->operation.lock);
	/*
	 * Asleep, it would neither be restored nor take every kind of reset. If
	 * it is being unbound, both are left to that.
	 */
	vfio_pci_power_set(vdev, PCI_D0);

	vfio_pci_step_begin(vdev);
	vfio_pci_power_forget(vdev);
	vfio_pci_irqs_hold(vdev);
	pci_clear_master(vdev->pdev);
	vfio_pci_step_end(vdev);

	vfio_pci_ioeventfds_release(vdev);
	vfio_pci_irqs_release(vdev);

	vfio_pci_step_begin(vdev);
	vfio_pci_disable(vdev);
	vfio_pci_step_end(vdev);
	vfio_pci_operation_end(vdev);

	vfio_pci_token_closed(vdev);
	vfio_pci_set_closed(vdev);
	vfio_pci_set_unlock(vdev);

	vfio_pci_power_put(vdev);
}
