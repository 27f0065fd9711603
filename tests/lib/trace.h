/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's trace of one event, in an instance of the test's own, and marks of
 * the test between: what came before what, on whichever processor.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

/*
 * "folder/event", and a filter in the kernel's words. Skips the test if the kernel
 * has no such event.
 */
void trace_begin(const char *event, const char *filter);
void trace_mark(const char *text);
/* Calls @look for each line that is still there, in order; then ends the trace. */
void trace_end(void (*look)(const char *line, void *data), void *data);

/* Events of a folder in the trace of the whole system: on or off. */
void trace_switch(const char *folder, bool on);

#endif /* TRACE_H */
