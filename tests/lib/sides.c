// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "pci.h"
#include "recovery.h"
#include "sides.h"
#include "transition.h"
#include "vfio.h"

int side_memory_bit(void *data)
{
	struct device *device = data;

	memory_off(device->fd);
	race_pause();
	memory_on(device->fd);

	return 0;
}

int side_power_state(void *data)
{
	struct device *device = data;

	power_set(device->fd, 3);
	race_pause();
	power_set(device->fd, 0);

	return 0;
}

int side_reset(void *data)
{
	struct device *device = data;

	return reset_by_ioctl(device->fd) ? errno : 0;
}

int side_config_reset(void *data)
{
	struct device *device = data;

	reset_by_config(device->fd);

	return 0;
}

int side_hot_reset(void *data)
{
	struct device *device = data;

	return hot_reset(device->fd, 1, &device->group) ? errno : 0;
}

int side_host_reset(void *data)
{
	struct device *device = data;

	return reset_by_host(device->bdf) ? errno : 0;
}

/*
 * Only the bus that the device is on is looked through afterwards: on others,
 * virtual functions may come and go meanwhile, and no kernel locks the list of a
 * bus's devices against that.
 */
struct hotplug hotplug_new(const char *bdf)
{
	struct hotplug hotplug = { .bdf = bdf };

	/* "0000:01:00.0" is on bus "0000:01". */
	snprintf(hotplug.rescan, sizeof(hotplug.rescan),
		 "/sys/class/pci_bus/%.7s/rescan", bdf);

	return hotplug;
}

void hotplug_end(const struct hotplug *hotplug)
{
	char driver[64];

	pci_driver(hotplug->bdf, driver, sizeof(driver));
	if (driver[0])
		return;
	/* So that it has the group's number that it had before. */
	find_anew(hotplug->bdf);
}

int side_hotplug(void *data)
{
	struct hotplug *hotplug = data;

	if (pci_write(hotplug->bdf, "remove", "1"))
		return errno;
	race_pause();

	return file_write(hotplug->rescan, "1") ? errno : 0;
}

/* Others are to come in between, and the kernel log is to have room for it all. */
static void error_pause(void)
{
	usleep(race_random(20000));
}

int side_error_not_fatal(void *plug)
{
	error_pause();
	recovery_of_error(plug, AER_NOT_FATAL);

	return 0;
}

int side_error_fatal(void *plug)
{
	error_pause();
	recovery_of_error(plug, AER_FATAL);

	return 0;
}

void memory_off_and_on(int fd, struct phase *phase)
{
	phase_next(phase);
	memory_off(fd);
	phase_next(phase);
	race_pause();
	phase_next(phase);
	memory_on(fd);
	phase_next(phase);
}
