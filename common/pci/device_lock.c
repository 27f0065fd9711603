// SPDX-License-Identifier: GPL-2.0-only
/*
 * device_lock(), for lockdep to judge.
 *
 * The driver core has lockdep leave it alone, as it knows no order in which all
 * drivers of all buses lock devices. Ours is known, see operation.c. So a callback
 * of the driver core says here that it is called with it held, and on a debug
 * kernel that takes a lock in name only, one for all devices: what is locked
 * inside of it comes after it, and a task that waits for it inside of that is
 * reported.
 */
#include <linux/device.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "pci.h"
#include "vfio_lock_order.h"

/**
 * vfio_pci_device_lock_enter() - say that device_lock() is held
 * @pdev: whose; virtual functions come and go with the physical one's held
 *
 * Context: device_lock() held.
 */
void vfio_pci_device_lock_enter(struct pci_dev *pdev)
{
	device_lock_assert(&pdev->dev);
	mutex_acquire(&vfio_device_lock_map, pdev->is_virtfn, 0, _RET_IP_);
}

/**
 * vfio_pci_device_lock_leave() - undo vfio_pci_device_lock_enter()
 *
 * Context: the same task, device_lock() still held; what was locked meanwhile
 * need not be unlocked.
 */
void vfio_pci_device_lock_leave(void)
{
	mutex_release(&vfio_device_lock_map, _RET_IP_);
}
