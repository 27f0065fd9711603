/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts by way of VFIO, and the eventfds that tell of them.
 *
 *	int event = event_new();
 *	expect_ok(irq_trigger(fd, VFIO_PCI_INTX_IRQ_INDEX, 0, event));
 *	...the device raises it...
 *	expect_event(event);
 */
#ifndef IRQ_H
#define IRQ_H

#include <linux/types.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>

#include "test.h"

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX

#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD

/* SET_IRQS of one to IRQ_MAX interrupts; @size bytes of data. */
#define IRQ_MAX	8
int irq_set(int fd, __u32 index, __u32 flags, __u32 start, __u32 count,
	    const void *data, size_t size);

/* One interrupt, and no data. */
int irq_do(int fd, __u32 index, __u32 action);
/* One interrupt gets an eventfd, or -1. */
int irq_trigger(int fd, __u32 index, __u32 nr, __s32 event);
int irq_unmask_by(int fd, __s32 event);
/* Ends what is set up of that index. */
int irq_end(int fd, __u32 index);

struct vfio_irq_info irq_info(int fd, __u32 index);

/* An eventfd by which the host asks for the device. */
int request_open(int fd);

int event_new(void);
/* Signals it, as another process or KVM would. */
void event_signal(int event);
/* How often it was signalled since the last call. */
__u64 event_count(int event);
/* Waits for a signal and takes it; false if none comes for very long. */
bool event_comes(int event);
/* Gives a signal that must not come a while to do so. */
bool event_stays_away(int event);

#define expect_event(event)	expect_true(event_comes(event))
#define expect_no_event(event)	expect_true(event_stays_away(event))

/*
 * The module's parameter, which counts when a device is opened: with 'Y' none
 * masks its INTx itself, and so has to have its line to itself.
 */
void nointxmask_set(char value);

/* Whether the host has interrupts of the device, of whatever kind. */
bool irq_requested(const char *bdf);

#endif /* IRQ_H */
