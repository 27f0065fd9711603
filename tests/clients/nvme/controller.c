// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVMe controller driven from user space.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller.h"
#include "irq.h"
#include "memory.h"
#include "test.h"

/* What identifies a controller, and what a namespace. */
#define CONTROLLER		1
#define NAMESPACE		0
#define NAMESPACE_ID		1

static __u64 get(struct controller *controller, unsigned int reg,
		 unsigned int size)
{
	volatile void *at = controller->registers + reg;

	return size == 8 ? *(volatile __u64 *)at : *(volatile __u32 *)at;
}

static void set(struct controller *controller, unsigned int reg, __u32 value)
{
	*(volatile __u32 *)(controller->registers + reg) = value;
}

static void ring(struct controller *controller, unsigned int queue,
		 unsigned int doorbell, unsigned int value)
{
	unsigned int nr = 2 * queue + (doorbell == NVME_HEAD);

	/* The device must find in memory what the doorbell tells of. */
	__sync_synchronize();
	set(controller, NVME_TAIL + nr * controller->stride, value);
}

void controller_move_queue(struct controller *controller, unsigned int queue,
			   char *va, __u64 iova)
{
	struct queue *moved = &controller->queues[queue];

	moved->commands = (void *)va;
	moved->commands_iova = iova;
	moved->completions = (void *)(va + PAGE);
	moved->completions_iova = iova + PAGE;
}

struct controller controller_open(int container, const char *bdf)
{
	struct controller controller = {
		.device = device_open(container, bdf),
		.memory = ram(CONTROLLER_SIZE),
	};

	controller.registers = region_open(controller.device.fd, 0);
	controller.stride = 4 << (get(&controller, NVME_CAP, 8) >> 32 & 0xf);
	expect_ok(dma_map(container, CONTROLLER_IOVA, controller.memory,
			  CONTROLLER_SIZE));
	for (int i = 0; i < QUEUES; i++) {
		struct queue *queue = &controller.queues[i];
		size_t offset = i * QUEUE_PAGES * PAGE;

		controller_move_queue(&controller, i, controller.memory + offset,
				      CONTROLLER_IOVA + offset);
		queue->lists = (void *)(controller.memory + offset + 2 * PAGE);
		queue->lists_iova = CONTROLLER_IOVA + offset + 2 * PAGE;
		queue->event = event_new();
	}
	command_set(controller.device.fd, PCI_COMMAND_MASTER);

	return controller;
}

/* One page: its address. Two: both. More: the first, and a list of the others. */
static void describe(struct queue *queue, unsigned int id,
		     struct nvme_command *command, __u64 iova, size_t size)
{
	__u64 next = (iova & ~(PAGE - 1)) + PAGE, end = iova + size;
	__u64 *list = queue->lists + id * (PAGE / sizeof(*list));

	command->page[0] = iova;
	if (end <= next)
		return;
	command->page[1] = next;
	if (end <= next + PAGE)
		return;
	command->page[1] = queue->lists_iova + id * PAGE;
	for (; next < end; next += PAGE)
		*list++ = next;
}

unsigned int controller_give(struct controller *controller, unsigned int number,
			     struct nvme_command command, __u64 iova,
			     size_t size)
{
	struct queue *queue = &controller->queues[number];
	unsigned int id = queue->tail;

	expect_true(queue->status[id] != PENDING);
	queue->status[id] = PENDING;
	command.id = id;
	if (size)
		describe(queue, id, &command, iova, size);
	queue->commands[id] = command;
	queue->tail = (id + 1) % ENTRIES;
	ring(controller, number, NVME_TAIL, queue->tail);

	return id;
}

/* Takes what is new in the queue of completions. */
static void reap(struct controller *controller, unsigned int number)
{
	struct queue *queue = &controller->queues[number];
	unsigned int head = queue->head;

	for (;;) {
		unsigned int slot = queue->head % ENTRIES;
		unsigned int round = queue->head / ENTRIES;
		volatile struct nvme_completion *done = &queue->completions[slot];
		unsigned int status = done->status;

		if ((status & 1) == round % 2)
			break;
		/* Nothing of the entry is read before that bit is. */
		__sync_synchronize();
		expect_eq(done->queue, number);
		expect_true(done->id < ENTRIES);
		expect_eq(queue->status[done->id], PENDING);
		queue->status[done->id] = status >> 1;
		queue->head++;
	}
	if (queue->head != head)
		ring(controller, number, NVME_HEAD, queue->head % ENTRIES);
}

unsigned int controller_wait(struct controller *controller, unsigned int number,
			     unsigned int id)
{
	struct queue *queue = &controller->queues[number];

	while (queue->status[id] == PENDING) {
		expect_event(queue->event);
		queue->events++;
		reap(controller, number);
	}

	return queue->status[id];
}

static unsigned int admin(struct controller *controller,
			  struct nvme_command command, __u64 iova, size_t size)
{
	unsigned int id = controller_give(controller, 0, command, iova, size);

	return controller_wait(controller, 0, id);
}

static void identify(struct controller *controller, unsigned int what)
{
	struct nvme_command command = {
		.opcode = NVME_IDENTIFY,
		.namespace_id = what == NAMESPACE ? NAMESPACE_ID : 0,
		.argument = { what },
	};
	struct queue *queue = &controller->queues[0];
	const char *data = (char *)queue->lists + (ENTRIES - 1) * PAGE;
	unsigned int format, log;

	expect_true(queue->tail != ENTRIES - 1);
	expect_eq(admin(controller, command,
			queue->lists_iova + (ENTRIES - 1) * PAGE, PAGE), 0);
	if (what == CONTROLLER) {
		/* Up to the blanks that it is padded with. */
		snprintf(controller->serial, sizeof(controller->serial), "%.*s",
			 (int)strcspn(data + 4, " "), data + 4);
		log = data[77];
		/* In units of the smallest page, which is ours. 0: no limit. */
		controller->transfer_max = log ? PAGE << log : MIB;
		return;
	}

	memcpy(&controller->blocks, data, sizeof(controller->blocks));
	format = data[26] & 0xf;
	log = data[128 + format * 4 + 2];
	controller->block_size = 1 << log;
}

static void create_queue(struct controller *controller, unsigned int number)
{
	struct queue *queue = &controller->queues[number];
	__u32 name = (ENTRIES - 1) << 16 | number;
	struct nvme_command completions = {
		.opcode = NVME_CREATE_CQ,
		/* Vector, interrupts enabled, in one piece. */
		.argument = { name, number << 16 | 0x3 },
	};
	struct nvme_command commands = {
		.opcode = NVME_CREATE_SQ,
		/* Its queue of completions, in one piece. */
		.argument = { name, number << 16 | 0x1 },
	};

	expect_eq(admin(controller, completions, queue->completions_iova, PAGE), 0);
	expect_eq(admin(controller, commands, queue->commands_iova, PAGE), 0);
}

static void wait_ready(struct controller *controller, __u32 ready)
{
	while ((get(controller, NVME_CSTS, 4) & NVME_CSTS_READY) != ready)
		usleep(1000);
}

static void enable(struct controller *controller)
{
	struct queue *queue = &controller->queues[0];

	set(controller, NVME_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	set(controller, NVME_ASQ, queue->commands_iova);
	set(controller, NVME_ASQ + 4, queue->commands_iova >> 32);
	set(controller, NVME_ACQ, queue->completions_iova);
	set(controller, NVME_ACQ + 4, queue->completions_iova >> 32);
	set(controller, NVME_CC, NVME_CC_ENABLE);
	wait_ready(controller, NVME_CSTS_READY);
}

void controller_start(struct controller *controller)
{
	struct nvme_command queues = {
		.opcode = NVME_SET_FEATURES,
		.argument = {
			NVME_NUMBER_OF_QUEUES,
			(QUEUES - 2) << 16 | (QUEUES - 2),
		},
	};
	__s32 events[QUEUES];

	for (int i = 0; i < QUEUES; i++) {
		struct queue *queue = &controller->queues[i];

		queue->tail = 0;
		queue->head = 0;
		memset(queue->status, 0, sizeof(queue->status));
		memset((void *)queue->commands, 0, PAGE);
		memset((void *)queue->completions, 0, PAGE);
		events[i] = queue->event;
		event_count(queue->event);
	}
	expect_ok(irq_set(controller->device.fd, MSIX, TRIGGER | EVENTFD, 0,
			  QUEUES, events, sizeof(events)));
	enable(controller);
	identify(controller, CONTROLLER);
	identify(controller, NAMESPACE);
	expect_eq(admin(controller, queues, 0, 0), 0);
	for (int i = 1; i < QUEUES; i++)
		create_queue(controller, i);
}

void controller_stop(struct controller *controller)
{
	set(controller, NVME_CC, 0);
	wait_ready(controller, 0);
	expect_ok(irq_end(controller->device.fd, MSIX));
}

unsigned int controller_give_blocks(struct controller *controller,
				    unsigned int queue, __u8 opcode,
				    __u64 block, size_t size, __u64 iova)
{
	struct nvme_command command = {
		.opcode = opcode,
		.namespace_id = NAMESPACE_ID,
		.argument = {
			block,
			block >> 32,
			size / controller->block_size - 1,
		},
	};

	expect_true(size && size <= controller->transfer_max);
	expect_eq(size % controller->block_size, 0);

	return controller_give(controller, queue, command, iova, size);
}

unsigned int controller_read(struct controller *controller, unsigned int queue,
			     __u64 block, size_t size, __u64 iova)
{
	return controller_wait(controller, queue,
			       controller_give_blocks(controller, queue, NVME_READ,
						      block, size, iova));
}

unsigned int controller_write(struct controller *controller, unsigned int queue,
			      __u64 block, size_t size, __u64 iova)
{
	return controller_wait(controller, queue,
			       controller_give_blocks(controller, queue, NVME_WRITE,
						      block, size, iova));
}
