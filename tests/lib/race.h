/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Races: several sides, each of which does one thing over and over, at the same
 * time as the others, until every side has done its rounds.
 *
 *	static int toggle(void *data) { ...; return 0; }
 *	static int map(void *data) { ...; return dma_map(...) ? errno : 0; }
 *
 *	race(SIDE("map", map, &scene, rounds(10000), .may_fail = { EFAULT }),
 *	     SIDE("memory bit", toggle, &scene, rounds(10000)));
 *
 * A side is a thread, of the test's own process or of another one that all
 * sides of the same number share. A round is one call of its function. What the
 * function returns is 0, or the errno of what it could not do. That ends the
 * test unless the side may fail so; and what failed is not counted as a round.
 * The others give way to a side that is refused over and over, for a while. One
 * that succeeds all the same in no more than one of a hundred rounds has done its
 * part, too; one that never succeeds has failed.
 * Whatever else must hold in a round, the function itself expects.
 *
 * Between two rounds a side pauses for a random time, mostly none: who takes a
 * lock again at once keeps others from it. How often what happened is printed.
 */
#ifndef RACE_H
#define RACE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "test.h"

#define MAY_FAIL_MAX	7

/**
 * struct side - one side of a race
 * @name: what it does, for messages
 * @round: does it once. Return: 0 or an errno.
 * @data: passed to @round. For other processes than the test's it must lie in
 *	memory that is shared, as far as it changes.
 * @rounds: how many must succeed, 0 if it only keeps the others company
 * @process: 0 for the test's own process, another number for another one
 * @may_fail: what @round may return besides 0
 */
struct side {
	const char *name;
	int (*round)(void *data);
	void *data;
	int rounds;
	int process;
	int may_fail[MAY_FAIL_MAX];
};

/* All that every side has; then what is special about this one. */
#define SIDE(name_, round_, data_, rounds_, ...)			\
	{								\
		.name = name_,						\
		.round = round_,					\
		.data = data_,						\
		.rounds = rounds_,					\
		__VA_ARGS__						\
	}

#define SIDES_MAX	12

/* A test that races. The limit ends what hangs, on the slowest kernel too. */
#define RACE(name) TEST_WITHIN(name, 3600)

#define race(...)							\
	race_run((const struct side[]){ __VA_ARGS__ },			\
		 sizeof((const struct side[]){ __VA_ARGS__ }) /		\
		 sizeof(struct side))

void race_run(const struct side *sides, int count);

/* For rounds that have a middle: a random time, mostly none. */
void race_pause(void);

/* A random number from 0 up to @end, of the side that calls it. */
unsigned int race_random(unsigned int end);

/*
 * A phase tells one side how far another one is: it is even while something
 * holds, odd while that changes. One who looks, acts and looks again, and has
 * seen the same even phase twice, knows what held while it acted.
 */
struct phase {
	atomic_uint count;
};

/* What holds: PHASE_ON from the start, and after every second change. */
enum {
	PHASE_ON = 0,
	PHASE_OFF = 2,
};

/* Called before each change and after it. */
void phase_next(struct phase *phase);
unsigned int phase_now(struct phase *phase);
/* PHASE_ON or PHASE_OFF from @then until now; -1 if it changed between. */
int phase_since(struct phase *phase, unsigned int then);
/*
 * What was done since then gave @error: expects 0 while it was on, @off while it
 * was off. Returns @error.
 */
int phase_expect(struct phase *phase, unsigned int then, int error, int off);

#endif /* RACE_H */
