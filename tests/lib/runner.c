// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-tests: runs the tests of a suite, one after the other, and prints KTAP.
 *
 * The Check library gives each test a process and a time limit, and catches
 * crashes. Every test gets a runner of Check's own, so that its result is out
 * before the next one starts: when the machine hangs, the output says where.
 */
#include <err.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runner.h"
#include "test.h"

enum outcome {
	PASSED,
	FAILED,
	SKIPPED,
};

struct options options = {
	.strategy = "stock",
	.effort = 2,
	.seed = 1,
	.again = "tests/run",
};

struct shared *shared;

static struct test *tests;
static struct once *singles;

static const char usage[] =
"Usage: vfio-tests [options] SUITE [TEST]\n"
"Run the tests of a suite, or one of them, and print the results as KTAP.\n"
"\n"
"  --strategy NAME        what is under test, for messages and --expected\n"
"  --device ROLE=ADDRESS  the PCI device for tests that need that role\n"
"  --expected FILE        table of expected failures\n"
"  --indent N             blanks before each line\n"
"  --effort PERCENT       how much of a thorough run's rounds to do (2)\n"
"  --seed N               for tests that do something at random (1)\n"
"  --again COMMAND        how this was called, for messages\n"
"  --list                 print the names of the suites\n"
"  --list-once            print those of suites that no strategy matters to\n"
"\n"
"Exit status: 0 passed, 1 failed, 4 all skipped, 2 usage.\n";

static int order(const struct test *a, const struct test *b)
{
	int names = strcmp(a->check.file, b->check.file);

	return names ? names : a->check.line - b->check.line;
}

void test_add(struct test *test)
{
	struct test **link = &tests;

	while (*link && order(*link, test) <= 0)
		link = &(*link)->next;
	test->next = *link;
	*link = test;
}

void once_add(struct once *once)
{
	once->next = singles;
	singles = once;
}

/* Name of the file without its folder and suffix. */
static const char *suite_of(const struct test *test)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s", test->check.file);
	path[strlen(path) - 2] = 0;

	return basename(path);
}

static void print(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void print(const char *format, ...)
{
	va_list args;

	printf("%*s", options.indent, "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	/* Or the test's process would have it too. */
	fflush(stdout);
}

static void print_each(char *lines)
{
	char *line;

	while ((line = strsep(&lines, "\n"))) {
		if (line[0])
			print("# %s", line);
	}
}

/* Whatever the test's process left running. */
static void reap(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Runs the test; true if it passed. What it said goes to the complaints. */
static bool run_in_check(const struct test *test, struct complaints *complaints)
{
	TestResult **results;
	Suite *suite = suite_create("");
	TCase *tcase = tcase_create("");
	SRunner *runner = srunner_create(suite);
	bool passed;

	tcase_set_timeout(tcase, test->seconds);
	_tcase_add_test(tcase, &test->check, 0, 0, test->index,
			test->index + 1);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_SILENT);
	reap();

	results = srunner_results(runner);
	passed = tr_rtype(results[0]) == CK_PASS;
	if (!passed && !shared->skip[0])
		complain(complaints, "%s:%d: %s", tr_lfile(results[0]),
			 tr_lno(results[0]), tr_msg(results[0]));

	free(results);
	srunner_free(runner);

	return passed;
}

static enum outcome report(int number, const struct test *test, bool passed,
			   struct complaints *complaints)
{
	const char *name = test->check.name;
	const struct expected *expected = expected_find(suite_of(test), name);
	bool as_expected = expected &&
		strstr(complaints->text, expected->failure);
	bool by_chance = expected && expected->by_chance;

	if (!passed && !complaints->text[0]) {
		print("ok %d %s # SKIP %s", number, name, shared->skip);
		return SKIPPED;
	}

	print_each(complaints->text);
	if (as_expected) {
		print("ok %d %s # XFAIL %s", number, name, expected->reason);
		return PASSED;
	}
	if (expected && !(passed && by_chance))
		print("# expected to fail with '%s': %s", expected->failure,
		      expected->reason);
	if (!passed || (expected && !by_chance)) {
		print("# again: %s", shared->again);
		print("not ok %d %s", number, name);
		return FAILED;
	}

	print("ok %d %s", number, name);
	return PASSED;
}

static enum outcome run(int number, const struct test *test)
{
	struct complaints complaints = {};
	struct state *before;
	bool passed;

	memset(shared, 0, sizeof(*shared));
	snprintf(shared->again, sizeof(shared->again),
		 "%s --strategy %s --suite %s --test %s --seed %u",
		 options.again, options.strategy, suite_of(test),
		 test->check.name, options.seed);
	before = state_take();
	kernel_log_begin(test->check.name, &complaints);

	passed = run_in_check(test, &complaints);

	state_compare(before, &complaints);
	kernel_log_end(&complaints);
	if (complaints.text[0])
		passed = false;

	return report(number, test, passed, &complaints);
}

static bool is_chosen(const struct test *test, const char *suite,
		      const char *name)
{
	return !strcmp(suite_of(test), suite) &&
	       (!name || !strcmp(test->check.name, name));
}

static int run_suite(const char *suite, const char *name)
{
	int count = 0, number = 0, outcomes[3] = {};
	struct test *test;

	for (test = tests; test; test = test->next)
		count += is_chosen(test, suite, name);
	if (!count)
		errx(2, "no such test: %s %s", suite, name ? name : "");

	print("KTAP version 1");
	print("# Subtest: %s", suite);
	print("1..%d", count);
	for (test = tests; test; test = test->next) {
		if (is_chosen(test, suite, name))
			outcomes[run(++number, test)]++;
	}

	if (outcomes[FAILED])
		return 1;

	return outcomes[PASSED] ? 0 : EXIT_SKIP;
}

static bool runs_once(const struct test *test)
{
	for (struct once *once = singles; once; once = once->next) {
		if (!strcmp(once->file, test->check.file))
			return true;
	}

	return false;
}

static void list_suites(bool once_only)
{
	char last[64] = "";

	for (struct test *test = tests; test; test = test->next) {
		const char *suite = suite_of(test);

		if (strcmp(suite, last) && (!once_only || runs_once(test)))
			puts(suite);
		snprintf(last, sizeof(last), "%s", suite);
	}
}

static void add_device(char *text)
{
	char *bdf = strchr(text, '=');

	if (!bdf || options.device_count == DEVICES_MAX)
		errx(2, "not ROLE=ADDRESS, or too many: %s", text);
	*bdf++ = 0;
	options.devices[options.device_count].role = text;
	options.devices[options.device_count++].bdf = bdf;
}

static void parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "strategy", required_argument, NULL, 's' },
		{ "device", required_argument, NULL, 'd' },
		{ "expected", required_argument, NULL, 'e' },
		{ "indent", required_argument, NULL, 'i' },
		{ "effort", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 'r' },
		{ "again", required_argument, NULL, 'a' },
		{ "list", no_argument, NULL, 'l' },
		{ "list-once", no_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options.strategy = optarg;
			break;
		case 'd':
			add_device(optarg);
			break;
		case 'e':
			options.expected = optarg;
			break;
		case 'i':
			options.indent = atoi(optarg);
			break;
		case 'f':
			options.effort = atoi(optarg);
			break;
		case 'r':
			options.seed = strtoul(optarg, NULL, 0);
			break;
		case 'a':
			options.again = optarg;
			break;
		case 'l':
		case 'o':
			list_suites(option == 'o');
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}

	if (optind == argc || argc - optind > 2) {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(2, "mmap");
	/* Orphans of a test come to this process, which waits for them. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		err(2, "PR_SET_CHILD_SUBREAPER");
	kernel_log_open();

	return run_suite(argv[optind], argv[optind + 1]);
}
