// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of expected failures, tests/expected: one line each of
 *
 *	strategy | kernel | suite/test | text of the failure | reason
 *
 * The first three are patterns as in a shell; the kernel's is matched against
 * what uname -r prints. A text that begins with "? " is of a failure that comes
 * by chance, of a race that stock loses now and then: without it the test passes.
 */
#include <err.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "runner.h"

/* Next field of @line, without blanks around it. */
static void field(char **line, char *to, size_t size)
{
	char *text = strsep(line, "|");
	char *end;

	if (!text)
		errx(2, "%s: a line has too few fields", options.expected);

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\n", end[-1]))
		end--;
	*end = 0;
	if (strlen(text) >= size)
		errx(2, "%s: too long: %s", options.expected, text);
	strcpy(to, text);
}

static bool parse(char *line, struct expected *entry)
{
	if (line[0] == '#' || line[0] == '\n')
		return false;

	field(&line, entry->strategy, sizeof(entry->strategy));
	field(&line, entry->kernel, sizeof(entry->kernel));
	field(&line, entry->test, sizeof(entry->test));
	field(&line, entry->failure, sizeof(entry->failure));
	entry->by_chance = !strncmp(entry->failure, "? ", 2);
	if (entry->by_chance)
		memmove(entry->failure, entry->failure + 2,
			strlen(entry->failure) - 1);
	field(&line, entry->reason, sizeof(entry->reason));

	return true;
}

const struct expected *expected_find(const char *suite, const char *test)
{
	static struct expected entry;
	struct utsname system;
	char name[128], line[512];
	bool found = false;
	FILE *file;

	if (!options.expected)
		return NULL;

	uname(&system);
	snprintf(name, sizeof(name), "%s/%s", suite, test);

	file = fopen(options.expected, "re");
	if (!file)
		err(2, "%s", options.expected);
	while (!found && fgets(line, sizeof(line), file))
		found = parse(line, &entry) &&
			!fnmatch(entry.strategy, options.strategy, 0) &&
			!fnmatch(entry.kernel, system.release, 0) &&
			!fnmatch(entry.test, name, 0);
	fclose(file);

	return found ? &entry : NULL;
}
