// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name vfio_pci, with the parameters and the aliases that the kernel's own
 * module of that name has. The code is in the module of a strategy.
 *
 * Parameters that are given to this module come when that one is loaded already
 * and may have devices, so ids are added last, when all the others are set.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "vfio_name.h"
#include "vfio_parameter.h"

VFIO_PARAMETER(ids, "string", &vfio_parameter_ops, 0,
	       "Devices to bind: vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], separated by commas");
VFIO_FLAG(disable_denylist, 0444,
	  "Bind devices with errata that a user could exploit (no)");
VFIO_FLAG(disable_idle_d3, 0644, "Keep bound devices that nobody has awake (no)");
VFIO_FLAG(disable_vga, 0444, "Offer no VGA region (no)");
VFIO_FLAG(enable_sriov, 0644,
	  "Let bound devices be made virtual functions of (no)");
VFIO_FLAG(nointxmask, 0644,
	  "No device masks its INTx itself, so none shares its line (no)");

static const struct pci_device_id vfio_pci_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};
MODULE_DEVICE_TABLE(pci, vfio_pci_ids);

static struct vfio_name vfio_pci_name = { .module = THIS_MODULE };

static int __init vfio_pci_name_init(void)
{
	int ret;

	ret = vfio_pci_ids_add();
	if (ret)
		return ret;

	return vfio_name_register(&vfio_pci_name);
}
module_init(vfio_pci_name_init);

static void __exit vfio_pci_name_exit(void)
{
	vfio_name_unregister(&vfio_pci_name);
}
module_exit(vfio_pci_name_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("The name vfio_pci, for strategy " CONFIG_VFIO_STRATEGY);
/*
 * The names need the strategy's module, but not each other. modprobe -r unloads
 * these two first, then this one, and then the strategy's, which nothing needs by
 * then. Of a chain of modules that need each other it would leave a part.
 */
MODULE_SOFTDEP("post: vfio vfio_iommu_type1");
