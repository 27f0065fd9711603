/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences of several threads that map for DMA at once, and of
 * several devices in one container.
 */
#ifndef CONTENTION_H
#define CONTENTION_H

#include "kind.h"

/* Pages that each thread maps, by a call each. */
#define THREAD_PAGES	64
#define THREAD_SPAN	(THREAD_PAGES * 4096UL)

/* Another device, beside the one that every cycle gets. */
void others_add(const char *bdf);

/*
 * So many threads: together each maps its own pages, then unmaps them. A sample
 * is the time from the first one's start to the last one's end, over all the
 * calls that were made in it.
 *   containers: each has a container and a device of its own
 *   shared: each has a container of its own, and all map the first device's BAR
 *   threads: they have one container and one device
 */
cycle_fn containers_cycle;
cycle_fn shared_cycle;
cycle_fn threads_cycle;

/*
 * So many devices in one container: DMA map and unmap of a page of the first
 * one, its memory off and on while it is mapped; then DMA map and unmap of a
 * page of each of them, by one call.
 */
cycle_fn devices_cycle;

#endif /* CONTENTION_H */
