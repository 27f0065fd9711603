// SPDX-License-Identifier: GPL-2.0-only
/*
 * read and write of BARs, of memory and of I/O ports, and of the ROM.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "log.h"
#include "module.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static int peer_fd(void)
{
	return device_open(container_open(), need("peer")).fd;
}

static __u64 offset_of(int fd, __u32 index)
{
	return region_info(fd, index).offset;
}

TEST(bar_read_at_every_width)
{
	/* This test reads 1 to 16 bytes at 0 to 15 bytes from a boundary. */
	int fd = peer_fd();
	__u64 offset = offset_of(fd, BAR2);
	char *va = region_open(fd, BAR2), bytes[16];

	pattern_fill(va, pattern_new());
	for (size_t at = 0; at < 16; at++) {
		for (size_t size = 1; size <= sizeof(bytes); size++) {
			memset(bytes, 0, sizeof(bytes));
			expect_eq(pread(fd, bytes, size, offset + 512 + at), size);
			expect_true(!memcmp(bytes, va + 512 + at, size));
		}
	}
}

TEST(bar_write_at_every_width)
{
	/* This test writes 1 to 16 bytes, and nothing beside them. */
	int fd = peer_fd();
	__u64 offset = offset_of(fd, BAR2);
	char *va = region_open(fd, BAR2), bytes[16];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0x41 + i;
	for (size_t at = 0; at < 16; at++) {
		for (size_t size = 1; size <= sizeof(bytes); size++) {
			memset(va, 0, PAGE);
			expect_eq(pwrite(fd, bytes, size, offset + 512 + at), size);
			expect_true(!memcmp(bytes, va + 512 + at, size));
			expect_eq(va[512 + at - 1], 0);
			expect_eq(va[512 + at + size], 0);
		}
	}
}

TEST(bar_moves_in_large_pieces)
{
	/* This test writes and reads many pages with one call each. */
	int fd = peer_fd();
	__u64 offset = offset_of(fd, BAR2);
	char *from = ram(64 * PAGE), *to = ram(64 * PAGE);

	for (size_t at = 0; at < 64 * PAGE; at += PATTERN)
		pattern_fill(from + at, pattern_new());
	expect_eq(pwrite(fd, from, 64 * PAGE - 3, offset + 1), 64 * PAGE - 3);
	expect_eq(pread(fd, to, 64 * PAGE - 3, offset + 1), 64 * PAGE - 3);
	expect_true(!memcmp(from, to, 64 * PAGE - 3));
}

TEST(bar_access_ends_with_the_bar)
{
	/* This test reads and writes across the end, at it, and beyond. */
	int fd = peer_fd();
	__u64 offset = offset_of(fd, BAR2), size = region_size(fd, BAR2);
	char bytes[16] = "0123456789abcde";

	expect_eq(pwrite(fd, bytes, 16, offset + size - 5), 5);
	memset(bytes, 0, sizeof(bytes));
	expect_eq(pread(fd, bytes, 16, offset + size - 5), 5);
	expect_true(!memcmp(bytes, "01234\0", 6));
	expect_errno(pread(fd, bytes, 1, offset + size), EINVAL);
	expect_errno(pwrite(fd, bytes, 1, offset + size), EINVAL);
	expect_errno(pread(fd, bytes, 16, offset + size + PAGE), EINVAL);
}

TEST(bar_access_of_no_bytes)
{
	/* This test reads and writes nothing, wherever. */
	int fd = peer_fd();
	char byte = 0;

	expect_eq(pread(fd, &byte, 0, offset_of(fd, BAR2)), 0);
	expect_eq(pwrite(fd, &byte, 0, offset_of(fd, BAR2)), 0);
	expect_eq(pread(fd, &byte, 0, 1UL << 60), 0);
}

TEST(bar_access_with_bad_memory)
{
	/* This test reads into and writes from memory that is not there. */
	int fd = peer_fd();
	__u64 offset = offset_of(fd, BAR2);
	char *page = reserve(PAGE, PAGE);

	expect_errno(pread(fd, page, 8, offset), EFAULT);
	expect_errno(pwrite(fd, page, 8, offset), EFAULT);
	expect_errno(pread(fd, page + PAGE - 4, 8, offset), EFAULT);
}

TEST(access_to_a_region_that_is_not_there)
{
	/* This test reads and writes BARs of no size, and no regions at all. */
	int fd = peer_fd();
	char byte = 0;

	expect_errno(pread(fd, &byte, 1, offset_of(fd, 1)), EINVAL);
	expect_errno(pwrite(fd, &byte, 1, offset_of(fd, 5)), EINVAL);
	expect_errno(pread(fd, &byte, 1, offset_of(fd, VFIO_PCI_ROM_REGION_INDEX)),
		     EINVAL);
	expect_errno(pread(fd, &byte, 1, 1UL << 60), EINVAL);
	expect_errno(pwrite(fd, &byte, 1, 1UL << 60), EINVAL);
	expect_errno(pread(fd, &byte, 1, (1UL << 63) - 1), EINVAL);
	expect_errno(pread(fd, &byte, 1, -1), EINVAL);
}

TEST(registers_by_read_and_write)
{
	/* This test asks edu for the inverse of a number, which it computes. */
	int fd = device_open(container_open(), need("edu")).fd;
	__u64 offset = offset_of(fd, 0);
	__u32 value = 0x12345678;

	expect_eq(pwrite(fd, &value, 4, offset + 4), 4);
	expect_eq(pread(fd, &value, 4, offset + 4), 4);
	expect_eq(value, ~0x12345678u);
	expect_eq(pread(fd, &value, 4, offset), 4);
	expect_eq(value & 0xff, 0xed);
}

TEST(ports_by_read_and_write)
{
	/* This test sets and reads e1000e's address register in I/O ports. */
	const char *bdf = need("nic");
	int fd = device_open(container_open(), bdf).fd;
	__u64 offset = offset_of(fd, 2);
	__u32 value = 0x10, bytes = 0;

	expect_true(pci_resource(bdf, 2).flags & PCI_RESOURCE_IO);
	expect_eq(pwrite(fd, &value, 4, offset), 4);
	expect_eq(pread(fd, &bytes, 4, offset), 4);
	expect_eq(bytes, 0x10);
	expect_errno(pread(fd, &bytes, 4, offset + region_size(fd, 2)), EINVAL);
}

TEST(rom_is_read_only)
{
	/* This test reads the ROM's signature, and writes there. */
	const char *bdf = need("nic");
	int fd = device_open(container_open(), bdf).fd;
	__u64 offset = offset_of(fd, VFIO_PCI_ROM_REGION_INDEX);
	__u16 value = 0;

	if (!pci_resource(bdf, 6).size)
		skip("needs a NIC with an expansion ROM: install the package ipxe-qemu");
	expect_eq(pread(fd, &value, 2, offset), 2);
	expect_eq(value, 0xaa55);
	expect_errno(pwrite(fd, &value, 2, offset), EINVAL);
}

TEST(rom_is_read_in_pieces_and_whole)
{
	/* This test reads the whole ROM and more at once, and by odd pieces. */
	const char *bdf = need("nic");
	int fd = device_open(container_open(), bdf).fd;
	__u64 offset = offset_of(fd, VFIO_PCI_ROM_REGION_INDEX);
	size_t size = pci_resource(bdf, 6).size, piece = 4093;
	char *whole, *pieces;

	if (!size)
		skip("needs a NIC with an expansion ROM: install the package ipxe-qemu");
	whole = ram(size + PAGE);
	pieces = ram(size + PAGE);
	expect_eq(pread(fd, whole, size + PAGE, offset), size);
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		expect_eq(pread(fd, pieces + at, piece, offset + at), n);
	}
	expect_true(!memcmp(whole, pieces, size));
	expect_eq(pread(fd, whole, 0, offset), 0);
	expect_errno(pread(fd, whole, 1, offset + size), EINVAL);
}

TEST(claimed_bar_is_refused)
{
	/*
	 * This test has another module claim a page of a BAR: that is refused, and
	 * the log says once what has it. When it lets the page go, the device need
	 * not be opened again.
	 */
	const char *bdf = need("peer");
	char parameters[64], byte;
	__u64 offset;
	int fd, log;

	snprintf(parameters, sizeof(parameters), "start=0x%llx size=4096",
		 pci_resource(bdf, 2).start);
	expect_ok(module_file_insert("region-claim", parameters));
	log = log_open();
	fd = peer_fd();
	offset = offset_of(fd, BAR2);
	for (int i = 0; i < 3; i++) {
		expect_errno(pread(fd, &byte, 1, offset), EBUSY);
		expect_errno(pwrite(fd, &byte, 1, offset + MIB), EBUSY);
		expect_errno((long)region_mmap(fd, BAR2, MIB, PAGE, PROT_READ),
			     EBUSY);
	}
	expect_ok(module_file_delete("region-claim"));
	expect_eq(pread(fd, &byte, 1, offset), 1);
	expect_true(region_mmap(fd, BAR2, MIB, PAGE, PROT_READ) != MAP_FAILED);
	expect_eq(log_count(log, bdf, "BAR 2", NULL), 1);
	expect_true(log_time("'region_claim' has claimed") > 0);
}
