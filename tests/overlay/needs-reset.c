// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that answers each error of PCI Express by asking for a reset, as
 * drivers of network cards and disks do, and does nothing else.
 *
 * On a non-fatal error the PCI core calls the drivers' slot_reset() then, of
 * every function below the port, but resets nothing: a driver that takes this
 * for the end of a reset loses what its device still has.
 */
#include <linux/module.h>
#include <linux/pci.h>

static int needs_reset_probe(struct pci_dev *pdev,
			     const struct pci_device_id *id)
{
	return 0;
}

static pci_ers_result_t needs_reset_detected(struct pci_dev *pdev,
					     pci_channel_state_t state)
{
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t needs_reset_slot_reset(struct pci_dev *pdev)
{
	pci_info(pdev, "told of a reset\n");

	return PCI_ERS_RESULT_RECOVERED;
}

static const struct pci_error_handlers needs_reset_error_handlers = {
	.error_detected = needs_reset_detected,
	.slot_reset = needs_reset_slot_reset,
};

/* It takes what is given to it by driver_override. */
static const struct pci_device_id needs_reset_ids[] = {
	{ }
};

/* Its group may belong to a user: it never has the device do DMA. */
static struct pci_driver needs_reset_driver = {
	.name = "needs-reset",
	.id_table = needs_reset_ids,
	.probe = needs_reset_probe,
	.err_handler = &needs_reset_error_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(needs_reset_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A PCI driver that wants a reset after each error");
