// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random calls, from one process and from several; tests/fuzz/fuzz.h says how.
 *
 * A run that fails is done again, call by call if the process was alone, by the
 * command that is printed.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "fuzz.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

#define MINUTES	60

static long share_done(const struct board *board)
{
	long done = 0;

	for (int call = 0; call < CALL_TOUCH; call++)
		done += board_succeeded(board, call);

	return 100 * done / board_calls(board);
}

/* Calls that all fail test little. */
static void expect_reached(const struct board *board)
{
	expect_true(share_done(board) >= 30);
	for (int event = 0; event < EVENTS; event++)
		expect_true(board->events[event]);
	/* Few of these are made, so that in a short run one may well not succeed. */
	if (!board->nodes || board_calls(board) < 10000)
		return;
	for (int call = CALL_OPEN_IOMMUFD; call <= CALL_DETACH; call++)
		expect_true(board_succeeded(board, call));
}

static void expect_no_container(void)
{
	DIR *dir = opendir("/sys/kernel/debug/vfio");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			ck_abort_msg("container %s is left", entry->d_name);
	}
	closedir(dir);
}

/* Every device is as good as before. */
static void expect_usable(const struct board *board)
{
	int container = container_open();
	struct edu edu = edu_open(container);

	for (int i = 0; i < board->target_count; i++) {
		const struct target *target = &board->targets[i];
		struct device device;
		char *bar;

		if (!target->memory)
			continue;
		device = device_open(container, target->bdf);
		bar = region_open(device.fd, BAR2);
		expect_ok(dma_map(container, IOVA, bar,
				  region_size(device.fd, BAR2)));
		expect_dma(&edu, IOVA, bar);
		expect_ok(dma_unmap(container, IOVA,
				    region_size(device.fd, BAR2)));
		expect_ok(munmap(bar, region_size(device.fd, BAR2)));
		device_close(&device);
	}
}

static struct board *fuzz(int workers, long calls, unsigned int seed)
{
	struct run run = { .seed = seed, .workers = workers, .calls = calls };

	return fuzz_run(&run);
}

static void fuzz_well(int workers, long calls)
{
	struct board *board;

	note("%ld calls: %s", calls, test_again());
	board = fuzz(workers, calls, test_seed());
	board_tell_results(board);
	events_tell(board->events);
	expect_no_container();
	expect_usable(board);
	expect_reached(board);
}

TEST_WITHIN(repeats_itself, 10 * MINUTES)
{
	/* This test does the same at random twice, and then something else. */
	__u64 first = fuzz(1, 1000, test_seed())->slots[0].digest;
	__u64 again = fuzz(1, 1000, test_seed())->slots[0].digest;
	__u64 other = fuzz(1, 1000, test_seed() + 1)->slots[0].digest;

	expect_eq(again, first);
	expect_true(other != first);
}

TEST_WITHIN(one_process, 480 * MINUTES)
{
	/* This test makes random calls in one process. */
	fuzz_well(1, rounds(100000));
}

TEST_WITHIN(several_processes, 480 * MINUTES)
{
	/* This test makes random calls in several processes at once. */
	fuzz_well(4, rounds(300000));
}
