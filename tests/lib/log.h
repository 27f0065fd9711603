/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log as a test reads it: what came since.
 */
#ifndef LOG_H
#define LOG_H

/* The log from here on. */
int log_open(void);

/* Number of its new lines that have all of these texts; the list ends with NULL. */
unsigned int log_count(int log, ...) __attribute__((sentinel));

/* Waits until a new line has the text in it, and passes on to the one behind. */
void log_wait(int log, const char *text);

/*
 * Waits until one has @also and either of two texts; returns which one of these
 * it has, 0 or 1.
 */
int log_wait_either(int log, const char *also, const char *first,
		    const char *second);

/*
 * When the last line that has the text in it was written, in seconds by the
 * log's own clock; 0 if there is none.
 */
double log_time(const char *text);

/* What that clock says now, for which a line is written. */
double log_now(void);

#endif /* LOG_H */
