// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log during a test: stamped before, searched after.
 *
 * Data races. A kernel with KCSAN reports those of its own files as well, and they
 * are not for us to mend. A report tells of two accesses, or of one if the other
 * was not instrumented:
 *
 *	BUG: KCSAN: data-race in f [module] / g
 *	write to 0xffff888004a3c1e0 of 8 bytes by task 123 on cpu 0:
 *	 f+0x1c/0x40 [module]
 *	 ...whoever called it
 *	read (marked) to 0xffff888004a3c1e0 of 8 bytes by task 124 on cpu 1:
 *	 g+0x2e/0x50
 *	 ...
 *
 * A test fails if a function of the module that is tested, the first one below the
 * line of an access, makes that access without a mark: without READ_ONCE(), an
 * atomic operation and so on. Callers do not count: most of what the kernel races
 * about with itself has an ioctl of ours among them. Nor does a marked access:
 * then it is the kernel's own that lacks a mark.
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

/* KCSAN's report, and what ends it. */
#define RACE		"BUG: KCSAN: "
#define RACE_END	"====="

/* One who reads the log, line by line. */
struct reader {
	int fd;
	char race[1024];	/* first line of the report that it is in, or "" */
	bool told;		/* that report has been said to be bad */
	bool access;		/* the next line of a stack made an unmarked access */
};

static struct reader runner;

/* What the kernel said since the end of the last test. */
static struct complaints since;

/*
 * Whether a line of a stack is a function of the module that is tested, or of the
 * drivers that are built with it.
 */
static bool is_ours(const char *line)
{
	char end[64];

	snprintf(end, sizeof(end), "%s]", options.strategy);
	for (char *c = end; *c; c++)
		*c = *c == '-' ? '_' : *c;

	return strstr(line, "[vfio_") && strstr(line, end);
}

/*
 * Whether a line belongs to a report of a race. Those of other processors may come
 * between. @found becomes the report's first line once it turns out to be ours.
 */
static bool is_of_race(struct reader *reader, const char *line,
		       const char **found)
{
	if (strstr(line, RACE)) {
		snprintf(reader->race, sizeof(reader->race), "%s", line);
		reader->access = false;
		reader->told = false;
		return true;
	}
	if (!reader->race[0])
		return false;

	if (!strncmp(line, RACE_END, strlen(RACE_END))) {
		reader->race[0] = 0;
		return true;
	}
	if (strstr(line, " bytes by ")) {
		reader->access = !strstr(line, "(marked");
		return true;
	}
	if (line[0] != ' ')
		return false;

	if (reader->access && is_ours(line) && !reader->told) {
		reader->told = true;
		*found = reader->race;
	}
	reader->access = false;

	return true;
}

static bool is_known(const char *line)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strstr(line, bad[i]))
			return true;
	}

	return false;
}

/* What is bad about a line, or NULL: the line, or the first one of its report. */
static const char *bad_line(struct reader *reader, const char *line)
{
	const char *found = NULL;

	if (is_of_race(reader, line, &found))
		return found;

	return is_known(line) ? line : NULL;
}

static bool is_allowed(const char *line)
{
	for (int i = 0; i < ALLOWED_MAX; i++) {
		if (shared->allowed[i][0] && strstr(line, shared->allowed[i]))
			return true;
	}

	return false;
}

/* Next line of the log; false at its end. */
static bool next_line(struct reader *reader, char *line, size_t size)
{
	char record[8192], *text;
	ssize_t len;

	do {
		len = read(reader->fd, record, sizeof(record) - 1);
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
	if (write(runner.fd, line, len) != len)
		err(2, "/dev/kmsg");
}

/* Reads the log up to now; bad lines after the last stamp are kept. */
static void catch_up(void)
{
	const char *found;
	bool stamped = false;
	char line[1024];

	while (next_line(&runner, line, sizeof(line))) {
		found = bad_line(&runner, line);
		if (!strncmp(line, STAMP, strlen(STAMP))) {
			stamped = true;
			since.text[0] = 0;
		} else if (stamped && found) {
			complain(&since, "kernel log before the test: %s", found);
		}
	}
}

void kernel_log_open(void)
{
	int fd;

	runner.fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (runner.fd < 0)
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
	const char *found;
	char line[1024];

	while (next_line(&runner, line, sizeof(line))) {
		found = bad_line(&runner, line);
		if (found)
			complain(&since, "kernel log before the test: %s", found);
	}
	*complaints = since;
	since.text[0] = 0;

	rearm();
	stamp(options.strategy, test);
}

void kernel_log_end(struct complaints *complaints)
{
	const char *found;
	char line[1024];

	while (next_line(&runner, line, sizeof(line))) {
		found = bad_line(&runner, line);
		if (found && !is_allowed(found))
			complain(complaints, "kernel log: %s", found);
	}

	stamp(options.strategy, "end of the test");
}

/* A file of the test's own: what is read here the runner reads as well. */
const char *kernel_log_report(void)
{
	static struct reader own = { .fd = -1 };
	static char line[1024];
	const char *found;

	if (own.fd < 0) {
		own.fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (own.fd < 0 || lseek(own.fd, 0, SEEK_END) < 0)
			err(2, "/dev/kmsg");
	}

	while (next_line(&own, line, sizeof(line))) {
		found = bad_line(&own, line);
		if (found && !is_allowed(found))
			return found;
	}

	return NULL;
}
