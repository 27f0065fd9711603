// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cycle.h"
#include "samples.h"
#include "ticks.h"

void mmap_cycle(struct target *t, const struct kind *kind, size_t size)
{
	__u64 begin;

	if (t->floor)
		return;

	begin = ticks();
	kind_mmap(t, kind, 0, size);
	samples_add("mmap", kind->name, size, ticks() - begin);
	kind_munmap(kind, 0, size);
}

void touch_cycle(struct target *t, const struct kind *kind, size_t size)
{
	__u64 begin, touched, unmapped;

	if (t->floor)
		return;

	kind_mmap(t, kind, 0, size);
	begin = ticks();
	kind_touch(kind, 0, size);
	touched = ticks();
	kind_munmap(kind, 0, size);
	unmapped = ticks();

	samples_add("touch", kind->name, size, touched - begin);
	samples_add("munmap", kind->name, size, unmapped - touched);
}

void cold_cycle(struct target *t, const struct kind *kind, size_t size)
{
	if (!t->floor)
		kind_mmap(t, kind, 0, size);

	samples_add("map-cold", kind->name, size,
		    kind_dma_map(t, kind, 0, size));
	kind_dma_unmap(t, kind, 0, size);

	if (!t->floor)
		kind_munmap(kind, 0, size);
}

void warm_cycle(struct target *t, const struct kind *kind, size_t size)
{
	if (!t->floor) {
		kind_mmap(t, kind, 0, size);
		kind_touch(kind, 0, size);
	}

	samples_add("map-warm", kind->name, size,
		    kind_dma_map(t, kind, 0, size));
	samples_add("unmap", kind->name, size,
		    kind_dma_unmap(t, kind, 0, size));

	if (!t->floor)
		kind_munmap(kind, 0, size);
}

static void mark(int marker, const char *text)
{
	if (write(marker, text, strlen(text)) < 0)
		err(1, "trace_marker");
}

void trace_cycle(struct target *t, const struct kind *kind, size_t size)
{
	int marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY);

	if (marker < 0)
		err(1, "trace_marker");

	mark(marker, "begin mmap");
	kind_mmap(t, kind, 0, size);
	mark(marker, "begin map-cold");
	kind_dma_map(t, kind, 0, size);
	mark(marker, "end");
	close(marker);

	kind_dma_unmap(t, kind, 0, size);
	kind_munmap(kind, 0, size);
}

void null_cycle(void)
{
	__u64 begin = ticks();
	__u64 end = ticks();

	samples_add("null", "none", 0, end - begin);
}
