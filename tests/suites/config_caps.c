// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities of real devices in config space: what of them may be written,
 * and where to.
 */
#include <linux/pci_regs.h>
#include <unistd.h>

#include "irq.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static const char * const roles[] = { "edu", "nic", "disk" };

#define ROLES	(sizeof(roles) / sizeof(roles[0]))

static struct device open_role(const char *role)
{
	return device_open(container_open(), need(role));
}

/* Position of a capability as user space finds it, 0 if there is none. */
static unsigned int cap(int fd, unsigned int id)
{
	unsigned int pos = config_read(fd, PCI_CAPABILITY_LIST, 1);

	while (pos && config_read(fd, pos, 1) != id)
		pos = config_read(fd, pos + PCI_CAP_LIST_NEXT, 1);

	return pos;
}

static unsigned int ext_cap(struct device *device, unsigned int id)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE;
	__u32 header;

	if (pci_config_size(device->bdf) <= pos)
		return 0;

	do {
		header = config_read(device->fd, pos, 4);
		if (PCI_EXT_CAP_ID(header) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	} while (pos);

	return 0;
}

/* A register that shows what is written, in @bits, and not to the device. */
static void expect_virtual(struct device *device, unsigned int pos,
			   unsigned int size, __u32 bits)
{
	__u32 there = pci_config(device->bdf, pos, size);

	config_write(device->fd, pos, size, 0);
	expect_eq(config_read(device->fd, pos, size) & bits, 0);
	config_write(device->fd, pos, size, ~0);
	expect_eq(config_read(device->fd, pos, size) & bits, bits);
	expect_eq(pci_config(device->bdf, pos, size), there);
}

/* A register to which any write is dropped. */
static void expect_read_only(struct device *device, unsigned int pos,
			     unsigned int size)
{
	__u32 here = config_read(device->fd, pos, size);
	__u32 there = pci_config(device->bdf, pos, size);

	config_write(device->fd, pos, size, ~here);
	expect_eq(config_read(device->fd, pos, size), here);
	config_write(device->fd, pos, size, 0);
	expect_eq(config_read(device->fd, pos, size), here);
	expect_eq(pci_config(device->bdf, pos, size), there);
}

TEST(headers_of_capabilities_are_read_only)
{
	/* This test writes number and pointer of every capability. */
	for (size_t i = 0; i < ROLES; i++) {
		struct device device = open_role(roles[i]);
		unsigned int pos = config_read(device.fd, PCI_CAPABILITY_LIST, 1);
		__u32 header;

		expect_true(pos);
		for (; pos; pos = config_read(device.fd, pos + 1, 1)) {
			expect_read_only(&device, pos, 2);
			expect_read_only(&device, pos + 1, 1);
		}

		if (pci_config_size(device.bdf) <= PCI_CFG_SPACE_SIZE)
			continue;
		pos = PCI_CFG_SPACE_SIZE;
		do {
			expect_read_only(&device, pos, 4);
			header = config_read(device.fd, pos, 4);
			expect_eq(header, pci_config(device.bdf, pos, 4));
			pos = PCI_EXT_CAP_NEXT(header);
		} while (pos);
	}
}

TEST(msi_is_not_enabled_by_config)
{
	/* This test wants MSI, and many messages: it gets none that way. */
	static const char * const roles[] = { "edu", "nic" };
	__u32 bits = PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE;

	for (int i = 0; i < 2; i++) {
		struct device device = open_role(roles[i]);
		unsigned int pos = cap(device.fd, PCI_CAP_ID_MSI) + PCI_MSI_FLAGS;
		__u32 there = pci_config(device.bdf, pos, 2);

		expect_true(pos > PCI_MSI_FLAGS);
		for (int size = 1; size <= 2; size++) {
			config_write(device.fd, pos, size, ~0);
			expect_eq(config_read(device.fd, pos, 2) & bits, 0);
			expect_eq(pci_config(device.bdf, pos, 2), there);
		}
		config_write(device.fd, pos - PCI_MSI_FLAGS, 4, ~0);
		expect_eq(config_read(device.fd, pos, 2) & bits, 0);
		expect_eq(pci_config(device.bdf, pos, 2), there);
	}
}

TEST(msi_is_enabled_for_who_has_set_it_up)
{
	/* This test sets MSI up with one message, and then wants many. */
	__u32 there, bits = PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE;
	struct device edu = open_role("edu");
	unsigned int pos = cap(edu.fd, PCI_CAP_ID_MSI) + PCI_MSI_FLAGS;

	expect_ok(irq_trigger(edu.fd, MSI, 0, event_new()));
	there = pci_config(edu.bdf, pos, 2);
	expect_true(there & PCI_MSI_FLAGS_ENABLE);
	config_write(edu.fd, pos, 2, ~0);
	expect_eq(config_read(edu.fd, pos, 2) & bits, PCI_MSI_FLAGS_ENABLE);
	expect_eq(pci_config(edu.bdf, pos, 2), there);
	expect_ok(irq_end(edu.fd, MSI));
	config_write(edu.fd, pos, 2, ~0);
	expect_eq(config_read(edu.fd, pos, 2) & bits, 0);
	expect_eq(pci_config(edu.bdf, pos, 2), there & ~bits);
}

TEST(msi_stays_enabled_for_who_has_set_it_up)
{
	/* This test sets MSI up, and then disables it by config space. */
	struct device edu = open_role("edu");
	unsigned int pos = cap(edu.fd, PCI_CAP_ID_MSI) + PCI_MSI_FLAGS;
	__u32 there;

	expect_ok(irq_trigger(edu.fd, MSI, 0, event_new()));
	there = pci_config(edu.bdf, pos, 2);
	config_write(edu.fd, pos, 2, PCI_MSI_FLAGS_ENABLE);
	config_write(edu.fd, pos, 2, 0);
	expect_eq(config_read(edu.fd, pos, 2) & PCI_MSI_FLAGS_ENABLE, 0);
	expect_eq(pci_config(edu.bdf, pos, 2), there);
}

TEST(msi_message_is_virtual)
{
	/* This test writes the message that MSI would send. */
	struct device edu = open_role("edu");
	unsigned int pos = cap(edu.fd, PCI_CAP_ID_MSI);

	expect_true(config_read(edu.fd, pos + PCI_MSI_FLAGS, 2) &
		    PCI_MSI_FLAGS_64BIT);
	expect_virtual(&edu, pos + PCI_MSI_ADDRESS_LO, 4, ~0);
	expect_virtual(&edu, pos + PCI_MSI_ADDRESS_HI, 4, ~0);
	expect_virtual(&edu, pos + PCI_MSI_DATA_64, 2, 0xffff);
	expect_virtual(&edu, pos + PCI_MSI_ADDRESS_LO + 1, 1, 0xff);
}

TEST(msix_is_read_only)
{
	/* This test wants MSI-X by config space. */
	struct device nic = open_role("nic");
	unsigned int pos = cap(nic.fd, PCI_CAP_ID_MSIX);

	expect_true(pos);
	expect_read_only(&nic, pos + PCI_MSIX_FLAGS, 2);
	expect_read_only(&nic, pos + PCI_MSIX_TABLE, 4);
	expect_read_only(&nic, pos + PCI_MSIX_PBA, 4);
}

TEST(power_state_is_the_device_s)
{
	/* This test puts a device to sleep by every width, and wakes it. */
	struct device nic = open_role("nic");
	unsigned int pos = cap(nic.fd, PCI_CAP_ID_PM) + PCI_PM_CTRL;

	for (unsigned int size = 1; size <= 4; size *= 2) {
		config_write(nic.fd, pos, size, 3);
		expect_eq(config_read(nic.fd, pos, 2) & 3, 3);
		expect_eq(pci_config(nic.bdf, pos, 2) & 3, 3);
		/* Not what holds the state. */
		config_write(nic.fd, pos + 1, 1, 0);
		expect_eq(config_read(nic.fd, pos, 2) & 3, 3);
		config_write(nic.fd, pos, size, 0);
		expect_eq(config_read(nic.fd, pos, 2) & 3, 0);
		expect_eq(pci_config(nic.bdf, pos, 2) & 3, 0);
	}
}

TEST(serial_number_is_read_only)
{
	/* This test writes the serial number. */
	struct device nic = open_role("nic");
	unsigned int pos = ext_cap(&nic, PCI_EXT_CAP_ID_DSN);

	if (!pos)
		skip("needs extended config space: use a kernel with PCI_MMCONFIG");
	expect_read_only(&nic, pos + 4, 4);
	expect_read_only(&nic, pos + 8, 4);
}
