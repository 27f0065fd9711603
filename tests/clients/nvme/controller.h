/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NVMe controller driven from user space.
 *
 *	struct controller controller = controller_open(container, need("disk"));
 *
 *	controller_start(&controller);
 *	expect_eq(controller_read(&controller, 1, block, count, iova), 0);
 *	controller_stop(&controller);
 *
 * Queue pair 0 is the admin queue; the others move blocks. Each has an MSI-X
 * vector and an eventfd of its own, and nobody looks whether a command is done
 * before that eventfd has told of something.
 */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "memory.h"
#include "nvme.h"
#include "vfio.h"

#define QUEUES		3
#define ENTRIES		64	/* of each queue: its commands fill a page */

/* What a command that is still under way has for a status. */
#define PENDING		0x10000

struct queue {
	volatile struct nvme_command *commands;
	volatile struct nvme_completion *completions;
	__u64 *lists;		/* of each command's pages, a page each */
	__u64 commands_iova;
	__u64 completions_iova;
	__u64 lists_iova;
	unsigned int tail;
	unsigned int head;
	int event;
	unsigned int events;	/* how often that told of something */
	unsigned int status[ENTRIES];
};

/**
 * struct controller - a controller and the memory that it shares with us
 * @device: its device
 * @registers: its BAR 0
 * @stride: between two doorbells
 * @memory: of the queues, mapped for DMA at CONTROLLER_IOVA
 * @queues: pairs of queues
 * @serial: serial number, a text
 * @block_size: bytes of a block
 * @blocks: how many the namespace has
 * @transfer_max: bytes that one command can move
 */
struct controller {
	struct device device;
	volatile char *registers;
	unsigned int stride;
	char *memory;
	struct queue queues[QUEUES];
	char serial[21];
	unsigned int block_size;
	__u64 blocks;
	size_t transfer_max;
};

/* Tests keep away from here. */
#define CONTROLLER_IOVA	(1 * GIB)
#define QUEUE_PAGES	(2 + ENTRIES)
#define CONTROLLER_SIZE	(QUEUES * QUEUE_PAGES * PAGE)

/* The device as a bus master, disabled, its queues' memory mapped for DMA. */
struct controller controller_open(int container, const char *bdf);

/*
 * Has a queue pair in two pages elsewhere, while the controller is stopped; the
 * CPU has them at @va.
 */
void controller_move_queue(struct controller *controller, unsigned int queue,
			   char *va, __u64 iova);

/* Enables it and its interrupts, identifies it, creates the queues. */
void controller_start(struct controller *controller);
/* Disables it, and then its interrupts. */
void controller_stop(struct controller *controller);

/*
 * Gives a command to a queue: which one it is there. It is done when
 * controller_wait() has its status, of which 0 is success.
 */
unsigned int controller_give(struct controller *controller, unsigned int queue,
			     struct nvme_command command, __u64 iova,
			     size_t size);
unsigned int controller_wait(struct controller *controller, unsigned int queue,
			     unsigned int id);

/* Both, for blocks: from the disk to @iova, or from there to the disk. */
unsigned int controller_read(struct controller *controller, unsigned int queue,
			     __u64 block, size_t size, __u64 iova);
unsigned int controller_write(struct controller *controller, unsigned int queue,
			      __u64 block, size_t size, __u64 iova);

/* The first half of that, for many commands at a time. */
unsigned int controller_give_blocks(struct controller *controller,
				    unsigned int queue, __u8 opcode,
				    __u64 block, size_t size, __u64 iova);

#endif /* CONTROLLER_H */
