/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences of interrupts, by QEMU's edu device, which raises one when
 * a register is written to: from that write until the eventfd has been read.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "kind.h"

/*
 * Set up, raise some times, end: the last one is timed. Raised by the pin it is
 * masked until it is unmasked, which is timed by ioctl and by eventfd.
 */
cycle_fn intx_cycle;
cycle_fn msi_cycle;

#endif /* INTERRUPT_H */
