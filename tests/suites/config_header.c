// SPDX-License-Identifier: GPL-2.0-only
/*
 * The standard header in config space: BARs, the command register, interrupts.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "irq.h"
#include "memory.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static const char * const roles[] = { "edu", "peer", "reset", "nic", "disk" };

#define ROLES	(sizeof(roles) / sizeof(roles[0]))

/*
 * What a BAR reads when all ones were written to it. The second half of one
 * that is 64 bits wide has no resource of its own.
 */
static __u32 ones_of(const char *bdf, int bar, bool upper)
{
	struct pci_resource resource = pci_resource(bdf, bar - upper);
	__u64 mask = ~(resource.size - 1);

	if (!resource.size)
		return 0;
	if (upper)
		return mask >> 32;
	if (resource.flags & PCI_RESOURCE_IO)
		return mask | PCI_BASE_ADDRESS_SPACE_IO;

	/* The kind is in the lowest bits of sysfs's flags. */
	return mask | (resource.flags & 0xf);
}

static void expect_sizing(const char *role)
{
	const char *bdf = need(role);
	struct device device = device_open(container_open(), bdf);
	bool upper = false;

	for (int bar = 0; bar < 6; bar++) {
		int pos = PCI_BASE_ADDRESS_0 + 4 * bar;
		__u32 there = pci_config(bdf, pos, 4);
		__u32 before = config_read(device.fd, pos, 4);
		__u32 ones = ones_of(bdf, bar, upper);

		expect_eq(before, there);
		config_write(device.fd, pos, 4, ~0);
		expect_eq(config_read(device.fd, pos, 4), ones);
		config_write(device.fd, pos, 4, 0);
		expect_eq(config_read(device.fd, pos, 4),
			  upper ? 0 : ones & ~PCI_BASE_ADDRESS_MEM_MASK &
				  (ones & 1 ? 1 : 0xf));
		for (int i = 0; i < 4; i++)
			config_write(device.fd, pos + i, 1, 0xff);
		expect_eq(config_read(device.fd, pos, 4), ones);
		config_write(device.fd, pos, 4, before);
		expect_eq(config_read(device.fd, pos, 4), before);
		expect_eq(pci_config(bdf, pos, 4), there);

		upper = !upper && ones & PCI_BASE_ADDRESS_MEM_TYPE_64 &&
			!(ones & PCI_BASE_ADDRESS_SPACE_IO);
	}
	device_close(&device);
}

TEST(bars_tell_their_size)
{
	/* This test writes all ones to every BAR, and its address again. */
	for (size_t i = 0; i < ROLES; i++)
		expect_sizing(roles[i]);
}

TEST(rom_bar_tells_its_size)
{
	/* This test does the same with the ROM's, where there is one and not. */
	const char *nic = need("nic");
	__u32 size = pci_resource(nic, 6).size;
	int fd = device_open(container_open(), nic).fd;
	int none = device_open(container_open(), need("peer")).fd;
	__u32 there = pci_config(nic, PCI_ROM_ADDRESS, 4);

	config_write(none, PCI_ROM_ADDRESS, 4, ~0);
	expect_eq(config_read(none, PCI_ROM_ADDRESS, 4), 0);
	if (!size)
		skip("needs a NIC with an expansion ROM: install the package ipxe-qemu");
	config_write(fd, PCI_ROM_ADDRESS, 4, ~0);
	expect_eq(config_read(fd, PCI_ROM_ADDRESS, 4),
		  ~(size - 1) | PCI_ROM_ADDRESS_ENABLE);
	config_write(fd, PCI_ROM_ADDRESS, 4, ~PCI_ROM_ADDRESS_ENABLE);
	expect_eq(config_read(fd, PCI_ROM_ADDRESS, 4), ~(size - 1));
	expect_eq(pci_config(nic, PCI_ROM_ADDRESS, 4), there);
}

TEST(bar_elsewhere_is_the_same_memory)
{
	/* This test moves a BAR, as firmware does: its memory stays in place. */
	struct device peer = device_open(container_open(), need("peer"));
	__u32 there = pci_config(peer.bdf, PCI_BASE_ADDRESS_2, 4);
	char *bar = region_open(peer.fd, BAR2);

	strcpy(bar, "written before");
	config_write(peer.fd, PCI_BASE_ADDRESS_2, 4, 0xc0000000);
	expect_eq(config_read(peer.fd, PCI_BASE_ADDRESS_2, 4) &
		  PCI_BASE_ADDRESS_MEM_MASK, 0xc0000000);
	command_clear(peer.fd, PCI_COMMAND_MEMORY);
	command_set(peer.fd, PCI_COMMAND_MEMORY);
	expect_eq(pci_config(peer.bdf, PCI_BASE_ADDRESS_2, 4), there);
	expect_true(!strcmp(bar, "written before"));
}

TEST(interrupt_line_is_for_the_user)
{
	/* This test writes the register that only software uses. */
	struct device edu = device_open(container_open(), need("edu"));
	__u32 there = pci_config(edu.bdf, PCI_INTERRUPT_LINE, 1);

	expect_eq(config_read(edu.fd, PCI_INTERRUPT_LINE, 1), there);
	config_write(edu.fd, PCI_INTERRUPT_LINE, 1, 0xa5);
	expect_eq(config_read(edu.fd, PCI_INTERRUPT_LINE, 1), 0xa5);
	config_write(edu.fd, PCI_INTERRUPT_LINE, 1, 0x5a);
	expect_eq(config_read(edu.fd, PCI_INTERRUPT_LINE, 1), 0x5a);
	expect_eq(pci_config(edu.bdf, PCI_INTERRUPT_LINE, 1), there);
}

TEST(interrupt_pin_is_read_only)
{
	/* This test looks at the pin of a device that has one, and has none. */
	int edu = device_open(container_open(), need("edu")).fd;
	int peer = device_open(container_open(), need("peer")).fd;

	expect_eq(config_read(edu, PCI_INTERRUPT_PIN, 1), 1);
	config_write(edu, PCI_INTERRUPT_PIN, 1, 0);
	expect_eq(config_read(edu, PCI_INTERRUPT_PIN, 1), 1);
	expect_eq(config_read(peer, PCI_INTERRUPT_PIN, 1), 0);
	config_write(peer, PCI_INTERRUPT_PIN, 1, 1);
	expect_eq(config_read(peer, PCI_INTERRUPT_PIN, 1), 0);
}

static void expect_intx_disabled(struct device *device, bool disabled)
{
	__u32 want = disabled ? PCI_COMMAND_INTX_DISABLE : 0;

	expect_eq(config_read(device->fd, PCI_COMMAND, 2) &
		  PCI_COMMAND_INTX_DISABLE, want);
	/* The device's is as the user's where that one has asked for INTx. */
	expect_eq(pci_config(device->bdf, PCI_COMMAND, 2) &
		  PCI_COMMAND_INTX_DISABLE, want);
}

TEST(intx_disable_bit)
{
	/* This test disables INTx, by both bytes and by one. */
	struct device edu = device_open(container_open(), need("edu"));

	expect_ok(irq_trigger(edu.fd, INTX, 0, event_new()));
	expect_intx_disabled(&edu, false);
	command_set(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_intx_disabled(&edu, true);
	config_write(edu.fd, PCI_COMMAND, 1, 0);
	expect_intx_disabled(&edu, true);
	command_clear(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_intx_disabled(&edu, false);
	config_write(edu.fd, PCI_COMMAND + 1, 1, PCI_COMMAND_INTX_DISABLE >> 8);
	expect_intx_disabled(&edu, true);
	config_write(edu.fd, PCI_COMMAND, 4, PCI_COMMAND_MEMORY);
	expect_intx_disabled(&edu, false);
}

TEST(command_register_is_the_device_s)
{
	/* This test writes every bit that the command register may have. */
	struct device nic = device_open(container_open(), need("nic"));

	/* As long as nobody asks for INTx, the host may disable it. */
	expect_ok(irq_trigger(nic.fd, INTX, 0, event_new()));
	for (int bit = 0; bit < 16; bit++) {
		__u16 value = 1 << bit;

		config_write(nic.fd, PCI_COMMAND, 2, value);
		expect_eq(config_read(nic.fd, PCI_COMMAND, 2),
			  pci_config(nic.bdf, PCI_COMMAND, 2));
		config_write(nic.fd, PCI_COMMAND, 2, ~value);
		expect_eq(config_read(nic.fd, PCI_COMMAND, 2),
			  pci_config(nic.bdf, PCI_COMMAND, 2));
		expect_eq(config_read(nic.fd, PCI_COMMAND, 2) &
			  (PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
			   PCI_COMMAND_MASTER),
			  ~value & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
				    PCI_COMMAND_MASTER));
	}
}

TEST(cache_line_size_is_the_device_s)
{
	/* This test writes a register that is nobody's secret. */
	struct device nic = device_open(container_open(), need("nic"));

	for (int value = 0; value < 256; value += 15) {
		config_write(nic.fd, PCI_CACHE_LINE_SIZE, 1, value);
		expect_eq(config_read(nic.fd, PCI_CACHE_LINE_SIZE, 1), value);
		expect_eq(pci_config(nic.bdf, PCI_CACHE_LINE_SIZE, 1), value);
	}
}

TEST(what_was_written_is_gone_after_close)
{
	/* This test writes what only it sees, and opens the device anew. */
	struct device peer = device_open(container_open(), need("peer"));
	__u32 bar = config_read(peer.fd, PCI_BASE_ADDRESS_2, 4);
	__u32 line = config_read(peer.fd, PCI_INTERRUPT_LINE, 1);
	int fd = expect_ok(group_get_device(peer.group, peer.bdf));

	config_write(peer.fd, PCI_BASE_ADDRESS_2, 4, ~0);
	config_write(peer.fd, PCI_INTERRUPT_LINE, 1, ~line);
	config_write(peer.fd, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);

	/* Another file of the same device still sees it. */
	expect_ok(close(peer.fd));
	expect_true(config_read(fd, PCI_BASE_ADDRESS_2, 4) != bar);
	expect_ok(close(fd));

	fd = expect_ok(group_get_device(peer.group, peer.bdf));
	expect_eq(config_read(fd, PCI_BASE_ADDRESS_2, 4), bar);
	expect_eq(config_read(fd, PCI_INTERRUPT_LINE, 1), line);
	expect_eq(config_read(fd, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE, 0);
}

TEST(bars_come_back_after_a_reset_of_its_own)
{
	/*
	 * This test lets a device forget its BARs and its command register, as
	 * one does that is reset by a register of its own; then it is enabled.
	 */
	struct device peer = device_open(container_open(), need("peer"));
	__u32 bars[6];
	char *bar = region_open(peer.fd, BAR2);

	strcpy(bar, "written before");
	for (int i = 0; i < 6; i++) {
		bars[i] = pci_config(peer.bdf, PCI_BASE_ADDRESS_0 + 4 * i, 4);
		pci_config_write(peer.bdf, PCI_BASE_ADDRESS_0 + 4 * i, 0);
	}
	pci_config_write(peer.bdf, PCI_COMMAND, 0);

	config_write(peer.fd, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	for (int i = 0; i < 6; i++)
		expect_eq(pci_config(peer.bdf, PCI_BASE_ADDRESS_0 + 4 * i, 4),
			  bars[i]);
	expect_true(pci_config(peer.bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
	expect_true(!strcmp(bar, "written before"));
}

TEST(pin_stays_muted_after_a_reset_of_its_own)
{
	/*
	 * This test lets a device forget that its pin is muted, as nobody listens;
	 * then it is enabled.
	 */
	struct device edu = device_open(container_open(), need("edu"));

	expect_true(pci_config(edu.bdf, PCI_COMMAND, 2) &
		    PCI_COMMAND_INTX_DISABLE);
	pci_config_write(edu.bdf, PCI_COMMAND, 0);
	config_write(edu.fd, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	expect_true(pci_config(edu.bdf, PCI_COMMAND, 2) &
		    PCI_COMMAND_INTX_DISABLE);
}

TEST(what_was_written_survives_resets)
{
	/* This test resets a device from its side and the host's. */
	struct device device = device_open(container_open(), need("reset"));
	int fd;

	config_write(device.fd, PCI_BASE_ADDRESS_2, 4, 0xc0000000);
	config_write(device.fd, PCI_INTERRUPT_LINE, 1, 0x77);
	command_set(device.fd, PCI_COMMAND_INTX_DISABLE);

	for (int i = 0; i < 2; i++) {
		if (i == 0) {
			expect_ok(ioctl(device.fd, VFIO_DEVICE_RESET));
		} else {
			fd = expect_ok(open(pci_path(device.bdf, "reset"),
					    O_WRONLY | O_CLOEXEC));
			expect_eq(write(fd, "1", 1), 1);
			close(fd);
		}
		expect_eq(config_read(device.fd, PCI_BASE_ADDRESS_2, 4) &
			  PCI_BASE_ADDRESS_MEM_MASK, 0xc0000000);
		expect_eq(config_read(device.fd, PCI_INTERRUPT_LINE, 1), 0x77);
		expect_intx_disabled(&device, true);
		expect_true(config_read(device.fd, PCI_COMMAND, 2) &
			    PCI_COMMAND_MEMORY);
	}
}
