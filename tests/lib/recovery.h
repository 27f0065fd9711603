/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's recovery from errors of PCI Express, as a test makes it come about.
 *
 *	expect_true(recovery_of_error(&plug, AER_FATAL));
 *
 * How a test looks into the middle of a recovery. The kernel tells the driver of
 * each device behind the port of the error, one after the other, and takes each
 * device's lock for it. The host unbinds the second of two devices, which is open:
 * that holds its lock until it is closed. The first one's driver is told, and then
 * everything stands still, until the test closes the second one.
 */
#ifndef RECOVERY_H
#define RECOVERY_H

#include <stdbool.h>
#include <sys/types.h>

#include "monitor.h"

/*
 * Has the error occur in the port above the device, and waits for the end of the
 * host's recovery. Returns whether that succeeded.
 */
bool recovery_of_error(const struct plug *plug, const char *error);

/* Waits for the end of a recovery there, in a log of log_open(). The same. */
bool recovery_wait(const struct plug *plug, int log);

/**
 * struct recovery - one that stands still in the middle
 * @plug: the device whose driver is told, as QEMU knows it
 * @log: the kernel log, from before
 * @error: what occurs
 * @succeeds: whether the second device has a driver when its turn comes
 * @second: address of the second device
 * @second_fd: it is open
 * @unbinder: the administrator's process that unbinds it
 * @binder: the one that binds it again
 */
struct recovery {
	struct plug plug;
	int log;
	const char *error;
	bool succeeds;
	const char *second;
	int second_fd;
	pid_t unbinder;
	pid_t binder;
};

/* @second must be of the same IOMMU group, which @group is a file of. */
struct recovery recovery_new(const char *bdf, const char *second, int group,
			     const char *error, bool succeeds);

/* From one to the other it stands still; @data is a struct recovery. */
void recovery_begin(void *data);
void recovery_end(void *data);

/*
 * Takes a device out of the system and finds it anew, as no driver restores the
 * registers of one that had none when the port was reset; and binds it.
 */
void find_anew(const char *bdf);
/* Skips the test where the kernel cannot reset a bus of the VM. */
void need_bus_resets(void);
/* Whether that BAR is not where the kernel has put it. */
bool registers_are_lost(const char *bdf, unsigned int bar);

#endif /* RECOVERY_H */
