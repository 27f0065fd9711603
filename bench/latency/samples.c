// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

struct series {
	const char *op;
	const char *memory;
	size_t size;
	__u64 *ticks;
	size_t count;
	size_t space;
};

static struct series *all;
static size_t all_count;

static void *grow(void *array, size_t count, size_t size)
{
	array = reallocarray(array, count, size);
	if (!array)
		err(1, "samples");

	return array;
}

static struct series *find(const char *op, const char *memory, size_t size)
{
	struct series *s;

	for (s = all; s < all + all_count; s++)
		if (!strcmp(s->op, op) && !strcmp(s->memory, memory) &&
		    s->size == size)
			return s;

	all = grow(all, all_count + 1, sizeof(*all));
	s = &all[all_count++];
	*s = (struct series){ .op = op, .memory = memory, .size = size };

	return s;
}

void samples_add(const char *op, const char *memory, size_t size,
		 __u64 ticks)
{
	struct series *s = find(op, memory, size);

	if (s->count == s->space) {
		s->space = s->space ? 2 * s->space : 16;
		s->ticks = grow(s->ticks, s->space, sizeof(*s->ticks));
	}
	s->ticks[s->count++] = ticks;
}

static void series_print(FILE *out, const struct series *s)
{
	size_t i;

	fprintf(out, "{\"op\": \"%s\", \"memory\": \"%s\", \"size\": %zu, ",
		s->op, s->memory, s->size);
	fputs("\"ticks\": [", out);
	for (i = 0; i < s->count; i++)
		fprintf(out, "%s%llu", i ? "," : "", s->ticks[i]);
	fputs("]}", out);
}

void samples_print(FILE *out)
{
	size_t i;

	fputc('[', out);
	for (i = 0; i < all_count; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		series_print(out, &all[i]);
	}
	fputs("\n]", out);
}
