// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log during a test: stamped before, searched after.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

/* What a kernel says when something went wrong that must never go wrong. */
static const char * const bad[] = {
	"WARNING:",
	"BUG:",
	"BUG ",
	"Oops",
	"INFO: possible ",
	"INFO: task ",
	"INFO: trying to register non-static key",
	"suspicious RCU usage",
	"detected stall",
	"general protection fault",
	"unable to handle",
	"Bad page",
	"bad page",
	"Bad rss-counter",
	"refcount_t",
	"KASAN",
	"UBSAN",
	"kmemleak",
	"double fault",
	"Call Trace",
	"sleeping function called",
	"scheduling while atomic",
	"VFS: Busy inodes",
	"module still",
	"DMAR: [",
	"DMAR: DRHD: handling fault",
	"AMD-Vi: Event",
	"page fault from EP",
};

static int kmsg;

void kernel_log_open(void)
{
	int fd;

	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		err(2, "/dev/kmsg");

	/* Without this, the kernel drops most of the stamps. */
	fd = open("/proc/sys/kernel/printk_devkmsg", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "on\n", 3) < 0)
			warn("/proc/sys/kernel/printk_devkmsg");
		close(fd);
	}
}

void kernel_log_begin(const char *test)
{
	lseek(kmsg, 0, SEEK_END);
	dprintf(kmsg, "<6>vfio-tests: %s: %s\n", options.strategy, test);
}

static bool is_bad(const char *line)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strstr(line, bad[i]))
			return true;
	}

	return false;
}

static bool is_allowed(const char *line)
{
	for (int i = 0; i < ALLOWED_MAX; i++) {
		if (shared->allowed[i][0] && strstr(line, shared->allowed[i]))
			return true;
	}

	return false;
}

void kernel_log_end(struct complaints *complaints)
{
	char record[8192];
	ssize_t len;
	char *line;

	for (;;) {
		len = read(kmsg, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE) {
			complain(complaints, "kernel log: lines were lost");
			continue;
		}
		if (len < 0)
			return;

		/* "priority,sequence,time,flags;text", then key=value lines. */
		record[len] = 0;
		line = strchr(record, ';');
		if (!line)
			continue;
		line++;
		line[strcspn(line, "\n")] = 0;
		if (is_bad(line) && !is_allowed(line))
			complain(complaints, "kernel log: %s", line);
	}
}
