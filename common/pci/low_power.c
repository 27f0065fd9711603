// SPDX-License-Identifier: GPL-2.0-only
/*
 * Low power: the user process lets an open function sleep, by runtime PM.
 *
 * Open, a function counts as used, and so never sleeps. Entering low power gives
 * up that count. As soon as nobody else holds one, the PCI core puts the function
 * to sleep, as deep as the platform lets it: deeper than the power management
 * capability goes, see power.c. An ioctl, a read or a write takes a count for as
 * long as it lasts: it wakes the function, finds it as it was, and lets it sleep
 * again. An access by an mmap or by another device's DMA cannot wake it. So the
 * memory is off from the entry to the exit, asleep or not.
 *
 * With wake-up, whatever wakes the function, the user process's next call
 * included, also ends low power, and an eventfd tells of it.
 *
 * Invariant, under the memory lock: LOW_POWER says that the count of the open has
 * been given up; RUNTIME, that the PCI core has put the function to sleep.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/pm_runtime.h>

#include "compat.h"
#include "pci.h"

static int vfio_pci_low_power_begin(struct vfio_pci_device *vdev,
				    struct eventfd_ctx *wakeup)
{
	struct vfio_device *device = &vdev->vfio;
	int ret;

	/* Runtime PM cannot wake it: error recovery may wait for it there. */
	ret = vfio_pci_operation_begin(vdev);
	if (ret)
		return ret;

	vfio_pci_power_set(vdev, PCI_D0);

	ret = -EINVAL;
	vfio_device_memory_lock(device);
	if (!(device->memory_off & VFIO_MEMORY_LOW_POWER)) {
		vfio_device_memory_update_locked(device, VFIO_MEMORY_LOW_POWER,
						 0);
		vdev->power.wakeup = wakeup;
		/* It goes to sleep when the caller's count goes, too. */
		pm_runtime_put_noidle(device->dev);
		ret = 0;
	}
	vfio_device_memory_unlock(device);
	vfio_pci_operation_end(vdev);

	return ret;
}

static void vfio_pci_low_power_end(struct vfio_pci_device *vdev)
{
	struct vfio_device *device = &vdev->vfio;

	lockdep_assert_held_write(&device->memory_lock);

	/* Over already, it may have runs that could not be resumed. */
	if (!(device->memory_off & VFIO_MEMORY_LOW_POWER)) {
		vfio_device_memory_update_locked(device, 0, 0);
		return;
	}

	pm_runtime_get_noresume(device->dev);
	if (vdev->power.wakeup)
		eventfd_ctx_put(vdev->power.wakeup);
	vdev->power.wakeup = NULL;
	vfio_device_memory_update_locked(device, 0, VFIO_MEMORY_LOW_POWER);
}

/**
 * vfio_pci_low_power_enter() - let an open function sleep
 * @vdev: open device, awake as long as the caller holds a count
 *
 * Return: 0; -EINVAL if it is in low power already; -ERESTARTSYS for a signal.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_low_power_enter(struct vfio_pci_device *vdev)
{
	return vfio_pci_low_power_begin(vdev, NULL);
}

/**
 * vfio_pci_low_power_enter_with_wakeup() - the same, until something wakes it
 * @vdev: open device, awake as long as the caller holds a count
 * @fd: eventfd that is signalled then
 *
 * Return: 0; -EINVAL if it is in low power already, or for a file that is no
 * eventfd; -EBADF; -ERESTARTSYS for a signal.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_low_power_enter_with_wakeup(struct vfio_pci_device *vdev, int fd)
{
	struct eventfd_ctx *wakeup;
	int ret;

	wakeup = eventfd_ctx_fdget(fd);
	if (IS_ERR(wakeup))
		return PTR_ERR(wakeup);

	ret = vfio_pci_low_power_begin(vdev, wakeup);
	if (ret)
		eventfd_ctx_put(wakeup);

	return ret;
}

/**
 * vfio_pci_low_power_exit() - the function sleeps no more
 * @vdev: open device; need not be in low power
 *
 * Context: sleeps for the memory lock only.
 */
void vfio_pci_low_power_exit(struct vfio_pci_device *vdev)
{
	vfio_device_memory_lock(&vdev->vfio);
	vfio_pci_low_power_end(vdev);
	vfio_device_memory_unlock(&vdev->vfio);
}

/**
 * vfio_pci_low_power_close() - the same for a device that is being closed
 * @vdev: device; asleep, it is woken
 *
 * Best effort: what is done to it next gets along with one that sleeps on.
 *
 * Context: no lock of the device held; may sleep.
 */
void vfio_pci_low_power_close(struct vfio_pci_device *vdev)
{
	vfio_pci_low_power_exit(vdev);
	pm_runtime_resume(&vdev->pdev->dev);
}

/**
 * vfio_pci_low_power_suspend() - the PCI core is about to put it to sleep
 * @vdev: bound device that nobody uses, open or not
 *
 * No operation of the user process is going on, as each has a count. The PCI core
 * saves config space next, and restores it when it has woken the function.
 *
 * Context: callback of runtime PM; may sleep as long as a step takes.
 */
void vfio_pci_low_power_suspend(struct vfio_pci_device *vdev)
{
	vfio_pci_step_begin(vdev);
	vfio_device_memory_update(&vdev->vfio, VFIO_MEMORY_RUNTIME, 0);
	vfio_pci_irqs_hold(vdev);
	vfio_pci_step_end(vdev);
}

/**
 * vfio_pci_low_power_resume() - the PCI core has woken it
 * @vdev: bound device, open or not
 *
 * Error recovery wakes devices with pci_bus_sem held.
 *
 * Context: callback of runtime PM; sleeps for the memory lock only.
 */
void vfio_pci_low_power_resume(struct vfio_pci_device *vdev)
{
	vfio_device_memory_lock(&vdev->vfio);
	/* In D0, whatever state the user process had put it into before. */
	vfio_device_memory_update_locked(&vdev->vfio, 0, VFIO_MEMORY_RUNTIME |
							 VFIO_MEMORY_ASLEEP);
	if (vdev->power.wakeup) {
		vfio_compat_eventfd_signal(vdev->power.wakeup);
		vfio_pci_low_power_end(vdev);
	}
	vfio_device_memory_unlock(&vdev->vfio);

	vfio_pci_step_try(vdev);
}
