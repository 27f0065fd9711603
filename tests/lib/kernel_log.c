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
#include "test.h"

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

#define STAMP	"vfio-tests: "

static int kmsg;

/* What the kernel said since the end of the last test. */
static struct complaints since;

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

/* Next line of the log that @fd reads; false at its end. */
static bool next_line(int fd, char *line, size_t size)
{
	char record[8192], *text;
	ssize_t len;

	do {
		len = read(fd, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE) {
			snprintf(line, size, "WARNING: lines were lost");
			return true;
		}
		if (len < 0)
			return false;

		/* "priority,sequence,time,flags;text", then key=value lines. */
		record[len] = 0;
		text = strchr(record, ';');
	} while (!text);

	text++;
	text[strcspn(text, "\n")] = 0;
	snprintf(line, size, "%s", text);

	return true;
}

/* One write is one line. */
static void stamp(const char *strategy, const char *what)
{
	char line[256];
	int len;

	len = snprintf(line, sizeof(line), "<6>" STAMP "%s: %s\n", strategy, what);
	if (write(kmsg, line, len) != len)
		err(2, "/dev/kmsg");
}

/* Reads the log up to now; bad lines after the last stamp are kept. */
static void catch_up(void)
{
	bool stamped = false;
	char line[1024];

	while (next_line(kmsg, line, sizeof(line))) {
		if (!strncmp(line, STAMP, strlen(STAMP))) {
			stamped = true;
			since.text[0] = 0;
		} else if (stamped && is_bad(line)) {
			complain(&since, "kernel log before the test: %s", line);
		}
	}
}

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

	catch_up();
}

/* Has the kernel say again what it says only once. */
static void rearm(void)
{
	int fd = open("/sys/kernel/debug/clear_warn_once", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		warn("/sys/kernel/debug/clear_warn_once");
	close(fd);
}

/*
 * What came since the test before, from loading a module for example, counts
 * against this one. What came before all tests does not.
 */
void kernel_log_begin(const char *test, struct complaints *complaints)
{
	char line[1024];

	while (next_line(kmsg, line, sizeof(line))) {
		if (is_bad(line))
			complain(&since, "kernel log before the test: %s", line);
	}
	*complaints = since;
	since.text[0] = 0;

	rearm();
	stamp(options.strategy, test);
}

void kernel_log_end(struct complaints *complaints)
{
	char line[1024];

	while (next_line(kmsg, line, sizeof(line))) {
		if (is_bad(line) && !is_allowed(line))
			complain(complaints, "kernel log: %s", line);
	}

	stamp(options.strategy, "end of the test");
}

/* A file of the test's own: what is read here the runner reads as well. */
const char *kernel_log_report(void)
{
	static int own = -1;
	static char line[1024];

	if (own < 0) {
		own = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (own < 0 || lseek(own, 0, SEEK_END) < 0)
			err(2, "/dev/kmsg");
	}

	while (next_line(own, line, sizeof(line))) {
		if (is_bad(line) && !is_allowed(line))
			return line;
	}

	return NULL;
}
