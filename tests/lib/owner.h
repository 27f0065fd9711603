/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that has a device, and does not let it go although it is asked to.
 */
#ifndef OWNER_H
#define OWNER_H

#include <sys/types.h>

#include "test.h"

/* It has edu, and the device's memory and some RAM mapped for that. */
pid_t owner_open(const char *bdf, struct turn *asked);

/* Kills it: it has let go whatever it had when this returns. */
void owner_kill(pid_t owner);

#endif /* OWNER_H */
