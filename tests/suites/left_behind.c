// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run when all is over and the module is unloaded: nothing of it is left.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "pci.h"
#include "state.h"
#include "test.h"

TEST(no_trace_of_the_module)
{
	/* This test looks for modules, nodes, drivers, classes and claims. */
	expect_fine(vfio_left());
}

TEST(no_pinned_pages)
{
	/* This test counts the pages that were pinned and never released. */
	expect_eq(pinned_pages(), 0);
}

TEST(no_open_files)
{
	/* This test looks for processes that have a vfio file open. */
	char files[1024];

	vfio_files(files, sizeof(files));
	if (files[0])
		ck_abort_msg("still open: %s", files);
}

TEST(devices_are_free)
{
	/* This test gives a device to the driver that the host has for it. */
	const char *nic = need("nic");
	char driver[32];

	pci_driver(nic, driver, sizeof(driver));
	expect_true(!driver[0]);
	if (system("modprobe e1000e"))
		skip("needs the kernel's e1000e module");
	expect_ok(pci_rebind(nic, "e1000e"));
	expect_ok(pci_unbind(nic));
}

/* Every scan goes through all of memory. */
TEST_WITHIN(no_leaked_memory, 600)
{
	/* This test has the kernel look for memory that nothing points to. */
	char report[4096];
	ssize_t size;
	int leaks = open("/sys/kernel/debug/kmemleak", O_RDWR | O_CLOEXEC);

	if (leaks < 0)
		skip("needs kmemleak: use --kernel 6.12-debug");
	/* It reports what was lost at least 5 seconds ago, if seen twice. */
	for (int i = 0; i < 2; i++) {
		sleep(6);
		expect_ok(write(leaks, "scan", 4));
	}
	size = expect_ok(read(leaks, report, sizeof(report) - 1));
	report[size] = '\0';
	if (size)
		ck_abort_msg("leaked: %s", report);
}
