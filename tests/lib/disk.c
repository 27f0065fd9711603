// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt of an nvme's admin queue.
 */
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "memory.h"
#include "test.h"

/* Registers of BAR 0. */
#define CC		0x14	/* configuration: enable, and sizes of entries */
#define CC_ENABLE	0x460001
#define CSTS		0x1c	/* status: bit 0, ready */
#define AQA		0x24	/* how many entries the two queues have, less one */
#define ASQ		0x28	/* where the queue of commands is */
#define ACQ		0x30	/* and that of completions */
#define TAIL		0x1000	/* commands that were given */
#define HEAD		0x1004	/* completions that were seen */

#define ENTRIES		64
#define QUEUES_IOVA	(2 * GIB)
#define GET_FEATURES	0x0a
#define NUMBER_OF_QUEUES 0x07

struct command {
	__u8 opcode;
	__u8 flags;
	__u16 id;
	__u32 unused[9];
	__u32 argument[6];
};

struct completion {
	__u32 result[2];
	__u16 head;
	__u16 queue;
	__u16 id;
	__u16 status;	/* bit 0 differs from what was there before */
};

static __u32 get(struct disk *disk, unsigned int reg)
{
	return *(volatile __u32 *)(disk->registers + reg);
}

static void set(struct disk *disk, unsigned int reg, __u32 value)
{
	*(volatile __u32 *)(disk->registers + reg) = value;
}

struct disk disk_open(int container)
{
	struct disk disk = {
		.device = device_open(container, need("disk")),
		.queues = ram(2 * PAGE),
	};

	disk.registers = region_open(disk.device.fd, 0);
	expect_ok(dma_map(container, QUEUES_IOVA, disk.queues, 2 * PAGE));
	command_set(disk.device.fd, PCI_COMMAND_MASTER);

	return disk;
}

static void wait_ready(struct disk *disk, __u32 ready)
{
	while ((get(disk, CSTS) & 1) != ready)
		usleep(1000);
}

void disk_setup(struct disk *disk)
{
	set(disk, CC, 0);
	wait_ready(disk, 0);

	memset(disk->queues, 0, 2 * PAGE);
	disk->tail = 0;
	disk->head = 0;
	set(disk, AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	set(disk, ASQ, QUEUES_IOVA);
	set(disk, ASQ + 4, QUEUES_IOVA >> 32);
	set(disk, ACQ, (QUEUES_IOVA + PAGE));
	set(disk, ACQ + 4, (QUEUES_IOVA + PAGE) >> 32);
	set(disk, CC, CC_ENABLE);
	wait_ready(disk, 1);
}

void disk_raise(struct disk *disk)
{
	volatile struct command *commands = (void *)disk->queues;
	volatile struct command *command = &commands[disk->tail++ % ENTRIES];

	command->opcode = GET_FEATURES;
	command->argument[0] = NUMBER_OF_QUEUES;
	set(disk, TAIL, disk->tail % ENTRIES);
}

void disk_acknowledge(struct disk *disk)
{
	volatile struct completion *completions =
		(void *)(disk->queues + PAGE);

	while (disk->head != disk->tail) {
		unsigned int phase = !(disk->head / ENTRIES % 2);

		if ((completions[disk->head % ENTRIES].status & 1) == phase)
			disk->head++;
		else
			usleep(100);
	}

	/*
	 * QEMU's counts what a reset has made it forget as not seen for ever,
	 * and each write here as one that was.
	 */
	do {
		set(disk, HEAD, disk->head % ENTRIES);
	} while (config_read(disk->device.fd, PCI_STATUS, 2) &
		 PCI_STATUS_INTERRUPT);
}
