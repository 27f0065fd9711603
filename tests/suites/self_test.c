// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of every outcome, most of them bad: harness.c runs them and sees whether
 * they are reported so. They do not run with the other suites.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"

SUITE_RUNS_ONCE;

static void say(const char *line)
{
	int kmsg = expect_ok(open("/dev/kmsg", O_WRONLY | O_CLOEXEC));

	expect_eq(write(kmsg, line, strlen(line)), strlen(line));
	close(kmsg);
}

TEST(passes)
{
	/* This test passes. */
	expect_eq(1 + 1, 2);
}

TEST(fails_a_call)
{
	/* This test fails, with a system call. */
	expect_ok(close(-1));
}

TEST(fails_an_errno)
{
	/* This test fails, with another errno than expected. */
	expect_errno(close(-1), EINVAL);
}

TEST(fails_a_value)
{
	/* This test fails, with values. */
	int four = 4;

	expect_eq(2 + 3, four);
}

TEST(fails_in_a_child)
{
	/* This test fails, in a child. */
	pid_t child = child_fork();

	if (!child) {
		expect_eq(getpid(), 0);
		child_exit();
	}
	child_join(child);
}

TEST(skips)
{
	/* This test skips. */
	skip("needs %d wishes: ask a fairy", 3);
}

TEST(needs_what_is_not_there)
{
	/* This test wants a device that nobody gave. */
	need("unicorn");
}

TEST(crashes)
{
	/* This test crashes. */
	raise(SIGSEGV);
}

TEST_WITHIN(hangs, 1)
{
	/* This test hangs. */
	for (;;)
		pause();
}

TEST_WITHIN(hangs_with_a_child, 1)
{
	/* This test hangs, and has a child that does so too. */
	child_fork();
	for (;;)
		pause();
}

TEST(splats)
{
	/* This test passes, but the kernel has something to say. */
	say("WARNING: a fake one, at self_test.c\n");
}

TEST(faults)
{
	/* This test passes, but a device does DMA to where it may not. */
	say("DMAR: [DMA Write NO_PASID] Request device [fake] fault addr 0x0\n");
}

TEST(faults_as_allowed)
{
	/* This test passes, and expects a device to be stopped. */
	allow_iommu_faults();
	say("DMAR: [DMA Write NO_PASID] Request device [fake] fault addr 0x0\n");
}

/* What KCSAN says of a race, of an access by @who with a caller of the module's. */
static void say_race(const char *access, const char *who)
{
	char line[128];

	say("==================================================================\n");
	say("BUG: KCSAN: data-race in fake_a / fake_b\n");
	snprintf(line, sizeof(line), "%s to 0xffff888000000000 of 8 bytes by task 1 on cpu 0:\n",
		 access);
	say(line);
	snprintf(line, sizeof(line), " fake_a+0x1c/0x40%s\n", who);
	say(line);
	say(" fake_c+0x1c/0x40 [vfio_fiction]\n");
	say("read to 0xffff888000000000 of 8 bytes by task 2 on cpu 1:\n");
	say(" fake_b+0x2e/0x50 [vfio_pci_core]\n");
	say(" kmemleak_fake+0x2e/0x50\n");
	say("==================================================================\n");
}

TEST(races)
{
	/* This test passes, but a function of the module has a data race. */
	say_race("write", " [vfio_fiction]");
}

TEST(races_in_a_driver)
{
	/* This test passes, but one of a driver that is built with it has. */
	say_race("read-write", " [vfio_test_drivers_fiction]");
}

TEST(races_marked)
{
	/* This test passes, and the module's access of a race is marked. */
	say_race("write (marked)", " [vfio_fiction]");
}

TEST(races_elsewhere)
{
	/* This test passes, and functions of the kernel have a data race. */
	say_race("write", "");
}

TEST(leaves_a_driver)
{
	/* This test passes, but gives a device to another driver. */
	expect_ok(pci_rebind(need("nic"), "e1000e"));
}
