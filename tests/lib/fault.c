// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's fault injection: a count for each thread (fail-nth), and a folder
 * in debugfs for each kind of fault.
 *
 * The count goes down with every event of any kind. What is not to be counted is
 * kept from it by the filter of its kind, which wants a certain address in a
 * stack of which it looks at no entry.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "test.h"

#define DEBUGFS	"/sys/kernel/debug/"

const char * const fault_names[FAULT_KINDS] = {
	[FAULT_SLAB] = "slab",
	[FAULT_PAGE] = "page",
	[FAULT_COPY] = "copy",
	[FAULT_CALL] = "call",
};

static const char * const folders[FAULT_KINDS] = {
	[FAULT_SLAB] = "failslab",
	[FAULT_PAGE] = "fail_page_alloc",
	[FAULT_COPY] = "fail_usercopy",
	[FAULT_CALL] = "fail_function",
};

/* Where the stack must come from for a fault; by default, from anywhere. */
static char only_start[24], only_end[24];

static void write_file(const char *path, const char *value)
{
	ssize_t done;
	int fd;

	/* What ends the lack of memory may meet it. */
	do {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} while (fd < 0 && errno == ENOMEM);
	expect_ok(fd);
	done = write(fd, value, strlen(value));

	if (done != (ssize_t)strlen(value))
		ck_abort_msg("%s does not take '%s', errno %s", path, value,
			     errno_name(errno));
	close(fd);
}

static void set(enum fault fault, const char *file, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", folders[fault], file);
	write_file(path, value);
}

static long get(enum fault fault, const char *file)
{
	char path[128], value[32] = "";
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", folders[fault], file);
	fd = expect_ok(open(path, O_RDONLY | O_CLOEXEC));
	expect_ok(read(fd, value, sizeof(value) - 1));
	close(fd);

	return atol(value);
}

/* Whether events of that kind are counted, and may fail. */
static void filter(enum fault fault, bool counted)
{
	set(fault, "stacktrace-depth", counted ? "32" : "0");
	set(fault, "require-start", counted ? only_start : "1");
	set(fault, "require-end", only_end);
}

/* Addresses of a function of the kernel, up to the next; 0 if it has none. */
static void find_function(const char *name, char *start, char *end)
{
	char address[20], symbol[256], line[512];
	unsigned long long at = 0, next = 0, other;
	FILE *file = fopen("/proc/kallsyms", "re");

	expect_true(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%19s %*c %255s", address, symbol) == 2 &&
		    !strcmp(symbol, name))
			at = strtoull(address, NULL, 16);
	}
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		other = strtoull(line, NULL, 16);
		if (at && other > at && (!next || other < next))
			next = other;
	}
	fclose(file);
	snprintf(start, 24, "%#llx", at);
	snprintf(end, 24, "%#llx", next);
}

void fault_only_below(const char *function)
{
	find_function(function, only_start, only_end);
}

void fault_not_below(const char *function)
{
	char start[24], end[24];

	find_function(function, start, end);
	for (int i = 0; i < FAULT_KINDS; i++) {
		set(i, "reject-start", start);
		set(i, "reject-end", end);
	}
}

/* Of the thread that asks, as each has its own. */
static int fail_nth_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

void fault_need(void)
{
	char path[128];
	int fd = fail_nth_open();

	if (fd < 0)
		skip("needs fault injection: make check-debug");
	close(fd);
	strcpy(only_start, "0");
	strcpy(only_end, "0xffffffffffffffff");

	for (int i = 0; i < FAULT_KINDS; i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s", folders[i]);
		if (access(path, F_OK))
			skip("needs fault injection (%s): make check-debug",
			     folders[i]);
		set(i, "probability", "0");
		set(i, "verbose", "0");
		set(i, "task-filter", "N");
		set(i, "times", "-1");
		filter(i, false);
	}
	/* By default, only what may not sleep fails. */
	set(FAULT_SLAB, "ignore-gfp-wait", "N");
	set(FAULT_PAGE, "ignore-gfp-wait", "N");
	set(FAULT_PAGE, "ignore-gfp-highmem", "N");
	set(FAULT_PAGE, "min-order", "0");
	fault_not_below("acpi_pci_irq_find_prt_entry");
	/* It can do without, and only finds less. */
	allow_log("kmemleak: Cannot allocate a scan area");
	fault_no_functions();
}

static int fail_nth = -1;

void fault_begin(enum fault fault, unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	for (int i = 0; i < FAULT_KINDS; i++)
		filter(i, i == (int)fault);
	fail_nth = expect_ok(fail_nth_open());
	errno = 0;
	if (write(fail_nth, text, length) != length)
		ck_abort_msg("fail-nth: errno %s", errno_name(errno));
}

bool fault_end(void)
{
	int error = errno;
	char text[16] = "";
	bool reached;

	/*
	 * Of what is left of the count, the copies of this may be the ones that
	 * fail. Then there was something left, and now there is not.
	 */
	reached = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 &&
		  !atoi(text);
	if (!reached && write(fail_nth, "0", 1) != 1)
		expect_eq(errno, EFAULT);
	close(fail_nth);
	fail_nth = -1;
	errno = error;

	return reached;
}

void fault_no_functions(void)
{
	set(FAULT_CALL, "inject", "\n");
}

void fault_function(const char *name, int error)
{
	char path[128], value[32];

	set(FAULT_CALL, "inject", name);
	if (!error)
		return;
	snprintf(path, sizeof(path), "%s/retval", name);
	snprintf(value, sizeof(value), "%#lx", -(long)error);
	set(FAULT_CALL, path, value);
}

/* The kind's own counts, which only threads without one of theirs go by. */
static unsigned int counts[FAULT_KINDS];

static void set_number(enum fault fault, const char *file, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	set(fault, file, text);
}

static void count_begin(enum fault fault, unsigned int after,
			unsigned int count)
{
	counts[fault] = count;
	filter(fault, true);
	set_number(fault, "space", after + 1);
	set_number(fault, "times", count);
	set(fault, "probability", "100");
}

static unsigned int count_end(enum fault fault)
{
	int error = errno;
	unsigned int left;

	set(fault, "probability", "0");
	left = get(fault, "times");
	errno = error;

	return counts[fault] - left;
}

void fault_calls_begin(unsigned int after, unsigned int count)
{
	count_begin(FAULT_CALL, after, count);
}

unsigned int fault_calls_end(void)
{
	return count_end(FAULT_CALL);
}

void fault_pages_begin(unsigned int after, unsigned int count)
{
	set(FAULT_PAGE, "task-filter", "Y");
	write_file("/proc/thread-self/make-it-fail", "1");
	count_begin(FAULT_PAGE, after, count);
}

unsigned int fault_pages_end(void)
{
	unsigned int failed = count_end(FAULT_PAGE);
	int error = errno;

	write_file("/proc/thread-self/make-it-fail", "0");
	set(FAULT_PAGE, "task-filter", "N");
	errno = error;

	return failed;
}
