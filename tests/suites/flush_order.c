// SPDX-License-Identifier: GPL-2.0-only
/*
 * No page table of the IOMMU is freed while the IOMMU may still walk it: the
 * flush of what it stood for comes before, and is a flush of page tables, too,
 * not of leaves only.
 *
 * Of Linux 6.1 to 6.12, Intel's driver puts the page tables of what it unmaps
 * on the list of a gather before it looks whether the gather can take another
 * stretch. If not, it flushes the first stretch and frees the page tables of both.
 */
#include "edu.h"
#include "flush.h"
#include "module.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Suites memory_bit and unmap map and revoke on every strategy. */
SUITE_RUNS_ONCE;

/* A page table for each 2 MiB of it, at an IOVA that is a multiple of that. */
#define SIZE	(8 * MIB)
#define TABLES	4

/* Where something is that no flush of another stretch covers. */
#define APART	(IOVA + 512 * MIB)

/* Not a multiple of 2 MiB: entries of a page are unmapped before whole tables. */
#define UNEVEN	(IOVA + 2 * MIB - PAGE)

/* BAR 2 from its second page on, so that no entry is larger than 4 KiB. */
static char *small_pages(const struct device *device)
{
	return region_open(device->fd, BAR2) + PAGE;
}

TEST(unmap_of_one)
{
	/* This test unmaps one mapping: all tables go with one flush. */
	struct device peer = device_open(container_open(), need("peer"));

	expect_ok(dma_map(peer.container, IOVA, small_pages(&peer), SIZE));
	flush_watch();
	expect_eq(dma_unmap(peer.container, IOVA, SIZE), SIZE);
	expect_order(TABLES);
}

TEST(unmap_of_all)
{
	/* This test unmaps two mappings in one call. */
	struct device peer = device_open(container_open(), need("peer"));
	char *bar = small_pages(&peer);

	expect_ok(dma_map(peer.container, IOVA, bar, SIZE));
	expect_ok(dma_map(peer.container, APART, bar, SIZE));
	flush_watch();
	expect_eq(dma_unmap_flags(peer.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL),
		  2 * SIZE);
	expect_order(2 * TABLES);
}

TEST(unmap_of_mixed_sizes)
{
	/* This test unmaps what begins and ends in the middle of a table. */
	struct device peer = device_open(container_open(), need("peer"));

	expect_ok(dma_map(peer.container, UNEVEN, region_open(peer.fd, BAR2),
			  SIZE));
	flush_watch();
	expect_eq(dma_unmap(peer.container, UNEVEN, SIZE), SIZE);
	expect_order(TABLES - 1);
}

TEST(ram_of_mixed_sizes)
{
	/* This test does so with RAM whose pages have no neighbours. */
	need_a_strategy();

	struct device peer = device_open(container_open(), need("peer"));
	char *va = ram_without_neighbours(SIZE);

	expect_ok(dma_map(peer.container, UNEVEN, va, SIZE));
	flush_watch();
	expect_eq(dma_unmap(peer.container, UNEVEN, SIZE), SIZE);
	expect_order(TABLES - 1);
}

TEST(memory_off_of_mixed_sizes)
{
	/* This test turns memory off that begins in the middle of a table. */
	need_a_strategy();

	struct device peer = device_open(container_open(), need("peer"));

	expect_ok(dma_map(peer.container, UNEVEN, region_open(peer.fd, BAR2),
			  SIZE));
	flush_watch();
	memory_off(peer.fd);
	expect_order(TABLES - 1);
}

/* Both runs go and come back, and go again. */
static void expect_order_of_two(struct device *peer, __u64 second)
{
	char *bar = small_pages(peer);

	expect_ok(dma_map(peer->container, IOVA, bar, SIZE));
	expect_ok(dma_map(peer->container, second, bar, SIZE));
	for (int i = 0; i < 2; i++) {
		flush_watch();
		memory_off(peer->fd);
		expect_order(2 * TABLES);
		memory_on(peer->fd);
	}
}

TEST(runs_apart)
{
	/* This test turns memory off that is mapped in two places. */
	need_a_strategy();

	struct device peer = device_open(container_open(), need("peer"));

	expect_order_of_two(&peer, APART);
}

TEST(runs_adjacent)
{
	/* This test turns memory off that is mapped twice, without a gap. */
	need_a_strategy();

	struct device peer = device_open(container_open(), need("peer"));

	expect_order_of_two(&peer, IOVA + SIZE);
}

TEST(runs_of_a_group_that_joins)
{
	/* This test has another group join before memory is turned off. */
	need_a_strategy();

	struct device peer = device_open(container_open(), need("peer"));
	char *bar = small_pages(&peer);

	expect_ok(dma_map(peer.container, IOVA, bar, SIZE));
	device_open(peer.container, need("nic"));
	expect_ok(dma_map(peer.container, APART, bar, SIZE));
	flush_watch();
	memory_off(peer.fd);
	expect_order(2 * TABLES);
}

/* What is mapped as one: a device's memory, another's, and the first one's. */
#define HOLE_SIZE	(4 * MIB)
#define WHOLE_SIZE	(2 * SIZE + HOLE_SIZE)

static void map_around_a_hole(const struct device *peer,
			      const struct device *other)
{
	char *va = reserve(WHOLE_SIZE, PAGE);

	region_mmap_at(va, peer->fd, BAR2, PAGE, SIZE);
	region_mmap_at(va + SIZE, other->fd, BAR2, PAGE, HOLE_SIZE);
	region_mmap_at(va + SIZE + HOLE_SIZE, peer->fd, BAR2, PAGE, SIZE);
	expect_ok(dma_map(peer->container, IOVA, va, WHOLE_SIZE));
}

TEST(unmap_around_a_hole)
{
	/*
	 * This test unmaps a mapping in whose middle a device's memory is off.
	 */
	need_a_strategy();

	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	struct device other = device_open(container, need("reset"));

	map_around_a_hole(&peer, &other);
	memory_off(other.fd);
	flush_watch();
	expect_eq(dma_unmap(container, IOVA, WHOLE_SIZE), WHOLE_SIZE);
	expect_order(2 * TABLES);
}

TEST(runs_around_another_device)
{
	/* This test turns memory off on both sides of another device's. */
	need_a_strategy();

	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	struct device other = device_open(container, need("reset"));

	map_around_a_hole(&peer, &other);
	flush_watch();
	memory_off(peer.fd);
	expect_order(2 * TABLES);
}
