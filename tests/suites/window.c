// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window: until when a byte can still arrive in memory that is being taken
 * away. It may while the call that takes it away lasts; once that has returned,
 * none does.
 *
 * Each test has edu move bytes again and again, and makes the call at moments
 * that sweep over the end of the transfer. Whether the engine is busy tells
 * where that end was: before the call, during it, or after its return.
 *
 * A device whose memory bit is clear gets no byte even if it left the IOMMU; one
 * that sleeps or is closed does, as QEMU's go on to decode their BARs. So these
 * tell a vfio that takes memory out of the IOMMU from one that does not.
 */
#include <time.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

#define RW	(PROT_READ | PROT_WRITE)

/* The runs are a page each and not adjacent; edu's bytes are in the last one. */
#define STRIDE	(2 * PAGE)

struct window {
	struct edu edu;
	struct device device;
	size_t runs;
	bool edu_reads;
};

static __u64 last_run(const struct window *window)
{
	return (window->runs - 1) * STRIDE;
}

static void map_runs(struct window *window)
{
	size_t size = last_run(window) + PAGE;
	char *bar = region_mmap(window->device.fd, BAR2, 0, size, RW);

	expect_true(bar != MAP_FAILED);
	for (size_t i = 0; i < window->runs; i++)
		expect_ok(dma_map(window->device.container, IOVA + i * STRIDE,
				  bar + i * STRIDE, PAGE));
	expect_ok(munmap(bar, size));
}

static struct window window_open(const char *bdf, size_t runs)
{
	struct window window = {
		.edu = edu_open(container_open()),
		.runs = runs,
	};

	window.device = device_open(window.edu.device.container, bdf);
	memory_on(window.device.fd);
	map_runs(&window);
	allow_iommu_faults();

	return window;
}

/*
 * The ways to take memory away and to give it back.
 */
struct way {
	void (*away)(struct window *window);
	void (*back)(struct window *window);
};

static void clear_memory_bit(struct window *window)
{
	memory_off(window->device.fd);
}

static void set_memory_bit(struct window *window)
{
	memory_on(window->device.fd);
}

static const struct way memory_bit = { clear_memory_bit, set_memory_bit };

static void sleep_d3hot(struct window *window)
{
	power_set(window->device.fd, 3);
}

static void wake_d0(struct window *window)
{
	power_set(window->device.fd, 0);
}

static const struct way d3hot = { sleep_d3hot, wake_d0 };

static void close_device(struct window *window)
{
	expect_ok(close(window->device.fd));
}

static void open_anew(struct window *window)
{
	int fd = group_get_device(window->device.group, window->device.bdf);

	window->device.fd = expect_ok(fd);
	memory_on(fd);
	expect_ok(dma_unmap_flags(window->device.container, 0, 0,
				  VFIO_DMA_UNMAP_FLAG_ALL));
	expect_ok(dma_map(window->device.container, SCRATCH_IOVA,
			  window->edu.scratch, PAGE));
	map_runs(window);
}

static const struct way last_close = { close_device, open_anew };

/*
 * One transfer.
 */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec + time.tv_nsec / 1e9;
}

/* The page that edu reaches, as the CPU sees it while the memory is there. */
static char *page_open(struct window *window)
{
	char *page = region_mmap(window->device.fd, BAR2, last_run(window),
				 PAGE, RW);

	expect_true(page != MAP_FAILED);

	return page;
}

static void wait_idle(struct window *window)
{
	while (edu_busy(&window->edu))
		;
}

/* What is to arrive is the pattern, what is there before is not. */
static void transfer_prepare(struct window *window, unsigned int seed)
{
	char *page = page_open(window);

	/* The IOMMU's cache has the page now, and must be told. */
	edu_get_begin(&window->edu, IOVA + last_run(window));
	wait_idle(window);

	if (window->edu_reads) {
		pattern_fill(page, seed);
		pattern_fill_inverse(window->edu.scratch, seed);
		edu_fill(&window->edu);
	} else {
		pattern_fill_inverse(page, seed);
		pattern_fill(window->edu.scratch, seed);
	}
	expect_ok(munmap(page, PAGE));
}

static void transfer_begin(struct window *window)
{
	if (window->edu_reads)
		edu_get_begin(&window->edu, IOVA + last_run(window));
	else
		edu_put_begin(&window->edu, IOVA + last_run(window));
}

/* The memory is back: how many bytes arrived. */
static size_t transfer_end(struct window *window, unsigned int seed)
{
	size_t count;
	char *page;

	if (window->edu_reads) {
		edu_get_end(&window->edu);
		return pattern_count(window->edu.scratch, seed);
	}

	page = page_open(window);
	count = pattern_count(page, seed);
	expect_ok(munmap(page, PAGE));

	return count;
}

/* When the transfer ended. */
struct tally {
	int before;
	int during;
	int after;
	size_t bytes_during;
	size_t bytes_after;
	double longest;
};

/* Makes the call so many seconds after the transfer has begun. */
static void measure(struct window *window, const struct way *way, double delay,
		    struct tally *tally)
{
	unsigned int seed = pattern_new();
	double begin, took;
	bool before, after;
	size_t count;

	transfer_prepare(window, seed);
	transfer_begin(window);
	begin = now();
	while (now() < begin + delay)
		;
	before = !edu_busy(&window->edu);
	begin = now();
	way->away(window);
	took = now() - begin;
	after = edu_busy(&window->edu);
	wait_idle(window);
	way->back(window);
	count = transfer_end(window, seed);

	if (took > tally->longest)
		tally->longest = took;
	if (before) {
		tally->before++;
		expect_eq(count, PATTERN);
	} else if (after) {
		tally->after++;
		tally->bytes_after += count;
	} else {
		tally->during++;
		tally->bytes_during += count;
	}
}

/* Makes the call before the transfer has even begun. */
static void measure_late(struct window *window, const struct way *way,
			 struct tally *tally)
{
	unsigned int seed = pattern_new();

	transfer_prepare(window, seed);
	way->away(window);
	transfer_begin(window);
	wait_idle(window);
	way->back(window);
	tally->after++;
	tally->bytes_after += transfer_end(window, seed);
}

/* What a transfer and a call take when they do not meet. */
static void calibrate(struct window *window, const struct way *way,
		      double *transfer, double *call)
{
	unsigned int seed = pattern_new();
	double begin;

	transfer_prepare(window, seed);
	transfer_begin(window);
	begin = now();
	wait_idle(window);
	*transfer = now() - begin;
	expect_eq(transfer_end(window, seed), PATTERN);

	begin = now();
	way->away(window);
	*call = now() - begin;
	way->back(window);
}

/*
 * The sweep is three calls wide: over a third of it each, the transfer ends
 * before, during and after the call.
 */
static void sweep(struct window window, const struct way *way)
{
	double transfer, call, width;
	struct tally tally = {};
	int trials = rounds(100);

	calibrate(&window, way, &transfer, &call);
	/* edu's clock ticks once a millisecond. */
	width = call > 0.001 ? call : 0.001;
	for (int i = 0; i < trials; i++)
		measure(&window, way,
			transfer + width * (1 - 3.0 * (i + 0.5) / trials),
			&tally);
	measure_late(&window, way, &tally);

	note("%d transfers: %d ended before the call, %d during it, %d after it returned; %zu bytes arrived during it, %zu after; longest call %.2f ms",
	     trials + 1, tally.before, tally.during, tally.after,
	     tally.bytes_during, tally.bytes_after, tally.longest * 1000);
	expect_eq(tally.bytes_after, 0);
}

TEST_WITHIN(memory_bit_of_one_run, 600)
{
	/* This test clears the memory bit while edu writes. */
	sweep(window_open(need("peer"), 1), &memory_bit);
}

TEST_WITHIN(memory_bit_of_many_runs, 600)
{
	/* This test clears the memory bit of what is mapped in many pieces. */
	sweep(window_open(need("peer"), 500), &memory_bit);
}

TEST_WITHIN(d3hot_of_one_run, 600)
{
	/* This test puts a device to sleep, whose bus does not, while edu writes. */
	sweep(window_open(need("disk"), 1), &d3hot);
}

TEST_WITHIN(d3hot_of_many_runs, 600)
{
	/* This test puts a device to sleep that is mapped in many pieces. */
	sweep(window_open(need("disk"), 500), &d3hot);
}

TEST_WITHIN(d3hot_while_edu_reads, 600)
{
	/* This test puts a device to sleep while edu reads. */
	struct window window = window_open(need("disk"), 500);

	window.edu_reads = true;
	sweep(window, &d3hot);
}

TEST_WITHIN(last_close, 600)
{
	/* This test closes a device that is mapped in many pieces, while edu writes. */
	sweep(window_open(need("peer"), 500), &last_close);
}
