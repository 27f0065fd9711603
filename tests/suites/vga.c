// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGA region of a display.
 */
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "memory.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define TEXT		0xb8000
#define SEQUENCER	0x3c4
#define MISC_READ	0x3cc
#define MEMORY_END	0xc0000

static int open_fd(const char *role)
{
	return device_open(container_open(), need(role)).fd;
}

static __u64 vga_offset(int fd)
{
	return region_info(fd, VFIO_PCI_VGA_REGION_INDEX).offset;
}

TEST(vga_region_info)
{
	/* This test asks for the region, of a display and of another device. */
	struct vfio_region_info none = {
		.argsz = sizeof(none),
		.index = VFIO_PCI_VGA_REGION_INDEX,
	};
	struct vfio_region_info info;

	info = region_info(open_fd("display"), VFIO_PCI_VGA_REGION_INDEX);
	expect_eq(info.size, MEMORY_END);
	expect_eq(info.flags, VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE);
	expect_errno(ioctl(open_fd("peer"), VFIO_DEVICE_GET_REGION_INFO, &none),
		     EINVAL);
}

TEST(vga_memory)
{
	/* This test writes text to the screen, at every width, and reads it. */
	int fd = open_fd("display");
	__u64 offset = vga_offset(fd);
	char text[512], back[512];

	for (int i = 0; i < 512; i++)
		text[i] = i * 7 + 1;
	for (int size = 1; size <= 512; size = 2 * size + 1) {
		expect_eq(pwrite(fd, text, size, offset + TEXT + size), size);
		expect_eq(pread(fd, back, size, offset + TEXT + size), size);
		expect_true(!memcmp(text, back, size));
	}
}

TEST(vga_ports)
{
	/* This test writes and reads registers behind I/O ports. */
	int fd = open_fd("display");
	__u64 offset = vga_offset(fd);
	unsigned char index, value;

	for (index = 0; index < 5; index++) {
		expect_eq(pwrite(fd, &index, 1, offset + SEQUENCER), 1);
		expect_eq(pread(fd, &value, 1, offset + SEQUENCER), 1);
		expect_eq(value & 7, index);
	}
	expect_eq(pread(fd, &value, 1, offset + MISC_READ), 1);
	expect_true(value != 0xff);
}

TEST(vga_region_has_gaps)
{
	/* This test reads and writes where VGA has nothing, and over ends. */
	static const unsigned int gaps[] = {
		0, 0x3af, 0x3bc, 0x3e0, 0x9ffff, MEMORY_END, MEMORY_END + 4,
	};
	int fd = open_fd("display"), other = open_fd("peer");
	__u64 offset = vga_offset(fd);
	char bytes[8] = {}, *nowhere = reserve(PAGE, PAGE);

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		expect_errno(pread(fd, bytes, 1, offset + gaps[i]), EINVAL);
		expect_errno(pwrite(fd, bytes, 1, offset + gaps[i]), EINVAL);
	}
	expect_eq(pread(fd, bytes, 8, offset + MEMORY_END - 2), 2);
	expect_eq(pread(fd, bytes, 8, offset + 0x3dc), 4);
	expect_eq(pread(fd, bytes, 0, offset + TEXT), 0);
	expect_errno(pread(fd, nowhere, 8, offset + TEXT), EFAULT);
	expect_errno(pwrite(fd, nowhere, 8, offset + TEXT), EFAULT);
	expect_errno(pread(other, bytes, 1, offset + TEXT), EINVAL);
}

TEST(vga_region_is_not_mapped)
{
	/* This test mmaps what can be read and written only. */
	int fd = open_fd("display");

	expect_true(region_mmap(fd, VFIO_PCI_VGA_REGION_INDEX, 0xa0000, PAGE,
				PROT_READ) == MAP_FAILED);
	expect_eq(errno, EINVAL);
}

TEST(rom_of_the_display)
{
	/* This test reads the ROM, of which firmware has made a copy. */
	int fd = open_fd("display");
	struct vfio_region_info info;
	unsigned char mark[2] = {};

	info = region_info(fd, VFIO_PCI_ROM_REGION_INDEX);
	expect_true(info.size);
	expect_eq(info.flags, VFIO_REGION_INFO_FLAG_READ);
	expect_eq(pread(fd, mark, 2, info.offset), 2);
	expect_eq(mark[0], 0x55);
	expect_eq(mark[1], 0xaa);

	config_write(fd, PCI_ROM_ADDRESS, 4, ~0);
	expect_eq(config_read(fd, PCI_ROM_ADDRESS, 4),
		  (__u32)~(info.size - 1) | PCI_ROM_ADDRESS_ENABLE);
}
