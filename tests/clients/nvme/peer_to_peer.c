// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks to and from the BAR of another device, peer to peer. At the end, nothing
 * is left of it.
 */
#include <unistd.h>

#include "exchange.h"
#include "host.h"
#include "irq.h"
#include "test.h"

TEST(blocks_to_a_bar_and_back)
{
	/*
	 * This test reads blocks into a peer's BAR, at its beginning, in the
	 * middle and at its end: every byte is there. Then it writes other blocks
	 * from the BAR, and reads them to RAM.
	 */
	struct exchange exchange = exchange_open_both();
	const size_t places[] = {
		PAGE,
		exchange.bar_size / 2 + PATTERN,
		exchange.bar_size - DATA - PAGE,
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *bar = exchange.bar + places[i];
		__u64 iova = BAR_IOVA + places[i];
		unsigned int seed = data_new();

		expect_write(&exchange, 0, DATA, exchange.ram, RAM_IOVA, seed);
		expect_read(&exchange, 0, DATA, bar, iova, seed);

		seed = data_new();
		expect_write(&exchange, 1024, DATA, bar, iova, seed);
		expect_read(&exchange, 1024, DATA, exchange.ram + PAGE,
			    RAM_IOVA + PAGE, seed);
	}
	controller_stop(&exchange.controller);
}

TEST(queues_in_a_bar)
{
	/*
	 * This test keeps a pair of queues in the BAR: the controller fetches
	 * commands there, and puts completions there before it interrupts.
	 */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;
	unsigned int seed = data_new();

	controller_stop(controller);
	exchange_open_peer(&exchange);
	controller_move_queue(controller, 1, exchange.bar + 2 * PAGE,
			      BAR_IOVA + 2 * PAGE);
	controller_start(controller);
	for (int i = 0; i < 2 * ENTRIES; i++) {
		expect_write(&exchange, 0, 2 * PAGE, exchange.ram, RAM_IOVA, seed + i);
		expect_read(&exchange, 0, 2 * PAGE, exchange.bar + MIB,
			    BAR_IOVA + MIB, seed + i);
	}
	controller_stop(controller);
}

TEST(host_has_the_disk_again)
{
	/*
	 * This test unmaps and closes all that it had, and has the host's driver
	 * read the blocks that it has written.
	 */
	struct exchange exchange = exchange_open_both();
	struct controller *controller = &exchange.controller;
	const char *bdf = controller->device.bdf;
	unsigned int seed = data_new();
	int container = controller->device.container;
	char *block = ram(DATA);

	expect_write(&exchange, 16, DATA, exchange.bar, BAR_IOVA, seed);
	controller_stop(controller);
	expect_true(!irq_requested(bdf));
	expect_eq(dma_unmap(container, BAR_IOVA, exchange.bar_size),
		  exchange.bar_size);
	expect_eq(dma_unmap(container, RAM_IOVA, RAM), RAM);
	expect_eq(dma_unmap(container, CONTROLLER_IOVA, CONTROLLER_SIZE),
		  CONTROLLER_SIZE);
	expect_eq(locked_memory(), 0);
	expect_ok(munmap(exchange.bar, exchange.bar_size));
	expect_ok(munmap((void *)controller->registers,
			 region_size(controller->device.fd, 0)));
	device_close(&exchange.peer);
	device_close(&controller->device);
	expect_ok(close(container));

	host_disk_read(bdf, controller->serial, 16 * controller->block_size,
		       block, DATA);
	expect_eq(data_count(block, DATA, seed), DATA);
}
