// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device says of its regions by capabilities, what is reserved for it,
 * and what one user leaves to the next.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "low_power.h"
#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define BAR0	VFIO_PCI_BAR0_REGION_INDEX

struct region_answer {
	struct vfio_region_info info;
	char caps[64];
};

static struct region_answer ask_region(int fd, __u32 index, __u32 argsz)
{
	struct region_answer answer;

	memset(&answer, 0x5a, sizeof(answer));
	answer.info.argsz = argsz;
	answer.info.index = index;
	expect_ok(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &answer.info));

	return answer;
}

/* BAR with the MSI-X table. */
static __u32 table_bar(int fd)
{
	unsigned int msix = capability(fd, PCI_CAP_ID_MSIX);

	return config_read(fd, msix + PCI_MSIX_TABLE, 4) & PCI_MSIX_TABLE_BIR;
}

TEST(region_with_the_msix_table_says_so)
{
	/*
	 * This test asks with room for no capability, for all but a byte of it,
	 * and for more: it is one, and nothing is written behind it.
	 */
	int fd = device_open(container_open(), need("nic")).fd;
	size_t head = sizeof(struct vfio_region_info), whole = head + 8;
	__u32 bar = table_bar(fd);
	struct vfio_info_cap_header *cap;
	struct region_answer answer;

	for (__u32 argsz = head; argsz < whole; argsz++) {
		answer = ask_region(fd, bar, argsz);
		expect_eq(answer.info.argsz, whole);
		expect_eq(answer.info.cap_offset, 0);
		expect_true(answer.info.flags & VFIO_REGION_INFO_FLAG_CAPS);
		for (size_t i = 0; i < sizeof(answer.caps); i++)
			expect_eq(answer.caps[i], 0x5a);
	}
	for (__u32 argsz = whole; argsz < whole + 20; argsz++) {
		answer = ask_region(fd, bar, argsz);
		expect_eq(answer.info.argsz, argsz);
		expect_eq(answer.info.cap_offset, head);
		cap = (void *)answer.caps;
		expect_eq(cap->id, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE);
		expect_eq(cap->version, 1);
		expect_eq(cap->next, 0);
		for (size_t i = 8; i < sizeof(answer.caps); i++)
			expect_eq(answer.caps[i], 0x5a);
	}
}

TEST(region_with_the_msix_table_is_mmapped_whole)
{
	/* This test mmaps it: no part of it is left out, so none is told of. */
	int fd = device_open(container_open(), need("nic")).fd;
	__u32 bar = table_bar(fd);
	size_t size = region_size(fd, bar);
	char *va = region_open(fd, bar);

	for (size_t at = 0; at < size; at += PAGE)
		expect_eq(read_signal(va + at), 0);
}

TEST(msix_table_is_left_alone_by_read_and_write)
{
	/*
	 * This test writes zeros over all of the BAR with the MSI-X table, and
	 * reads it: the table is the kernel's. An mmap shows what is there.
	 */
	int fd = device_open(container_open(), need("nic")).fd;
	unsigned int msix = capability(fd, PCI_CAP_ID_MSIX);
	__u32 bar = table_bar(fd), table, count;
	volatile __u32 *va = (void *)region_open(fd, bar);
	size_t size = region_size(fd, bar), end;
	__u64 offset = region_info(fd, bar).offset;
	unsigned char *bytes = (void *)ram(size);

	table = config_read(fd, msix + PCI_MSIX_TABLE, 4) & PCI_MSIX_TABLE_OFFSET;
	count = (config_read(fd, msix + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
	end = table + count * PCI_MSIX_ENTRY_SIZE;
	for (size_t at = table; at < end; at += 4)
		va[at / 4] = 0x5a5a5a5a;
	memset(bytes, 0, size);
	expect_eq(pwrite(fd, bytes, size, offset), size);
	for (size_t at = table; at < end; at += PCI_MSIX_ENTRY_SIZE)
		expect_eq(va[(at + PCI_MSIX_ENTRY_DATA) / 4], 0x5a5a5a5a);
	expect_eq(pread(fd, bytes, size, offset), size);
	for (size_t at = table; at < end; at++)
		expect_eq(bytes[at], 0xff);
	/* Parts of the table, and of what is around it. */
	expect_eq(pread(fd, bytes, 16, offset + end - 5), 16);
	for (size_t at = 0; at < 5; at++)
		expect_eq(bytes[at], 0xff);
	expect_true(bytes[5] != 0xff);
}

TEST(other_regions_have_no_capability)
{
	/* This test looks for capabilities where there should be none. */
	int fd = device_open(container_open(), need("nic")).fd;
	__u32 bar = table_bar(fd);

	for (__u32 index = 0; index < VFIO_PCI_VGA_REGION_INDEX; index++) {
		struct region_answer answer;

		if (index == bar)
			continue;
		answer = ask_region(fd, index, sizeof(answer));
		expect_eq(answer.info.argsz, sizeof(answer));
		expect_eq(answer.info.flags & VFIO_REGION_INFO_FLAG_CAPS, 0);
	}
}

/* Whether the kernel has a resource of just that range of addresses. */
static bool has_resource(__u64 first, __u64 last)
{
	FILE *file = fopen("/proc/iomem", "re");
	unsigned long long start, end;
	char line[256];
	bool found = false;

	expect_true(file);
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, " %llx-%llx", &start, &end) == 2 &&
			start == first && end == last;
	fclose(file);

	return found;
}

TEST(rest_of_a_small_bar_s_page_is_reserved)
{
	/* This test looks at who has the page in which a small BAR lies. */
	const char *bdf = need("peer");
	int fd = device_open(container_open(), bdf).fd;
	struct pci_resource bar = pci_resource(bdf, 0);

	expect_true(bar.size < PAGE);
	if (bar.start % PAGE)
		skip("needs a small BAR that begins a page: boot with pci=resource_alignment=");
	expect_true(region_info(fd, BAR0).flags & VFIO_REGION_INFO_FLAG_MMAP);
	expect_true(has_resource(bar.start + bar.size, bar.start + PAGE - 1));
}

TEST(bound_device_is_no_bus_master)
{
	/* This test binds a device that a former driver left as a bus master. */
	const char *bdf = need("reset");

	expect_ok(pci_unbind(bdf));
	pci_config_write(bdf, PCI_COMMAND,
			 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	expect_true(pci_config(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_eq(pci_config(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
}

static void read_header(const char *bdf, __u32 *header)
{
	for (int i = 0; i < 16; i++)
		header[i] = pci_config(bdf, 4 * i, 4);
}

TEST(next_user_finds_a_device_as_the_first_did)
{
	/*
	 * This test leaves registers, config space and power states behind, by
	 * closing or by exiting: the device is reset, and its config space restored.
	 */
	const char *bdf = need("reset");
	struct device device = device_open(container_open(), bdf);
	__u64 offset = region_info(device.fd, BAR0).offset;
	__u32 before[16], after[16], value = 0x5a;

	expect_ok(close(device.fd));
	read_header(bdf, before);

	for (int round = 0; round < 3; round++) {
		device.fd = expect_ok(group_get_device(device.group, bdf));
		expect_eq(pread(device.fd, &value, 4, offset), 4);
		expect_eq(value, 0);
		expect_eq(config_read(device.fd, PCI_COMMAND, 2) &
			  PCI_COMMAND_MASTER, 0);
		expect_true(config_read(device.fd, PCI_COMMAND, 2) &
			    PCI_COMMAND_MEMORY);

		/* Interrupt mask of ivshmem. */
		value = 0x5a;
		expect_eq(pwrite(device.fd, &value, 4, offset), 4);
		expect_eq(pread(device.fd, &value, 4, offset), 4);
		expect_eq(value, 0x5a);
		command_set(device.fd, PCI_COMMAND_MASTER);
		config_write(device.fd, PCI_BASE_ADDRESS_2, 4, ~0U);
		config_write(device.fd, PCI_CACHE_LINE_SIZE, 1, 0x10);
		if (round == 1)
			memory_off(device.fd);
		if (round == 2)
			expect_ok(low_power_enter(device.fd));
		expect_ok(close(device.fd));

		read_header(bdf, after);
		for (int i = 0; i < 16; i++)
			expect_eq(after[i], before[i]);
	}
}
