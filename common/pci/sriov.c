// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV: a physical function that vfio-pci has may be given virtual ones.
 *
 * The host's administrator does so, by sysfs, if the module parameter allows it:
 * what virtual functions do depends on the driver of the physical one, which is
 * its user here. No driver of the host's must take them, as it would trust that
 * user. So they are vfio-pci's from the beginning, by their driver_override.
 *
 * They last as long as vfio-pci has the physical function, and go before it: so
 * @physical of a virtual function's device is good from its probe to its remove.
 * The PCI core makes and removes them with device_lock() of the physical one
 * held. Meanwhile that one stays in D0, and is in use for runtime PM.
 */
#include <linux/device/bus.h>
#include <linux/module.h>
#include <linux/pm_runtime.h>

#include "compat.h"
#include "pci.h"
#include "sriov.h"
#include "vfio_lock_order.h"

static bool vfio_pci_enable_sriov;
module_param_named(enable_sriov, vfio_pci_enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov,
		 "Allow virtual functions to be made of functions that are bound to vfio-pci (default N)");

/* Physical functions that vfio-pci has given virtual ones. */
static DEFINE_MUTEX(vfio_pci_physicals_lock);
static LIST_HEAD(vfio_pci_physicals);

/**
 * vfio_pci_physicals_init() - say what the lock of their list is
 *
 * Context: module init.
 */
void vfio_pci_physicals_init(void)
{
	vfio_lock_class(&vfio_pci_physicals_lock, VFIO_LOCK_PHYSICALS);
}

/* None if the host's driver has given it virtual functions. */
static struct vfio_pci_device *vfio_pci_sriov_find(struct pci_dev *physical)
{
	struct vfio_pci_device *vdev, *found = NULL;

	mutex_lock(&vfio_pci_physicals_lock);
	list_for_each_entry(vdev, &vfio_pci_physicals, sriov.next)
		if (vdev->pdev == physical)
			found = vdev;
	mutex_unlock(&vfio_pci_physicals_lock);

	return found;
}

/* Before the driver core looks for a driver, and after one has been found. */
static int vfio_pci_sriov_notify(struct notifier_block *nb,
				 unsigned long action, void *data)
{
	struct vfio_pci_device *vdev = container_of(nb, struct vfio_pci_device,
						    sriov.notifier);
	struct pci_dev *pdev = to_pci_dev(data);

	if (!pdev->is_virtfn || pci_physfn(pdev) != vdev->pdev)
		return NOTIFY_DONE;

	if (action == BUS_NOTIFY_ADD_DEVICE) {
		if (vfio_compat_set_driver_override(pdev, vdev->vfio.ops->name))
			vdev->sriov.failed = true;
	} else if (action == BUS_NOTIFY_BOUND_DRIVER) {
		if (pdev->dev.driver != vdev->pdev->dev.driver)
			pci_warn(pdev, "bound to %s while vfio-pci has its physical function\n",
				 pdev->dev.driver->name);
	}

	return NOTIFY_OK;
}

/**
 * vfio_pci_sriov_init() - prepare for virtual functions, or for being one
 * @vdev: device
 *
 * Return: 0 or -errno.
 * Context: probe.
 */
int vfio_pci_sriov_init(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	INIT_LIST_HEAD(&vdev->sriov.next);
	vdev->sriov.is_physical = pdev->is_physfn;
	vdev->sriov.is_virtual = pdev->is_virtfn;
	vfio_pci_token_init(vdev);
	if (vdev->sriov.is_virtual)
		vdev->sriov.physical = vfio_pci_sriov_find(pci_physfn(pdev));
	if (!vdev->sriov.is_physical)
		return 0;

	vdev->sriov.notifier.notifier_call = vfio_pci_sriov_notify;
	ret = bus_register_notifier(&pci_bus_type, &vdev->sriov.notifier);
	if (ret)
		vfio_pci_token_exit(vdev);

	return ret;
}

/**
 * vfio_pci_sriov_exit() - undo vfio_pci_sriov_init()
 * @vdev: device without virtual functions
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_sriov_exit(struct vfio_pci_device *vdev)
{
	if (vdev->sriov.is_physical)
		bus_unregister_notifier(&pci_bus_type, &vdev->sriov.notifier);
	vfio_pci_token_exit(vdev);
}

static void vfio_pci_sriov_list(struct vfio_pci_device *vdev, bool listed)
{
	mutex_lock(&vfio_pci_physicals_lock);
	if (listed)
		list_add(&vdev->sriov.next, &vfio_pci_physicals);
	else
		list_del_init(&vdev->sriov.next);
	mutex_unlock(&vfio_pci_physicals_lock);
}

/* From now on it stays in D0; its user may have put it to sleep. */
static void vfio_pci_sriov_set_active(struct vfio_pci_device *vdev, bool active)
{
	mutex_lock(&vdev->operation.lock);
	vfio_pci_power_set(vdev, PCI_D0);
	vdev->sriov.active = active;
	vfio_pci_operation_end(vdev);
}

static int vfio_pci_sriov_enable(struct vfio_pci_device *vdev, int count)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (ret < 0)
		return ret;

	vfio_pci_sriov_list(vdev, true);
	vfio_pci_sriov_set_active(vdev, true);

	vdev->sriov.failed = false;
	ret = pci_enable_sriov(pdev, count);
	if (!ret && vdev->sriov.failed) {
		pci_disable_sriov(pdev);
		ret = -ENOMEM;
	}
	if (!ret)
		return count;

	vfio_pci_sriov_set_active(vdev, false);
	vfio_pci_sriov_list(vdev, false);
	pm_runtime_put(&pdev->dev);

	return ret;
}

/**
 * vfio_pci_sriov_disable() - remove a function's virtual ones
 * @vdev: device; need not have any
 *
 * Context: device_lock() held; waits until user space has closed them.
 */
void vfio_pci_sriov_disable(struct vfio_pci_device *vdev)
{
	if (!pci_num_vf(vdev->pdev))
		return;

	pci_disable_sriov(vdev->pdev);
	vfio_pci_sriov_set_active(vdev, false);
	vfio_pci_sriov_list(vdev, false);
	pm_runtime_put(&vdev->pdev->dev);
}

/**
 * vfio_pci_sriov_configure() - the administrator wants virtual functions
 * @pdev: bound function that has none, or wants none
 * @count: how many
 *
 * Return: @count; -ENOENT if it is not allowed; -ENOMEM; or the errno of waking
 * the function or of the PCI core.
 * Context: device_lock() held; as vfio_pci_sriov_disable().
 */
int vfio_pci_sriov_configure(struct pci_dev *pdev, int count)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);
	int ret = 0;

	if (!READ_ONCE(vfio_pci_enable_sriov))
		return -ENOENT;

	vfio_pci_device_lock_enter(pdev);
	if (count)
		ret = vfio_pci_sriov_enable(vdev, count);
	else
		vfio_pci_sriov_disable(vdev);
	vfio_pci_device_lock_leave();

	return ret;
}
