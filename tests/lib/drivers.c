// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module of the test drivers, and what is around a test of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers.h"
#include "module.h"
#include "pci.h"
#include "vfio.h"

const char *drivers_module(void)
{
	static __thread char name[64];

	snprintf(name, sizeof(name), "vfio-test-drivers-%s", strategy_name());

	return name;
}

int drivers_load(void)
{
	return module_file_insert(drivers_module(), "");
}

int drivers_unload(void)
{
	return module_file_delete(drivers_module());
}

/*
 * Written by way of vfio-pci, so that it is known what a region of another driver
 * shows.
 */
static void write_marks(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	size_t step = region_size(device.fd, BAR2) / 16;
	char *bar = region_open(device.fd, BAR2);

	for (int i = 0; i < 16; i++)
		bar[i * step] = 0x10 + i;
}

int mark(const volatile char *byte)
{
	return *byte - 0x10;
}

void with_driver(const char *driver, void (*body)(const char *bdf))
{
	const char *bdf = need("peer");
	siginfo_t info;
	pid_t child;

	need("edu");
	if (!strcmp(strategy_name(), "stock"))
		skip("needs a strategy, as the drivers are for its core: tests/run --strategy all");

	child = child_fork();
	if (!child) {
		write_marks(bdf);
		child_exit();
	}
	child_join(child);

	/* It is there already if a test before this one was killed. */
	if (drivers_load())
		expect_eq(errno, EEXIST);
	expect_ok(pci_rebind(bdf, driver));
	child = child_fork();
	if (!child) {
		body(bdf);
		child_exit();
	}

	/* Clean up first; then let it be known how the child ended. */
	expect_ok(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	pci_rebind(bdf, "vfio-pci");
	if (drivers_unload())
		expect_eq(errno, ENOENT);
	child_join(child);
}
