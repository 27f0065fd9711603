// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "revocation.h"
#include "samples.h"

static void floor_runs_cycle(struct target *t, const struct kind *kind,
			     size_t count)
{
	kind_floor_map(t, kind, count);
	samples_add("suspend", kind->name, count,
		    kind_floor_unmap(t, kind, count));
	samples_add("resume", kind->name, count,
		    kind_floor_map(t, kind, count));
	kind_floor_unmap(t, kind, count);
}

void runs_cycle(struct target *t, const struct kind *kind, size_t count)
{
	size_t i;

	if (t->floor) {
		floor_runs_cycle(t, kind, count);
		return;
	}

	kind_mmap(t, kind, 0, kind_span(kind, count));
	for (i = 0; i < count; i++)
		kind_dma_map(t, kind, i * kind->stride, getpagesize());
	kind_munmap(kind, 0, kind_span(kind, count));

	samples_add("suspend", kind->name, count, target_memory(t, false));
	samples_add("resume", kind->name, count, target_memory(t, true));
	samples_add("close", kind->name, count, target_close_device(t));

	for (i = 0; i < count; i++)
		kind_dma_unmap(t, kind, i * kind->stride, getpagesize());
}

void vmas_cycle(struct target *t, const struct kind *kind, size_t count)
{
	size_t i;

	if (t->floor)
		return;

	for (i = 0; i < count; i++) {
		kind_mmap(t, kind, i * kind->stride, getpagesize());
		kind_touch(kind, i * kind->stride, getpagesize());
	}

	samples_add("zap", kind->name, count, target_memory(t, false));
	target_memory(t, true);

	kind_munmap(kind, 0, kind_span(kind, count));
}
