// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often the module's trace events fired: what the calls have brought about.
 *
 * Each is enabled in a tracing instance of its own, whose buffer counts what it
 * holds and what it has overwritten. Where the module has no such events,
 * nothing is counted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "test.h"

#define INSTANCES	"/sys/kernel/tracing/instances"

static const char * const events[EVENTS] = {
	[EVENT_RESOLVE] = "vfio_run_resolve",
	[EVENT_MAP] = "vfio_run_map",
	[EVENT_SUSPEND] = "vfio_run_suspend",
	[EVENT_RESUME] = "vfio_run_resume",
	[EVENT_KILL] = "vfio_run_kill",
};

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) > 0;
	close(fd);

	return done;
}

static bool events_enable(const char *event, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), INSTANCES "/%s/events/vfio/%s/enable",
		 event, event);

	return write_text(path, text);
}

void events_begin(void)
{
	char path[160];

	for (int i = 0; i < EVENTS; i++) {
		snprintf(path, sizeof(path), INSTANCES "/%s", events[i]);
		mkdir(path, 0700);
		events_enable(events[i], "1");
	}
}

/* What one CPU's buffer has had, or -1 if there is no such CPU. */
static long buffer_count(const char *event, int cpu)
{
	long count = 0, value;
	char text[160];
	FILE *file;

	snprintf(text, sizeof(text), INSTANCES "/%s/per_cpu/cpu%d/stats",
		 event, cpu);
	file = fopen(text, "re");
	if (!file)
		return -1;
	while (fgets(text, sizeof(text), file)) {
		if (sscanf(text, "entries: %ld", &value) == 1 ||
		    sscanf(text, "overrun: %ld", &value) == 1)
			count += value;
	}
	fclose(file);

	return count;
}

void events_end(long *counts)
{
	char path[160];
	long count;

	for (int i = 0; i < EVENTS; i++) {
		counts[i] = events_enable(events[i], "0") ? 0 : -1;
		for (int cpu = 0; counts[i] >= 0; cpu++) {
			count = buffer_count(events[i], cpu);
			if (count < 0)
				break;
			counts[i] += count;
		}
		snprintf(path, sizeof(path), INSTANCES "/%s", events[i]);
		rmdir(path);
	}
}

void events_tell(const long *counts)
{
	for (int i = 0; i < EVENTS; i++) {
		if (counts[i] >= 0)
			note("%-16s %8ld", events[i], counts[i]);
	}
}
