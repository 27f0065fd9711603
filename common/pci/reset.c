// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of the function: by its user, and after its last close.
 *
 * Each is one transition. Whoever wants to reach the memory meanwhile waits,
 * and then finds it as it was: the PCI core saves config space before a reset
 * and restores it afterwards.
 */
#include "pci.h"

/**
 * vfio_pci_reset() - reset a function for its user
 * @vdev: open device
 *
 * A reset wakes the function, and loses what a sleeping one would get back.
 *
 * Return: 0; -EAGAIN if somebody else holds its lock or the host has it;
 * -ENOTTY if it has no reset method; or the errno of the method.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_reset(struct vfio_pci_device *vdev)
{
	int ret = -EAGAIN;

	vfio_pci_transition_begin(vdev);
	if (!vdev->host_away) {
		vfio_device_memory_revoke(&vdev->vfio);
		vfio_pci_irqs_hold(vdev);
		vfio_pci_power_set(vdev, PCI_D0);
		ret = pci_try_reset_function(vdev->pdev);
	}
	vfio_pci_transition_end(vdev);

	return ret;
}

/**
 * vfio_pci_ioctl_reset() - VFIO_DEVICE_RESET
 * @vdev: open device
 * @data: unused
 * @uarg: unused
 *
 * Return: 0; -EINVAL if the device has no reset method; -EAGAIN if somebody
 * else holds its lock or the host has it; or the errno of the method.
 * Context: may sleep as long as a reset takes.
 */
long vfio_pci_ioctl_reset(struct vfio_pci_device *vdev, void *data,
			  void __user *uarg)
{
	if (!vdev->has_reset)
		return -EINVAL;

	return vfio_pci_reset(vdev);
}

/**
 * vfio_pci_reset_unused() - reset a function whose last user has left it
 * @vdev: device whose saved state the caller restores afterwards
 *
 * Not a try function of the PCI core, which would save the present state over
 * the one to be restored. Best effort: a lock that is not free is left alone.
 *
 * Return: 0; -EAGAIN if a lock is not free; or the errno of the method.
 * Context: inside a transition; may sleep as long as a reset takes.
 */
int vfio_pci_reset_unused(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	int ret = -EAGAIN;

	/* Nothing of the device may interrupt the host during the reset. */
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);

	if (bridge && !pci_dev_trylock(bridge))
		return ret;

	if (pci_dev_trylock(pdev)) {
		vfio_pci_device_lock_enter(pdev, VFIO_PCI_LOCKED_BEFORE);
		ret = __pci_reset_function_locked(pdev);
		vfio_pci_device_lock_leave();
		pci_dev_unlock(pdev);
	}

	if (bridge)
		pci_dev_unlock(bridge);

	return ret;
}
