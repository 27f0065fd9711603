// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "samples.h"
#include "scaling.h"
#include "ticks.h"

/* Samples of each round of mmaps, which take longer to make. */
#define SAMPLES	8

/* What a child does first is no part of the fork: it has to wait meanwhile. */
static void keep_cpu(bool keep)
{
	struct sched_param param = { .sched_priority = keep };
	int policy = keep ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER;

	if (sched_setscheduler(0, policy, &param))
		err(1, "sched_setscheduler");
}

static pid_t child_new(__u64 *spent)
{
	__u64 begin;
	pid_t child;

	begin = ticks();
	child = fork();
	*spent = ticks() - begin;
	if (child < 0)
		err(1, "fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}

	return child;
}

static void children_end(const pid_t *children, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		kill(children[i], SIGKILL);
	for (i = 0; i < count; i++)
		if (waitpid(children[i], NULL, 0) < 0)
			err(1, "waitpid");
}

static void one_more(struct target *t, const struct kind *kind, size_t count)
{
	size_t at = count * kind->stride;
	size_t size = getpagesize();
	__u64 begin, mapped, dma, unmapped;

	begin = ticks();
	kind_mmap(t, kind, at, size);
	mapped = ticks() - begin;

	dma = kind_dma_map(t, kind, at, size);
	kind_dma_unmap(t, kind, at, size);

	begin = ticks();
	kind_munmap(kind, at, size);
	unmapped = ticks() - begin;

	samples_add("mmap", kind->name, count, mapped);
	samples_add("map-cold", kind->name, count, dma);
	samples_add("munmap", kind->name, count, unmapped);
}

void beside_cycle(struct target *t, const struct kind *kind, size_t count)
{
	__u64 spent;
	pid_t child;
	size_t i;

	if (t->floor)
		return;

	for (i = 0; i < count; i++)
		kind_mmap(t, kind, i * kind->stride, getpagesize());
	for (i = 0; i < SAMPLES; i++)
		one_more(t, kind, count);

	keep_cpu(true);
	child = child_new(&spent);
	keep_cpu(false);
	samples_add("fork", kind->name, count, spent);
	children_end(&child, 1);

	kind_munmap(kind, 0, kind_span(kind, count));
}

void forks_cycle(struct target *t, const struct kind *kind, size_t count)
{
	pid_t *children;
	__u64 spent = 0;
	size_t i;

	if (t->floor)
		return;

	children = calloc(count, sizeof(*children));
	if (!children)
		err(1, "%zu processes", count);

	kind_mmap(t, kind, 0, getpagesize());
	kind_touch(kind, 0, getpagesize());

	keep_cpu(true);
	for (i = 0; i < count; i++)
		children[i] = child_new(&spent);
	samples_add("fork", kind->name, count, spent);
	samples_add("zap", kind->name, count, target_memory(t, false));
	target_memory(t, true);
	keep_cpu(false);

	children_end(children, count);
	free(children);
	kind_munmap(kind, 0, getpagesize());
}
