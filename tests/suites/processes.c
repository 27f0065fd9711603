// SPDX-License-Identifier: GPL-2.0-only
/*
 * One container, several processes: whose memory is mapped, who unmaps it, and
 * who pays for it.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edu.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

TEST(child_maps_its_own_memory)
{
	/*
	 * This test maps the same addresses in a child, where they are other
	 * memory: it is the child's that is mapped, and the child that pays.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(8 * PAGE);
	pid_t child = child_fork();

	if (!child) {
		memset(va, 1, 8 * PAGE);
		expect_ok(dma_map(container, IOVA, va, 8 * PAGE));
		expect_eq(locked_memory(), 8 * PAGE);
		expect_dma(&edu, IOVA + PAGE, va + PAGE);
		expect_eq(dma_unmap(container, IOVA, 8 * PAGE), 8 * PAGE);
		expect_eq(locked_memory(), 0);
		child_exit();
	}
	child_join(child);
	expect_eq(va[PAGE], 0);
	expect_eq(locked_memory(), PAGE);
}

TEST(parent_unmaps_what_a_child_mapped)
{
	/* This test unmaps another process's memory: its account is settled. */
	int container = container_open();
	struct turn go = turn_new(), back = turn_new();
	pid_t child;

	device_open(container, need("peer"));
	child = child_fork();
	if (!child) {
		expect_ok(dma_map(container, IOVA, ram(8 * PAGE), 8 * PAGE));
		expect_eq(locked_memory(), 8 * PAGE);
		turn_give(&back);
		turn_wait(&go);
		expect_eq(locked_memory(), 0);
		child_exit();
	}
	turn_wait(&back);
	expect_eq(locked_memory(), 0);
	expect_errno(dma_map(container, IOVA, ram(PAGE), PAGE), EEXIST);
	expect_eq(dma_unmap(container, IOVA, 8 * PAGE), 8 * PAGE);
	turn_give(&go);
	child_join(child);
}

TEST(mapping_outlives_its_process)
{
	/*
	 * This test maps RAM and a BAR in a child that then ends: the mapping
	 * stays, for DMA too, until somebody unmaps it.
	 */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	long long pins = pinned_pages();
	pid_t child = child_fork();

	if (!child) {
		char *va = ram(8 * PAGE);

		region_mmap_at(va + 4 * PAGE, peer.fd, BAR2, 0, 4 * PAGE);
		expect_ok(dma_map(container, IOVA, va, 8 * PAGE));
		child_exit();
	}
	child_join(child);
	expect_eq(pinned_pages(), pins + 4);
	expect_dma(&edu, IOVA + 6 * PAGE, bar + 2 * PAGE);
	edu_put(&edu, IOVA + PAGE);
	expect_eq(dma_unmap(container, IOVA, 8 * PAGE), 8 * PAGE);
	expect_eq(pinned_pages(), pins);
}

TEST(processes_map_one_bar)
{
	/* This test mmaps and maps one BAR in several processes at once. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	pid_t children[8];

	for (int i = 0; i < 8; i++) {
		children[i] = child_fork();
		if (!children[i]) {
			char *own = region_open(peer.fd, BAR2);

			for (int j = 0; j < 50; j++) {
				expect_ok(dma_map(container, (i + 2) * IOVA, own, MIB));
				own[i * PAGE] = j;
				expect_eq(dma_unmap(container, (i + 2) * IOVA, MIB), MIB);
			}
			expect_ok(dma_map(container, (i + 2) * IOVA, own, MIB));
			child_exit();
		}
	}
	for (int i = 0; i < 8; i++)
		child_join(children[i]);
	for (int i = 0; i < 8; i++)
		expect_eq(bar[i * PAGE], 49);
	expect_dma(&edu, 2 * IOVA + PAGE, bar + PAGE);
	expect_dma(&edu, 9 * IOVA + PAGE, bar + PAGE);
	expect_eq(dma_unmap(container, 2 * IOVA, 8 * IOVA), 8 * MIB);
}

TEST(processes_fight_for_one_iova)
{
	/* This test maps at one IOVA in several processes: one has it at a time. */
	int container = container_open();
	pid_t children[4];

	device_open(container, need("peer"));
	for (int i = 0; i < 4; i++) {
		children[i] = child_fork();
		if (!children[i]) {
			char *va = ram(4 * PAGE);

			for (int done = 0; done < 100;) {
				if (dma_map(container, IOVA, va, 4 * PAGE)) {
					expect_eq(errno, EEXIST);
					continue;
				}
				expect_eq(dma_unmap(container, IOVA, 4 * PAGE),
					  4 * PAGE);
				done++;
			}
			expect_eq(locked_memory(), 0);
			child_exit();
		}
	}
	for (int i = 0; i < 4; i++)
		child_join(children[i]);
	expect_eq(dma_avail(container), 65535);
}

TEST(killed_while_mapping)
{
	/* This test kills processes that map and unmap all the time. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	long long pins = pinned_pages();
	int status;

	for (int i = 0; i < 20; i++) {
		struct turn ready = turn_new();
		pid_t child = child_fork();

		if (!child) {
			char *va = ram(MIB), *bar = region_open(peer.fd, BAR2);

			turn_give(&ready);
			for (;;) {
				dma_map(container, IOVA, va, MIB);
				dma_map(container, 2 * IOVA, bar, MIB);
				dma_unmap(container, 0, 1UL << 62);
			}
		}
		turn_wait(&ready);
		usleep(i * 500);
		expect_ok(kill(child, SIGKILL));
		expect_eq(waitpid(child, &status, 0), child);
		expect_ok(dma_unmap(container, 0, 1UL << 62));
		expect_eq(pinned_pages(), pins);
		expect_eq(dma_avail(container), 65535);
	}
}

TEST(many_children_inherit_a_bar)
{
	/* This test has many processes with one mmap at the same time. */
	struct device peer = device_open(container_open(), need("peer"));
	char *bar = region_open(peer.fd, BAR2);
	struct turn go = turn_new();
	pid_t children[100];

	for (int i = 0; i < 100; i++) {
		children[i] = child_fork();
		if (!children[i]) {
			turn_wait(&go);
			bar[i * PAGE] = i;
			child_exit();
		}
	}
	for (int i = 0; i < 100; i++)
		turn_give(&go);
	for (int i = 0; i < 100; i++)
		child_join(children[i]);
	for (int i = 0; i < 100; i++)
		expect_eq(bar[i * PAGE], i);
}
