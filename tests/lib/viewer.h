/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other processes that have a device's memory mapped, and want something of it
 * when told. Where they have to wait, nothing of the test's own process does.
 */
#ifndef VIEWER_H
#define VIEWER_H

#include <sys/types.h>

#include "vfio.h"

/**
 * struct view - what a viewer has
 * @device: the device, with its container
 * @bar: mmap of its BAR 2
 * @size: of that
 * @spare: IOVA that nothing is mapped at
 */
struct view {
	struct device device;
	char *bar;
	size_t size;
	__u64 spare;
};

struct viewer {
	pid_t pid;
	int ask;
	int answer;
};

/**
 * enum want - what a viewer wants
 * @SEE: read a byte by its mmap. The answer is 0, or the signal that it got.
 * @READ: read(2) a byte. The answer is 0, or errno.
 * @MAP: map all of it for DMA, at @spare. The answer is 0, or errno.
 */
enum want {
	SEE,
	READ,
	MAP,
};

/* A child that inherits the view. */
void viewer_open(struct viewer *viewer, const struct view *view);

/*
 * A process that has nothing of the view's but the group's file: it opens the
 * device and mmaps BAR 2 by itself, and has seen it.
 */
void viewer_open_own(struct viewer *viewer, const struct view *view);

void viewer_ask(struct viewer *viewer, enum want want);
/* Waits for the answer. */
int viewer_answer(struct viewer *viewer);
/* Both. */
int viewer_wants(struct viewer *viewer, enum want want);

/* Ends it and, with it, what it has open. */
void viewer_close(struct viewer *viewer);

#endif /* VIEWER_H */
