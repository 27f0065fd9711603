// SPDX-License-Identifier: GPL-2.0-only
/*
 * Low power: the user lets a device sleep by runtime PM. From the entry to the
 * exit its memory is off for who has it mapped; who reads or writes by the
 * device file wakes it.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <unistd.h>

#include "disk.h"
#include "irq.h"
#include "low_power.h"
#include "pci.h"
#include "scene.h"
#include "test.h"
#include "transition.h"

/* Of a BAR; whoever calls this wakes the device. */
static int bar_read(int fd, __u64 offset)
{
	char byte;

	return pread(fd, &byte, 1, offset) == 1 ? 0 : errno;
}

TEST(low_power)
{
	/*
	 * This test enters and exits low power: memory is off in between, asleep
	 * or not, and what was mapped is mapped again afterwards.
	 */
	struct scene scene = scene_open(need("disk"));

	scene_watch(&scene);
	scene_try_begin(&scene);
	expect_ok(low_power_enter(scene.device.fd));
	expect_unreachable(&scene);
	wait_asleep(scene.device.bdf);
	expect_unreachable(&scene);
	scene_try(&scene);
	expect_true(is_asleep(scene.device.bdf));
	expect_ok(low_power_exit(scene.device.fd));
	expect_true(!is_asleep(scene.device.bdf));
	expect_tried_in_vain(&scene);
	expect_given_back(&scene);
}

TEST(low_power_of_a_device_without_power_management)
{
	/* This test does so with a device that has no way to sleep. */
	struct scene scene = scene_open(need("peer"));

	scene_try_begin(&scene);
	expect_ok(low_power_enter(scene.device.fd));
	expect_unreachable(&scene);
	scene_try(&scene);
	expect_ok(low_power_exit(scene.device.fd));
	expect_tried_in_vain(&scene);
	expect_given_back(&scene);
}

TEST(access_wakes_and_lets_sleep_again)
{
	/*
	 * This test reads and writes a device that sleeps: each is done, and then
	 * it sleeps again; what is mapped stays off all the while.
	 */
	struct scene scene = scene_open(need("disk"));
	struct device *device = &scene.device;
	__u64 offset = region_info(device->fd, BAR2).offset;
	__u32 id = config_read(device->fd, PCI_VENDOR_ID, 4);

	expect_ok(low_power_enter(device->fd));
	for (int i = 0; i < 3; i++) {
		wait_asleep(device->bdf);
		expect_eq(bar_read(device->fd, offset), 0);
		expect_unreachable(&scene);
		wait_asleep(device->bdf);
		expect_eq(config_read(device->fd, PCI_VENDOR_ID, 4), id);
		expect_unreachable(&scene);
		wait_asleep(device->bdf);
		expect_eq(region_info(device->fd, BAR2).size, scene.size);
		expect_unreachable(&scene);
	}
	expect_ok(low_power_exit(device->fd));
	expect_given_back(&scene);
}

TEST(low_power_keeps_what_is_written)
{
	/* This test writes config space and registers that sleep must not lose. */
	struct device nic = device_open(container_open(), need("nic"));
	__u32 before[16];

	command_set(nic.fd, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (int i = 0; i < 16; i++)
		before[i] = config_read(nic.fd, 4 * i, 4);
	expect_ok(low_power_enter(nic.fd));
	wait_asleep(nic.bdf);
	for (int i = 0; i < 16; i++)
		expect_eq(config_read(nic.fd, 4 * i, 4), before[i]);
	wait_asleep(nic.bdf);
	config_write(nic.fd, PCI_CACHE_LINE_SIZE, 1, 0x10);
	wait_asleep(nic.bdf);
	expect_eq(config_read(nic.fd, PCI_CACHE_LINE_SIZE, 1), 0x10);
	expect_ok(low_power_exit(nic.fd));
	expect_eq(config_read(nic.fd, PCI_CACHE_LINE_SIZE, 1), 0x10);
}

TEST(low_power_is_entered_once)
{
	/* This test enters twice, and exits more often. */
	int fd = device_open(container_open(), need("disk")).fd;

	for (int i = 0; i < 3; i++) {
		expect_ok(low_power_exit(fd));
		expect_ok(low_power_enter(fd));
		expect_errno(low_power_enter(fd), EINVAL);
		expect_ok(low_power_exit(fd));
	}
	expect_true(!is_asleep(need("disk")));
}

TEST(access_ends_low_power_with_wakeup)
{
	/* This test wakes by an access: the eventfd tells, and memory is back. */
	struct scene scene = scene_open(need("disk"));
	struct device *device = &scene.device;
	int event = event_new();

	scene_watch(&scene);
	for (int i = 0; i < 3; i++) {
		expect_ok(low_power_enter_with_wakeup(device->fd, event));
		wait_asleep(device->bdf);
		expect_unreachable(&scene);
		expect_no_event(event);
		config_read(device->fd, PCI_VENDOR_ID, 4);
		expect_eq(event_count(event), 1);
		expect_true(!is_asleep(device->bdf));
		expect_eq(read_signal(scene.bar), 0);
		/* There is nothing to exit. */
		expect_ok(low_power_exit(device->fd));
		expect_eq(event_count(event), 0);
	}
	expect_given_back(&scene);
}

TEST(host_ends_low_power_with_wakeup)
{
	/* This test has the host wake the device: the same. */
	struct scene scene = scene_open(need("disk"));
	struct device *device = &scene.device;
	int event = event_new();

	expect_ok(low_power_enter_with_wakeup(device->fd, event));
	wait_asleep(device->bdf);
	host_wakes(device->bdf);
	expect_eq(event_count(event), 1);
	host_lets_sleep(device->bdf);
	expect_given_back(&scene);
}

TEST(host_does_not_end_low_power)
{
	/* This test has the host wake a device whose user has not asked for it. */
	struct scene scene = scene_open(need("disk"));

	expect_ok(low_power_enter(scene.device.fd));
	wait_asleep(scene.device.bdf);
	host_wakes(scene.device.bdf);
	expect_unreachable(&scene);
	host_lets_sleep(scene.device.bdf);
	wait_asleep(scene.device.bdf);
	expect_unreachable(&scene);
	expect_ok(low_power_exit(scene.device.fd));
	expect_given_back(&scene);
}

TEST(low_power_from_d3hot)
{
	/* This test enters with a device that its user has put to sleep before. */
	struct scene scene = scene_open(need("disk"));

	power_set(scene.device.fd, 3);
	expect_ok(low_power_enter(scene.device.fd));
	wait_asleep(scene.device.bdf);
	expect_unreachable(&scene);
	expect_ok(low_power_exit(scene.device.fd));
	expect_given_back(&scene);
}

TEST(d3hot_in_low_power)
{
	/* This test puts a device to sleep that is in low power. */
	struct scene scene = scene_open(need("disk"));

	expect_ok(low_power_enter(scene.device.fd));
	wait_asleep(scene.device.bdf);
	power_set(scene.device.fd, 3);
	wait_asleep(scene.device.bdf);
	expect_ok(low_power_exit(scene.device.fd));
	expect_given_back(&scene);
}

TEST(memory_bit_in_low_power)
{
	/* This test disables and enables memory meanwhile: what was last counts. */
	struct scene scene = scene_open(need("disk"));
	struct device *device = &scene.device;
	__u64 offset = region_info(device->fd, BAR2).offset;

	expect_ok(low_power_enter(device->fd));
	wait_asleep(device->bdf);
	memory_off(device->fd);
	expect_eq(bar_read(device->fd, offset), EIO);
	expect_ok(low_power_exit(device->fd));
	expect_off(&scene);

	expect_ok(low_power_enter(device->fd));
	memory_on(device->fd);
	expect_unreachable(&scene);
	expect_eq(bar_read(device->fd, offset), 0);
	expect_ok(low_power_exit(device->fd));
	expect_given_back(&scene);
}

TEST(reset_in_low_power)
{
	/* This test resets a device that sleeps, itself and by the host. */
	struct scene scene = scene_open(need("disk"));

	expect_ok(low_power_enter(scene.device.fd));
	wait_asleep(scene.device.bdf);
	expect_ok(reset_by_ioctl(scene.device.fd));
	expect_unreachable(&scene);
	wait_asleep(scene.device.bdf);
	expect_ok(reset_by_host(scene.device.bdf));
	expect_unreachable(&scene);
	wait_asleep(scene.device.bdf);
	expect_ok(low_power_exit(scene.device.fd));
	expect_given_back(&scene);
}

TEST(hot_reset_in_low_power)
{
	/* This test resets a device by its bus while it sleeps. */
	struct scene scene = scene_open(need("reset"));

	expect_ok(low_power_enter(scene.device.fd));
	expect_ok(hot_reset(scene.device.fd, 1, &scene.device.group));
	expect_unreachable(&scene);
	expect_ok(low_power_exit(scene.device.fd));
	expect_given_back(&scene);
}

TEST(interrupts_after_low_power)
{
	/* This test has a device interrupt that has slept. */
	struct disk disk = disk_open(container_open());
	int event = event_new();

	expect_ok(irq_trigger(disk.device.fd, MSIX, 0, event));
	disk_setup(&disk);
	disk_raise(&disk);
	expect_event(event);
	disk_acknowledge(&disk);

	expect_ok(low_power_enter(disk.device.fd));
	wait_asleep(disk.device.bdf);
	expect_ok(low_power_exit(disk.device.fd));
	disk_raise(&disk);
	expect_event(event);
	disk_acknowledge(&disk);
}

TEST(interrupts_by_pin_after_low_power)
{
	/* This test does so by the pin, masked and unmasked meanwhile. */
	struct disk disk = disk_open(container_open());
	int event = event_new();

	expect_ok(irq_trigger(disk.device.fd, INTX, 0, event));
	disk_setup(&disk);
	disk_raise(&disk);
	expect_event(event);
	disk_acknowledge(&disk);

	/* It has masked itself. */
	expect_ok(low_power_enter(disk.device.fd));
	wait_asleep(disk.device.bdf);
	expect_ok(irq_do(disk.device.fd, INTX, UNMASK));
	wait_asleep(disk.device.bdf);
	expect_ok(low_power_exit(disk.device.fd));
	disk_raise(&disk);
	expect_event(event);
	disk_acknowledge(&disk);
}

TEST(close_in_low_power)
{
	/* This test closes a device that sleeps: the next user has all of it. */
	const char *bdf = need("disk");
	struct scene scene = scene_open(bdf);

	for (int i = 0; i < 3; i++) {
		if (i)
			expect_ok(low_power_enter_with_wakeup(scene.device.fd,
							      event_new()));
		else
			expect_ok(low_power_enter(scene.device.fd));
		if (i < 2)
			wait_asleep(bdf);
		expect_eq(dma_unmap(scene.device.container, scene.iova,
				    scene.size), scene.size);
		scene_leave(&scene);
		wait_asleep(bdf);
		scene_enter(&scene, bdf);
	}
	expect_given_back(&scene);
}

TEST(unbind_in_low_power)
{
	/* This test unbinds a device that sleeps: its user is told, and asked. */
	const char *bdf = need("disk");
	struct device disk = device_open(container_open(), bdf);
	int request = request_open(disk.fd), event = event_new();
	pid_t admin;

	expect_ok(low_power_enter_with_wakeup(disk.fd, event));
	wait_asleep(bdf);
	admin = admin_begin("/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
	expect_event(event);
	expect_event(request);
	expect_ok(low_power_enter(disk.fd));
	device_close(&disk);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	disk = device_open(container_open(), bdf);
	expect_ok(low_power_enter(disk.fd));
	wait_asleep(bdf);
	expect_ok(low_power_exit(disk.fd));
}
