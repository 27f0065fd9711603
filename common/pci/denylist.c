// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that must not be given to users who are not trusted.
 *
 * A user process that has such a device open can harm the host by its errata. An
 * administrator who trusts the user can have the device bound all the same.
 */
#include <linux/moduleparam.h>
#include <linux/pci.h>

#include "pci.h"

static bool vfio_pci_disable_denylist;
module_param_named(disable_denylist, vfio_pci_disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist,
		 "Bind devices with errata that a user could exploit (no)");

static const struct pci_device_id vfio_pci_denylist[] = {
	{ PCI_VDEVICE(INTEL, 0x0435) },	/* QuickAssist DH895XCC */
	{ PCI_VDEVICE(INTEL, 0x0443) },	/* its virtual functions */
	{ PCI_VDEVICE(INTEL, 0x0b25) },	/* DSA of Sapphire Rapids */
	{ PCI_VDEVICE(INTEL, 0x0cfe) },	/* IAX of Sapphire Rapids */
	{ PCI_VDEVICE(INTEL, 0x19e2) },	/* QuickAssist C3XXX */
	{ PCI_VDEVICE(INTEL, 0x19e3) },	/* its virtual functions */
	{ PCI_VDEVICE(INTEL, 0x37c8) },	/* QuickAssist C62X */
	{ PCI_VDEVICE(INTEL, 0x37c9) },	/* its virtual functions */
	{}
};

/**
 * vfio_pci_denied() - whether a function must not be bound
 * @pdev: function
 *
 * Return: true if it is in the denylist and that counts. The log says so.
 * Context: probe.
 */
bool vfio_pci_denied(struct pci_dev *pdev)
{
	if (!pci_match_id(vfio_pci_denylist, pdev))
		return false;

	if (vfio_pci_disable_denylist) {
		pci_warn(pdev, "bound although %04x:%04x is in the denylist, as disable_denylist is set\n",
			 pdev->vendor, pdev->device);
		return false;
	}

	pci_warn(pdev, "not bound: %04x:%04x is in the denylist, as a user could exploit its errata: load with disable_denylist=1 to accept that\n",
		 pdev->vendor, pdev->device);

	return true;
}
