/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer's random numbers: splitmix64. The same seed gives the same numbers
 * everywhere.
 */
#ifndef FUZZ_PRNG_H
#define FUZZ_PRNG_H

#include <linux/types.h>
#include <stdbool.h>

struct prng {
	__u64 state;
};

static inline __u64 prng_mix(__u64 z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

	return z ^ (z >> 31);
}

static inline __u64 prng_next(struct prng *prng)
{
	prng->state += 0x9e3779b97f4a7c15ULL;

	return prng_mix(prng->state);
}

/* A generator of its own for each pair of a seed and a number. */
static inline struct prng prng_new(__u64 seed, __u64 number)
{
	return (struct prng){ prng_mix(seed ^ prng_mix(number + 1)) };
}

/* 0 to @limit - 1, for a limit below 2^32. */
static inline unsigned int prng_below(struct prng *prng, unsigned int limit)
{
	return (prng_next(prng) >> 32) * limit >> 32;
}

static inline bool prng_one_in(struct prng *prng, unsigned int n)
{
	return !prng_below(prng, n);
}

#endif /* FUZZ_PRNG_H */
