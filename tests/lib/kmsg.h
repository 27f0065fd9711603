/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel log says during a test, for a test that expects a line.
 */
#ifndef KMSG_H
#define KMSG_H

/* A reader of its own, which begins with what is logged from now on. */
int kmsg_open(void);

/*
 * How many lines came since the last call, or kmsg_open(), that have all of
 * these texts in them; the list ends with NULL.
 */
unsigned int kmsg_count(int kmsg, ...) __attribute__((sentinel));

#endif /* KMSG_H */
