// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log as a test reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "test.h"

#define RECORD	8192

static int kmsg_open(int whence)
{
	int log = expect_ok(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));

	expect_ok(lseek(log, 0, whence));

	return log;
}

/* "priority,sequence,microseconds,flags;text": false at the end. */
static bool next(int log, char *record)
{
	ssize_t len;

	do {
		len = read(log, record, RECORD - 1);
		/* EPIPE: what stood here has been overwritten. */
	} while (len < 0 && errno == EPIPE);
	if (len < 0)
		return false;
	record[len] = 0;

	return true;
}

int log_open(void)
{
	return kmsg_open(SEEK_END);
}

static bool has_all(const char *record, va_list texts)
{
	const char *text;

	while ((text = va_arg(texts, const char *))) {
		if (!strstr(record, text))
			return false;
	}

	return true;
}

unsigned int log_count(int log, ...)
{
	unsigned int count = 0;
	char record[RECORD];
	va_list texts;

	while (next(log, record)) {
		va_start(texts, log);
		count += has_all(record, texts);
		va_end(texts);
	}

	return count;
}

int log_wait_either(int log, const char *also, const char *first,
		    const char *second)
{
	char record[RECORD];

	for (;;) {
		while (next(log, record)) {
			if (!strstr(record, also))
				continue;
			if (strstr(record, first))
				return 0;
			if (strstr(record, second))
				return 1;
		}
		usleep(1000);
	}
}

void log_wait(int log, const char *text)
{
	log_wait_either(log, text, text, text);
}

double log_time(const char *text)
{
	int log = kmsg_open(SEEK_SET);
	char record[RECORD];
	const char *time;
	double found = 0;

	while (next(log, record)) {
		if (!strstr(record, text))
			continue;
		time = strchr(strchr(record, ',') + 1, ',') + 1;
		found = strtoull(time, NULL, 10) / 1e6;
	}
	close(log);

	return found;
}

double log_now(void)
{
	static unsigned int number;
	char line[64];
	int log, len;

	/* Without an end, the line would not be there to read. */
	len = snprintf(line, sizeof(line), "the time, please (%u)\n", ++number);
	log = expect_ok(open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
	expect_eq(write(log, line, len), len);
	close(log);
	line[len - 1] = 0;

	return log_time(line);
}
