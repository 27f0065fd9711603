/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes a device's memory away: its user by the device file, and the host
 * by sysfs. By memory bit and power state until it is undone, by a reset until
 * the call returns.
 */
#ifndef TRANSITION_H
#define TRANSITION_H

#include <linux/types.h>

void memory_off(int fd);
void memory_on(int fd);

/* To D0 to D3hot, whatever comes of it. @fd must be of a device that has them. */
void power_set(int fd, __u16 state);
/* The state that the user finds. */
unsigned int power_state(int fd);
/* And the device has the state then. */
void power_change(int fd, __u16 state);

/* Position in config space of a capability that must be there. */
unsigned int capability(int fd, __u8 id);

/* Like system calls. */
int reset_by_ioctl(int fd);
int reset_by_host(const char *bdf);
int hot_reset(int fd, __u32 count, const __s32 *groups);

/* By a bit of Device Control; whether it was done is not said. */
void reset_by_config(int fd);

#endif /* TRANSITION_H */
