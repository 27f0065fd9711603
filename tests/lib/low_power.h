/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO_DEVICE_FEATURE, and the features by which a user lets a device sleep.
 */
#ifndef LOW_POWER_H
#define LOW_POWER_H

#include <linux/types.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>

#define PROBE	VFIO_DEVICE_FEATURE_PROBE
#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET

/* Like a system call. @size bytes of data are given, and are said to be. */
int feature_do(int fd, __u32 flags, const void *data, size_t size);

/* Like system calls. */
int low_power_enter(int fd);
int low_power_enter_with_wakeup(int fd, __s32 event);
int low_power_exit(int fd);

/* Waits until runtime PM has put the device to sleep; the test's limit ends it. */
void wait_asleep(const char *bdf);
/* Whether it sleeps now. */
bool is_asleep(const char *bdf);

/* The host keeps it awake, or does so no more. */
void host_wakes(const char *bdf);
void host_lets_sleep(const char *bdf);

#endif /* LOW_POWER_H */
