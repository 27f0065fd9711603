// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the Multiboot entry to the end: tests, a reset of the machine, the same
 * tests again, power off. With "stay" on the command line there is no end: DMA
 * goes on until somebody ends the machine.
 */
#include "kernel.h"

#define EDU		0x11e81234
#define IVSHMEM		0x11101af4
#define NVME		0x00101b36

#define MAGIC		0x1badb002
#define HAS_COMMAND_LINE 0x4

struct multiboot {
	u32 flags;
	u32 unused[3];
	const char *command_line;
};

__attribute__((section(".multiboot"), used))
static const u32 header[] = { MAGIC, 0, -MAGIC };

static char stack[16384] __attribute__((aligned(16), used));

__attribute__((naked, used)) void start(void)
{
	asm volatile("cli\n\t"
		     "mov $stack + 16384, %esp\n\t"
		     "sub $12, %esp\n\t"
		     "push %ebx\n\t"
		     "call main");
}

static bool has_word(const struct multiboot *multiboot, const char *word)
{
	const char *at;

	if (!(multiboot->flags & HAS_COMMAND_LINE))
		return false;
	for (at = multiboot->command_line; *at; at++) {
		size_t i = 0;

		while (word[i] && at[i] == word[i])
			i++;
		if (!word[i])
			return true;
	}

	return false;
}

void main(const struct multiboot *multiboot)
{
	u32 edu = pci_find(EDU), peer = pci_find(IVSHMEM), disk = pci_find(NVME);

	say("boot %u", machine_boots());
	interrupts_setup();
	expect("device_is_there", edu || disk, true);
	if (disk)
		disk_tests(disk, peer);
	if (edu)
		edu_tests(edu);
	if (edu && peer)
		peer_tests(peer);
	while (edu && has_word(multiboot, "stay")) {
		say("moving");
		edu_move(0x800000, peer ? pci_bar(peer, 2) : 0x900000);
	}
	if (!machine_boots())
		machine_reset();
	say("end");
	machine_off();
}
