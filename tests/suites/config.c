// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space by way of VFIO.
 */
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static int open_fd(const char *role)
{
	return device_open(container_open(), need(role)).fd;
}

static __u64 config_offset(int fd)
{
	return region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;
}

static void expect_identity(const char *role)
{
	const char *bdf = need(role);
	int fd = open_fd(role);

	expect_eq(config_read(fd, PCI_VENDOR_ID, 4), pci_config(bdf, PCI_VENDOR_ID, 4));
	expect_eq(config_read(fd, PCI_CLASS_REVISION, 4),
		  pci_config(bdf, PCI_CLASS_REVISION, 4));
	expect_eq(config_read(fd, PCI_HEADER_TYPE, 1),
		  pci_config(bdf, PCI_HEADER_TYPE, 1));
	expect_eq(config_read(fd, PCI_SUBSYSTEM_VENDOR_ID, 4),
		  pci_config(bdf, PCI_SUBSYSTEM_VENDOR_ID, 4));
}

TEST(config_says_which_device_it_is)
{
	/* This test compares what identifies a device with sysfs. */
	expect_identity("edu");
	expect_identity("peer");
	expect_identity("reset");
	expect_identity("nic");
}

TEST(config_capabilities)
{
	/* This test walks the capabilities as sysfs has them: the same here. */
	const char *bdf = need("nic");
	int fd = open_fd("nic");
	unsigned int pos, count = 0;

	expect_eq(config_read(fd, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST,
		  PCI_STATUS_CAP_LIST);
	pos = pci_config(bdf, PCI_CAPABILITY_LIST, 1);
	expect_eq(config_read(fd, PCI_CAPABILITY_LIST, 1), pos);
	for (; pos; pos = pci_config(bdf, pos + 1, 1), count++) {
		expect_eq(config_read(fd, pos, 1), pci_config(bdf, pos, 1));
		expect_eq(config_read(fd, pos + 1, 1), pci_config(bdf, pos + 1, 1));
	}
	expect_eq(count, 4);
}

TEST(config_read_at_every_width)
{
	/* This test reads 1 to 8 bytes at every place of the header. */
	int fd = open_fd("nic");
	__u64 offset = config_offset(fd);
	unsigned char bytes[64 + 8], some[8];

	for (int i = 0; i < 72; i++)
		expect_eq(pread(fd, bytes + i, 1, offset + i), 1);
	for (int i = 0; i < 64; i++) {
		for (int size = 1; size <= 8; size++) {
			memset(some, 0, sizeof(some));
			expect_eq(pread(fd, some, size, offset + i), size);
			expect_true(!memcmp(some, bytes + i, size));
		}
	}
}

TEST(config_reads_as_a_whole)
{
	/* This test reads all of config space at once, of PCI and of PCIe. */
	static const char * const roles[] = { "edu", "nic" };
	unsigned char bytes[4096];

	for (int i = 0; i < 2; i++) {
		const char *bdf = need(roles[i]);
		int fd = open_fd(roles[i]);
		size_t size = pci_config_size(bdf);
		__u32 id;

		expect_eq(pread(fd, bytes, size, config_offset(fd)), size);
		memcpy(&id, bytes, 4);
		expect_eq(id, pci_config(bdf, 0, 4));
	}
}

TEST(config_ends)
{
	/* This test reads and writes across the end of config space. */
	int fd = open_fd("edu");
	__u64 offset = config_offset(fd);
	size_t size = region_size(fd, VFIO_PCI_CONFIG_REGION_INDEX);
	char bytes[8] = {};

	expect_eq(pread(fd, bytes, 4, offset + size - 4), 4);
	expect_errno(pread(fd, bytes, 4, offset + size), EFAULT);
	expect_errno(pread(fd, bytes, 4, offset + size - 2), EFAULT);
	expect_errno(pwrite(fd, bytes, 4, offset + size), EFAULT);
	expect_errno(pread(fd, bytes, 4, offset + 1048576), EFAULT);
	expect_eq(pread(fd, bytes, 0, offset), 0);
}

TEST(config_accesses_that_are_too_long)
{
	/* This test reads and writes more than there is, a little and much. */
	static const char * const roles[] = { "edu", "nic" };
	char *bytes = ram(2 * PAGE);

	for (int i = 0; i < 2; i++) {
		int fd = open_fd(roles[i]);
		__u64 offset = config_offset(fd);
		size_t size = region_size(fd, VFIO_PCI_CONFIG_REGION_INDEX);
		__u32 line = config_read(fd, PCI_INTERRUPT_LINE, 1);

		expect_eq(pread(fd, bytes, size, offset), size);
		bytes[PCI_INTERRUPT_LINE] = ~line;
		expect_errno(pread(fd, bytes, size + 1, offset), EFAULT);
		expect_errno(pwrite(fd, bytes, size + 1, offset), EFAULT);
		expect_errno(pread(fd, bytes, size, offset + 1), EFAULT);
		expect_errno(pwrite(fd, bytes, size, offset + 1), EFAULT);
		expect_errno(pread(fd, bytes, 1UL << 40, offset), EFAULT);
		expect_errno(pwrite(fd, bytes, -1UL >> 1, offset), EFAULT);
		expect_errno(pwrite(fd, bytes, 1, offset + size), EFAULT);
		expect_errno(pwrite(fd, bytes, 1, offset + (1ULL << 40) - 1),
			     EFAULT);
		expect_eq(pwrite(fd, bytes, 0, offset), 0);
		/* None of it was done in part. */
		expect_eq(config_read(fd, PCI_INTERRUPT_LINE, 1), line);
	}
}

TEST(config_access_with_bad_memory)
{
	/* This test reads into and writes from memory that is not there. */
	int fd = open_fd("edu");
	__u64 offset = config_offset(fd);
	char *page = reserve(PAGE, PAGE);

	expect_errno(pread(fd, page, 4, offset), EFAULT);
	expect_errno(pread(fd, page, 256, offset), EFAULT);
	expect_errno(pwrite(fd, page, 2, offset + PCI_COMMAND), EFAULT);
}

TEST(config_of_the_identity_is_read_only)
{
	/* This test writes what identifies a device: no error, no effect. */
	static const unsigned int places[] = {
		PCI_VENDOR_ID, PCI_DEVICE_ID, PCI_CLASS_REVISION, PCI_HEADER_TYPE,
		PCI_SUBSYSTEM_VENDOR_ID, PCI_CAPABILITY_LIST, PCI_INTERRUPT_PIN,
	};
	const char *bdf = need("nic");
	int fd = open_fd("nic");

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		__u32 here = config_read(fd, places[i], 1);
		__u32 there = pci_config(bdf, places[i], 1);

		config_write(fd, places[i], 1, ~here);
		expect_eq(config_read(fd, places[i], 1), here);
		expect_eq(pci_config(bdf, places[i], 1), there);
	}
}

TEST(bus_master_bit_works)
{
	/* This test lets a device do DMA, and not, and again. */
	int container = container_open();
	struct edu edu = edu_open(container);
	const char *bdf = edu.device.bdf;
	char *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_true(pci_config(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
	expect_dma(&edu, IOVA, va);
	command_clear(edu.device.fd, PCI_COMMAND_MASTER);
	expect_true(!(config_read(edu.device.fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER));
	expect_true(!(pci_config(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER));
	expect_no_dma(&edu, IOVA, va);
	command_set(edu.device.fd, PCI_COMMAND_MASTER);
	expect_dma(&edu, IOVA, va);
}

TEST(bus_master_bit_is_off_at_first)
{
	/* This test opens a device: it does no DMA before its user allows it. */
	struct device device = device_open(container_open(), need("edu"));

	expect_eq(config_read(device.fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	expect_eq(pci_config(device.bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	command_set(device.fd, PCI_COMMAND_MASTER);
	expect_ok(close(device.fd));
	expect_eq(pci_config(device.bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	device.fd = expect_ok(group_get_device(device.group, device.bdf));
	expect_eq(config_read(device.fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
}

TEST(memory_bit_is_on_at_first)
{
	/* This test opens a device, turns its memory off, and opens it anew. */
	struct device peer = device_open(container_open(), need("peer"));
	int on = PCI_COMMAND_MEMORY;

	expect_eq(config_read(peer.fd, PCI_COMMAND, 2) & on, on);
	command_clear(peer.fd, on);
	expect_eq(config_read(peer.fd, PCI_COMMAND, 2) & on, 0);
	expect_ok(close(peer.fd));
	peer.fd = expect_ok(group_get_device(peer.group, peer.bdf));
	expect_eq(config_read(peer.fd, PCI_COMMAND, 2) & on, on);
	expect_eq(read_signal(region_open(peer.fd, BAR2)), 0);
}

/* The memory bit as the user reads it, as the device has it, as it works. */
static void expect_memory(struct device *device, bool on)
{
	__u64 offset = region_info(device->fd, BAR2).offset;
	char byte;

	expect_eq(config_read(device->fd, PCI_COMMAND, 2) >> 1 & 1, on);
	expect_eq(pci_config(device->bdf, PCI_COMMAND, 2) >> 1 & 1, on);
	if (on)
		expect_eq(pread(device->fd, &byte, 1, offset), 1);
	else
		expect_errno(pread(device->fd, &byte, 1, offset), EIO);
}

TEST(memory_bit_at_every_width)
{
	/* This test turns memory off and on by bytes, words and more. */
	struct device peer = device_open(container_open(), need("peer"));
	__u32 command = config_read(peer.fd, PCI_COMMAND, 4);
	__u32 on = command | PCI_COMMAND_MEMORY, off = on & ~PCI_COMMAND_MEMORY;
	__u64 offset = config_offset(peer.fd);
	unsigned char bytes[8];

	expect_memory(&peer, true);
	for (unsigned int size = 1; size <= 4; size++) {
		config_write(peer.fd, PCI_COMMAND, size, off);
		expect_memory(&peer, false);
		config_write(peer.fd, PCI_COMMAND, size, on);
		expect_memory(&peer, true);
	}

	/* From inside the dword before, and from its beginning. */
	for (int before = 1; before <= 4; before++) {
		expect_eq(pread(peer.fd, bytes, 6, offset + PCI_COMMAND - before), 6);
		bytes[before] &= ~PCI_COMMAND_MEMORY;
		expect_eq(pwrite(peer.fd, bytes, before + 1,
				 offset + PCI_COMMAND - before), before + 1);
		expect_memory(&peer, false);
		bytes[before] |= PCI_COMMAND_MEMORY;
		expect_eq(pwrite(peer.fd, bytes, before + 1,
				 offset + PCI_COMMAND - before), before + 1);
		expect_memory(&peer, true);
	}
}

TEST(memory_bit_next_to_other_writes)
{
	/* This test writes the byte beside the memory bit: it stays. */
	struct device peer = device_open(container_open(), need("peer"));

	config_write(peer.fd, PCI_COMMAND + 1, 1, 0);
	expect_memory(&peer, true);
	config_write(peer.fd, PCI_STATUS, 2, 0);
	expect_memory(&peer, true);
	command_set(peer.fd, PCI_COMMAND_MASTER);
	expect_memory(&peer, true);
	command_clear(peer.fd, PCI_COMMAND_MEMORY);
	expect_true(config_read(peer.fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
	command_clear(peer.fd, PCI_COMMAND_MASTER);
	expect_memory(&peer, false);
}
