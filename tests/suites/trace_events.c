// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace events of device runs: which come, in which order, and what they say
 * of the run. The kernel's own vfio has none.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "edu.h"
#include "irq.h"
#include "module.h"
#include "pci.h"
#include "test.h"
#include "trace.h"
#include "transition.h"
#include "vfio.h"

/* So that all of an IOVA is seen, and no field is taken for another one. */
#define FAR_IOVA	0x1234567000UL

/* What the fields are to be. */
struct run {
	const char *bdf;
	__u64 iova;
	__u64 pfn;
	__u64 npages;
};

/* @size bytes of BAR 2 from @offset on. */
static struct run run_of(const char *bdf, __u64 iova, size_t offset,
			 size_t size)
{
	return (struct run){
		.bdf = bdf,
		.iova = iova,
		.pfn = (pci_resource(bdf, 2).start + offset) / PAGE,
		.npages = size / PAGE,
	};
}

/*
 * What was traced: events from their names on, and marks. @next is the one to be
 * looked at.
 */
struct story {
	unsigned int count;
	unsigned int next;
	char lines[32][128];
};

static void tell(const char *line, void *data)
{
	static const char mark[] = "tracing_mark_write: ";
	struct story *story = data;
	const char *text = strstr(line, mark);

	text = text ? text + strlen(mark) : strstr(line, "vfio_");
	if (!text)
		ck_abort_msg("neither an event of vfio's nor a mark: %s", line);
	expect_true(story->count < sizeof(story->lines) / sizeof(story->lines[0]));
	snprintf(story->lines[story->count++], sizeof(story->lines[0]), "%.*s",
		 (int)strcspn(text, "\n"), text);
}

static void story_begin(void)
{
	need_a_strategy();
	trace_begin("vfio", NULL);
}

static struct story story_end(void)
{
	struct story story = {};

	trace_end(tell, &story);

	return story;
}

static const char *story_next(struct story *story)
{
	return story->next < story->count ? story->lines[story->next++] :
					    "nothing more";
}

static void expect_line(struct story *story, const char *text)
{
	const char *line = story_next(story);

	if (strcmp(line, text))
		ck_abort_msg("traced is '%s', expected '%s'", line, text);
}

static void expect_traced(struct story *story, const char *name,
			  struct run run)
{
	const char *line = story_next(story);
	char is[32], bdf[32];
	__u64 iova, pfn, npages;

	if (sscanf(line, "%31[^:]: device=%31s iova=%llx pfn=%llx npages=%llu",
		   is, bdf, &iova, &pfn, &npages) != 5 || strcmp(is, name))
		ck_abort_msg("traced is '%s', expected %s", line, name);
	if (strcmp(bdf, run.bdf))
		ck_abort_msg("%s is of %s, expected %s", name, bdf, run.bdf);
	expect_eq(iova, run.iova);
	expect_eq(pfn, run.pfn);
	expect_eq(npages, run.npages);
}

/* Mapping it. */
static void expect_map_traced(struct story *story, struct run run)
{
	expect_traced(story, "vfio_run_resolve", run);
	expect_traced(story, "vfio_run_map", run);
}

/* The last close, in which alone it goes. */
static void expect_close_traced(struct story *story, struct run run)
{
	expect_line(story, "close");
	expect_traced(story, "vfio_run_kill", run);
	expect_line(story, "closed");
	expect_line(story, "nothing more");
}

/* The device, with all of its BAR mapped. */
static struct device open_and_map(const char *bdf, struct run *run, char **bar)
{
	struct device device = device_open(container_open(), bdf);
	size_t size = region_size(device.fd, BAR2);

	*bar = region_open(device.fd, BAR2);
	*run = run_of(bdf, FAR_IOVA, 0, size);
	expect_ok(dma_map(device.container, FAR_IOVA, *bar, size));

	return device;
}

/* As long as it is mmapped, close() is not the last one. The group stays open. */
static void unmap_and_close(struct device *device, char *bar)
{
	expect_ok(munmap(bar, region_size(device->fd, BAR2)));
	trace_mark("close");
	expect_ok(close(device->fd));
	trace_mark("closed");
}

TEST(map_memory_bit_and_close)
{
	/*
	 * This test maps a BAR, turns its memory off and on, and closes the device:
	 * each call is told of when it is made. One that is refused is not.
	 */
	const char *bdf = need("peer");
	struct device peer;
	struct story story;
	struct run run;
	char *bar;

	story_begin();
	peer = open_and_map(bdf, &run, &bar);
	trace_mark("off");
	memory_off(peer.fd);
	trace_mark("refused");
	expect_errno(dma_map(peer.container, IOVA, bar, MIB), EFAULT);
	memory_off(peer.fd);
	trace_mark("on");
	memory_on(peer.fd);
	memory_on(peer.fd);
	unmap_and_close(&peer, bar);
	expect_eq(dma_unmap(peer.container, FAR_IOVA, run.npages * PAGE),
		  run.npages * PAGE);

	story = story_end();
	expect_map_traced(&story, run);
	expect_line(&story, "off");
	expect_traced(&story, "vfio_run_suspend", run);
	expect_line(&story, "refused");
	expect_line(&story, "on");
	expect_traced(&story, "vfio_run_resume", run);
	expect_close_traced(&story, run);
}

TEST(close_while_memory_is_off)
{
	/* This test closes a device whose memory is off: the run is killed once. */
	const char *bdf = need("peer");
	struct device peer;
	struct story story;
	struct run run;
	char *bar;

	story_begin();
	peer = open_and_map(bdf, &run, &bar);
	memory_off(peer.fd);
	unmap_and_close(&peer, bar);

	story = story_end();
	expect_map_traced(&story, run);
	expect_traced(&story, "vfio_run_suspend", run);
	expect_close_traced(&story, run);
}

TEST(reset_of_the_function)
{
	/* This test resets a device: its run is away in the call, and back. */
	struct device disk;
	struct story story;
	struct run run;
	char *bar;

	story_begin();
	disk = open_and_map(need("disk"), &run, &bar);
	trace_mark("reset");
	expect_ok(reset_by_ioctl(disk.fd));
	trace_mark("done");

	story = story_end();
	expect_map_traced(&story, run);
	expect_line(&story, "reset");
	expect_traced(&story, "vfio_run_suspend", run);
	expect_traced(&story, "vfio_run_resume", run);
	expect_line(&story, "done");
	expect_line(&story, "nothing more");
}

TEST(unbind)
{
	/* This test unbinds an open device: its run is killed before it is closed. */
	const char *bdf = need("peer");
	struct device peer;
	struct story story;
	struct run run;
	pid_t admin;
	char *bar;
	int event;

	story_begin();
	peer = open_and_map(bdf, &run, &bar);
	event = request_open(peer.fd);
	trace_mark("unbind");
	admin = admin_begin(pci_path(bdf, "driver/unbind"), bdf);
	expect_event(event);
	expect_eq(read_signal(bar), SIGBUS);
	unmap_and_close(&peer, bar);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));

	story = story_end();
	expect_map_traced(&story, run);
	expect_line(&story, "unbind");
	expect_traced(&story, "vfio_run_kill", run);
	expect_line(&story, "close");
	expect_line(&story, "closed");
	expect_line(&story, "nothing more");
}

TEST(parts_of_two_devices)
{
	/*
	 * This test maps parts of two devices' BARs and RAM between them. Resolving
	 * tells of all up to the end of the mmap; the others tell of what is mapped.
	 * What is unmapped is told of no more.
	 */
	struct device peer = device_open(container_open(), need("peer"));
	struct device reset = device_open(peer.container, need("reset"));
	struct run one = run_of(peer.bdf, IOVA, 4 * MIB, 2 * MIB);
	struct run end = run_of(peer.bdf, IOVA, 4 * MIB, 5 * MIB);
	struct run other = run_of(reset.bdf, FAR_IOVA + PAGE, PAGE, PAGE);
	struct run gone = run_of(reset.bdf, 2 * FAR_IOVA, 0, 2 * PAGE);
	char *bar = region_mmap(peer.fd, BAR2, 3 * MIB, 6 * MIB,
				PROT_READ | PROT_WRITE);
	char *va = reserve(3 * PAGE, PAGE);
	struct story story;

	expect_true(bar != MAP_FAILED);
	region_mmap_at(va, reset.fd, BAR2, 0, 2 * PAGE);
	expect_ok(mprotect(va + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE));

	story_begin();
	expect_ok(dma_map(peer.container, IOVA, bar + MIB, 2 * MIB));
	expect_ok(dma_map(peer.container, 2 * FAR_IOVA, va, 3 * PAGE));
	expect_ok(dma_map(peer.container, FAR_IOVA + PAGE, va + PAGE, 2 * PAGE));
	expect_eq(dma_unmap(peer.container, 2 * FAR_IOVA, 3 * PAGE), 3 * PAGE);
	trace_mark("peer");
	memory_off(peer.fd);
	memory_on(peer.fd);
	trace_mark("reset");
	memory_off(reset.fd);
	memory_on(reset.fd);

	story = story_end();
	expect_traced(&story, "vfio_run_resolve", end);
	expect_traced(&story, "vfio_run_map", one);
	expect_map_traced(&story, gone);
	expect_map_traced(&story, other);
	expect_line(&story, "peer");
	expect_traced(&story, "vfio_run_suspend", one);
	expect_traced(&story, "vfio_run_resume", one);
	expect_line(&story, "reset");
	expect_traced(&story, "vfio_run_suspend", other);
	expect_traced(&story, "vfio_run_resume", other);
	expect_line(&story, "nothing more");
}
