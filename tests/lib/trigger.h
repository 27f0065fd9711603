/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The eventfds by which the host tells a device's user something.
 */
#ifndef TRIGGER_H
#define TRIGGER_H

#include <linux/types.h>
#include <stddef.h>

#include "vfio.h"

/* VFIO_DEVICE_SET_IRQS with @size bytes of data, like a system call. */
int irq_set(int fd, __u32 index, __u32 flags, __u32 count, const void *data,
	    size_t size);

#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define NONE	(TRIGGER | VFIO_IRQ_SET_DATA_NONE)
#define BOOL	(TRIGGER | VFIO_IRQ_SET_DATA_BOOL)
#define EVENTFD	(TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)

/* An eventfd by which the device is asked for. */
int request_open(int fd);

/* How often an eventfd was signalled since the last call. */
__u64 signals(int event);

/* Waits until it is. */
void signal_wait(int event);

#endif /* TRIGGER_H */
