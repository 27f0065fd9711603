// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory cgroups: the page tables of the IOMMU that a user process needs for what
 * it maps are charged to it, also those of a device's memory, which no other limit
 * bounds. And a charge holds up nobody but the process that is charged.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "cgroup.h"
#include "edu.h"
#include "log.h"
#include "mapped.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Suites dma and reset map and revoke on every strategy. */
SUITE_RUNS_ONCE;

/* What a page table of last level stands for. */
#define SPAN	(2 * MIB)

/* What a user process in the cgroup has come to, which may be killed any time. */
struct progress {
	volatile unsigned int maps;
	volatile int error;
	volatile bool over;
};

/* Each mapping is @size bytes at the next multiple of @step, by page tables of 4 KiB. */
struct mapper {
	int container;
	char *va;
	__u64 size;
	__u64 step;
	unsigned int maps;
};

static void map_until_stopped(const struct mapper *mapper,
			      struct progress *progress)
{
	__u64 iova = IOVA + PAGE;

	while (progress->maps < mapper->maps) {
		if (dma_map(mapper->container, iova, mapper->va, mapper->size)) {
			progress->error = errno;
			return;
		}
		progress->maps++;
		iova += mapper->step;
	}
}

static pid_t map_in_cgroup(const struct mapper *mapper,
			   struct progress *progress)
{
	pid_t user = expect_ok(fork());

	if (user)
		return user;
	cgroup_enter();
	map_until_stopped(mapper, progress);
	_exit(0);
}

/*
 * @mapper needs @tables page tables for each mapping. They are charged: a process
 * cannot have twice as many as its cgroup's limit of memory allows.
 */
static void expect_stopped(struct device *device, struct mapper *mapper,
			   unsigned int tables, const char *limit,
			   unsigned long bytes)
{
	struct progress *progress = shared_memory(sizeof(*progress));
	int status;
	pid_t user;

	mapper->maps = 2 * bytes / PAGE / tables;
	/* The kernel says whom it kills, and where that was. */
	allow_log("Call Trace");
	cgroup_set("memory.max", limit);
	user = map_in_cgroup(mapper, progress);
	expect_eq(waitpid(user, &status, 0), user);
	note("%u mappings, error %s, signal %d, memory in the cgroup %lld",
	     progress->maps, errno_name(progress->error),
	     WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	     cgroup_value("memory.current", ""));
	if (progress->maps == mapper->maps)
		ck_abort_msg("a process with a limit of %s has made %u page tables and was not stopped",
			     limit, progress->maps * tables);

	if (WIFSIGNALED(status)) {
		expect_eq(WTERMSIG(status), SIGKILL);
		expect_true(cgroup_value("memory.events", "oom_kill") > 0);
	} else {
		expect_eq(progress->error, ENOMEM);
	}
	/* All of it goes with the container, and the charge. */
	expect_ok(munmap(mapper->va, region_size(device->fd, BAR2)));
	device_close(device);
	expect_ok(close(mapper->container));
	expect_true(cgroup_value("memory.current", "") < (long long)bytes / 2);
	cgroup_close();
}

TEST(page_tables_of_many_mappings)
{
	/* This test maps one page of a BAR in every 2 MiB of IOVAs. */
	cgroup_open("memory", "memory.max");

	struct device peer = device_open(container_open(), need("peer"));
	struct mapper mapper = {
		.container = peer.container,
		.va = region_open(peer.fd, BAR2),
		.size = PAGE,
		.step = SPAN,
	};

	expect_stopped(&peer, &mapper, 1, "64M", 64 * MIB);
}

TEST(page_tables_of_large_mappings)
{
	/* This test maps a large BAR by small pages, again and again. */
	cgroup_open("memory", "memory.max");

	struct device big = device_open(container_open(), need("big"));
	__u64 size = region_size(big.fd, BAR2);
	struct mapper mapper = {
		.container = big.container,
		.va = region_open(big.fd, BAR2),
		.size = size - PAGE,
		.step = size,
	};

	expect_stopped(&big, &mapper, size / SPAN, "16M", 16 * MIB);
}

/* Where a process sleeps that is above its cgroup's memory.high. */
#define THROTTLED	"mem_cgroup_handle_over_high"

/* So many times does the host's reset come to its end while the process sleeps. */
#define RESETS	3
/* So many mappings does the process make for that, at most. */
#define MAPPINGS	20

static long long sleeps_of(pid_t pid)
{
	char path[64], line[256];
	long long count = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	expect_true(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "voluntary_ctxt_switches: %lld", &count) == 1)
			break;
	}
	fclose(file);
	expect_true(count >= 0);

	return count;
}

static pid_t map_and_unmap(const struct mapper *mapper,
			   struct progress *progress)
{
	pid_t user = expect_ok(fork());

	if (user)
		return user;
	cgroup_enter();
	for (unsigned int i = 0; i < mapper->maps; i++) {
		if (dma_map(mapper->container, 2 * IOVA + PAGE, mapper->va,
			    mapper->size))
			progress->error = errno;
		dma_unmap(mapper->container, 2 * IOVA + PAGE, mapper->size);
	}
	progress->over = true;
	/* For the parent to look at. */
	pause();
	_exit(0);
}

/* Whether a reset began and ended while the process slept in its throttling. */
static bool reset_while_throttled(const char *bdf, pid_t user)
{
	long long sleeps = sleeps_of(user);

	if (!task_is_in(user, THROTTLED))
		return false;
	expect_ok(reset_by_host(bdf));

	return sleeps_of(user) == sleeps;
}

TEST(reset_beside_a_process_that_is_throttled)
{
	/*
	 * This test has a process, whose cgroup is far above its memory.high, map
	 * much beside a device that the host resets: resets begin and end while
	 * the process is made to sleep for what it was charged.
	 */
	cgroup_open("memory", "memory.high");

	int container = container_open();
	struct device reset = device_open(container, need("reset"));
	struct device big = device_open(container, need("big"));
	struct progress *progress = shared_memory(sizeof(*progress));
	struct mapper mapper = {
		.container = container,
		.va = region_open(big.fd, BAR2),
		.size = region_size(big.fd, BAR2) - PAGE,
		.maps = MAPPINGS,
	};
	int resets = 0;
	pid_t user;

	expect_ok(dma_map(container, IOVA, region_open(reset.fd, BAR2), MIB));
	cgroup_set("memory.high", "1M");
	user = map_and_unmap(&mapper, progress);
	while (resets < RESETS) {
		if (progress->over)
			ck_abort_msg("%d resets of %d came to an end while the process slept for its memory.high",
				     resets, RESETS);
		if (reset_while_throttled(reset.bdf, user))
			resets++;
		else
			usleep(1000);
	}
	expect_eq(progress->error, 0);
	expect_ok(kill(user, SIGKILL));
	expect_eq(waitpid(user, NULL, 0), user);
	cgroup_close();
}

/* Written by a process in the cgroup. */
static void in_cgroup(void (*write_bit)(int fd), int fd)
{
	pid_t user = child_fork();

	if (!user) {
		cgroup_enter();
		write_bit(fd);
		child_exit();
	}
	child_join(user);
}

TEST(resume_where_the_cgroup_is_full)
{
	/*
	 * This test turns a device's memory off and on where nothing more can be
	 * charged: all that was mapped by small pages is there again.
	 */
	cgroup_open("memory", "memory.max");

	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	struct progress *progress = shared_memory(sizeof(*progress));
	char *bar = region_open(peer.fd, BAR2);
	struct mapper mapper = {
		.container = container,
		.va = bar,
		.size = 64 * MIB - PAGE,
		.step = 64 * MIB,
		.maps = 4,
	};
	unsigned int pages = mapper.maps * (mapper.size / PAGE);
	int status, log = log_open();
	char limit[32];
	pid_t user;

	user = map_in_cgroup(&mapper, progress);
	expect_eq(waitpid(user, &status, 0), user);
	expect_eq(progress->maps, mapper.maps);
	expect_mapped(.ram = 1, .live = pages);

	for (int i = 0; i < 2; i++) {
		memory_off(peer.fd);
		/* Whatever of the charge has gone: it is there for nobody again. */
		snprintf(limit, sizeof(limit), "%lld",
			 cgroup_value("memory.current", ""));
		cgroup_set("memory.max", limit);
		in_cgroup(memory_on, peer.fd);
		expect_mapped(.ram = 1, .live = pages);
		expect_dma(&edu, IOVA + PAGE, bar);
	}
	expect_eq(log_count(log, "cannot be resumed", NULL), 0);
	cgroup_close();
}
