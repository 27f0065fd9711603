// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies and calls that fail where a device is woken, let to sleep, given a
 * token, or given virtual functions: each once, one after the other.
 *
 * Nothing is half done then, and the next attempt works.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fallible.h"
#include "irq.h"
#include "low_power.h"
#include "pci.h"
#include "sriov.h"
#include "test.h"

SUITE_RUNS_ONCE;

#define SLOW	900
#define BAR0	VFIO_PCI_BAR0_REGION_INDEX

static struct stage stage_of(const char *bdf)
{
	struct stage stage = { .container = container_open() };

	stage.peer = device_open(stage.container, bdf);
	stage.iova = region_info(stage.peer.fd, BAR0).offset;
	stage.fd = event_new();

	return stage;
}

static void nothing(struct stage *stage)
{
	(void)stage;
}

/* Not in low power: whatever was mapped is there. */
static void expect_awake(struct stage *stage)
{
	expect_eq(event_count(stage->fd), 0);
	host_lets_sleep(stage->peer.bdf);
	expect_true(!is_asleep(stage->peer.bdf));
}

static int ask(struct stage *stage)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return ioctl(stage->peer.fd, VFIO_DEVICE_GET_INFO, &info);
}

static int probe(struct stage *stage)
{
	return feature_do(stage->peer.fd, PROBE | SET |
			  VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0);
}

static int read_bar(struct stage *stage)
{
	char byte;

	return pread(stage->peer.fd, &byte, 1, stage->iova) == 1 ? 0 : -1;
}

TEST_WITHIN(device_that_does_not_wake, SLOW)
{
	/* This test calls, reads and writes a device that cannot be woken. */
	static const struct operation ask_op = {
		.call = ask, .after = nothing, .other_error = EIO,
	}, probe_op = {
		.call = probe, .after = nothing, .other_error = EIO,
	}, read_op = {
		.call = read_bar, .after = nothing, .other_error = EIO,
	};
	struct stage stage;

	fault_need();
	stage = stage_of(need("disk"));
	expect_fails(1, "pm_runtime_resume", ERRORS(EIO, EACCES), &ask_op,
		     &stage);
	expect_fails(1, "pm_runtime_resume", ERRORS(EIO, EACCES), &probe_op,
		     &stage);
	expect_fails(1, "pm_runtime_resume", ERRORS(EIO, EACCES), &read_op,
		     &stage);

	/* One that sleeps stays asleep, and then goes on. */
	expect_ok(low_power_enter(stage.peer.fd));
	wait_asleep(stage.peer.bdf);
	fallible_disarm();
	fallible_arm("pm_runtime_resume", EIO);
	fault_calls_begin(0, 1);
	expect_errno(low_power_exit(stage.peer.fd), EIO);
	expect_eq(fault_calls_end(), 1);
	expect_true(is_asleep(stage.peer.bdf));
	expect_ok(low_power_exit(stage.peer.fd));
	expect_ok(read_bar(&stage));
	expect_true(!is_asleep(stage.peer.bdf));
}

TEST_WITHIN(close_of_a_device_that_does_not_wake, SLOW)
{
	/* This test closes a device in low power that cannot be woken. */
	struct stage stage;

	fault_need();
	stage = stage_of(need("disk"));
	expect_ok(low_power_enter_with_wakeup(stage.peer.fd, stage.fd));
	wait_asleep(stage.peer.bdf);
	fallible_arm("pm_runtime_resume", EIO);
	fault_calls_begin(0, 1);
	expect_ok(close(stage.peer.fd));
	expect_eq(fault_calls_end(), 1);

	stage.peer.fd = expect_ok(group_get_device(stage.peer.group,
						   stage.peer.bdf));
	expect_ok(read_bar(&stage));
	expect_ok(low_power_enter(stage.peer.fd));
	wait_asleep(stage.peer.bdf);
	expect_ok(low_power_exit(stage.peer.fd));
	expect_ok(read_bar(&stage));
}

/* Kept awake, so that the exit is what ends it. */
static void keep_awake(struct stage *stage)
{
	host_wakes(stage->peer.bdf);
}

static int enter(struct stage *stage)
{
	return low_power_enter_with_wakeup(stage->peer.fd, stage->fd);
}

static void leave(struct stage *stage)
{
	expect_errno(enter(stage), EINVAL);
	expect_ok(low_power_exit(stage->peer.fd));
	expect_awake(stage);
}

static int set_token(struct stage *stage)
{
	return feature_do(stage->peer.fd, SET |
			  VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
			  "sixteen letters!", 16);
}

TEST_WITHIN(features_without_memory, SLOW)
{
	/* This test enters low power, and sets a token, from bad memory. */
	static const struct operation enter_op = {
		.before = keep_awake,
		.call = enter,
		.after = leave,
	}, token_op = {
		.call = set_token,
		.after = nothing,
	};
	struct stage stage;

	fault_need();
	stage = stage_of(need("disk"));
	op_walk_memory(&enter_op, &stage, COPIES);

	stage = stage_of(need("physical"));
	op_walk_memory(&token_op, &stage, COPIES);
}

/*
 * Virtual functions.
 */

static int make_functions(struct stage *stage)
{
	int ret = sriov_set(stage->peer.bdf, VFS), error = errno;

	if (ret)
		expect_true(!sriov_function(stage->peer.bdf, 0));
	errno = error;

	return ret;
}

static void take_functions(struct stage *stage)
{
	char driver[32];

	for (int i = 0; i < VFS; i++) {
		pci_driver(sriov_function(stage->peer.bdf, i), driver,
			   sizeof(driver));
		expect_true(!strcmp(driver, "vfio-pci"));
	}
	expect_ok(sriov_set(stage->peer.bdf, 0));
	/* It is not kept from sleeping any more. */
	wait_asleep(stage->peer.bdf);
}

TEST_WITHIN(functions_that_cannot_be_made, SLOW)
{
	/*
	 * This test makes virtual functions of one that does not wake, or that the
	 * host has no numbers for; or the host's driver could take one of them.
	 */
	static const struct operation op = {
		.call = make_functions,
		.after = take_functions,
	};
	struct stage stage;

	fault_need();
	stage.peer.bdf = need("physical");
	sriov_allow(true);
	/* What is vfio's is bound all the same. */
	expect_ok(pci_write(stage.peer.bdf, "sriov_drivers_autoprobe", "0"));
	expect_fails(1, "pm_runtime_resume", ERRORS(EIO), &op, &stage);
	expect_fails(1, "pci_enable_sriov", ERRORS(ENOMEM, EIO), &op, &stage);
	expect_fails(VFS, fallible_exists("__device_set_driver_override") ?
		     "__device_set_driver_override" : "driver_set_override",
		     ERRORS(ENOMEM), &op, &stage);
	expect_ok(pci_write(stage.peer.bdf, "sriov_drivers_autoprobe", "1"));
	sriov_allow(false);
}

static void expect_open(struct stage *stage)
{
	struct device device = device_open(container_open(), stage->peer.bdf);

	expect_eq(read_signal(region_open(device.fd, BAR0)), 0);
}

TEST_WITHIN(physical_function_that_cannot_be_bound, SLOW)
{
	/* This test binds one that nobody would tell of its virtual functions. */
	static const struct operation op = {
		.before = op_unbind,
		.call = op_bind,
		.after = nothing,
		.other_error = ENODEV,
	};
	struct stage stage;

	fault_need();
	stage = (struct stage){
		.peer.bdf = need("physical"),
		.fd = op_probe_open(),
	};
	expect_fails(1, "bus_register_notifier", ERRORS(ENOMEM), &op, &stage);
	expect_open(&stage);
}
