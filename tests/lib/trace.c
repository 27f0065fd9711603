// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's trace of an event, or of all events of a folder.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "trace.h"

#define TRACING		"/sys/kernel/tracing"
#define INSTANCE	TRACING "/instances/vfio-tests"

static int marker;

static void set(const char *file, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	fd = expect_ok(open(path, O_WRONLY | O_CLOEXEC));
	expect_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void trace_forget(void)
{
	rmdir(INSTANCE);
}

void trace_add(const char *event, const char *filter)
{
	char file[128];

	if (filter) {
		snprintf(file, sizeof(file), "events/%s/filter", event);
		set(file, filter);
	}
	snprintf(file, sizeof(file), "events/%s/enable", event);
	set(file, "1");
}

void trace_begin(const char *event, const char *filter)
{
	if (access(TRACING "/events", F_OK))
		skip("needs trace events: a kernel with CONFIG_FTRACE");

	trace_forget();
	expect_ok(mkdir(INSTANCE, 0700));
	/* Not a time, but certain to be in order. */
	set("trace_clock", "counter");
	set("buffer_size_kb", "8192");
	trace_add(event, filter);
	marker = expect_ok(open(INSTANCE "/trace_marker",
				O_WRONLY | O_CLOEXEC));
}

void trace_self(void)
{
	char tid[16];

	snprintf(tid, sizeof(tid), "%d", gettid());
	set("set_event_pid", tid);
}

void trace_mark(const char *text)
{
	expect_eq(write(marker, text, strlen(text)), strlen(text));
}

void trace_end(void (*look)(const char *line, void *data), void *data)
{
	char line[512];
	FILE *file;

	close(marker);
	set("tracing_on", "0");
	file = fopen(INSTANCE "/trace", "re");
	expect_true(file);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '#')
			look(line, data);
	}
	fclose(file);
	expect_ok(rmdir(INSTANCE));
}

void trace_switch(const char *folder, bool on)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACING "/events/%s/enable", folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		expect_eq(errno, ENOENT);
		return;
	}
	expect_eq(write(fd, on ? "1" : "0", 1), 1);
	close(fd);
}
