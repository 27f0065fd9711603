// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests share: a controller that runs, memory for its data, and data.
 */
#include <string.h>

#include "exchange.h"
#include "test.h"

struct exchange exchange_open(void)
{
	int container = container_open();
	struct exchange exchange = {
		.controller = controller_open(container, need("disk")),
		.ram = ram(RAM),
	};

	expect_ok(dma_map(container, RAM_IOVA, exchange.ram, RAM));
	controller_start(&exchange.controller);
	expect_true(exchange.controller.transfer_max >= DATA);

	return exchange;
}

void exchange_open_peer(struct exchange *exchange)
{
	int container = exchange->controller.device.container;

	exchange->peer = device_open(container, need("peer"));
	exchange->bar = region_open(exchange->peer.fd, BAR2);
	exchange->bar_size = region_size(exchange->peer.fd, BAR2);
	expect_ok(dma_map(container, BAR_IOVA, exchange->bar,
			  exchange->bar_size));
}

struct exchange exchange_open_both(void)
{
	struct exchange exchange = exchange_open();

	exchange_open_peer(&exchange);

	return exchange;
}

unsigned int data_new(void)
{
	return pattern_new() * (DATA / PATTERN);
}

void data_fill(char *at, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size / PATTERN; i++)
		pattern_fill(at + i * PATTERN, seed + i);
}

size_t data_count(const char *at, size_t size, unsigned int seed)
{
	size_t sum = 0;

	for (size_t i = 0; i < size / PATTERN; i++)
		sum += pattern_count(at + i * PATTERN, seed + i);

	return sum;
}

static void expect_zero(const char *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		expect_eq(at[i], 0);
}

void expect_write(struct exchange *exchange, __u64 block, size_t size, char *at,
		  __u64 iova, unsigned int seed)
{
	data_fill(at, size, seed);
	expect_eq(controller_write(&exchange->controller, 1, block, size, iova), 0);
}

void expect_read(struct exchange *exchange, __u64 block, size_t size, char *at,
		 __u64 iova, unsigned int seed)
{
	memset(at - PAGE, 0, size + 2 * PAGE);
	expect_eq(controller_read(&exchange->controller, 1, block, size, iova), 0);
	expect_eq(data_count(at, size, seed), size);
	expect_zero(at - PAGE, PAGE);
	expect_zero(at + size, PAGE);
}
