// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of another device, peer to peer: QEMU maps its BAR for the DMA of all
 * devices, wherever the kernel puts it.
 */
#include "kernel.h"

#define BAR		2
#define SIZE		0x4000000
#define ELSEWHERE	0xa0000000	/* nothing is there */
#define MARK		0x5eed5eed
#define RAM		0x800000

static void expect_memory(const char *test, u32 address)
{
	u32 wrong = 0;

	for (u32 at = 0; at < SIZE; at += SIZE / 16)
		write32(address + at, address ^ at);
	for (u32 at = 0; at < SIZE; at += SIZE / 16)
		wrong += read32(address + at) != (address ^ at);
	expect(test, wrong, 0);
}

void peer_tests(u32 peer)
{
	u32 address = pci_bar(peer, BAR), last = SIZE - BYTES;

	pci_command(peer, PCI_MEMORY, 0);
	say("peer at %x", address);
	expect("peer_bar_has_its_size", pci_bar_size(peer, BAR), SIZE);
	expect_memory("peer_memory", address);
	expect_moves("ram_to_peer", RAM, address);
	expect_moves("peer_to_ram", address + last, RAM);
	expect_moves("peer_to_peer", address + SIZE / 2, address + last);

	write32(address, MARK);
	pci_bar_move(peer, BAR, ELSEWHERE);
	say("peer at %x", ELSEWHERE);
	expect("peer_is_elsewhere", read32(ELSEWHERE), MARK);
	expect("peer_has_left", read32(address) == MARK, false);
	expect_memory("peer_memory_elsewhere", ELSEWHERE);
	expect_moves("ram_to_peer_elsewhere", RAM, ELSEWHERE + last);
	expect_moves("peer_elsewhere_to_ram", ELSEWHERE, RAM);

	write32(ELSEWHERE, MARK);
	pci_command(peer, 0, PCI_MEMORY);
	expect("peer_memory_is_off", read32(ELSEWHERE) == MARK, false);
	pci_command(peer, PCI_MEMORY, 0);
	expect_moves("ram_to_peer_that_was_off", RAM, ELSEWHERE);
}
