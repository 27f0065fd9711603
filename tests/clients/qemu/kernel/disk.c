// SPDX-License-Identifier: GPL-2.0-only
/*
 * An nvme: its admin queue, in RAM; messages by a table in a BAR (MSI-X); and what
 * it says of itself, put into RAM and into the memory of another device.
 */
#include "kernel.h"

/* Registers of BAR 0. */
#define CONTROL		0x14
#define  ENABLE		0x460001
#define STATUS		0x1c
#define  READY		0x1
#define SIZES		0x24	/* of both queues, less one */
#define COMMANDS	0x28	/* where the queue of commands is */
#define COMPLETIONS	0x30	/* and that of completions */
#define TAIL		0x1000	/* commands that were given */
#define HEAD		0x1004	/* completions that were seen */

#define ENTRIES		16
#define IDENTIFY	0x06
#define  CONTROLLER	1

/* The capability: its control, and where the table is. */
#define TABLE		0x11
#define  TABLE_ENABLE	0x80000000
#define TABLE_PLACE	4
#define  TABLE_BAR	0x7

#define PAGE		4096
#define RAM_COMMANDS	0xa00000
#define RAM_COMPLETIONS	0xa01000
#define RAM_DATA	0xa02000

struct completion {
	u32 result;
	u32 reserved;
	u16 head;
	u16 queue;
	u16 id;
	u16 status;	/* bit 0 differs from what was there before */
};

static u32 registers;
static unsigned int given;

static void table_setup(u32 disk)
{
	u32 cap = pci_capability(disk, TABLE);
	u32 place = pci_read(disk, cap + TABLE_PLACE);
	u32 entry = pci_bar(disk, place & TABLE_BAR) + (place & ~TABLE_BAR);

	write32(entry, MESSAGE_ADDRESS);
	write32(entry + 4, 0);
	write32(entry + 8, VECTOR_TABLE);
	write32(entry + 12, 0);
	pci_write(disk, cap, pci_read(disk, cap) | TABLE_ENABLE);
}

static void wait_ready(u32 ready)
{
	for (int i = 0; i < 20000; i++) {
		if ((read32(registers + STATUS) & READY) == ready)
			break;
		pause_us(1000);
	}
}

/* The firmware has looked for something to boot there, and left it enabled. */
static void enable(void)
{
	write32(registers + CONTROL, 0);
	wait_ready(0);
	write32(registers + SIZES, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	write32(registers + COMMANDS, RAM_COMMANDS);
	write32(registers + COMMANDS + 4, 0);
	write32(registers + COMPLETIONS, RAM_COMPLETIONS);
	write32(registers + COMPLETIONS + 4, 0);
	write32(registers + CONTROL, ENABLE);
	wait_ready(READY);
}

/* Has it say of itself what it is, there; the status of that, 0 if it is well. */
static u32 identify(u32 address)
{
	volatile u32 *command = (u32 *)(RAM_COMMANDS + 64 * given);
	volatile struct completion *done =
		(struct completion *)RAM_COMPLETIONS + given;

	for (int i = 0; i < 16; i++)
		command[i] = 0;
	command[0] = given << 16 | IDENTIFY;
	command[6] = address;
	command[10] = CONTROLLER;
	given++;
	write32(registers + TAIL, given);
	interrupts_wait(VECTOR_TABLE, given);
	write32(registers + HEAD, given);

	/* It has not answered if that bit is not set. */
	return done->status ^ 1;
}

static void peer_test(u32 peer)
{
	volatile u8 *from = (u8 *)RAM_DATA, *to = (u8 *)peer;
	unsigned int count = 0;

	for (int i = 0; i < PAGE; i++)
		to[i] = ~from[i];
	expect("disk_answers_about_peer", identify(peer), 0);
	for (int i = 0; i < PAGE; i++)
		count += to[i] == from[i];
	expect("disk_to_peer", count, PAGE);
}

void disk_tests(u32 disk, u32 peer)
{
	u32 cap = pci_capability(disk, TABLE);

	expect("disk_table_is_disabled", pci_read(disk, cap) & TABLE_ENABLE, 0);
	registers = pci_bar(disk, 0);
	pci_command(disk, PCI_MEMORY | PCI_MASTER, 0);

	table_setup(disk);
	enable();
	expect("disk_answers", identify(RAM_DATA), 0);
	/* It says whose it is, as config space does. */
	expect("disk_to_ram", read32(RAM_DATA) & 0xffff,
	       pci_read(disk, 0) & 0xffff);
	if (peer)
		peer_test(pci_bar(peer, 2));
	expect("disk_interrupts", interrupt_count[VECTOR_TABLE], given);
	/* It stays enabled: whatever ends the machine ends that. */
}
