// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other device's memory is taken away, and given back.
 */
#include <string.h>

#include "exchange.h"
#include "iommu.h"
#include "test.h"
#include "transition.h"

TEST(bar_that_is_off)
{
	/*
	 * This test reads blocks into a BAR whose memory is off, and writes some
	 * from there: not one byte gets in or out. When it is on again, they do,
	 * without a new mapping.
	 */
	struct exchange exchange = exchange_open_both();
	struct controller *controller = &exchange.controller;
	unsigned int written = data_new(), kept = data_new(), status;
	char *bar = exchange.bar + PAGE;
	__u64 iova = BAR_IOVA + PAGE;

	allow_iommu_faults();
	expect_write(&exchange, 0, DATA, exchange.ram, RAM_IOVA, written);
	expect_read(&exchange, 0, DATA, bar, iova, written);

	/* No pattern has such a byte. */
	memset(exchange.ram, 0xff, DATA);
	expect_eq(controller_write(controller, 1, 1024, DATA, RAM_IOVA), 0);
	data_fill(bar, DATA, kept);
	memory_off(exchange.peer.fd);
	status = controller_read(controller, 1, 0, DATA, iova);
	note("status of reading into a BAR that is off: %#x", status);
	status = controller_write(controller, 1, 1024, DATA, iova);
	note("status of writing from a BAR that is off: %#x", status);
	memory_on(exchange.peer.fd);
	expect_eq(data_count(bar, DATA, kept), DATA);
	expect_eq(controller_read(controller, 1, 1024, DATA, RAM_IOVA), 0);
	expect_eq(data_count(exchange.ram, DATA, kept), 0);

	expect_read(&exchange, 0, DATA, bar, iova, written);
	expect_write(&exchange, 1024, DATA, bar, iova, kept);
	expect_read(&exchange, 1024, DATA, exchange.ram + PAGE, RAM_IOVA + PAGE,
		    kept);
	controller_stop(controller);
}

TEST(bar_that_is_off_is_reported)
{
	/*
	 * This test does the same, and finds out: the command fails, or the IOMMU
	 * has stopped it. What gets through the IOMMU and is lost behind it would
	 * be reported by nobody.
	 */
	struct exchange exchange = exchange_open_both();
	struct controller *controller = &exchange.controller;

	allow_iommu_faults();
	memory_off(exchange.peer.fd);
	iommu_faults();
	expect_true(controller_read(controller, 1, 0, DATA, BAR_IOVA) ||
		    iommu_faulted());
	expect_true(controller_write(controller, 1, 0, DATA, BAR_IOVA) ||
		    iommu_faulted());
	memory_on(exchange.peer.fd);
	controller_stop(controller);
}
