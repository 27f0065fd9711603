// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a PCI function slow to come back from a function level reset.
 *
 * For some time after the reset its config space cannot be read: as on a real
 * device that is not ready yet, all bits read as ones, and the vendor's ID as
 * what tells that the request is to be repeated. The PCI core waits for it,
 * sleeping twice as long each time. The module works by the operations of the
 * bus, so the kernel's own vfio is tested with it as well.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "Address of the function, as 0000:01:00.0");

static unsigned int ms;
module_param(ms, uint, 0644);
MODULE_PARM_DESC(ms, "How long it is not ready after a reset, in milliseconds");

static struct pci_dev *slow_function;
static struct pci_ops *slow_below;

/* Both are written under the lock that the PCI core holds around operations. */
static bool slow_resetting;
static unsigned long slow_until;

static bool slow_is_ready(void)
{
	if (slow_resetting && time_after_eq(jiffies, slow_until))
		slow_resetting = false;

	return !slow_resetting;
}

static int slow_read(struct pci_bus *bus, unsigned int devfn, int where,
		     int size, u32 *val)
{
	u32 mask = size < 4 ? (1 << 8 * size) - 1 : U32_MAX;

	if (devfn != slow_function->devfn || slow_is_ready())
		return slow_below->read(bus, devfn, where, size, val);

	*val = mask;
	if (where == PCI_VENDOR_ID)
		*val = (0xffff0000 | PCI_VENDOR_ID_PCI_SIG) & mask;

	return PCIBIOS_SUCCESSFUL;
}

static int slow_write(struct pci_bus *bus, unsigned int devfn, int where,
		      int size, u32 val)
{
	if (devfn != slow_function->devfn)
		return slow_below->write(bus, devfn, where, size, val);
	if (!slow_is_ready())
		return PCIBIOS_SUCCESSFUL;

	if (where == pci_pcie_cap(slow_function) + PCI_EXP_DEVCTL &&
	    val & PCI_EXP_DEVCTL_BCR_FLR) {
		slow_until = jiffies + msecs_to_jiffies(ms);
		slow_resetting = true;
	}

	return slow_below->write(bus, devfn, where, size, val);
}

static struct pci_ops slow_ops = {
	.read = slow_read,
	.write = slow_write,
};

static int __init slow_init(void)
{
	unsigned int domain, bus, slot, func;

	if (!device ||
	    sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4) {
		pr_err("slow-reset: device=%s is no address: give one as 0000:01:00.0\n",
		       device);
		return -EINVAL;
	}

	slow_function = pci_get_domain_bus_and_slot(domain, bus,
						    PCI_DEVFN(slot, func));
	if (!slow_function)
		return -ENODEV;

	slow_below = slow_function->bus->ops;
	pci_bus_set_ops(slow_function->bus, &slow_ops);

	return 0;
}
module_init(slow_init);

static void __exit slow_exit(void)
{
	pci_bus_set_ops(slow_function->bus, slow_below);
	pci_dev_put(slow_function);
}
module_exit(slow_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A PCI function that is slow to come back from a reset");
