// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the module that can be made to fail.
 */
#include <stdio.h>
#include <string.h>

#include "fallible.h"
#include "test.h"

/* What the functions of common/fallible.c begin with. */
static const char *plain_name(const char *name)
{
	static const char * const prefixes[] = { "__wrap_", "fail_" };

	for (int i = 0; i < 2; i++) {
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return name + strlen(prefixes[i]);
	}

	return name;
}

/*
 * The next function of the module in the kernel's list of those that may fail;
 * false if there is none any more. A line is "name+0x0/0x20 [module]", a tab,
 * and how it fails.
 */
static bool next_function(FILE *list, char name[128])
{
	char line[256];

	while (fgets(line, sizeof(line), list)) {
		if (strstr(line, " [vfio_") &&
		    sscanf(line, "%127[^+ ]", name) == 1)
			return true;
	}

	return false;
}

static FILE *list_open(void)
{
	FILE *list = fopen("/sys/kernel/debug/error_injection/list", "re");

	expect_true(list);

	return list;
}

static bool find_function(const char *function, char name[128])
{
	FILE *list = list_open();
	bool found = false;

	while (!found && next_function(list, name))
		found = !strcmp(plain_name(name), function);
	fclose(list);

	return found;
}

bool fallible_exists(const char *function)
{
	char name[128];

	return find_function(function, name);
}

void fallible_arm(const char *function, int error)
{
	char name[128];

	if (!find_function(function, name))
		ck_abort_msg("no %s in the module can be made to fail", function);
	fault_function(name, error);
}

void fallible_disarm(void)
{
	fault_no_functions();
}

struct walk fallible_walk(const char *function, const int *errors,
			  const struct operation *op, struct stage *stage)
{
	struct walk done;

	do {
		fallible_disarm();
		fallible_arm(function, *errors);
		done = op_walk(FAULT_CALL, *errors, op, stage);
		if (!done.events)
			ck_abort_msg("%s is not called", function);
	} while (*errors && *++errors);
	fallible_note(function);

	return done;
}

static const char *notes_path(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/fallible-%s", strategy_name());

	return path;
}

void fallible_notes_begin(void)
{
	remove(notes_path());
}

void fallible_note(const char *function)
{
	FILE *notes = fopen(notes_path(), "ae");

	expect_true(notes);
	fprintf(notes, "%s\n", function);
	expect_ok(fclose(notes));
}

bool fallible_noted(const char *function)
{
	FILE *notes = fopen(notes_path(), "re");
	char line[128];
	bool found = false;

	if (!notes)
		return false;
	while (!found && fgets(line, sizeof(line), notes)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, function);
	}
	fclose(notes);

	return found;
}

const char *fallible_missing(void)
{
	static char missing[1024];
	FILE *list = list_open();
	char name[128];

	missing[0] = '\0';
	while (next_function(list, name)) {
		if (!fallible_noted(plain_name(name)))
			snprintf(missing + strlen(missing),
				 sizeof(missing) - strlen(missing), "%s ",
				 plain_name(name));
	}
	fclose(list);

	return missing[0] ? missing : NULL;
}
