/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences of a process that has very many mmaps of a device, and of
 * a device that very many processes have mmapped.
 */
#ifndef SCALING_H
#define SCALING_H

#include "kind.h"

/*
 * So many mmaps of a page, not touched. Beside them one more is made, mapped for
 * DMA and taken back, several times; then the process forks. All are timed but
 * the DMA unmap, which has no part in it.
 */
cycle_fn beside_cycle;

/*
 * An mmap of a page, touched, in so many forked processes. The last fork is
 * timed, and memory off.
 */
cycle_fn forks_cycle;

#endif /* SCALING_H */
