// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that fail where a device is bound, opened, used, reset and closed: every
 * one that the module makes into the PCI core and the driver core and that can.
 *
 * The call of the user's that leads there fails with the same errno, or does
 * without; either way nothing stays half done.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fallible.h"
#include "held.h"
#include "log.h"
#include "monitor.h"
#include "pci.h"
#include "recovery.h"
#include "test.h"

#define SLOW	900

/*
 * Binding.
 */

static void use_device(struct stage *stage)
{
	op_expect_usable(stage->peer.bdf);
}

TEST_WITHIN(device_that_cannot_be_bound, SLOW)
{
	/* This test binds a device; that it is not bound is all there is to see. */
	static const struct operation op = {
		.before = op_unbind,
		.call = op_bind,
		.after = use_device,
		.other_error = ENODEV,
	};
	struct stage stage = {
		.peer.bdf = need("peer"),
		.fd = op_probe_open(),
	};

	fault_need();
	expect_fails(1, "device_iommu_capable", NULLS, &op, &stage);
	expect_fails(1, "iommu_group_get", NULLS, &op, &stage);
	/* The device's and its group's. */
	expect_fails(2, "dev_set_name", ERRORS(ENOMEM), &op, &stage);
	expect_fails(2, "cdev_device_add", ERRORS(EEXIST, EBUSY), &op, &stage);
	/* To have what a slot that is reset gets back. */
	expect_fails(1, "pci_store_saved_state", NULLS, &op, &stage);
	expect_works(1, "pci_save_state", ERRORS(ENOMEM), &op, &stage);
	expect_works(1, "pci_set_power_state", ERRORS(EIO), &op, &stage);
}

TEST(bar_whose_page_cannot_be_reserved)
{
	/* This test binds a device with a small BAR, whose page is not free. */
	const char *bdf = need("peer");
	struct vfio_region_info info;
	struct device device;

	fault_need();
	expect_ok(pci_unbind(bdf));
	fallible_arm("request_resource", EBUSY);
	fault_calls_begin(0, 1);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_eq(fault_calls_end(), 1);
	fallible_note("request_resource");

	device = device_open(container_open(), bdf);
	info = region_info(device.fd, 0);
	expect_true(info.size < PAGE);
	expect_eq(info.flags & VFIO_REGION_INFO_FLAG_MMAP, 0);
	expect_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, device.fd,
				info.offset), EINVAL);
	device_close(&device);

	/* The next time it is free. */
	expect_ok(pci_rebind(bdf, "vfio-pci"));
	device = device_open(container_open(), bdf);
	expect_true(region_info(device.fd, 0).flags & VFIO_REGION_INFO_FLAG_MMAP);
}

/*
 * Opening and closing.
 */

static struct stage open_closed(const char *bdf)
{
	struct stage stage = {
		.container = container_open(),
		.group = group_open(bdf),
		.peer.bdf = bdf,
	};

	expect_ok(op_set_container(&stage));
	expect_ok(op_set_iommu(&stage));

	return stage;
}

static const struct operation open_op = {
	.call = op_get_device,
	.after = op_close_fd,
};

TEST_WITHIN(device_that_cannot_be_opened, SLOW)
{
	/* This test opens a device that cannot be woken, enabled or locked. */
	struct stage stage;

	fault_need();
	stage = open_closed(need("reset"));
	expect_fails(1, "pm_runtime_resume", ERRORS(EIO, EACCES), &open_op,
		     &stage);
	expect_fails(1, "pci_enable_device", ERRORS(EIO, EINVAL), &open_op,
		     &stage);
	expect_fails(1, "pci_try_reset_function", ERRORS(EAGAIN), &open_op,
		     &stage);
}

/* Whether it is opened without a reset, or without a state to go back to. */
TEST_WITHIN(device_that_is_opened_all_the_same, SLOW)
{
	/* This test opens a device that cannot be reset, or its state saved. */
	struct stage stage;

	fault_need();
	stage = open_closed(need("reset"));
	expect_works(1, "pci_try_reset_function", ERRORS(ENOTTY, EIO),
		     &open_op, &stage);
	expect_works(1, "pci_store_saved_state", NULLS, &open_op, &stage);
	expect_works(1, "pci_save_state", ERRORS(ENOMEM), &open_op, &stage);
}

static void open_device(struct stage *stage)
{
	expect_ok(op_get_device(stage));
	command_set(stage->fd, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static int close_device(struct stage *stage)
{
	return close(stage->fd);
}

/* Whoever has it next finds nothing of what the one before left in it. */
static void expect_clean(struct stage *stage)
{
	__u64 offset;
	__u32 value;

	expect_ok(op_get_device(stage));
	offset = region_info(stage->fd, 0).offset;
	expect_eq(pread(stage->fd, &value, 4, offset), 4);
	expect_eq(value, 0);
	expect_eq(config_read(stage->fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	/* For the next round: interrupt mask of ivshmem. */
	value = 0x5a;
	expect_eq(pwrite(stage->fd, &value, 4, offset), 4);
	/* It answers: where nobody does, zeros are read as well. */
	value = 0;
	expect_eq(pread(stage->fd, &value, 4, offset), 4);
	expect_eq(value, 0x5a);
	expect_ok(close(stage->fd));
}

TEST_WITHIN(close_that_cannot_reset, SLOW)
{
	/* This test closes a device that cannot be reset or locked just then. */
	static const struct operation op = {
		.before = open_device,
		.call = close_device,
		.after = expect_clean,
	};
	struct stage stage;

	fault_need();
	stage = open_closed(need("reset"));
	expect_works(1, "__pci_reset_function_locked", ERRORS(ENOTTY, EIO),
		     &op, &stage);
	/* The bridge's lock and its own. */
	expect_works(2, "pci_dev_trylock", NULLS, &op, &stage);
	expect_works(1, "pci_load_and_free_saved_state", ERRORS(EINVAL), &op,
		     &stage);

	/* Nor with all of its slot. */
	open_device(&stage);
	fallible_disarm();
	fallible_arm("__pci_reset_function_locked", EIO);
	fallible_arm("pci_reset_bus", EIO);
	fault_calls_begin(0, 2);
	expect_ok(close(stage.fd));
	expect_eq(fault_calls_end(), 2);
	expect_clean(&stage);
}

/* Its state at open could not be kept. */
static void open_without_state(struct stage *stage)
{
	fallible_disarm();
	fallible_arm("pci_store_saved_state", 0);
	fault_calls_begin(0, 1);
	open_device(stage);
	expect_eq(fault_calls_end(), 1);
	fallible_disarm();
}

TEST(close_that_has_no_state_to_give_back)
{
	/* This test closes a device whose state could be saved neither time. */
	struct stage stage;

	fault_need();
	stage = open_closed(need("reset"));
	for (int i = 0; i < 2; i++) {
		open_without_state(&stage);
		fallible_arm("pci_save_state", ENOMEM);
		fault_calls_begin(0, 1);
		expect_ok(close(stage.fd));
		expect_eq(fault_calls_end(), 1);
		expect_clean(&stage);
	}
}

/*
 * Resets.
 */

static const struct operation reset_op = {
	.call = op_device_reset,
	.works = stage_expect_reached,
	.after = stage_expect_mapped,
};

static const struct operation hot_reset_op = {
	.call = op_hot_reset,
	.works = stage_expect_reached,
	.after = stage_expect_mapped,
};

TEST_WITHIN(reset_that_fails, SLOW)
{
	/* This test asks for resets that fail: mapped as before, all the same. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("reset"));
	expect_fails(1, "pci_try_reset_function", ERRORS(EAGAIN, ENOTTY, EIO),
		     &reset_op, &stage);
	expect_fails(1, "pci_reset_bus", ERRORS(EAGAIN, ENOTTY, EIO),
		     &hot_reset_op, &stage);
}

static int hot_reset_info(struct stage *stage)
{
	struct {
		struct vfio_pci_hot_reset_info head;
		struct vfio_pci_dependent_device devices[4];
	} info = { .head.argsz = sizeof(info) };

	return ioctl(stage->peer.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info);
}

TEST_WITHIN(reset_of_a_set_that_fails, SLOW)
{
	/* This test asks for a reset of two devices, which sleep or nobody has. */
	static const struct operation info_op = {
		.call = hot_reset_info,
		.after = stage_expect_mapped,
		.other_error = EPERM,
	};
	struct stage stage;

	fault_need();
	need("other-twin");
	stage = stage_open_mapped(need("twin"));
	/* For the ioctl, then for each of them. */
	expect_fails(3, "pm_runtime_resume", ERRORS(EIO), &hot_reset_op,
		     &stage);
	expect_fails(1, "pci_reset_bus", ERRORS(EIO), &hot_reset_op, &stage);
	expect_fails(2, "iommu_group_get", NULLS, &info_op, &stage);
}

/*
 * Power.
 */

/* The state that the function is in, having been asked for one. */
static int power(struct stage *stage, int state)
{
	unsigned int pos = config_read(stage->fd, PCI_CAPABILITY_LIST, 1);
	__u16 value = state;

	while (pos && config_read(stage->fd, pos, 1) != PCI_CAP_ID_PM)
		pos = config_read(stage->fd, pos + 1, 1);
	expect_true(pos);
	if (state >= 0)
		config_write(stage->fd, pos + PCI_PM_CTRL, 2, value);

	return config_read(stage->fd, pos + PCI_PM_CTRL, 2) &
	       PCI_PM_CTRL_STATE_MASK;
}

#define D0	0
#define D3HOT	3

/* The same, with the first call of that function failing. */
static int power_failing(struct stage *stage, const char *function, int error,
			 int state)
{
	unsigned int calls;
	int reached;

	fallible_disarm();
	fallible_arm(function, error);
	fault_calls_begin(0, 1);
	reached = power(stage, state);
	calls = fault_calls_end();
	expect_eq(calls, 1);
	fallible_note(function);

	return reached;
}

TEST(power_state_that_cannot_be_entered)
{
	/* This test puts a function to sleep that does not, or does not wake. */
	struct stage stage;
	char *bar;

	fault_need();
	stage = open_closed(need("nic"));
	expect_ok(op_get_device(&stage));
	command_set(stage.fd, PCI_COMMAND_MEMORY);
	bar = region_open(stage.fd, 0);

	expect_eq(power_failing(&stage, "pci_set_power_state", EIO, D3HOT), D0);
	expect_eq(read_signal(bar), 0);
	expect_eq(power_failing(&stage, "pci_store_saved_state", 0, D3HOT), D0);
	expect_eq(read_signal(bar), 0);

	/* What there is to save every device has. */
	expect_eq(power_failing(&stage, "pci_save_state", ENOMEM, D3HOT), D3HOT);
	expect_eq(read_signal(bar), SIGBUS);
	expect_eq(power_failing(&stage, "pci_set_power_state", EIO, D0), D3HOT);
	expect_eq(read_signal(bar), SIGBUS);
	expect_eq(power(&stage, D0), D0);
	expect_eq(read_signal(bar), 0);

	/* It has what it had when it fell asleep, or what it wakes up with. */
	expect_eq(power(&stage, D3HOT), D3HOT);
	expect_eq(power_failing(&stage, "pci_load_and_free_saved_state", EINVAL,
				D0), D0);
	expect_eq(read_signal(bar), 0);
	expect_eq(power(&stage, D3HOT), D3HOT);
	expect_eq(power(&stage, D0), D0);
	expect_eq(read_signal(bar), 0);
}

TEST(function_that_does_not_wake_for_its_close)
{
	/*
	 * This test closes a sleeping function that does not wake. What its user
	 * wrote to config space before does not come back to the next one.
	 */
	struct stage stage;

	fault_need();
	stage = open_closed(need("nic"));
	expect_ok(op_get_device(&stage));
	command_set(stage.fd, PCI_COMMAND_MASTER);
	expect_eq(power(&stage, D3HOT), D3HOT);
	fallible_arm("pci_set_power_state", EIO);
	fault_calls_begin(0, 1);
	expect_ok(close(stage.fd));
	expect_eq(fault_calls_end(), 1);

	expect_ok(op_get_device(&stage));
	expect_eq(power(&stage, -1), D0);
	command_set(stage.fd, PCI_COMMAND_MEMORY);
	expect_eq(power(&stage, D0), D0);
	expect_eq(config_read(stage.fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	expect_eq(read_signal(region_open(stage.fd, 0)), 0);
}

/*
 * Regions.
 */

static int read_bytes(struct stage *stage)
{
	char bytes[8];

	return pread(stage->fd, bytes, 7, stage->iova + PCI_CLASS_PROG);
}

static void expect_read_fails(struct stage *stage, __u32 index,
			      const char *function, const int *errors,
			      int other_error)
{
	struct operation op = {
		.before = open_device,
		.call = read_bytes,
		.after = op_close_fd,
		.other_error = other_error,
	};

	open_device(stage);
	stage->iova = region_info(stage->fd, index).offset;
	op_close_fd(stage);
	expect_fails(1, function, errors, &op, stage);
}

/* Config space, of which an error is passed on as it is. */
static void expect_config_read_fails(struct stage *stage, const char *function)
{
	expect_read_fails(stage, VFIO_PCI_CONFIG_REGION_INDEX, function,
			  ERRORS(EIO, ENODEV), 0);
}

/* A ROM that cannot be looked at is none, until it can. */
static void expect_no_rom(struct stage *stage)
{
	open_device(stage);
	fallible_disarm();
	fallible_arm("pci_map_rom", 0);
	fault_calls_begin(0, 1);
	expect_eq(region_info(stage->fd, VFIO_PCI_ROM_REGION_INDEX).size, 0);
	expect_eq(fault_calls_end(), 1);
	expect_true(region_info(stage->fd, VFIO_PCI_ROM_REGION_INDEX).size);
	op_close_fd(stage);
}

static int mmap_bar(struct stage *stage)
{
	stage->va = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, stage->fd,
			 stage->iova);

	return stage->va == MAP_FAILED ? -1 : 0;
}

static void munmap_and_close(struct stage *stage)
{
	expect_eq(read_signal(stage->va), 0);
	expect_ok(munmap(stage->va, PAGE));
	expect_ok(close(stage->fd));
}

TEST_WITHIN(region_that_cannot_be_reached, SLOW)
{
	/* This test reads and mmaps regions that others claim, or fail. */
	static const struct operation mmap_op = {
		.before = open_device,
		.call = mmap_bar,
		.after = munmap_and_close,
		.other_error = EBUSY,
	};
	struct stage stage;

	fault_need();
	stage = open_closed(need("nic"));
	expect_read_fails(&stage, 0, "pci_iomap", NULLS, ENOMEM);
	expect_read_fails(&stage, 0, "__request_region", NULLS, EBUSY);
	expect_read_fails(&stage, VFIO_PCI_ROM_REGION_INDEX, "pci_map_rom",
			  NULLS, ENOMEM);
	expect_no_rom(&stage);
	/* Seven bytes that the device answers for: 1, 2 and 4 of them. */
	expect_config_read_fails(&stage, "pci_user_read_config_byte");
	expect_config_read_fails(&stage, "pci_user_read_config_word");
	expect_config_read_fails(&stage, "pci_user_read_config_dword");

	open_device(&stage);
	stage.iova = region_info(stage.fd, 0).offset;
	op_close_fd(&stage);
	expect_fails(1, "__request_region", NULLS, &mmap_op, &stage);
}

/*
 * Recovery from errors of the bus.
 */

/* A fatal error of the port above the device, which is reset and not restored. */
static void expect_not_restored(struct stage *stage, const struct plug *plug)
{
	char byte;

	fallible_disarm();
	fallible_arm("pci_load_saved_state", EINVAL);
	fault_calls_begin(0, 1);
	expect_true(recovery_of_error(plug, AER_FATAL));
	log_wait(stage->log, "not restored after an error");
	expect_eq(fault_calls_end(), 1);
	fallible_note("pci_load_saved_state");

	expect_eq(held_count("suspended "), RUNS);
	expect_eq(read_signal(stage->bar), SIGBUS);
	expect_errno(pread(stage->peer.fd, &byte, 1,
			   region_info(stage->peer.fd, BAR2).offset), EIO);
	expect_errno(dma_map(stage->container, 5 * IOVA, stage->bar, PAGE),
		     EFAULT);
}

TEST(function_that_is_not_restored)
{
	/*
	 * This test has the host recover from an error, after which the function
	 * is not given back its config space: its memory stays away until the
	 * function is, after another error or by a reset.
	 */
	struct plug plug = plug_find(need("reset"));
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(plug.bdf);
	expect_not_restored(&stage, &plug);
	expect_true(recovery_of_error(&plug, AER_FATAL));
	stage_expect_mapped(&stage);
	stage_expect_reached(&stage);

	expect_not_restored(&stage, &plug);
	expect_ok(op_device_reset(&stage));
	stage_expect_mapped(&stage);
	stage_expect_reached(&stage);
}

TEST(closed_function_that_is_not_restored)
{
	/* This test does so while nobody has it open: opened, it is as it was. */
	struct plug plug = plug_find(need("reset"));
	int log;

	fault_need();
	log = log_open();
	fallible_arm("pci_load_saved_state", EINVAL);
	fault_calls_begin(0, 1);
	expect_true(recovery_of_error(&plug, AER_FATAL));
	log_wait(log, "not restored after an error");
	expect_eq(fault_calls_end(), 1);

	op_expect_usable(plug.bdf);
}
