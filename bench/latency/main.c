// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-bench: how long one device's BAR takes to mmap, to map for DMA and to
 * take back, operation by operation, and RAM beside it; or its interrupts, or
 * its config space. It is an ordinary VFIO client, so it runs unchanged on every
 * strategy and on the kernel's own VFIO. Every sample goes to standard output, as
 * JSON.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contention.h"
#include "cycle.h"
#include "kind.h"
#include "samples.h"
#include "target.h"
#include "ticks.h"

/* One cycle to repeat, and how long it took so far. */
struct work {
	cycle_fn *cycle;
	const struct kind *kind;
	size_t size;
	__u64 spent_ns;
};

#define MAX_WORK	256
#define ROW		8

static struct work works[MAX_WORK];
static size_t work_count;

static struct {
	const char *device;
	unsigned int bar;
	unsigned long passes;
	unsigned long budget_ms;
	unsigned int seed;
	bool floor;
	bool iommufd;
	bool fit;
	bool exact;
	cycle_fn *once;
} options = {
	.bar = 2,
	.passes = 4,
	.budget_ms = 200,
	.seed = 1,
};

static const char usage[] =
"Usage: vfio-bench --device ADDRESS [options] KIND[:SIZE[,SIZE...]] ...\n"
"Time mmap, touch, DMA map, DMA unmap and munmap; print the samples as JSON.\n"
"\n"
"Kinds: bar         a BAR of the device; VA and IOVA aligned to 1 GiB\n"
"       bar-2m      the same, both aligned to 2 MiB only\n"
"       bar-va4k    the same with a VA aligned to 4 KiB only\n"
"       bar-iova4k  the same with an IOVA aligned to 4 KiB only\n"
"       ram         RAM in pages of 4 KiB\n"
"       hugetlb     RAM in pages of 2 MiB\n"
"and, with SIZE a number of pages of the BAR, how long it takes to turn the\n"
"device's memory off:\n"
"       vmas           each an mmap of its own, touched\n"
"       runs           each a DMA mapping of its own, a page apart; to turn it on\n"
"                      and to close the device, too\n"
"       adjacent-runs  the same without space between them\n"
"and, with SIZE a number, what so many of something make of other calls:\n"
"       beside-vmas    mmap, DMA map and fork of a process with so many mmaps\n"
"       forks          fork and memory off of a page that so many processes mmap\n"
"       containers     DMA map and unmap in threads, each with a container and\n"
"                      a device of its own\n"
"       shared-bar     the same, but all map the first device's BAR\n"
"       threads        the same, in one container\n"
"       devices        DMA map, unmap and memory off, devices in one container\n"
"and, without SIZE:\n"
"       config         accesses to registers of config space\n"
"       INTx, MSI      interrupts of an edu device\n"
"\n"
"  --device ADDRESS  the PCI device, for example 0000:00:03.0; repeated, others\n"
"                    that containers, shared-bar and devices take as well\n"
"  --bar N           which BAR of it; default 2\n"
"  --fit             leave out sizes that its BAR does not have, and registers of\n"
"                    config space that it does not have\n"
"  --floor           use /dev/vfio-floor and no VFIO: DMA map and unmap of bars\n"
"  --iommufd         use the kernel's iommufd, and a BAR as a dma-buf\n"
"  --ram FILE        in tmpfs: the RAM in pages of 4 KiB\n"
"  --hugetlb FILE    in hugetlbfs: the RAM in pages of 2 MiB\n"
"  --passes N        through all the work, 8 samples of each; default 4\n"
"  --budget MS       stop sampling something after that time; default 200\n"
"  --seed N          for the order of each pass; default 1\n"
"  --exact           a tick is an instruction: do not convert it to time\n"
"  --once            only open, mmap, map, unmap, munmap, close; print nothing\n"
"  --trace           the same, and mark mmap and map in the kernel's trace\n"
"  --marks           mark each DMA map in the kernel's trace\n";

static __u64 parse_size(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	size_t size;

	size = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		size <<= 10 * (unit - units + 1);
		end++;
	}
	if (!size || *end)
		errx(2, "not a size: %s", text);

	return size;
}

static void add_work(cycle_fn *cycle, const struct kind *kind, size_t size)
{
	if (work_count == MAX_WORK)
		errx(2, "too much work");
	works[work_count++] = (struct work){
		.cycle = cycle,
		.kind = kind,
		.size = size,
	};
}

static void add_size(const struct kind *kind, size_t size)
{
	cycle_fn * const *cycle;

	for (cycle = kind->cycles; *cycle; cycle++)
		add_work(*cycle, kind, size);
}

static void parse_work(char *text)
{
	char *sizes = strchr(text, ':');
	const struct kind *kind;
	bool sized;
	char *size;

	if (sizes)
		*sizes++ = 0;

	kind = kind_find(text);
	if (!kind)
		errx(2, "no such kind: %s", text);
	sized = kind->backing != BACKING_NONE;
	if (sized != !!sizes)
		errx(2, "%s: %s", sized ? "no sizes" : "has no sizes", text);
	if (options.floor && kind->backing != BACKING_BAR)
		errx(2, "the floor knows bars only, not %s", text);

	if (!sizes)
		add_size(kind, 0);
	while ((size = strsep(&sizes, ",")))
		add_size(kind, parse_size(size));
}

static void parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "bar", required_argument, NULL, 'n' },
		{ "fit", no_argument, NULL, 'm' },
		{ "floor", no_argument, NULL, 'f' },
		{ "iommufd", no_argument, NULL, 'i' },
		{ "ram", required_argument, NULL, 'r' },
		{ "hugetlb", required_argument, NULL, 'g' },
		{ "passes", required_argument, NULL, 'p' },
		{ "budget", required_argument, NULL, 'b' },
		{ "seed", required_argument, NULL, 's' },
		{ "exact", no_argument, NULL, 'e' },
		{ "once", no_argument, NULL, 'o' },
		{ "trace", no_argument, NULL, 't' },
		{ "marks", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'd':
			if (options.device)
				others_add(optarg);
			else
				options.device = optarg;
			break;
		case 'n':
			options.bar = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			options.fit = true;
			break;
		case 'f':
			options.floor = true;
			break;
		case 'i':
			options.iommufd = true;
			break;
		case 'r':
			ram_open(BACKING_RAM, optarg);
			break;
		case 'g':
			ram_open(BACKING_HUGETLB, optarg);
			break;
		case 'p':
			options.passes = strtoul(optarg, NULL, 10);
			break;
		case 'b':
			options.budget_ms = strtoul(optarg, NULL, 10);
			break;
		case 's':
			options.seed = strtoul(optarg, NULL, 10);
			break;
		case 'e':
			options.exact = true;
			break;
		case 'o':
			options.once = cold_cycle;
			break;
		case 't':
			options.once = trace_cycle;
			marks_open();
			break;
		case 'k':
			marks_open();
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	while (optind < argc)
		parse_work(argv[optind++]);
	if (!options.device || !work_count) {
		fputs(usage, stderr);
		exit(2);
	}
}

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);

	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static bool has_room(struct target *t, const struct work *work)
{
	return work->kind->backing != BACKING_BAR ||
	       kind_span(work->kind, work->size) <= t->bar_size;
}

/* Leaves out what the BAR is too small for, if that was asked for. */
static void fit_works(struct target *t)
{
	size_t i, count = 0;

	for (i = 0; i < work_count; i++) {
		if (has_room(t, &works[i]))
			works[count++] = works[i];
		else if (!t->fit)
			errx(1, "BAR %u of %s has only %llu bytes", t->bar,
			     t->bdf, t->bar_size);
	}
	if (!count && options.once)
		errx(1, "BAR %u of %s has %llu bytes: too few", t->bar, t->bdf,
		     t->bar_size);
	work_count = count;
}

static void shuffle(void)
{
	size_t i, j;

	for (i = work_count; i > 1; i--) {
		struct work last = works[i - 1];

		j = random() % i;
		works[i - 1] = works[j];
		works[j] = last;
	}
}

/*
 * Several samples in a row, because what ran before leaves something behind: a
 * munmap of many touched pages flushes the whole TLB, for example.
 */
static void repeat(struct target *t, struct work *work)
{
	unsigned long i;
	__u64 begin;

	for (i = 0; i < ROW; i++) {
		if (work->spent_ns > options.budget_ms * 1000000ULL)
			return;
		begin = now_ns();
		work->cycle(t, work->kind, work->size);
		work->spent_ns += now_ns() - begin;
	}
}

static void run_all(struct target *t)
{
	__u64 begin_ns, begin, end_ns, end;
	unsigned long pass;
	size_t i;

	srandom(options.seed);
	begin_ns = now_ns();
	begin = ticks();
	for (pass = 0; pass < options.passes; pass++) {
		for (i = 0; i < ROW; i++)
			null_cycle();
		shuffle();
		for (i = 0; i < work_count; i++)
			repeat(t, &works[i]);
	}
	end_ns = now_ns();
	end = ticks();

	/* The whole run is what the counter is calibrated over. */
	if (options.exact)
		printf("{\"ticks_per_us\": null");
	else
		printf("{\"ticks_per_us\": %.3f",
		       (end - begin) * 1000.0 / (end_ns - begin_ns));
	printf(", \"series\": ");
	samples_print(stdout);
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct target target = { };

	parse_options(argc, argv);
	target.bdf = options.device;
	target.bar = options.bar;
	target.floor = options.floor;
	target.iommufd = options.iommufd;
	target.fit = options.fit;

	target_open(&target);
	fit_works(&target);
	if (options.once)
		options.once(&target, works[0].kind, works[0].size);
	else
		run_all(&target);
	target_close(&target);

	if (fflush(stdout) || ferror(stdout))
		err(1, "output");

	return 0;
}
