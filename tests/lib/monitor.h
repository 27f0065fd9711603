/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's monitor, at the other end of a virtio-serial port of the VM, and what
 * it knows the devices by: a device is unplugged, and another one plugged in, or
 * an error of PCI Express occurs, which the host then recovers from.
 *
 *	struct plug plug = plug_find(bdf);
 *	int log = log_open();
 *
 *	plug_error(&plug, AER_FATAL);
 *	log_wait(log, AER_RECOVERED);
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>

/**
 * struct plug - a device as QEMU knows it
 * @bdf: its address in the guest
 * @id: its name
 * @device: what device_add takes
 * @backend: what object_add takes for what is behind it, or ""
 */
struct plug {
	char bdf[16];
	char id[32];
	char device[256];
	char backend[256];
};

/* Skips the test where there is no such monitor, or the device is none of it. */
struct plug plug_find(const char *bdf);

/* Asks the guest for the device, which has gone when the guest lets it go. */
void plug_pull(const struct plug *plug);
/* Waits until it has gone. */
void plug_wait_gone(const struct plug *plug);
/* Puts a new one in its place, and waits until the guest has found it. */
void plug_put(const struct plug *plug);

/*
 * What occurs in the port above the device, in QEMU's words. The one is recovered
 * from without a reset, the other one by it; a thread of the kernel's does so.
 */
#define AER_NOT_FATAL	"COMP_TIME"
#define AER_FATAL	"DLP"

/* What the kernel says in the end. */
#define AER_RECOVERED	"device recovery successful"
#define AER_FAILED	"device recovery failed"

void plug_error(const struct plug *plug, const char *error);

#endif /* MONITOR_H */
