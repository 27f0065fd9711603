// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of every outcome, most of them bad: harness.c runs them and sees whether
 * they are reported so. They do not run with the other suites.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"

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

TEST(leaves_a_driver)
{
	/* This test passes, but gives a device to another driver. */
	expect_ok(pci_rebind(need("nic"), "e1000e"));
}
