/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that makes a call in which it hangs, when it is told to.
 */
#ifndef STALLER_H
#define STALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "test.h"

struct staller {
	pid_t pid;
	int result;
	struct turn go;
};

/* It has whatever the test has open now, and nothing that comes after. */
struct staller staller_open(int (*call)(void *data), void *data);

/* Has it make the call. */
void staller_go(struct staller *staller);

/* Whether the call has not returned yet. */
bool staller_hangs(struct staller *staller);

/* Waits until the call returns: 0 or errno. */
int staller_result(struct staller *staller);

/* Ends it, whether it hangs or not. */
void staller_kill(struct staller *staller);

#endif /* STALLER_H */
