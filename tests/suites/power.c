// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states: the user puts a device to sleep by its Power Management
 * capability. Asleep, its memory is off.
 */
#include <linux/pci_regs.h>
#include <unistd.h>

#include "pci.h"
#include "scene.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

static void sleep_d3hot(struct scene *scene)
{
	power_change(scene->device.fd, 3);
}

static void wake_d0(struct scene *scene)
{
	power_change(scene->device.fd, 0);
}

static void wake_by_reset(struct scene *scene)
{
	expect_ok(reset_by_ioctl(scene->device.fd));
	expect_eq(power_state(scene->device.fd), 0);
}

TEST(d3hot)
{
	/* This test puts a device to sleep and wakes it. */
	struct scene scene = scene_open(need("disk"));

	scene_watch(&scene);
	expect_off_between(&scene, sleep_d3hot, wake_d0);
}

TEST(d3hot_then_reset)
{
	/* This test puts a device to sleep and wakes it by a reset. */
	struct scene scene = scene_open(need("disk"));

	expect_off_between(&scene, sleep_d3hot, wake_by_reset);
}

TEST(d3hot_of_disabled_memory)
{
	/* This test wakes a device whose memory is disabled: it stays so. */
	struct scene scene = scene_open(need("disk"));

	sleep_d3hot(&scene);
	memory_off(scene.device.fd);
	wake_d0(&scene);
	expect_off(&scene);
	memory_on(scene.device.fd);
	expect_given_back(&scene);
}

TEST(d3hot_keeps_config_space)
{
	/* This test puts a device to sleep that may forget all of it. */
	struct device nic = device_open(container_open(), need("nic"));
	__u32 before[16];

	command_set(nic.fd, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (int i = 0; i < 16; i++)
		before[i] = config_read(nic.fd, 4 * i, 4);
	power_change(nic.fd, 3);
	power_change(nic.fd, 0);
	for (int i = 0; i < 16; i++)
		expect_eq(config_read(nic.fd, 4 * i, 4), before[i]);
	/* Closed asleep, and opened again. */
	power_change(nic.fd, 3);
	expect_ok(close(nic.fd));
	nic.fd = expect_ok(group_get_device(nic.group, nic.bdf));
	power_change(nic.fd, 0);
}

TEST(d3hot_keeps_the_memory_bit)
{
	/* This test writes the memory bit of a device that may forget it asleep. */
	struct device nic = device_open(container_open(), need("nic"));

	for (int on = 0; on < 2; on++) {
		if (on)
			command_clear(nic.fd, PCI_COMMAND_MEMORY);
		else
			command_set(nic.fd, PCI_COMMAND_MEMORY);
		power_change(nic.fd, 3);
		if (on)
			command_set(nic.fd, PCI_COMMAND_MEMORY);
		else
			command_clear(nic.fd, PCI_COMMAND_MEMORY);
		power_change(nic.fd, 0);
		expect_eq(pci_config(nic.bdf, PCI_COMMAND, 2) &
			  PCI_COMMAND_MEMORY, on ? PCI_COMMAND_MEMORY : 0);
	}
}
