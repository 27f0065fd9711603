// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests' own test: runs the suite self_test and sees whether every outcome
 * is reported for what it is. That a machine which dies or falls silent is
 * reported too is tested by tests/run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pci.h"
#include "test.h"

static char output[16384];

/* Runs a test of self_test, by a table of expected failures; its exit status. */
static int run(const char *test, const char *table)
{
	char command[512];
	size_t used = 0;
	FILE *file;
	int status;

	file = fopen("/tmp/expected", "we");
	expect_true(file);
	fputs(table, file);
	fclose(file);

	/* The lines that it fakes are in this test's stretch of the log too. */
	allow_log("fake");
	snprintf(command, sizeof(command),
		 "/proc/%d/exe --strategy fiction --expected /tmp/expected --device nic=%s self_test %s 2>&1",
		 getpid(), need("nic"), test);
	file = popen(command, "re");
	expect_true(file);
	used = fread(output, 1, sizeof(output) - 1, file);
	output[used] = 0;
	status = pclose(file);
	expect_true(WIFEXITED(status));

	return WEXITSTATUS(status);
}

/* NULL if the last run printed that. */
static const char *printed(const char *text)
{
	return strstr(output, text) ? NULL : output;
}

#define expect_output(text)	expect_fine(printed(text))

TEST(passing_test_is_reported)
{
	/* This test runs one that passes. */
	expect_eq(run("passes", ""), 0);
	expect_output("KTAP version 1\n# Subtest: self_test\n1..1\nok 1 passes\n");
}

TEST(failing_test_is_reported)
{
	/* This test runs ones that fail: place, expression, values, errno. */
	expect_eq(run("fails_a_call", ""), 1);
	expect_output("\nnot ok 1 fails_a_call\n");
	expect_output("# suites/self_test.c:");
	expect_output("close(-1): got -1, errno EBADF");

	expect_eq(run("fails_an_errno", ""), 1);
	expect_output("\nnot ok 1 fails_an_errno\n");
	expect_output("expected errno EINVAL, got -1, errno EBADF");

	expect_eq(run("fails_a_value", ""), 1);
	expect_output("\nnot ok 1 fails_a_value\n");
	expect_output("2 + 3 is 5 (0x5), expected four, 4 (0x4)");
}

TEST(failing_child_is_reported)
{
	/* This test runs one whose child fails: the child's message counts. */
	expect_eq(run("fails_in_a_child", ""), 1);
	expect_output("\nnot ok 1 fails_in_a_child\n");
	expect_output("getpid() is");
}

TEST(skipped_test_is_reported)
{
	/* This test runs ones that skip, by themselves and for want of a device. */
	expect_eq(run("skips", ""), 4);
	expect_output("\nok 1 skips # SKIP needs 3 wishes: ask a fairy\n");
	expect_eq(run("needs_what_is_not_there", ""), 4);
	expect_output("# SKIP needs a device as 'unicorn': see tests/README.md");
}

TEST(crashing_test_is_reported)
{
	/* This test runs one that crashes. */
	expect_eq(run("crashes", ""), 1);
	expect_output("\nnot ok 1 crashes\n");
	expect_output("signal 11");
}

TEST(hanging_test_is_reported)
{
	/* This test runs ones that hang. */
	expect_eq(run("hangs", ""), 1);
	expect_output("\nnot ok 1 hangs\n");
	expect_output("timeout expired");
	expect_eq(run("hangs_with_a_child", ""), 1);
	expect_output("\nnot ok 1 hangs_with_a_child\n");
}

TEST(splat_is_reported)
{
	/* This test runs ones that pass, but for the kernel log. */
	expect_eq(run("splats", ""), 1);
	expect_output("\nnot ok 1 splats\n");
	expect_output("# kernel log: WARNING: a fake one");
	expect_eq(run("faults", ""), 1);
	expect_output("# kernel log: DMAR: [DMA Write");
	expect_eq(run("faults_as_allowed", ""), 0);
	/* And it is not charged to the next one as well. */
	expect_eq(run("passes", ""), 0);
}

TEST(data_race_is_reported)
{
	/* This test runs ones that pass, but for a report of KCSAN's. */
	expect_eq(run("races", ""), 1);
	expect_output("\nnot ok 1 races\n");
	expect_output("# kernel log: BUG: KCSAN: data-race in fake_a");
	expect_eq(run("races_in_a_driver", ""), 1);
	expect_output("# kernel log: BUG: KCSAN: data-race in fake_a");
	/* Where none of the module's accesses lacks a mark, it is the kernel's. */
	expect_eq(run("races_marked", ""), 0);
	expect_eq(run("races_elsewhere", ""), 0);
}

TEST(splat_between_tests_is_reported)
{
	/* This test has the kernel say something when no test runs. */
	expect_eq(run("passes", ""), 0);
	expect_eq(system("echo '<4>WARNING: fake' > /dev/kmsg"), 0);
	expect_eq(run("passes", ""), 1);
	expect_output("# kernel log before the test: WARNING: fake");
}

TEST(changed_driver_is_reported)
{
	/* This test runs one that leaves a device with another driver. */
	char driver[32];

	if (system("modprobe e1000e"))
		skip("needs the kernel's e1000e module");
	expect_ok(pci_rebind(need("nic"), ""));
	expect_eq(run("leaves_a_driver", ""), 1);
	expect_output("before the test '', after it 'e1000e'");
	pci_driver(need("nic"), driver, sizeof(driver));
	expect_true(!driver[0]);
}

TEST(expected_failure_is_no_failure)
{
	/* This test runs one that fails as the table says. */
	expect_eq(run("fails_a_value", "fict* | * | self_test/fails_* | is 5 | arithmetic\n"), 0);
	expect_output("\nok 1 fails_a_value # XFAIL arithmetic\n");
	expect_output("2 + 3 is 5");
	expect_eq(run("splats", "* | * | self_test/splats | a fake | it does\n"), 0);
	expect_output("\nok 1 splats # XFAIL it does\n");
}

TEST(failure_by_chance)
{
	/* This test runs ones that the table lets fail in one way, or pass. */
	expect_eq(run("fails_a_value", "* | * | self_test/* | ? is 5 | luck\n"), 0);
	expect_output("\nok 1 fails_a_value # XFAIL luck\n");
	expect_eq(run("passes", "* | * | self_test/* | ? is 5 | luck\n"), 0);
	expect_output("\nok 1 passes\n");
	expect_eq(run("fails_a_value", "* | * | self_test/* | ? is 6 | luck\n"), 1);
	expect_output("# expected to fail with 'is 6': luck");
	expect_output("\nnot ok 1 fails_a_value\n");
}

TEST(unexpected_outcome_is_a_failure)
{
	/* This test runs ones that pass, or fail otherwise than the table says. */
	expect_eq(run("passes", "* | * | self_test/passes | no | bad day\n"), 1);
	expect_output("\nnot ok 1 passes\n");
	expect_output("# expected to fail with 'no': bad day");
	expect_eq(run("fails_a_value", "* | * | self_test/fails_* | is 6 | bad day\n"), 1);
	expect_output("\nnot ok 1 fails_a_value\n");
	expect_eq(run("fails_a_value", "stock | * | self_test/* | is 5 | other\n"
		      "* | 2.4.* | self_test/* | is 5 | other\n"
		      "* | * | other/* | is 5 | other\n"), 1);
}

TEST(all_outcomes_at_once)
{
	/* This test runs all of them: one bad one makes the suite bad. */
	if (system("modprobe e1000e"))
		skip("needs the kernel's e1000e module");
	expect_ok(pci_rebind(need("nic"), ""));
	expect_eq(run("", ""), 1);
	expect_output("1..18\n");
	expect_output("\nok 1 passes\n");
	expect_output("\nnot ok 2 fails_a_call\n");
	expect_output("\nnot ok 18 leaves_a_driver\n");
}

TEST(wrong_name_is_reported)
{
	/* This test runs one that is not there. */
	expect_eq(run("no_such_test", ""), 2);
	expect_output("no such test: self_test no_such_test");
}

/* All that a command prints, which has to succeed. */
static void run_command(const char *command)
{
	FILE *file = popen(command, "re");
	size_t used;

	expect_true(file);
	used = fread(output, 1, sizeof(output) - 1, file);
	output[used] = 0;
	expect_eq(pclose(file), 0);
}

TEST(suite_that_runs_once_is_listed)
{
	/* This test asks for the suites: those that run once, and all. */
	char command[64];

	snprintf(command, sizeof(command), "/proc/%d/exe --list-once", getpid());
	run_command(command);
	expect_output("self_test\n");
	expect_true(!strstr(output, "fuzz\n"));
	snprintf(command, sizeof(command), "/proc/%d/exe --list", getpid());
	run_command(command);
	expect_output("self_test\n");
	expect_output("fuzz\n");
}
