// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host resets a device, or recovers from an error, while blocks move.
 */
#include <unistd.h>

#include "call.h"
#include "exchange.h"
#include "iommu.h"
#include "log.h"
#include "monitor.h"
#include "test.h"
#include "transition.h"

#define TIMES	5

/* As many reads as there is room for, under way at the same time. */
static void give_many(struct controller *controller, unsigned int *ids)
{
	for (int n = 0; n < ENTRIES - 1; n++)
		ids[n] = controller_give_blocks(controller, 2, NVME_READ, 0, DATA,
						RAM_IOVA + DATA);
}

static int reset_often(void *data)
{
	for (int i = 0; i < TIMES; i++)
		if (reset_by_host(data))
			return -1;

	return 0;
}

/*
 * Blocks go to RAM and to a BAR, whose device is taken away now and then. Some may
 * be lost; what goes to RAM is not, and in the end the BAR gets all, without a new
 * mapping.
 */
static void expect_blocks_during(int (*make)(void *data))
{
	struct exchange exchange = exchange_open_both();
	struct controller *controller = &exchange.controller;
	unsigned int seed = data_new(), lost = 0, reads = 0;
	struct call call;

	allow_iommu_faults();
	expect_write(&exchange, 0, DATA, exchange.ram, RAM_IOVA, seed);
	call_begin(&call, make, (void *)exchange.peer.bdf);
	while (!call.over) {
		lost += !!controller_read(controller, 2, 0, DATA, BAR_IOVA + PAGE);
		expect_read(&exchange, 0, DATA, exchange.ram + PAGE,
			    RAM_IOVA + PAGE, seed);
		reads++;
	}
	expect_ok(call_end(&call));
	note("%u of %u reads into the BAR were told to be lost", lost, reads);
	expect_read(&exchange, 0, DATA, exchange.bar + PAGE, BAR_IOVA + PAGE, seed);
	controller_stop(controller);
}

TEST(host_resets_the_peer)
{
	/* This test reads blocks into a BAR while the host resets its device. */
	expect_blocks_during(reset_often);
}

TEST(host_resets_the_disk)
{
	/* This test has commands under way when the host resets the disk. */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;
	unsigned int seed = data_new(), ids[ENTRIES];

	expect_write(&exchange, 0, DATA, exchange.ram, RAM_IOVA, seed);
	for (int i = 0; i < TIMES; i++) {
		give_many(controller, ids);
		expect_ok(reset_by_host(controller->device.bdf));
		/* They are lost. */
		controller_stop(controller);
		controller_start(controller);
		expect_read(&exchange, 0, DATA, exchange.ram + PAGE,
			    RAM_IOVA + PAGE, seed);
	}
	controller_stop(controller);
}

TEST(host_recovers_from_an_error)
{
	/*
	 * This test has commands under way when the host recovers from an error
	 * without a reset: all are done.
	 */
	struct exchange exchange = exchange_open();
	struct controller *controller = &exchange.controller;
	struct plug plug = plug_find(controller->device.bdf);
	unsigned int seed = data_new(), ids[ENTRIES];
	int log = log_open();

	expect_write(&exchange, 0, DATA, exchange.ram, RAM_IOVA, seed);
	for (int i = 0; i < TIMES; i++) {
		give_many(controller, ids);
		plug_error(&plug, AER_NOT_FATAL);
		for (int n = 0; n < ENTRIES - 1; n++)
			expect_eq(controller_wait(controller, 2, ids[n]), 0);
		log_wait(log, AER_RECOVERED);
		expect_read(&exchange, 0, DATA, exchange.ram + PAGE,
			    RAM_IOVA + PAGE, seed);
	}
	controller_stop(controller);
}

static int recover_often(void *data)
{
	struct plug plug = plug_find(data);
	int log = log_open();

	for (int i = 0; i < TIMES; i++) {
		plug_error(&plug, AER_FATAL);
		log_wait(log, AER_RECOVERED);
	}

	return 0;
}

TEST(host_recovers_by_a_reset)
{
	/*
	 * This test reads blocks into a BAR while the host recovers its device by
	 * a reset.
	 */
	expect_blocks_during(recover_often);
}
