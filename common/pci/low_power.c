// SPDX-License-Identifier: GPL-2.0-only
/*
 * Low power: the user lets an open function sleep, by runtime PM.
 *
 * Open, a function counts as used, and so never sleeps. Who enters low power
 * gives up that count. As soon as nobody else holds one, the PCI core puts the
 * function to sleep, as deep as the platform lets it: deeper than the power
 * management capability goes, see power.c. An ioctl, a read or a write takes a
 * count for as long as it lasts: it wakes the function, finds it as it was, and
 * lets it sleep again. An mmap and a peer cannot wake it. So the memory is off
 * from the entry, asleep or not, until the user exits low power, and is given
 * back then.
 *
 * With wake-up, whatever wakes the function, the user's next call included, also
 * ends low power, and an eventfd tells of it.
 *
 * Invariant, under the memory lock: @low_power says that the count of the open
 * has been given up; @suspended, that the PCI core has put the function to
 * sleep.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/pm_runtime.h>

#include "compat.h"
#include "pci.h"

static int vfio_pci_low_power_begin(struct vfio_pci_device *vdev,
				    struct eventfd_ctx *wakeup)
{
	int ret = -EINVAL;

	vfio_pci_transition_begin(vdev);
	if (!vdev->low_power) {
		vfio_device_memory_revoke(&vdev->vfio);
		vdev->low_power = true;
		vdev->wakeup = wakeup;
		/* It goes to sleep when the caller's count goes, too. */
		pm_runtime_put_noidle(&vdev->pdev->dev);
		ret = 0;
	}
	vfio_pci_transition_end(vdev);

	return ret;
}

/* Memory that is enabled comes back at the end of the transition. */
static void vfio_pci_low_power_end(struct vfio_pci_device *vdev)
{
	lockdep_assert_held_write(&vdev->vfio.memory_lock);

	if (!vdev->low_power)
		return;

	vdev->low_power = false;
	pm_runtime_get_noresume(&vdev->pdev->dev);

	if (vdev->wakeup)
		eventfd_ctx_put(vdev->wakeup);
	vdev->wakeup = NULL;
}

/**
 * vfio_pci_low_power_enter() - let an open function sleep
 * @vdev: open device, awake as long as the caller holds a count
 *
 * Return: 0, or -EINVAL if it is in low power already.
 * Context: may sleep as long as a transition takes.
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
 * eventfd; -EBADF.
 * Context: may sleep as long as a transition takes.
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
 * Context: may sleep as long as a transition takes.
 */
void vfio_pci_low_power_exit(struct vfio_pci_device *vdev)
{
	vfio_pci_transition_begin(vdev);
	vfio_pci_low_power_end(vdev);
	vfio_pci_transition_end(vdev);
}

/**
 * vfio_pci_low_power_close() - the same for a device that is being closed
 * @vdev: device; asleep, it is woken
 *
 * Best effort: what is done to it next gets along with one that sleeps on.
 *
 * Context: outside of any transition; may sleep.
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
 * It saves config space, so the function must have all of it: it may have been
 * put to sleep by its user before.
 *
 * Context: callback of runtime PM; may sleep as long as a transition takes.
 */
void vfio_pci_low_power_suspend(struct vfio_pci_device *vdev)
{
	vfio_pci_transition_begin(vdev);
	vfio_pci_irqs_hold(vdev);
	vfio_pci_power_set(vdev, PCI_D0);
	vdev->suspended = true;
	vfio_pci_transition_end(vdev);
}

/**
 * vfio_pci_low_power_resume() - the PCI core has woken it
 * @vdev: bound device, open or not
 *
 * Context: callback of runtime PM; may sleep as long as a transition takes.
 */
void vfio_pci_low_power_resume(struct vfio_pci_device *vdev)
{
	vfio_pci_transition_begin_nested(vdev);
	vdev->suspended = false;
	if (vdev->wakeup) {
		vfio_compat_eventfd_signal(vdev->wakeup);
		vfio_pci_low_power_end(vdev);
	}
	vfio_pci_transition_end(vdev);
}
