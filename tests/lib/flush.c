// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of unmaps, flushes and frees in Intel's IOMMU driver.
 *
 * Probes of the driver's functions and the trace event of a page that is freed
 * tell of it, the latter between the beginning and the end of a sync. Of a sync
 * the gather is read: bytes 0 and 8 are the first and the last address that it
 * flushes, and at byte 24 begins the list of the page tables that it frees after
 * that. If the list is empty, the driver has the IOMMU forget leaves only.
 */
#include <fcntl.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flush.h"
#include "memory.h"
#include "test.h"
#include "trace.h"

#define PROBES	"/sys/kernel/tracing/kprobe_events"
#define FOLDER	"vfio_tests"

/* What a page table of last level stands for. */
#define SPAN	(2 * MIB)

static const char * const probes[] = {
	"p:" FOLDER "/unmap intel_iommu_unmap_pages domain=%di:x64 iova=%si:x64 size=%dx:u64 count=%cx:u64",
	"p:" FOLDER "/sync intel_iommu_tlb_sync domain=%di:x64 first=+0(%si):x64 last=+8(%si):x64 list=%si:x64 next=+24(%si):x64",
	"r:" FOLDER "/synced intel_iommu_tlb_sync",
};

#define PROBE_COUNT	(sizeof(probes) / sizeof(probes[0]))

/* Unmapped by one call of the driver, and not flushed yet. */
struct stretch {
	__u64 domain;
	__u64 first;
	__u64 last;
	unsigned int tables;
};

struct order {
	struct stretch stretches[4096];
	unsigned int count;
	/* Tables whose flush has been, not freed yet; and tables that are. */
	unsigned int flushed;
	unsigned int freed;
	bool syncing;
	char wrong[256];
};

static bool kernel_has(const char *function)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256], name[128];
	bool found = false;

	expect_true(file);
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %127s", name) == 1 &&
			!strcmp(name, function);
	fclose(file);

	return found;
}

static void probes_write(int flags, const char *text)
{
	int fd = expect_ok(open(PROBES, O_WRONLY | O_CLOEXEC | flags));

	expect_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void probes_remove(void)
{
	/* No test has others. */
	expect_ok(close(expect_ok(open(PROBES, O_WRONLY | O_CLOEXEC | O_TRUNC))));
}

void flush_watch(void)
{
	if (access(PROBES, F_OK))
		skip("needs probes: a kernel with CONFIG_KPROBE_EVENTS");
	if (!kernel_has("intel_iommu_unmap_pages") ||
	    !kernel_has("intel_iommu_tlb_sync"))
		skip("needs Intel's IOMMU driver of Linux 6.1 to 6.12: tests/run --kernel 6.12");

	/* Of a test that was killed: its trace first, which uses its probes. */
	trace_forget();
	probes_remove();
	for (size_t i = 0; i < PROBE_COUNT; i++)
		probes_write(O_APPEND, probes[i]);
	trace_begin(FOLDER, NULL);
	/* Not what an interrupt frees meanwhile, whose flags are 8 and 16. */
	trace_add("kmem/mm_page_free", "!(common_flags & 24)");
	trace_self();
}

static void wrong(struct order *order, const char *what, __u64 first,
		  __u64 last)
{
	/* What follows from it says less. */
	if (!order->wrong[0])
		snprintf(order->wrong, sizeof(order->wrong),
			 "%s: %#llx to %#llx", what, first, last);
}

static unsigned int tables_within(__u64 first, __u64 last)
{
	__u64 begin = (first + SPAN - 1) / SPAN, end = (last + 1) / SPAN;

	return end > begin ? end - begin : 0;
}

static void look_at_unmap(struct order *order, __u64 domain, __u64 iova,
			  __u64 size)
{
	__u64 last = iova + size - 1;

	if (order->count == sizeof(order->stretches) / sizeof(*order->stretches)) {
		wrong(order, "too much is unmapped without a flush", iova, last);
		return;
	}
	order->stretches[order->count++] = (struct stretch){
		domain, iova, last, tables_within(iova, last),
	};
}

static void look_at_sync(struct order *order, __u64 domain, __u64 first,
			 __u64 last, bool whole)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < order->count; i++) {
		struct stretch *stretch = &order->stretches[i];

		if (stretch->domain != domain || stretch->first < first ||
		    stretch->last > last) {
			order->stretches[left++] = *stretch;
			continue;
		}
		if (stretch->tables && !whole)
			wrong(order, "only leaves are flushed of what had page tables",
			      stretch->first, stretch->last);
		order->flushed += stretch->tables;
	}
	order->count = left;
	order->syncing = true;
}

static void look_at_free(struct order *order)
{
	if (!order->syncing)
		return;
	order->freed++;
	if (order->flushed)
		order->flushed--;
	else if (order->count)
		wrong(order, "a page table is freed before the flush",
		      order->stretches[order->count - 1].first,
		      order->stretches[order->count - 1].last);
	else
		wrong(order, "a page table is freed that was not unmapped", 0, 0);
}

/* What the event of that name tells, or NULL if it is another one. */
static const char *told_by(const char *event, const char *line)
{
	const char *at = strstr(line, event);

	return at ? strstr(at, "domain=") : NULL;
}

static void look(const char *line, void *data)
{
	unsigned long long domain, first, last, list, next, iova, size, count;
	const char *unmap = told_by(" unmap: ", line);
	const char *sync = told_by(" sync: ", line);
	struct order *order = data;

	if (unmap) {
		expect_eq(sscanf(unmap, "domain=%llx iova=%llx size=%llu count=%llu",
				 &domain, &iova, &size, &count), 4);
		look_at_unmap(order, domain, iova, size * count);
	} else if (sync) {
		expect_eq(sscanf(sync, "domain=%llx first=%llx last=%llx list=%llx next=%llx",
				 &domain, &first, &last, &list, &next), 5);
		look_at_sync(order, domain, first, last, next != list + 24);
	} else if (strstr(line, " synced: ")) {
		order->syncing = false;
	} else if (strstr(line, " mm_page_free: ")) {
		look_at_free(order);
	}
}

const char *flush_order_wrong(unsigned int tables)
{
	static struct order order;

	order = (struct order){};
	trace_end(look, &order);
	probes_remove();
	if (order.count)
		wrong(&order, "never flushed", order.stretches[0].first,
		      order.stretches[0].last);
	if (!order.wrong[0] && order.freed != tables)
		snprintf(order.wrong, sizeof(order.wrong),
			 "%u page tables are freed, not %u", order.freed, tables);

	return order.wrong[0] ? order.wrong : NULL;
}
