// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lays config space of our own over that of a PCI function.
 *
 * The PCI core looks at config space when it finds a function, so that is taken
 * away and found anew, both before and after.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "overlay.h"
#include "pci.h"
#include "test.h"

static void write_one(const char *bdf, const char *file)
{
	int fd = expect_ok(open(pci_path(bdf, file), O_WRONLY | O_CLOEXEC));

	expect_eq(write(fd, "1", 1), 1);
	close(fd);
}

static void take_away(const char *bdf)
{
	expect_ok(pci_rebind(bdf, ""));
	write_one(bdf, "remove");
}

static void find_anew(const char *port, const char *bdf, bool bind)
{
	write_one(port, "rescan");
	if (bind)
		expect_ok(pci_bind(bdf, "vfio-pci"));
}

static void load(const char *bdf, const char *more)
{
	char parameters[96];
	int fd = expect_ok(open("/modules/config-overlay.ko",
				O_RDONLY | O_CLOEXEC));

	snprintf(parameters, sizeof(parameters), "device=%s %s", bdf, more);
	expect_ok(syscall(SYS_finit_module, fd, parameters, 0));
	close(fd);
}

void overlay_answers(bool answers)
{
	int fd = expect_ok(open("/sys/module/config_overlay/parameters/ones",
				O_WRONLY | O_CLOEXEC));

	expect_eq(write(fd, answers ? "0" : "1", 1), 1);
	close(fd);
}

static void with(const char *bdf, const char *parameters, bool bind,
		 void (*body)(const char *bdf))
{
	char port[32];
	siginfo_t end;
	pid_t child;

	pci_port(bdf, port, sizeof(port));
	take_away(bdf);
	load(bdf, parameters);
	find_anew(port, bdf, bind);

	child = child_fork();
	if (!child) {
		body(bdf);
		child_exit();
	}
	expect_ok(waitid(P_PID, child, &end, WEXITED | WNOWAIT));

	overlay_answers(true);
	take_away(bdf);
	expect_ok(syscall(SYS_delete_module, "config_overlay", O_NONBLOCK));
	find_anew(port, bdf, bind);
	child_join(child);
}

void with_overlay(const char *bdf, void (*body)(const char *bdf))
{
	with(bdf, "layout=full", true, body);
}

void with_broken_overlay(const char *bdf, void (*body)(const char *bdf))
{
	with(bdf, "layout=broken", true, body);
}

void with_gaps_overlay(const char *bdf, void (*body)(const char *bdf))
{
	with(bdf, "layout=gaps", true, body);
}

void with_identity(const char *bdf, unsigned int vendor, unsigned int device,
		   void (*body)(const char *bdf))
{
	char parameters[32];

	snprintf(parameters, sizeof(parameters), "identity=0x%04x%04x", device,
		 vendor);
	with(bdf, parameters, false, body);
}
