// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was called, how it ended, and who said that something is wrong.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "test.h"

static const char * const call_names[CALLS] = {
	[CALL_OPEN_CONTAINER] = "open_container",
	[CALL_API_VERSION] = "api_version",
	[CALL_CHECK_EXTENSION] = "check_extension",
	[CALL_SET_IOMMU] = "set_iommu",
	[CALL_IOMMU_INFO] = "iommu_info",
	[CALL_MAP_DMA] = "map_dma",
	[CALL_UNMAP_DMA] = "unmap_dma",
	[CALL_OPEN_GROUP] = "open_group",
	[CALL_GROUP_STATUS] = "group_status",
	[CALL_SET_CONTAINER] = "set_container",
	[CALL_UNSET_CONTAINER] = "unset_container",
	[CALL_GET_DEVICE] = "get_device",
	[CALL_OPEN_IOMMUFD] = "open_iommufd",
	[CALL_NEW_IOAS] = "new_ioas",
	[CALL_DESTROY] = "destroy",
	[CALL_OPEN_NODE] = "open_node",
	[CALL_BIND] = "bind",
	[CALL_ATTACH] = "attach",
	[CALL_DETACH] = "detach",
	[CALL_DEVICE_INFO] = "device_info",
	[CALL_REGION_INFO] = "region_info",
	[CALL_IRQ_INFO] = "irq_info",
	[CALL_SET_IRQS] = "set_irqs",
	[CALL_IOEVENTFD] = "ioeventfd",
	[CALL_SIGNAL] = "signal",
	[CALL_RESET] = "reset",
	[CALL_HOT_RESET_INFO] = "hot_reset_info",
	[CALL_HOT_RESET] = "hot_reset",
	[CALL_FEATURE] = "feature",
	[CALL_IOCTL] = "ioctl",
	[CALL_READ] = "read",
	[CALL_WRITE] = "write",
	[CALL_CONFIG_READ] = "config_read",
	[CALL_CONFIG_WRITE] = "config_write",
	[CALL_MMAP] = "mmap",
	[CALL_MUNMAP] = "munmap",
	[CALL_MREMAP] = "mremap",
	[CALL_MPROTECT] = "mprotect",
	[CALL_MADVISE] = "madvise",
	[CALL_MLOCK] = "mlock",
	[CALL_DUP] = "dup",
	[CALL_CLOSE] = "close",
	[CALL_SEND] = "send",
	[CALL_RECEIVE] = "receive",
	[CALL_FORK] = "fork",
	[CALL_HOST_RESET] = "host_reset",
	[CALL_HOST_UNBIND] = "host_unbind",
	[CALL_HOST_BIND] = "host_bind",
	[CALL_HOST_UNPLUG] = "host_unplug",
	[CALL_HOST_SHOW] = "host_show",
	[CALL_TOUCH] = "touch",
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);

	return time.tv_sec;
}

static char *line(struct slot *slot, long call)
{
	return slot->log[call % LOG_LINES];
}

static void append(char *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char *line, const char *format, ...)
{
	size_t used = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + used, LOG_WIDTH - used, format, args);
	va_end(args);
}

void begin_call(struct fuzzer *self, enum call call, const char *format, ...)
{
	struct slot *slot = self->slot;
	char *text = line(slot, slot->calls);
	va_list args;
	int used;

	self->call = call;
	used = sprintf(text, "%s ", call_names[call]);
	va_start(args, format);
	vsnprintf(text + used, LOG_WIDTH - used, format, args);
	va_end(args);
	slot->since = now();
}

static __u64 digest_add(__u64 digest, const char *text)
{
	while (*text)
		digest = (digest ^ (unsigned char)*text++) * 0x100000001b3ULL;

	return digest;
}

long end_call(struct fuzzer *self, long ret)
{
	int error = ret < 0 ? errno : 0;
	struct slot *slot = self->slot;
	char *text = line(slot, slot->calls);

	slot->since = 0;
	if (error)
		append(text, " = %s", errno_name(error));
	else
		append(text, " = %ld", ret);
	slot->digest = digest_add(slot->digest, text);
	slot->calls++;
	if (self->call != CALL_TOUCH)
		slot->left--;
	self->life--;
	__atomic_fetch_add(&self->board->results[self->call][error % ERRNO_MAX],
			   1, __ATOMIC_RELAXED);
	errno = error;

	return ret;
}

/* The first one counts: what comes after it may come of it. */
static void vfail(struct board *board, const char *format, va_list args)
{
	if (!__atomic_exchange_n(&board->failed, true, __ATOMIC_SEQ_CST))
		vsnprintf(board->failure, sizeof(board->failure), format, args);
}

void board_fail(struct board *board, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfail(board, format, args);
	va_end(args);
}

void fuzz_fail(struct fuzzer *self, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfail(self->board, format, args);
	va_end(args);
	_exit(1);
}

static long total(const struct board *board, enum call call)
{
	long sum = 0;

	for (int i = 0; i < ERRNO_MAX; i++)
		sum += board->results[call][i];

	return sum;
}

long board_succeeded(const struct board *board, enum call call)
{
	return board->results[call][0];
}

long board_calls(const struct board *board)
{
	long sum = 0;

	for (int call = 0; call < CALL_TOUCH; call++)
		sum += total(board, call);

	return sum;
}

/* The errnos of a call that came most often, the most frequent first. */
static void tell_errnos(const long *results, char *text, size_t size)
{
	bool told[ERRNO_MAX] = { true };
	size_t used = 0;

	text[0] = 0;
	for (int i = 0; i < 5 && used < size; i++) {
		int most = 0;

		for (int error = 1; error < ERRNO_MAX; error++) {
			if (!told[error] && results[error] &&
			    (!most || results[error] > results[most]))
				most = error;
		}
		if (!most)
			return;
		told[most] = true;
		used += snprintf(text + used, size - used, " %s %ld",
				 errno_name(most), results[most]);
	}
}

void board_tell_results(const struct board *board)
{
	char errnos[160];
	long all = 0, fine = 0;

	note("%-16s %8s %8s  errors", "call", "made", "done");
	for (int call = 0; call < CALLS; call++) {
		tell_errnos(board->results[call], errnos, sizeof(errnos));
		note("%-16s %8ld %8ld %s", call_names[call],
		     total(board, call), board_succeeded(board, call),
			 errnos);
		if (call < CALL_TOUCH) {
			all += total(board, call);
			fine += board_succeeded(board, call);
		}
	}
	note("%-16s %8ld %8ld  %ld %% done", "all but touch", all, fine,
	     all ? 100 * fine / all : 0);
}

static void tell_slot(const struct slot *slot, int number)
{
	long first = slot->calls - LOG_LINES;

	if (!slot->calls)
		return;

	note("process %d, its last calls:", number);
	for (long i = first < 0 ? 0 : first; i <= slot->calls; i++) {
		if (slot->since || i < slot->calls)
			note("  %s", line((struct slot *)slot, i));
	}
}

void board_tell_calls(const struct board *board)
{
	for (int i = 0; i < SLOTS; i++)
		tell_slot(&board->slots[i], i);
}
