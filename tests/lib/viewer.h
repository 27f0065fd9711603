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

/**
 * struct viewer - another process
 * @pid: its number
 * @ask: where it is told what to want
 * @answer: where it answers
 * @handled: how many signals it has handled, see viewer_signal()
 */
struct viewer {
	pid_t pid;
	int ask;
	int answer;
	volatile int *handled;
};

/**
 * enum want - what a viewer wants
 * @SEE: read a byte by its mmap. The answer is 0, or the signal that it got.
 * @READ: read(2) a byte. The answer is 0, or errno.
 * @WRITE: write(2) a byte, the same.
 * @CONFIG: read(2) command and status from config space, the same.
 * @MAP: map all of it for DMA, at @spare. The answer is 0, or errno.
 */
enum want {
	SEE,
	READ,
	WRITE,
	CONFIG,
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

/*
 * Sends it a signal that it handles, and waits until it has done so or @over;
 * returns whether it has. A call that the signal interrupts fails with EINTR, or
 * is repeated by the kernel.
 */
bool viewer_signal(struct viewer *viewer, volatile bool *over);

/* Ends it and, with it, what it has open. */
void viewer_close(struct viewer *viewer);

#endif /* VIEWER_H */
