/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sides of a race that do something to an open device and need nothing else:
 * what they are given is its struct device.
 *
 *	race(SIDE("map", map, s, SLEEPING),
 *	     SIDE("reset", side_reset, &s->device, SLEEPING));
 */
#ifndef SIDES_H
#define SIDES_H

#include "race.h"

/* Off and on, asleep and awake. Where several do it, nobody knows what holds. */
int side_memory_bit(void *device);
int side_power_state(void *device);

/* By its user: the ioctl, config space, and as the only one of its group. */
int side_reset(void *device);
int side_config_reset(void *device);
int side_hot_reset(void *device);

/* By the host's administrator. */
int side_host_reset(void *device);

/*
 * What happens to the host, to another device or to a port; these are given
 * something else. They need tests/lib/monitor.h, but for the first.
 *
 * A device behind a port is removed and found again: a struct hotplug, whose
 * device must be bound again when the race is over. Errors occur in a port, and
 * the host recovers: a struct plug. Whether a recovery succeeds is not asked.
 */
struct hotplug {
	const char *bdf;
	char rescan[64];
};

struct hotplug hotplug_new(const char *bdf);
void hotplug_end(const struct hotplug *hotplug);

int side_hotplug(void *hotplug);
int side_error_not_fatal(void *plug);
int side_error_fatal(void *plug);

/* No side by itself: memory off and on, telling others by phases. */
void memory_off_and_on(int fd, struct phase *phase);

#endif /* SIDES_H */
