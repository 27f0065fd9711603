// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing that a user does to its device holds up the host, which adds and
 * removes other devices and recovers from errors meanwhile.
 *
 * The PCI core does all three under one lock of its own, pci_bus_sem. A device
 * that wakes takes it, too, where its link has power management.
 */
#include <linux/pci_regs.h>
#include <unistd.h>

#include "memory.h"
#include "monitor.h"
#include "pci.h"
#include "recovery.h"
#include "sides.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/*
 * Rounds of what sleeps for some milliseconds, and longer where others are at
 * work: few, unless the run is a thorough one. And rounds of those others.
 */
#define ROUNDS		(rounds(100) < 100 ? rounds(2000) : 10000)
#define SLEEPING	rounds(200)

struct sleeper {
	struct device device;
	__u64 control;		/* offset of the register in the device file */
};

/* An error may have cleared the register: what is written decides. */
static int sleep_and_wake(void *data)
{
	static const __u8 states[] = { 3, 0 };
	struct sleeper *sleeper = data;

	for (int i = 0; i < 2; i++) {
		if (pwrite(sleeper->device.fd, &states[i], 1,
			   sleeper->control) != 1)
			return errno;
	}

	return 0;
}

static struct sleeper sleeper_open(const char *bdf)
{
	struct sleeper sleeper = { .device = device_open(container_open(), bdf) };
	int fd = sleeper.device.fd;

	sleeper.control = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset +
			  capability(fd, PCI_CAP_ID_PM) + PCI_PM_CTRL;

	return sleeper;
}

static void expect_awake(struct sleeper *sleeper)
{
	const char *bdf = sleeper->device.bdf;

	expect_eq(power_state(sleeper->device.fd), 0);
	expect_eq(pci_config(bdf, PCI_VENDOR_ID, 4),
		  config_read(sleeper->device.fd, PCI_VENDOR_ID, 4));
	memory_on(sleeper->device.fd);
	expect_eq(read_signal(region_open(sleeper->device.fd, 0)), 0);
}

static void expect_host_goes_on(int (*error)(void *plug))
{
	need_bus_resets();

	const char *bdf = need("physical");
	struct plug plug = plug_find(bdf);
	struct hotplug hotplug = hotplug_new(need("reset"));
	struct sleeper sleeper = sleeper_open(bdf);

	race(SIDE("D3hot", sleep_and_wake, &sleeper, ROUNDS),
	     SIDE("hotplug", side_hotplug, &hotplug, SLEEPING),
	     SIDE("error", error, &plug, SLEEPING));
	expect_awake(&sleeper);
	hotplug_end(&hotplug);
}

RACE(sleep_hotplug_and_errors_that_are_not_fatal)
{
	/*
	 * This test has a user put its device to sleep and wake it, an
	 * administrator remove and find another device, and errors that are not
	 * fatal occur in the port of the first one.
	 */
	expect_host_goes_on(side_error_not_fatal);
}

RACE(sleep_hotplug_and_errors_that_are_fatal)
{
	/* This test does so with errors that are fatal. */
	expect_host_goes_on(side_error_fatal);
}
