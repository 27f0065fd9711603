/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's trace of an event, or of all events of a folder, in an instance of
 * the test's own, and marks of the test between: what came before what, on
 * whichever processor.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

/*
 * "folder/event" or "folder", and a filter in the kernel's words, or NULL. Skips
 * the test if the kernel traces nothing.
 */
void trace_begin(const char *event, const char *filter);
/* Another event, or folder, in the trace that has begun. */
void trace_add(const char *event, const char *filter);
/* Only what this thread does, from here on. */
void trace_self(void);
/* Ends one that a killed test has left, if any. */
void trace_forget(void);
void trace_mark(const char *text);
/* Calls @look for each line that is still there, in order; then ends the trace. */
void trace_end(void (*look)(const char *line, void *data), void *data);

/* Events of a folder in the trace of the whole system: on or off. */
void trace_switch(const char *folder, bool on);

#endif /* TRACE_H */
