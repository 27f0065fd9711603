// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

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
