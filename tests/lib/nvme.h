/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NVMe controller as its specification has it: registers of BAR 0, and what
 * stands in its queues.
 */
#ifndef NVME_H
#define NVME_H

#include <linux/types.h>

/* Registers of BAR 0. */
#define NVME_CAP	0x00	/* capabilities, 64 bits */
#define NVME_INTMS	0x0c	/* interrupts to mask, by ones */
#define NVME_CC		0x14	/* configuration: enable, and sizes of entries */
#define NVME_CC_ENABLE	0x460001
#define NVME_CSTS	0x1c	/* status */
#define NVME_CSTS_READY	0x1
#define NVME_AQA	0x24	/* how many entries the two queues have, less one */
#define NVME_ASQ	0x28	/* where the queue of commands is */
#define NVME_ACQ	0x30	/* and that of completions */
/* Those of the admin queues; each other pair's follow, 8 bytes on. */
#define NVME_TAIL	0x1000	/* commands that were given */
#define NVME_HEAD	0x1004	/* completions that were seen */

struct nvme_command {
	__u8 opcode;
	__u8 flags;
	__u16 id;
	__u32 namespace_id;
	__u64 reserved[2];
	__u64 page[2];		/* where the data is: a page, and a page or a list */
	__u32 argument[6];
};

struct nvme_completion {
	__u32 result;
	__u32 reserved;
	__u16 head;
	__u16 queue;
	__u16 id;
	__u16 status;		/* bit 0 differs from what was there before */
};

/* Opcodes of the admin queue. */
#define NVME_CREATE_SQ		0x01
#define NVME_CREATE_CQ		0x05
#define NVME_IDENTIFY		0x06
#define NVME_SET_FEATURES	0x09
#define NVME_GET_FEATURES	0x0a
#define NVME_NUMBER_OF_QUEUES	0x07

/* Opcodes of the others. */
#define NVME_WRITE		0x01
#define NVME_READ		0x02

#endif /* NVME_H */
