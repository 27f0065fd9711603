// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI driver: which functions it takes, and taking and leaving them.
 *
 * It matches every device where the host's administrator has written "vfio-pci"
 * into the device's driver_override, and elsewhere those whose ids were written to
 * the driver's new_id or given by the parameter ids. The table is not handed to
 * MODULE_DEVICE_TABLE() here, so this module carries no alias and nothing loads it
 * by itself; the module of the name vfio_pci does, see names/. driver_managed_dma
 * leaves the claim to the group's DMA to the core, which takes it when user space
 * does.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "pci.h"
#include "region.h"
#include "reset.h"
#include "sriov.h"
#include "vfio_strategy_pci.h"

static int vfio_pci_take(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev;
	int ret;

	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL || vfio_pci_denied(pdev))
		return -EINVAL;

	/* Users that nobody knows of may have the virtual functions. */
	if (pci_num_vf(pdev)) {
		pci_warn(pdev, "not bound: write 0 to its sriov_numvfs first\n");
		return -EBUSY;
	}

	vdev = vfio_device_alloc(struct vfio_pci_device, vfio, &pdev->dev,
				 &vfio_pci_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);

	vdev->pdev = pdev;
	pci_set_drvdata(pdev, vdev);

	/* Its BARs and capabilities would be made of ones. */
	if (!vfio_pci_config_answers(vdev)) {
		pci_warn(pdev, "not bound: its config space reads all ones: is it still there?\n");
		ret = -EIO;
		goto put;
	}

	vfio_pci_operation_init(vdev);
	vfio_pci_host_init(vdev);
	vfio_pci_bars_init(vdev);
	vfio_pci_irqs_init(vdev);
	vfio_pci_ioeventfds_init(vdev);

	/* No DMA before it is opened, whoever had it. */
	pci_clear_master(pdev);
	pci_save_state(pdev);
	vdev->bound_state = pci_store_saved_state(pdev);
	if (!vdev->bound_state) {
		ret = -ENOMEM;
		goto exit_irqs;
	}

	ret = vfio_strategy_pci_probe(vdev);
	if (ret)
		goto free_state;

	ret = vfio_pci_set_join(vdev);
	if (ret)
		goto free_state;

	ret = vfio_pci_sriov_init(vdev);
	if (ret)
		goto leave_set;

	ret = vfio_pci_vga_init(vdev);
	if (ret)
		goto exit_sriov;

	vfio_pci_power_init(vdev);

	ret = vfio_device_register(&vdev->vfio);
	if (ret)
		goto exit_power;

	return 0;

exit_power:
	vfio_pci_power_exit(vdev);
	vfio_pci_vga_exit(vdev);
exit_sriov:
	vfio_pci_sriov_exit(vdev);
leave_set:
	vfio_pci_set_leave(vdev);
free_state:
	kfree(vdev->bound_state);
exit_irqs:
	vfio_pci_ioeventfds_exit(vdev);
	vfio_pci_irqs_exit(vdev);
	vfio_pci_bars_exit(vdev);
	vfio_pci_host_exit(vdev);
	vfio_pci_operation_exit(vdev);
put:
	vfio_device_put(&vdev->vfio);

	return ret;
}

static int vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	vfio_pci_device_lock_enter(pdev);
	ret = vfio_pci_take(pdev);
	vfio_pci_device_lock_leave();

	return ret;
}

static void vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_device *vdev = pci_get_drvdata(pdev);

	vfio_pci_device_lock_enter(pdev);

	vfio_pci_sriov_disable(vdev);
	vfio_device_unregister(&vdev->vfio);
	vfio_pci_power_exit(vdev);
	vfio_pci_host_exit(vdev);
	vfio_pci_reset_removed(vdev);
	vfio_pci_vga_exit(vdev);
	vfio_pci_sriov_exit(vdev);
	vfio_pci_set_leave(vdev);
	kfree(vdev->bound_state);
	vfio_pci_ioeventfds_exit(vdev);
	vfio_pci_irqs_exit(vdev);
	vfio_pci_bars_exit(vdev);
	vfio_pci_operation_exit(vdev);
	vfio_device_put(&vdev->vfio);
	vfio_pci_device_lock_leave();
}

static const struct pci_device_id vfio_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver vfio_pci_driver = {
	.name = "vfio-pci",
	.id_table = vfio_pci_table,
	.probe = vfio_pci_probe,
	.remove = vfio_pci_remove,
	.sriov_configure = vfio_pci_sriov_configure,
	.err_handler = &vfio_pci_error_handlers,
	.driver.pm = &vfio_pci_pm_ops,
	.driver_managed_dma = true,
};

/**
 * vfio_pci_init() - register the driver
 *
 * Return: 0 or -errno, -EBUSY if another driver has the name.
 * Context: module init; devices may be bound before this returns.
 */
int vfio_pci_init(void)
{
	int ret;

	vfio_pci_sets_init();
	vfio_pci_physicals_init();

	ret = pci_register_driver(&vfio_pci_driver);
	if (ret)
		return ret;

	ret = vfio_pci_ids_init(&vfio_pci_driver);
	if (ret)
		pci_unregister_driver(&vfio_pci_driver);

	return ret;
}

/**
 * vfio_pci_exit() - unregister the driver, which unbinds its devices
 *
 * Context: module exit.
 */
void vfio_pci_exit(void)
{
	pci_unregister_driver(&vfio_pci_driver);
}
