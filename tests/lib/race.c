// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races: the sides' threads and processes, and what came of their rounds.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "race.h"
#include "test.h"

/* Who is refused so often for each round that is to succeed need not go on. */
#define REFUSED_MAX	100

/*
 * Who is refused so often in a row is given way to, for so many milliseconds; and
 * so often in vain before that is the end of the test.
 */
#define STARVED		50
#define WAY_MS		500
#define WAYS_MAX	20

/* What came of one side's rounds; a side is one thread. */
struct tally {
	atomic_int done;
	int refused;
	atomic_int refused_in_a_row;
	atomic_int ways;
	bool finished;
	atomic_int failed[MAY_FAIL_MAX];
};

/* A race that goes on; in memory that all its processes share. */
struct race {
	const struct side *sides;
	int count;
	atomic_int unfinished;
	atomic_bool over;
	struct tally tallies[SIDES_MAX];
};

struct runner {
	pthread_t thread;
	struct race *race;
	int side;
};

static __thread unsigned int seed;

/* Lets another processor go on, where one thread of the host's has them all. */
static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#else
	__asm__ volatile("" : : : "memory");
#endif
}

unsigned int race_random(unsigned int end)
{
	return rand_r(&seed) % end;
}

void race_pause(void)
{
	unsigned int left = 0;

	/* Any order of magnitude is as likely as any other. */
	if (race_random(2))
		left = race_random(1u << race_random(14));
	while (left--)
		relax();
}

void phase_next(struct phase *phase)
{
	phase->count++;
}

unsigned int phase_now(struct phase *phase)
{
	return phase->count;
}

int phase_since(struct phase *phase, unsigned int then)
{
	if (then % 2 || phase->count != then)
		return -1;

	return then % 4;
}

static int summary_add(char *text, size_t size, const struct side *side,
		       struct tally *tally)
{
	int used;

	used = snprintf(text, size, "%s %d", side->name, tally->done);
	for (int i = 0; i < MAY_FAIL_MAX; i++) {
		if (tally->failed[i])
			used += snprintf(text + used, size - used, " (%s %d)",
					 errno_name(side->may_fail[i]),
					 tally->failed[i]);
	}

	return used;
}

/* Rounds of each side, and how often it failed in which way. */
static const char *summary(struct race *race)
{
	static __thread char text[1024];
	size_t used = 0;

	for (int i = 0; i < race->count && used < sizeof(text) - 128; i++) {
		if (i)
			used += sprintf(text + used, ", ");
		used += summary_add(text + used, sizeof(text) - used,
				    &race->sides[i], &race->tallies[i]);
	}

	return text;
}

static void side_finished(struct race *race, struct tally *tally)
{
	if (tally->finished)
		return;

	tally->finished = true;
	if (!--race->unfinished)
		race->over = true;
}

static void round_done(struct race *race, const struct side *side,
		       struct tally *tally)
{
	tally->refused_in_a_row = 0;
	if (++tally->done == side->rounds)
		side_finished(race, tally);
}

/* Or the others would leave it no chance to race with them at all. */
static void give_way_to(struct race *race, const struct side *side,
			struct tally *tally)
{
	for (int ms = 0; ms < WAY_MS; ms++) {
		if (race->over || tally->refused_in_a_row < STARVED)
			return;
		usleep(1000);
	}
	if (++tally->ways == WAYS_MAX && !tally->done)
		ck_abort_msg("%s: never succeeds; so far: %s", side->name,
			     summary(race));
}

static void give_way(struct race *race, const struct side *side)
{
	for (int i = 0; i < race->count; i++) {
		if (&race->sides[i] != side && race->sides[i].rounds)
			give_way_to(race, &race->sides[i], &race->tallies[i]);
	}
}

/* A side that never succeeds has not raced, however often it is refused. */
static void side_refused(struct race *race, const struct side *side,
			 struct tally *tally)
{
	tally->refused_in_a_row++;
	if (++tally->refused >= REFUSED_MAX * side->rounds && tally->done)
		side_finished(race, tally);
}

static void round_failed(struct race *race, const struct side *side,
			 struct tally *tally, int error)
{
	for (int i = 0; i < MAY_FAIL_MAX; i++) {
		if (side->may_fail[i] == error) {
			tally->failed[i]++;
			if (side->rounds)
				side_refused(race, side, tally);
			return;
		}
	}

	ck_abort_msg("%s: a round fails with errno %s; so far: %s", side->name,
		     errno_name(error), summary(race));
}

static void *run_side(void *data)
{
	struct runner *runner = data;
	struct race *race = runner->race;
	const struct side *side = &race->sides[runner->side];
	struct tally *tally = &race->tallies[runner->side];
	int error;

	seed = test_seed() + runner->side;
	while (!race->over) {
		race_pause();
		error = side->round(side->data);
		if (error) {
			round_failed(race, side, tally, error);
		} else {
			round_done(race, side, tally);
			give_way(race, side);
		}
	}

	return NULL;
}

static int start_sides(struct race *race, int process, struct runner *runners)
{
	int started = 0;

	for (int i = 0; i < race->count; i++) {
		struct runner *runner = &runners[started];

		if (race->sides[i].process != process)
			continue;
		*runner = (struct runner){ .race = race, .side = i };
		expect_eq(pthread_create(&runner->thread, NULL, run_side,
					 runner), 0);
		started++;
	}

	return started;
}

static void join_sides(struct runner *runners, int count)
{
	while (count--)
		expect_eq(pthread_join(runners[count].thread, NULL), 0);
}

static pid_t start_process(struct race *race, int process)
{
	struct runner runners[SIDES_MAX];
	pid_t child = child_fork();

	if (child)
		return child;

	/* If the test fails elsewhere, nobody tells this one to stop. */
	expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
	join_sides(runners, start_sides(race, process, runners));
	child_exit();
}

/* Numbers of processes are few and small. */
static int start_processes(struct race *race, pid_t *children)
{
	int last = 0, started = 0;

	for (int i = 0; i < race->count; i++) {
		if (race->sides[i].process > last)
			last = race->sides[i].process;
	}
	expect_true(last <= SIDES_MAX);
	for (int process = 1; process <= last; process++)
		children[started++] = start_process(race, process);

	return started;
}

/* A process that ends before the race is over has failed: nobody goes on. */
static void join_processes(pid_t *children, int count)
{
	struct pollfd ends[SIDES_MAX];
	int left = count;

	for (int i = 0; i < count; i++) {
		ends[i].fd = expect_ok(pidfd_open(children[i], 0));
		ends[i].events = POLLIN;
	}
	while (left) {
		expect_ok(poll(ends, count, -1));
		for (int i = 0; i < count; i++) {
			if (ends[i].fd < 0 || !ends[i].revents)
				continue;
			child_join(children[i]);
			expect_ok(close(ends[i].fd));
			ends[i].fd = -1;
			left--;
		}
	}
}

void race_run(const struct side *sides, int count)
{
	struct runner runners[SIDES_MAX];
	pid_t children[SIDES_MAX];
	int threads, processes;
	struct race *race;
	time_t begun = time(NULL);

	expect_true(count <= SIDES_MAX);
	race = shared_memory(sizeof(*race));
	race->sides = sides;
	race->count = count;
	for (int i = 0; i < count; i++)
		race->unfinished += sides[i].rounds > 0;
	expect_true(race->unfinished);

	processes = start_processes(race, children);
	threads = start_sides(race, 0, runners);
	join_processes(children, processes);
	join_sides(runners, threads);

	note("%ld s: %s", (long)(time(NULL) - begun), summary(race));
}

int phase_expect(struct phase *phase, unsigned int then, int error, int off)
{
	switch (phase_since(phase, then)) {
	case PHASE_ON:
		expect_eq(error, 0);
		break;
	case PHASE_OFF:
		expect_eq(error, off);
		break;
	}

	return error;
}
