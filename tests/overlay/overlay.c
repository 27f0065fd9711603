// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lays the config space of function.c over that of a real PCI function.
 *
 * The real one keeps its header: its BARs, its memory and its DMA are real. All
 * behind the header, to 4096 bytes, is ours, and so are the two fields of the
 * header that tell of capabilities. To have the PCI core believe it, take the
 * function away by its file "remove", load this module, and rescan the bus; so
 * does tests/lib/overlay.c. It works as aer_inject does, by the operations of
 * the bus, so the kernel's own vfio is tested with it as well.
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/spinlock.h>

#include "overlay.h"

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "Address of the function, as 0000:01:00.0");

static char *layout = "full";
module_param(layout, charp, 0444);
MODULE_PARM_DESC(layout, "What it has, see registers.c: full (default), broken, gaps");

static bool ones;
module_param(ones, bool, 0644);
MODULE_PARM_DESC(ones, "It does not answer: reads give all ones, writes are dropped");

static uint identity;
module_param(identity, uint, 0444);
MODULE_PARM_DESC(identity, "Device and vendor that it has, as 0x37c88086; 0: its own");

static struct pci_bus *overlay_bus;
static unsigned int overlay_devfn;
static struct pci_ops *overlay_below;
static DEFINE_RAW_SPINLOCK(overlay_lock);

/* The port that the function is behind, NULL on a root bus. */
static struct pci_dev *overlay_port;
static struct pci_ops *overlay_port_below;

/* A byte of the header, which is @val to the function below. */
static u8 overlay_header_byte(unsigned int pos, u8 val)
{
	switch (pos) {
	case PCI_VENDOR_ID ... PCI_DEVICE_ID + 1:
		return identity ? identity >> (8 * pos) : val;
	case PCI_STATUS:
		return overlay_status(val);
	case PCI_STATUS + 1:
		return overlay_status(val << 8) >> 8;
	case PCI_CAPABILITY_LIST:
		return overlay_list();
	default:
		return val;
	}
}

static int overlay_config_read(struct pci_bus *bus, unsigned int devfn,
			       int where, int size, u32 *val)
{
	bool ours = devfn == overlay_devfn;
	int ret = PCIBIOS_SUCCESSFUL;
	unsigned long flags;
	u32 below = 0;
	int i;

	if (ours && READ_ONCE(ones)) {
		PCI_SET_ERROR_RESPONSE(val);
		return ret;
	}

	if (!ours || where < PCI_STD_HEADER_SIZEOF)
		ret = overlay_below->read(bus, devfn, where, size, &below);
	if (!ours || ret) {
		*val = below;
		return ret;
	}

	*val = 0;
	raw_spin_lock_irqsave(&overlay_lock, flags);
	for (i = size - 1; i >= 0; i--)
		*val = *val << 8 | (where < PCI_STD_HEADER_SIZEOF ?
				    overlay_header_byte(where + i,
							below >> (8 * i)) :
				    overlay_read(where + i));
	raw_spin_unlock_irqrestore(&overlay_lock, flags);

	return ret;
}

static int overlay_config_write(struct pci_bus *bus, unsigned int devfn,
				int where, int size, u32 val)
{
	bool ours = devfn == overlay_devfn;
	int ret = PCIBIOS_SUCCESSFUL;
	unsigned long flags;
	int i;

	if (ours && READ_ONCE(ones))
		return ret;

	if (!ours || where < PCI_STD_HEADER_SIZEOF)
		ret = overlay_below->write(bus, devfn, where, size, val);
	if (!ours || ret)
		return ret;

	raw_spin_lock_irqsave(&overlay_lock, flags);
	for (i = 0; i < size; i++, val >>= 8) {
		if (where + i >= PCI_STD_HEADER_SIZEOF)
			overlay_write(where + i, val);
		else if (where + i == PCI_STATUS + 1)
			overlay_status_write((val & 0xff) << 8);
	}
	if (where >= PCI_STD_HEADER_SIZEOF)
		overlay_written(where, size);
	raw_spin_unlock_irqrestore(&overlay_lock, flags);

	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops overlay_ops = {
	.read = overlay_config_read,
	.write = overlay_config_write,
};

/* The port passes on atomic operations, as no device model's does. */
static int overlay_port_read(struct pci_bus *bus, unsigned int devfn, int where,
			     int size, u32 *val)
{
	int ret = overlay_port_below->read(bus, devfn, where, size, val);

	if (devfn == overlay_port->devfn &&
	    where == pci_pcie_cap(overlay_port) + PCI_EXP_DEVCAP2)
		*val |= PCI_EXP_DEVCAP2_ATOMIC_COMP32 |
			PCI_EXP_DEVCAP2_ATOMIC_COMP64;

	return ret;
}

static int overlay_port_write(struct pci_bus *bus, unsigned int devfn,
			      int where, int size, u32 val)
{
	return overlay_port_below->write(bus, devfn, where, size, val);
}

static struct pci_ops overlay_port_ops = {
	.read = overlay_port_read,
	.write = overlay_port_write,
};

static int __init overlay_init(void)
{
	const struct overlay_layout *chosen = overlay_layout_find(layout);
	unsigned int domain, bus, slot, func;

	if (!chosen) {
		pr_err("config-overlay: there is no layout=%s\n", layout);
		return -EINVAL;
	}

	if (!device ||
	    sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4) {
		pr_err("config-overlay: device=%s is no address: give one as 0000:01:00.0\n",
		       device);
		return -EINVAL;
	}

	overlay_bus = pci_find_bus(domain, bus);
	if (!overlay_bus)
		return -ENODEV;

	get_device(&overlay_bus->dev);
	overlay_devfn = PCI_DEVFN(slot, func);
	overlay_function_init(chosen);
	overlay_below = overlay_bus->ops;
	pci_bus_set_ops(overlay_bus, &overlay_ops);

	overlay_port = pci_dev_get(overlay_bus->self);
	if (overlay_port) {
		overlay_port_below = overlay_port->bus->ops;
		pci_bus_set_ops(overlay_port->bus, &overlay_port_ops);
	}

	return 0;
}
module_init(overlay_init);

static void __exit overlay_exit(void)
{
	if (overlay_port)
		pci_bus_set_ops(overlay_port->bus, overlay_port_below);
	pci_dev_put(overlay_port);

	pci_bus_set_ops(overlay_bus, overlay_below);
	put_device(&overlay_bus->dev);
}
module_exit(overlay_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Config space to test with, laid over a PCI function's");
