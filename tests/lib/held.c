// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vfio holds at the moment.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "held.h"
#include "memory.h"
#include "state.h"
#include "test.h"

/* All files of /sys/kernel/debug/vfio, one after the other. */
static char *mappings(void)
{
	FILE *text, *file;
	char line[256];
	size_t size;
	char *all;
	glob_t found;

	text = open_memstream(&all, &size);
	expect_true(text);
	if (!glob("/sys/kernel/debug/vfio/*", 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			fprintf(text, "%s\n", found.gl_pathv[i]);
			file = fopen(found.gl_pathv[i], "re");
			expect_true(file);
			while (fgets(line, sizeof(line), file))
				fputs(line, text);
			fclose(file);
		}
		globfree(&found);
	}
	fclose(text);

	return all;
}

struct held held_take(void)
{
	return (struct held){
		.pinned = pinned_pages(),
		.locked = locked_memory(),
		.mappings = mappings(),
	};
}

void held_free(struct held *held)
{
	free(held->mappings);
	held->mappings = NULL;
}

/* The first line that differs is enough to say what is wrong. */
static const char *first_difference(const char *before, const char *after)
{
	static char text[600];
	const char *line = before;

	while (*before && *before == *after) {
		if (*before == '\n')
			line = before + 1;
		before++;
		after++;
	}
	after -= before - line;
	snprintf(text, sizeof(text), "mappings: '%.*s' became '%.*s'",
		 (int)strcspn(line, "\n"), line, (int)strcspn(after, "\n"),
		 after);

	return text;
}

const char *held_changed(const struct held *before)
{
	struct held now = held_take();
	static char text[96];
	const char *wrong = NULL;

	if (strcmp(now.mappings, before->mappings)) {
		wrong = first_difference(before->mappings, now.mappings);
	} else if (now.pinned != before->pinned) {
		snprintf(text, sizeof(text), "%lld more pages are pinned",
			 now.pinned - before->pinned);
		wrong = text;
	} else if (now.locked != before->locked) {
		snprintf(text, sizeof(text), "%lld more bytes are locked",
			 now.locked - before->locked);
		wrong = text;
	}
	held_free(&now);

	return wrong;
}

unsigned int held_count(const char *text)
{
	char *all = mappings(), *rest = all, *line;
	unsigned int count = 0;

	while ((line = strsep(&rest, "\n")))
		count += !!strstr(line, text);
	free(all);

	return count;
}
