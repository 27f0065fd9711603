/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How to write a test.
 *
 *	TEST(map_bar_then_unmap)
 *	{
 *		// This test maps a BAR and unmaps it: all of it comes back.
 *		struct device peer = device_open(container_open(), need("peer"));
 *		...
 *		expect_ok(dma_map(peer.container, IOVA, bar, size));
 *		expect_eq(dma_unmap(peer.container, IOVA, size), size);
 *	}
 *
 * A file in suites/ is a suite of the same name, and its tests run in the order
 * they stand there. Each runs in a process of its own, so it need not close or
 * unmap anything; but drivers and parameters that it changes it sets back. The
 * runner (runner.c) judges not only what the test says but also the kernel log
 * meanwhile, and what is left behind.
 *
 * A suite runs over every strategy, unless its file says SUITE_RUNS_ONCE.
 */
#ifndef TEST_H
#define TEST_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>

struct test {
	TTest check;
	int index;	/* what its function is called with */
	unsigned int seconds;
	struct test *next;
};

void test_add(struct test *test);

struct once {
	const char *file;
	struct once *next;
};

void once_add(struct once *once);

/*
 * A test that is killed, and has failed, after that many seconds. It exits, or
 * Check would tell how many microseconds it took, in an int: half an hour.
 */
#define TEST_WITHIN(name_, seconds_)					\
	static void name_##_does(void);					\
	static void name_##_fn(__attribute__((unused)) int unused)	\
	{								\
		name_##_does();						\
		exit(EXIT_SUCCESS);					\
	}								\
	static struct test name_##_test = {				\
		.check = { #name_, name_##_fn, __FILE__, __LINE__ },	\
		.seconds = seconds_,					\
	};								\
	__attribute__((constructor)) static void name_##_add(void)	\
	{								\
		test_add(&name_##_test);				\
	}								\
	static void name_##_does(void)

/* The limit only ends what hangs: it is far above what any test needs. */
#define TEST(name) TEST_WITHIN(name, 60)

/*
 * This file's suite comes to the same on every strategy. Where several are under
 * test, it runs on the first one only, that of the configuration; tests/run --each
 * runs it on all of them. A suite may say so if nothing that it proves depends on
 * code of strategies/, which runs when a strategy's module is loaded, a device is
 * bound, a BAR is mmapped, such a vma is split, forked or closed, and MAP_DMA asks
 * what stands behind it. A suite that revokes what is mapped may not say so,
 * unless another one revokes by the same events on every strategy; nor may one of
 * random calls. A suite of races may, if the BAR is mapped before the race and what
 * races is common code: the revoker, interrupts, iommufd.
 */
#define SUITE_RUNS_ONCE							\
	static struct once suite_once;					\
	__attribute__((constructor)) static void suite_once_add(void)	\
	{								\
		once_add(&suite_once);					\
	}								\
	static struct once suite_once = { .file = __FILE__ }

/*
 * Expectations. Each ends the test if it does not hold, and says where, which
 * expression, the values, and errno.
 */

/* @call, like a system call, does not return a negative value; yields it. */
#define expect_ok(call)							\
({									\
	errno = 0;							\
	long long value_ = (long long)(call);				\
									\
	if (value_ < 0)							\
		ck_abort_msg("%s: got %lld, errno %s", #call, value_,	\
			     errno_name(errno));			\
	value_;								\
})

/* @call, like a system call, fails with that errno. */
#define expect_errno(call, want)					\
do {									\
	errno = 0;							\
	long long value_ = (long long)(call);				\
	int errno_ = errno, want_ = (want);				\
									\
	if (value_ != -1 || errno_ != want_)				\
		ck_abort_msg("%s: expected errno %s, got %lld, errno %s", \
			     #call, errno_name(want_), value_,		\
			     errno_name(errno_));			\
} while (0)

#define expect_eq(got, want)						\
do {									\
	long long got_ = (long long)(got), want_ = (long long)(want);	\
									\
	if (got_ != want_)						\
		ck_abort_msg("%s is %lld (%#llx), expected %s, %lld (%#llx)", \
			     #got, got_, got_, #want, want_, want_);	\
} while (0)

#define expect_true(condition)						\
do {									\
	if (!(condition))						\
		ck_abort_msg("%s does not hold, errno %s", #condition,	\
			     errno_name(errno));			\
} while (0)

/* @call returns NULL, not a text that says what is wrong. */
#define expect_fine(call)						\
do {									\
	const char *wrong_ = (call);					\
									\
	if (wrong_)							\
		ck_abort_msg("%s: %s", #call, wrong_);			\
} while (0)

const char *errno_name(int number);

/*
 * Ends the test, which is then neither passed nor failed. Say what would let it
 * run: "needs ...: give ...".
 */
void skip(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Address of the device in that role; skips the test if there is none. */
const char *need(const char *role);
const char *device_in(const char *role);

/* Name of the strategy under test, or "stock". */
const char *strategy_name(void);

/*
 * How many rounds to do of what a thorough run does @thorough rounds of: fewer
 * where a run is to be short (--effort), but always one.
 */
int rounds(int thorough);

/* For what a test does at random: the same in every run but for --seed. */
unsigned long test_seed(void);

/* The command that does this test again, for people to copy. */
const char *test_again(void);

/* A line of the test's output that decides nothing. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A line of the kernel log, since the first call, that this test will fail
 * because of, or NULL: for tests that take long to end with it.
 */
const char *kernel_log_report(void);

/*
 * Kernel log lines with @text in them belong to this test, which without that
 * would fail because of them.
 */
void allow_log(const char *text);

/*
 * Child processes. What fails in a child fails the test, with the child's
 * message. A child ends in child_exit().
 */
pid_t child_fork(void);
__attribute__((noreturn)) void child_exit(void);
void child_join(pid_t child);

/* A pair of processes that take turns: wait for the other, or let it go on. */
struct turn {
	int fd[2];
};

struct turn turn_new(void);
void turn_give(struct turn *turn);
void turn_wait(struct turn *turn);

#endif /* TEST_H */
