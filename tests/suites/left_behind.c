// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run when all is over and the module is unloaded: nothing of it is left.
 */
#include <stdlib.h>

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
