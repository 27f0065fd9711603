/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock: the CPU's own cycle counter, because reading it costs a few
 * instructions and clock_gettime() costs about eighty, and because under
 * instruction counting one tick is exactly one instruction.
 */
#ifndef TICKS_H
#define TICKS_H

#include <linux/types.h>

/* The fences keep the timed call from being started early or ended late. */
static inline __u64 ticks(void)
{
	unsigned int low, high;

	__asm__ __volatile__("lfence; rdtsc; lfence"
			     : "=a" (low), "=d" (high) : : "memory");

	return (__u64)high << 32 | low;
}

#endif /* TICKS_H */
