// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

#include "cycle.h"
#include "samples.h"
#include "ticks.h"

static int marker = -1;

void marks_open(void)
{
	marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
	if (marker < 0)
		err(1, "trace_marker");
}

/* Says so in the kernel's trace, if marks are wanted. */
__attribute__((format(printf, 1, 2)))
static void mark(const char *format, ...)
{
	va_list args;

	if (marker < 0)
		return;

	va_start(args, format);
	if (vdprintf(marker, format, args) < 0)
		err(1, "trace_marker");
	va_end(args);
}

static __u64 marked_map(const char *op, struct target *t,
			const struct kind *kind, size_t size)
{
	__u64 took;

	mark("begin %s %s %zu", op, kind->name, size);
	took = kind_dma_map(t, kind, 0, size);
	mark("end");

	return took;
}

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
		    marked_map("map-cold", t, kind, size));
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
		    marked_map("map-warm", t, kind, size));
	samples_add("unmap", kind->name, size,
		    kind_dma_unmap(t, kind, 0, size));

	if (!t->floor)
		kind_munmap(kind, 0, size);
}

void trace_cycle(struct target *t, const struct kind *kind, size_t size)
{
	mark("begin mmap");
	kind_mmap(t, kind, 0, size);
	mark("begin map-cold");
	kind_dma_map(t, kind, 0, size);
	mark("end");

	kind_dma_unmap(t, kind, 0, size);
	kind_munmap(kind, 0, size);
}

void null_cycle(void)
{
	__u64 begin = ticks();
	__u64 end = ticks();

	samples_add("null", "none", 0, end - begin);

	/* And what tracing costs: next to nothing else is in this call. */
	if (marker >= 0) {
		mark("begin map-null bar 0");
		personality(0xffffffff);
		mark("end");
	}
}
