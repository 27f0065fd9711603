// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test must leave as it found it: pinned pages, reference counts of
 * modules, device nodes, open files, drivers of devices.
 */
#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pci.h"
#include "runner.h"
#include "sriov.h"
#include "state.h"
#include "test.h"

struct state {
	long long pins;
	char modules[1024];
	char nodes[1024];
	char files[1024];
	char drivers[DEVICES_MAX][32];
};

void complain(struct complaints *complaints, const char *format, ...)
{
	size_t used = strlen(complaints->text);
	size_t room = sizeof(complaints->text) - used;
	va_list args;
	int len;

	if (room < 512)
		return;

	va_start(args, format);
	len = vsnprintf(complaints->text + used, room - 1, format, args);
	va_end(args);

	if (len > (int)room - 2)
		len = room - 2;
	strcpy(complaints->text + used + len, "\n");
}

static void append(char *list, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *list, size_t size, const char *format, ...)
{
	size_t used = strlen(list);
	va_list args;

	va_start(args, format);
	vsnprintf(list + used, size - used, format, args);
	va_end(args);
}

long long pinned_pages(void)
{
	long long acquired = 0, released = 0, value;
	char name[64];
	FILE *file;

	/* CPUs count by themselves; this adds it up. */
	file = fopen("/proc/sys/vm/stat_refresh", "we");
	if (file) {
		fputs("1", file);
		fclose(file);
	}

	file = fopen("/proc/vmstat", "re");
	if (!file)
		err(2, "/proc/vmstat");
	while (fscanf(file, "%63s %lld", name, &value) == 2) {
		if (!strcmp(name, "nr_foll_pin_acquired"))
			acquired = value;
		if (!strcmp(name, "nr_foll_pin_released"))
			released = value;
	}
	fclose(file);

	return acquired - released;
}

void vfio_modules(char *list, size_t size)
{
	char line[256], name[64];
	FILE *file;
	long users;

	list[0] = 0;
	file = fopen("/proc/modules", "re");
	if (!file)
		err(2, "/proc/modules");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %*s %ld", name, &users) == 2 &&
		    !strncmp(name, "vfio", 4))
			append(list, size, "%s:%ld ", name, users);
	}
	fclose(file);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void append_entries(char *list, size_t size, const char *path)
{
	struct dirent **entries;
	int count;

	count = scandir(path, &entries, visible, alphasort);
	for (int i = 0; i < count; i++) {
		append(list, size, "%s ", entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* A device that was bound again may have another number. */
static int count_entries(const char *path)
{
	struct dirent **entries;
	int count;

	count = scandir(path, &entries, visible, alphasort);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);

	return count;
}

void vfio_nodes(char *list, size_t size)
{
	list[0] = 0;
	append_entries(list, size, "/dev/vfio");
	append(list, size, "devices:%d ", count_entries("/dev/vfio/devices"));
}

/* Files of one process that are vfio's. */
static void process_files(const char *pid, char *list, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent **entries;
	ssize_t len;
	int count;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	count = scandir(path, &entries, visible, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid,
			 entries[i]->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len > 0) {
			target[len] = 0;
			if (strstr(target, "vfio"))
				append(list, size, "%s:%s ", pid, target);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static int is_pid(const struct dirent *entry)
{
	return entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
}

void vfio_files(char *list, size_t size)
{
	struct dirent **entries;
	int count;

	list[0] = 0;
	count = scandir("/proc", &entries, is_pid, alphasort);
	for (int i = 0; i < count; i++) {
		process_files(entries[i]->d_name, list, size);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* True if a line of the file has the text in it. */
static bool file_has(const char *path, const char *text)
{
	char line[1024];
	bool found = false;
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, text);
	fclose(file);

	return found;
}

const char *vfio_left(void)
{
	static const char * const paths[] = {
		"/dev/vfio",
		"/sys/bus/pci/drivers/vfio-pci",
		"/sys/class/misc/vfio",
		"/sys/class/vfio",
		"/sys/class/vfio-dev",
		"/sys/kernel/debug/vfio",
	};
	static const char * const files[] = {
		"/proc/devices",
		"/proc/filesystems",
		"/proc/interrupts",
		"/proc/iomem",
		"/proc/ioports",
		"/proc/misc",
		"/proc/modules",
		"/proc/slabinfo",
	};
	static char text[96];
	struct stat status;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!stat(paths[i], &status)) {
			snprintf(text, sizeof(text), "%s is there", paths[i]);
			return text;
		}
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (file_has(files[i], "vfio")) {
			snprintf(text, sizeof(text), "%s has vfio", files[i]);
			return text;
		}
	}

	return NULL;
}

struct state *state_take(void)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		err(2, "no memory");

	state->pins = pinned_pages();
	vfio_modules(state->modules, sizeof(state->modules));
	vfio_nodes(state->nodes, sizeof(state->nodes));
	vfio_files(state->files, sizeof(state->files));
	for (int i = 0; i < options.device_count; i++)
		pci_driver(options.devices[i].bdf, state->drivers[i],
			   sizeof(state->drivers[i]));

	return state;
}

static void compare(struct complaints *complaints, const char *what,
		    const char *before, const char *after)
{
	if (strcmp(before, after))
		complain(complaints, "%s: before the test '%s', after it '%s'",
			 what, before, after);
}

/* No test may leave virtual functions, which others do not reckon with. */
static void restore_functions(struct complaints *complaints)
{
	const char *bdf = device_in("physical");
	char *function;

	function = bdf ? sriov_function(bdf, 0) : NULL;
	if (!function)
		return;

	free(function);
	complain(complaints, "%s: it has virtual functions", bdf);
	if (pci_write(bdf, "sriov_numvfs", "0"))
		complain(complaints, "%s: they cannot be taken away", bdf);
}

/* Also gives devices back to the drivers that had them, for the next test. */
static void restore_drivers(struct state *before, struct complaints *complaints)
{
	char now[32];

	for (int i = 0; i < options.device_count; i++) {
		const char *bdf = options.devices[i].bdf;

		pci_driver(bdf, now, sizeof(now));
		if (!strcmp(now, before->drivers[i]))
			continue;
		compare(complaints, bdf, before->drivers[i], now);
		if (pci_rebind(bdf, before->drivers[i]))
			complain(complaints, "%s: cannot be given back to '%s'",
				 bdf, before->drivers[i]);
	}
}

void state_compare(struct state *before, struct complaints *complaints)
{
	struct state *after;

	restore_functions(complaints);
	restore_drivers(before, complaints);

	after = state_take();
	if (after->pins != before->pins)
		complain(complaints, "pinned pages: %lld more than before",
			 after->pins - before->pins);
	compare(complaints, "modules and their users", before->modules,
		after->modules);
	compare(complaints, "/dev/vfio", before->nodes, after->nodes);
	compare(complaints, "open vfio files", before->files, after->files);

	free(after);
	free(before);
}
