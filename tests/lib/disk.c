// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt of an nvme's admin queue.
 */
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "memory.h"
#include "nvme.h"
#include "test.h"

#define ENTRIES		64
#define QUEUES_IOVA	(2 * GIB)

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
	while ((get(disk, NVME_CSTS) & NVME_CSTS_READY) != ready)
		usleep(1000);
}

void disk_setup(struct disk *disk)
{
	set(disk, NVME_CC, 0);
	wait_ready(disk, 0);

	memset(disk->queues, 0, 2 * PAGE);
	disk->tail = 0;
	disk->head = 0;
	set(disk, NVME_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	set(disk, NVME_ASQ, QUEUES_IOVA);
	set(disk, NVME_ASQ + 4, QUEUES_IOVA >> 32);
	set(disk, NVME_ACQ, (QUEUES_IOVA + PAGE));
	set(disk, NVME_ACQ + 4, (QUEUES_IOVA + PAGE) >> 32);
	set(disk, NVME_CC, NVME_CC_ENABLE);
	wait_ready(disk, 1);
}

void disk_raise(struct disk *disk)
{
	volatile struct nvme_command *commands = (void *)disk->queues;
	volatile struct nvme_command *command = &commands[disk->tail++ % ENTRIES];

	command->opcode = NVME_GET_FEATURES;
	command->argument[0] = NVME_NUMBER_OF_QUEUES;
	set(disk, NVME_TAIL, disk->tail % ENTRIES);
}

void disk_acknowledge(struct disk *disk)
{
	volatile struct nvme_completion *completions =
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
		set(disk, NVME_HEAD, disk->head % ENTRIES);
	} while (config_read(disk->device.fd, PCI_STATUS, 2) &
		 PCI_STATUS_INTERRUPT);
}
