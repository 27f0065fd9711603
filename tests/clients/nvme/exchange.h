/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share: a controller that runs, memory for its data, and data.
 *
 * What is on the disk is only known by reading it again, to somewhere else, so
 * every check goes both ways.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "controller.h"
#include "memory.h"

/* What one command moves at most; in RAM there are two of it. */
#define DATA		(256 * 1024UL)
#define RAM		(2 * DATA + 4 * PAGE)

/* Where the data is for the device. */
#define RAM_IOVA	(2 * GIB)
#define BAR_IOVA	(4 * GIB)

/**
 * struct exchange - a controller and memory for its data, mapped for DMA
 * @controller: enabled
 * @ram: RAM bytes of it
 * @peer: another device in the same container, if it is open
 * @bar: its BAR 2
 * @bar_size: size of that
 */
struct exchange {
	struct controller controller;
	char *ram;
	struct device peer;
	char *bar;
	size_t bar_size;
};

struct exchange exchange_open(void);
/* And the peer, now or at once. */
void exchange_open_peer(struct exchange *exchange);
struct exchange exchange_open_both(void);

/* Patterns of any number of PATTERN bytes; how many of those are there. */
unsigned int data_new(void);
void data_fill(char *at, size_t size, unsigned int seed);
size_t data_count(const char *at, size_t size, unsigned int seed);

/* What the CPU writes to @at, which is @iova, goes to the disk. */
void expect_write(struct exchange *exchange, __u64 block, size_t size, char *at,
		  __u64 iova, unsigned int seed);

/*
 * That arrives at @iova, where the CPU has @at: all of it, and nothing on the
 * pages before and behind.
 */
void expect_read(struct exchange *exchange, __u64 block, size_t size, char *at,
		 __u64 iova, unsigned int seed);

#endif /* EXCHANGE_H */
