// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of the function: by its user process, after its last close, and before
 * another driver gets it.
 *
 * The memory is revoked from reset_prepare to reset_done, see host.c. An accessor
 * waits meanwhile, and then finds the memory as it was: the PCI core saves config
 * space before a reset and restores it afterwards.
 */
#include "pci.h"
#include "reset.h"

/**
 * vfio_pci_reset() - reset a function for its user process
 * @vdev: open device
 *
 * A reset wakes the function, and loses what a sleeping one would get back.
 *
 * Return: 0; -EAGAIN if somebody else holds its lock; -EIO if it is cut off for
 * good; -ENOTTY if it has no reset method; -ERESTARTSYS for a signal; or the errno
 * of the method.
 * Context: may sleep as long as a reset or recovery takes.
 */
int vfio_pci_reset(struct vfio_pci_device *vdev)
{
	int ret;

	/* Recovery resets it once more. */
	ret = vfio_device_memory_wait_for(&vdev->vfio, VFIO_MEMORY_RECOVERING);
	if (!ret)
		ret = vfio_pci_operation_begin(vdev);
	if (ret)
		return ret;

	if (vfio_pci_cut_off(vdev)) {
		ret = -EIO;
	} else {
		vfio_pci_power_set(vdev, PCI_D0);
		ret = pci_try_reset_function(vdev->pdev);
	}
	vfio_pci_operation_end(vdev);

	return ret;
}

/**
 * vfio_pci_ioctl_reset() - VFIO_DEVICE_RESET
 * @vdev: open device
 * @data: unused
 * @uarg: unused
 *
 * Return: 0; -EINVAL if the device has no reset method; or as vfio_pci_reset().
 * Context: may sleep as long as a reset takes.
 */
long vfio_pci_ioctl_reset(struct vfio_pci_device *vdev, void *data,
			  void __user *uarg)
{
	if (!vdev->has_reset)
		return -EINVAL;

	return vfio_pci_reset(vdev);
}

static int vfio_pci_reset_locked(struct vfio_pci_device *vdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(vdev->pdev);
	int ret;

	/* Nothing of the device may interrupt the host during the reset. */
	pci_write_config_word(vdev->pdev, PCI_COMMAND,
			      PCI_COMMAND_INTX_DISABLE);

	if (bridge && !pci_dev_trylock(bridge))
		return -EAGAIN;

	ret = __pci_reset_function_locked(vdev->pdev);
	if (bridge)
		pci_dev_unlock(bridge);

	return ret;
}

/**
 * vfio_pci_reset_unused() - reset a function whose last user process has left it
 * @vdev: device whose saved state the caller restores afterwards
 *
 * Not a try function of the PCI core, which would save the present state over
 * the one to be restored. Best effort: a lock that is not free is left alone.
 *
 * Return: 0; -EAGAIN if a lock is not free; or the errno of the method.
 * Context: step lock held; may sleep as long as a reset takes.
 */
int vfio_pci_reset_unused(struct vfio_pci_device *vdev)
{
	int ret;

	if (!pci_dev_trylock(vdev->pdev))
		return -EAGAIN;

	ret = vfio_pci_reset_locked(vdev);
	pci_dev_unlock(vdev->pdev);

	return ret;
}

/**
 * vfio_pci_reset_removed() - reset a function that another driver will have
 * @vdev: device that no file is open of any more
 *
 * It was closed while it was unbound, so its reset could not get device_lock().
 * What the user process has left in it is not the next driver's business.
 *
 * Context: remove; may sleep as long as a reset takes.
 */
void vfio_pci_reset_removed(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret = -EAGAIN;

	/* The last close of another device of the set may just reset it. */
	if (!READ_ONCE(vdev->needs_reset) || !vdev->has_reset)
		return;

	vfio_pci_step_begin(vdev);
	if (pci_cfg_access_trylock(pdev)) {
		ret = vfio_pci_reset_locked(vdev);
		vfio_pci_state_restore(vdev);
		pci_cfg_access_unlock(pdev);
	}
	vfio_pci_step_end(vdev);

	if (ret)
		pci_warn(pdev, "not reset (error %d): the next driver finds what its user left\n",
			 ret);
}
