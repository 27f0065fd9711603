/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every sample that was taken, in series: one series for each operation on one
 * kind of memory of one size.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <linux/types.h>
#include <stdio.h>

/**
 * samples_add() - keep one sample
 * @op: the operation, for example "map-cold"
 * @memory: what it worked on, for example "bar"
 * @size: bytes, or how many runs or VMAs; 0 for what has no size
 * @ticks: what it took
 *
 * The strings are kept by reference and must be constants.
 */
void samples_add(const char *op, const char *memory, size_t size,
		 __u64 ticks);

/* Print all series as a JSON array, in the order of their first samples. */
void samples_print(FILE *out);

#endif /* SAMPLES_H */
