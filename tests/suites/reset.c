// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_RESET, of a device that has a reset method: mappings, of the CPU
 * and for DMA, are good for use again when it returns.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

static int reset(struct device *device)
{
	return ioctl(device->fd, VFIO_DEVICE_RESET);
}

TEST(reset_is_real)
{
	/* This test resets a device, which forgets what was set in its registers. */
	struct device device = device_open(container_open(), need("reset"));
	__u64 offset = region_info(device.fd, 0).offset;
	__u32 value = 0x5a;

	/* Interrupt mask of ivshmem. */
	expect_eq(pwrite(device.fd, &value, 4, offset), 4);
	expect_eq(pread(device.fd, &value, 4, offset), 4);
	expect_eq(value, 0x5a);
	expect_ok(reset(&device));
	expect_eq(pread(device.fd, &value, 4, offset), 4);
	expect_eq(value, 0);
}

TEST(reset_keeps_the_command_register)
{
	/* This test resets a device with memory and bus master on. */
	struct device device = device_open(container_open(), need("reset"));
	__u32 bits = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	command_set(device.fd, PCI_COMMAND_MASTER);
	expect_ok(reset(&device));
	expect_eq(config_read(device.fd, PCI_COMMAND, 2) & bits, bits);
	expect_eq(pci_config(device.bdf, PCI_COMMAND, 2) & bits, bits);
}

TEST(cpu_mappings_after_reset)
{
	/* This test uses an mmap before and after a reset, here and in a child. */
	struct device device = device_open(container_open(), need("reset"));
	char *bar = region_open(device.fd, BAR2);
	pid_t child;

	strcpy(bar + PAGE, "before");
	expect_ok(reset(&device));
	expect_true(!strcmp(bar + PAGE, "before"));
	expect_eq(read_signal(bar + 9 * PAGE), 0);
	strcpy(bar + PAGE, "after");
	child = child_fork();
	if (!child) {
		expect_true(!strcmp(bar + PAGE, "after"));
		expect_ok(reset(&device));
		expect_true(!strcmp(bar + PAGE, "after"));
		child_exit();
	}
	child_join(child);
	expect_true(!strcmp(bar + PAGE, "after"));
}

TEST(dma_after_reset)
{
	/* This test does DMA before and after resets, without a new mapping. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device device = device_open(container, need("reset"));
	char *bar = region_open(device.fd, BAR2);
	size_t size = region_size(device.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, size));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
	expect_ok(reset(&device));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
	for (int i = 0; i < 5; i++)
		expect_ok(reset(&device));
	expect_dma(&edu, IOVA + size - PATTERN, bar + size - PATTERN);
	expect_eq(dma_unmap(container, IOVA, size), size);
	expect_no_dma(&edu, IOVA + PAGE, bar + PAGE);
}

TEST(map_after_reset)
{
	/* This test maps for the first time after a reset. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device device = device_open(container, need("reset"));
	char *bar = region_open(device.fd, BAR2);

	expect_ok(reset(&device));
	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_dma(&edu, IOVA, bar);
}

TEST(reset_while_memory_is_off)
{
	/* This test resets a device whose memory is off: it stays off. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device device = device_open(container, need("reset"));
	char *bar = region_open(device.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	command_clear(device.fd, PCI_COMMAND_MEMORY);
	expect_ok(reset(&device));
	expect_eq(config_read(device.fd, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, 0);
	expect_eq(read_signal(bar), SIGBUS);
	expect_errno(dma_map(container, 2 * IOVA, bar, MIB), EFAULT);
	command_set(device.fd, PCI_COMMAND_MEMORY);
	expect_eq(read_signal(bar), 0);
	expect_dma(&edu, IOVA, bar);
}

TEST(reset_of_a_device_mapped_elsewhere)
{
	/* This test resets a device that is mapped in another container. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device device = device_open(container_open(), need("reset"));
	char *bar = region_open(device.fd, BAR2);

	expect_ok(dma_map(container, IOVA, bar, MIB));
	expect_ok(reset(&device));
	expect_dma(&edu, IOVA + PAGE, bar + PAGE);
}
