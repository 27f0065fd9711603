// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks to and from RAM, and the interrupts that tell of it.
 */
#include <string.h>

#include "exchange.h"
#include "irq.h"
#include "test.h"
#include "transition.h"

TEST(identify)
{
	/* This test asks what the controller and its namespace are. */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;

	expect_true(controller->serial[0] > ' ');
	expect_true(controller->block_size >= 512);
	expect_true(controller->blocks * controller->block_size >= MIB);
	note("serial number %s, %llu blocks of %u bytes, at most %zu KiB at a time",
	     controller->serial, (unsigned long long)controller->blocks,
	     controller->block_size, controller->transfer_max / 1024);
	controller_stop(controller);
}

TEST(blocks_to_ram_and_back)
{
	/*
	 * This test writes blocks from RAM and reads them to other RAM: less than
	 * a page, a page, two, and lists of pages, from the middle of a page on.
	 */
	static const size_t sizes[] = {
		PATTERN, PAGE, 2 * PAGE, 3 * PAGE, 7 * PATTERN, DATA,
	};
	static const size_t offsets[] = { 0, 512, PATTERN };
	struct exchange exchange = exchange_open();
	size_t from = PAGE, to = DATA + 3 * PAGE;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++) {
			unsigned int seed = data_new();
			size_t a = from + offsets[j], b = to - offsets[j];

			expect_write(&exchange, 8 * i, sizes[i], exchange.ram + a,
				     RAM_IOVA + a, seed);
			expect_read(&exchange, 8 * i, sizes[i], exchange.ram + b,
				    RAM_IOVA + b, seed);
		}
	}
	controller_stop(&exchange.controller);
}

TEST(more_commands_than_a_queue_has_room_for)
{
	/* This test goes round its queues several times. */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;
	unsigned int seed = data_new();

	expect_write(&exchange, 0, DATA, exchange.ram, RAM_IOVA, seed);
	for (unsigned int i = 0; i < 3 * ENTRIES; i++) {
		unsigned int unit = i % (DATA / PATTERN);
		unsigned int block = unit * PATTERN / controller->block_size;

		expect_read(&exchange, block, PATTERN, exchange.ram + DATA + PAGE,
			    RAM_IOVA + DATA + PAGE, seed + unit);
	}
	expect_true(controller->queues[1].events >= 3 * ENTRIES);
	controller_stop(controller);
}

/* As many commands as there is room for, to each queue of blocks, then the ends. */
static void all_at_a_time(struct controller *controller, __u8 opcode)
{
	unsigned int id[QUEUES][ENTRIES];

	for (unsigned int n = 0; n < ENTRIES - 1; n++) {
		for (int q = 1; q < QUEUES; q++) {
			size_t at = (q - 1) * DATA + n * PATTERN;
			__u64 block = at / controller->block_size;

			id[q][n] = controller_give_blocks(controller, q, opcode, block,
							  PATTERN, RAM_IOVA + at);
		}
	}
	for (unsigned int n = 0; n < ENTRIES - 1; n++) {
		for (int q = 1; q < QUEUES; q++)
			expect_eq(controller_wait(controller, q, id[q][n]), 0);
	}
}

TEST(many_commands_at_a_time)
{
	/* This test fills two queues, each of which writes and reads its own. */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;
	size_t size = (ENTRIES - 1) * PATTERN;
	unsigned int seed[QUEUES];

	for (int q = 1; q < QUEUES; q++) {
		seed[q] = data_new();
		data_fill(exchange.ram + (q - 1) * DATA, size, seed[q]);
	}
	all_at_a_time(controller, NVME_WRITE);
	memset(exchange.ram, 0, 2 * DATA);
	all_at_a_time(controller, NVME_READ);
	for (int q = 1; q < QUEUES; q++)
		expect_eq(data_count(exchange.ram + (q - 1) * DATA, size, seed[q]),
			  size);
	controller_stop(controller);
}

TEST(each_queue_has_its_interrupt)
{
	/* This test has one queue do a command: the others' eventfds stay silent. */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;

	for (int q = 1; q < QUEUES; q++) {
		for (int i = 0; i < QUEUES; i++)
			event_count(controller->queues[i].event);
		expect_eq(controller_read(controller, q, 0, PAGE, RAM_IOVA), 0);
		for (int i = 0; i < QUEUES; i++)
			expect_no_event(controller->queues[i].event);
	}
	controller_stop(controller);
}

TEST(blocks_survive_a_reset)
{
	/* This test resets the device between writing and reading. */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;
	unsigned int seed = data_new();

	expect_write(&exchange, 8, DATA, exchange.ram, RAM_IOVA, seed);
	controller_stop(controller);
	expect_ok(reset_by_ioctl(controller->device.fd));
	controller_start(controller);
	expect_read(&exchange, 8, DATA, exchange.ram + DATA + PAGE,
		    RAM_IOVA + DATA + PAGE, seed);
	controller_stop(controller);
}
