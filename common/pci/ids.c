// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameter ids: devices that are bound by what they are, without a
 * driver_override, as if they had been written to the driver's new_id.
 *
 * A device that has a driver keeps it. A list with a mistake in it is refused as a
 * whole, and the module is not loaded: the administrator would otherwise find a
 * device with the host's driver that was to be kept from it.
 */
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pci.h"
#include "vfio_parameter.h"

#define VFIO_PCI_IDS_SIZE	1024
#define VFIO_PCI_ID_FIELDS	6

/* What has been set and not been added yet, and where to. */
static char vfio_pci_ids[VFIO_PCI_IDS_SIZE];
static struct pci_driver *vfio_pci_ids_driver;

/* vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], in hexadecimal. */
static int vfio_pci_id_parse(char *text, struct pci_device_id *id)
{
	u32 fields[VFIO_PCI_ID_FIELDS] = {
		0, 0, PCI_ANY_ID, PCI_ANY_ID, 0, 0
	};
	unsigned int count;
	char *field;

	for (count = 0; (field = strsep(&text, ":")); count++) {
		if (count == VFIO_PCI_ID_FIELDS ||
		    kstrtou32(field, 16, &fields[count]))
			return -EINVAL;
		/* All but the class are numbers of 16 bits, or any. */
		if (count < 4 && fields[count] > U16_MAX &&
		    fields[count] != PCI_ANY_ID)
			return -EINVAL;
	}
	if (count < 2)
		return -EINVAL;

	*id = (struct pci_device_id) {
		.vendor = fields[0],
		.device = fields[1],
		.subvendor = fields[2],
		.subdevice = fields[3],
		.class = fields[4],
		.class_mask = fields[5],
	};

	return 0;
}

static int vfio_pci_id_add(const struct pci_device_id *id)
{
	int ret;

	ret = pci_add_dynid(vfio_pci_ids_driver, id->vendor, id->device,
			    id->subvendor, id->subdevice, id->class,
			    id->class_mask, 0);
	if (ret)
		pr_err("vfio-pci: ids: %04x:%04x cannot be added: errno %d\n",
		       id->vendor, id->device, -ret);
	else
		pr_info("vfio-pci: ids: binds %04x:%04x, subsystem %04x:%04x, class %06x/%06x\n",
			id->vendor, id->device, id->subvendor, id->subdevice,
			id->class, id->class_mask);

	return ret;
}

/* Checks the whole list, and adds what stands in it if it is to. */
static int vfio_pci_ids_walk(const char *list, bool add)
{
	char *copy = kstrdup(list, GFP_KERNEL), *rest, *text;
	struct pci_device_id id;
	int ret = 0;

	if (!copy)
		return -ENOMEM;

	rest = strim(copy);
	while (!ret && (text = strsep(&rest, ","))) {
		if (!*text)
			continue;
		ret = vfio_pci_id_parse(text, &id);
		if (!ret && add)
			ret = vfio_pci_id_add(&id);
	}
	kfree(copy);

	return ret;
}

/**
 * vfio_pci_ids_add() - bind the devices that the parameter names
 *
 * Return: 0; -ENOMEM, when some may have been bound.
 * Context: the driver is registered; may sleep.
 */
int vfio_pci_ids_add(void)
{
	int ret;

	if (!vfio_pci_ids[0])
		return 0;

	ret = vfio_pci_ids_walk(vfio_pci_ids, true);
	vfio_pci_ids[0] = 0;

	return ret;
}
EXPORT_SYMBOL_GPL(vfio_pci_ids_add);

/**
 * vfio_pci_ids_init() - the driver is there
 * @driver: the driver, registered
 *
 * Return: as vfio_pci_ids_add().
 * Context: module init; may sleep.
 */
int vfio_pci_ids_init(struct pci_driver *driver)
{
	vfio_pci_ids_driver = driver;

	return vfio_pci_ids_add();
}

static int vfio_pci_ids_set(const char *val, const struct kernel_param *kp)
{
	int ret;

	if (strlen(val) >= sizeof(vfio_pci_ids)) {
		pr_err("vfio-pci: ids: longer than %zu characters\n",
		       sizeof(vfio_pci_ids) - 1);
		return -ENOSPC;
	}

	ret = vfio_pci_ids_walk(val, false);
	if (ret == -EINVAL)
		pr_err("vfio-pci: ids: '%s' is no list of vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], separated by commas\n",
		       val);
	if (!ret)
		strscpy(vfio_pci_ids, val, sizeof(vfio_pci_ids));

	return ret;
}

static const struct kernel_param_ops vfio_pci_ids_ops = {
	.set = vfio_pci_ids_set,
};

/* As on stock, it cannot be read: new_id and remove_id change what it says. */
module_param_cb(ids, &vfio_pci_ids_ops, NULL, 0);
__MODULE_PARM_TYPE(ids, "string");
MODULE_PARM_DESC(ids,
		 "Devices to bind: vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], separated by commas");
