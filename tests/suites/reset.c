// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of one function, by its user and by the host: its memory is blocked
 * meanwhile, and mappings, of the CPU and for DMA, are good for use again when
 * it returns.
 */
#include <limits.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocked.h"
#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

static int reset(struct device *device)
{
	return reset_by_ioctl(device->fd);
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

static int reset_of(void *device)
{
	return reset(device);
}

TEST(reset_of_the_function)
{
	/* This test resets a device by a method of its own, function level reset. */
	struct scene scene = scene_open(need("disk"));

	scene_watch(&scene);
	expect_blocked_during(&scene, reset_of, &scene.device);
}

TEST(reset_by_way_of_the_bus)
{
	/* This test resets a device that has no method but its bus's. */
	struct scene scene = scene_open(need("reset"));

	scene_watch(&scene);
	expect_blocked_during_each(&scene, reset_of, &scene.device);
}

static int function_reset(void *device)
{
	reset_by_config(((struct device *)device)->fd);

	return 0;
}

TEST(reset_by_device_control)
{
	/* This test resets a function by a bit of its PCI Express capability. */
	struct scene scene = scene_open(need("disk"));

	scene_watch(&scene);
	expect_blocked_during(&scene, function_reset, &scene.device);
}

static int advanced_features_reset(void *data)
{
	struct device *device = data;
	unsigned int pos = capability(device->fd, PCI_CAP_ID_AF);

	config_write(device->fd, pos + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR);

	return 0;
}

TEST(reset_by_advanced_features)
{
	/* This test resets a function by a bit of that capability. */
	static const char * const roles[] = { "reset", "disk", "peer" };
	struct scene scene;
	const char *bdf;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		bdf = device_in(roles[i]);
		if (!bdf || !pci_capability(bdf, PCI_CAP_ID_AF))
			continue;
		scene = scene_open(bdf);
		expect_blocked_during(&scene, advanced_features_reset,
				      &scene.device);
		return;
	}
	skip("needs a device with the Advanced Features capability, of which QEMU has no model: give a real one as 'reset'");
}

/*
 * By the host.
 */
static int host_reset(void *bdf)
{
	return reset_by_host(bdf);
}

TEST(reset_by_the_host)
{
	/* This test has the host's administrator reset a device that is in use. */
	char *bdf = strdup(need("disk"));
	struct scene scene = scene_open(bdf);

	scene_watch(&scene);
	expect_blocked_during(&scene, host_reset, bdf);
}

static int bus_reset(void *port)
{
	return pci_write(port, "reset_subordinate", "1");
}

TEST(reset_of_the_bus_by_the_host)
{
	/* This test has the administrator reset all that is behind a port. */
	char *path = realpath(pci_path(need("reset"), ".."), NULL), *port;
	struct scene scene;
	struct stat status;

	expect_true(path);
	port = strrchr(path, '/') + 1;
	if (stat(pci_path(port, "reset_subordinate"), &status))
		skip("needs reset_subordinate in sysfs: a kernel from 6.13 on");

	scene = scene_open(need("reset"));
	scene_watch(&scene);
	expect_blocked_during_each(&scene, bus_reset, port);
}

TEST(reset_by_the_host_while_memory_is_off)
{
	/* This test has the host reset a device whose memory is off: it stays off. */
	struct scene scene = scene_open(need("reset"));

	memory_off(scene.device.fd);
	expect_ok(reset_by_host(scene.device.bdf));
	expect_off(&scene);
	memory_on(scene.device.fd);
	expect_given_back(&scene);
}
