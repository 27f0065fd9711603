/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the runner share.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>
#include <stddef.h>

/* As the kernel's selftests have it. */
#define EXIT_SKIP	4

#define DEVICES_MAX	16
#define ALLOWED_MAX	8

struct options {
	const char *strategy;
	const char *expected;
	int indent;
	int effort;
	unsigned int seed;
	const char *again;
	int device_count;
	struct {
		char *role;
		char *bdf;
	} devices[DEVICES_MAX];
};

extern struct options options;

/* What a test tells the runner besides its result; in memory of both. */
struct shared {
	char skip[256];
	char allowed[ALLOWED_MAX][64];
	char again[256];
};

extern struct shared *shared;

/*
 * Why a test failed although it did not say so: lines of text, each ended by a
 * newline.
 */
struct complaints {
	char text[4096];
};

void complain(struct complaints *complaints, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* kernel_log.c */
void kernel_log_open(void);
void kernel_log_begin(const char *test, struct complaints *complaints);
void kernel_log_end(struct complaints *complaints);

/* state.c */
struct state;

struct state *state_take(void);
void state_compare(struct state *before, struct complaints *complaints);

/* expected.c */
struct expected {
	char strategy[32];
	char kernel[32];
	char test[96];
	char failure[96];
	bool by_chance;
	char reason[256];
};

const struct expected *expected_find(const char *suite, const char *test);

#endif /* RUNNER_H */
