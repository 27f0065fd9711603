// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's edu: registers, a factorial, interrupts by pin and by message, and a
 * DMA engine with a buffer of its own.
 */
#include "kernel.h"

/* Registers of BAR 0. */
#define IDENTITY	0x00
#define  IS_EDU		0x010000ed
#define INVERTED	0x04
#define FACTORIAL	0x08
#define STATUS		0x20
#define  COMPUTING	0x1
#define RAISE		0x60
#define ACKNOWLEDGE	0x64
#define DMA_SOURCE	0x80
#define DMA_TARGET	0x88
#define DMA_COUNT	0x90
#define DMA_COMMAND	0x98
#define  DMA_START	0x1
#define  DMA_TO_MEMORY	0x2

/* The engine's name for its buffer. */
#define BUFFER		0x40000
#define SIZE		0x100000

#define RAM_SOURCE	0x800000
#define RAM_TARGET	0x900000

static u32 registers;

static void dma(u32 source, u32 target, u32 direction)
{
	write32(registers + DMA_SOURCE, source);
	write32(registers + DMA_TARGET, target);
	write32(registers + DMA_COUNT, BYTES);
	write32(registers + DMA_COMMAND, direction | DMA_START);
	for (int i = 0; i < 20000; i++) {
		if (!(read32(registers + DMA_COMMAND) & DMA_START))
			break;
		pause_us(1000);
	}
}

void edu_move(u32 source, u32 target)
{
	dma(source, BUFFER, 0);
	dma(BUFFER, target, DMA_TO_MEMORY);
}

/* Differs from byte to byte, and from test to test. */
static u8 pattern(unsigned int seed, unsigned int i)
{
	unsigned int mixed = seed * 2654435761u ^ i * 40503u;

	return mixed >> 13 ^ mixed >> 21;
}

void expect_moves(const char *test, u32 source, u32 target)
{
	static unsigned int seed;
	volatile u8 *from = (u8 *)source, *to = (u8 *)target;
	unsigned int count = 0;

	seed++;
	for (unsigned int i = 0; i < BYTES; i++) {
		from[i] = pattern(seed, i);
		to[i] = ~pattern(seed, i);
	}
	edu_move(source, target);
	for (unsigned int i = 0; i < BYTES; i++)
		count += to[i] == pattern(seed, i);
	expect(test, count, BYTES);
}

/*
 * All causes, by one write. QEMU takes any access to the device for the end of
 * the interrupt, so with a read before, the pin would interrupt once more.
 */
static void acknowledge(void)
{
	write32(registers + ACKNOWLEDGE, ~0u);
}

static void raise(unsigned int cause)
{
	write32(registers + RAISE, cause);
}

static void pin_tests(u32 edu)
{
	unsigned int line = pci_read(edu, PCI_LINE) & 0xf;
	unsigned int vector = VECTOR_LINE + line;

	interrupts_line(line, acknowledge);
	pci_command(edu, 0, PCI_NO_INTX);
	for (unsigned int i = 1; i <= 3; i++) {
		raise(i);
		interrupts_wait(vector, i);
	}
	expect("interrupts_by_pin", interrupt_count[vector], 3);
}

static void message_tests(u32 edu)
{
	u32 msi = pci_capability(edu, PCI_MSI);

	pci_write(edu, msi + 4, MESSAGE_ADDRESS);
	pci_write(edu, msi + 8, 0);
	pci_write(edu, msi + 12, VECTOR_MESSAGE);
	pci_write(edu, msi, pci_read(edu, msi) | PCI_MSI_ENABLE);
	for (unsigned int i = 1; i <= 3; i++) {
		raise(i);
		interrupts_wait(VECTOR_MESSAGE, i);
		acknowledge();
	}
	expect("interrupts_by_message", interrupt_count[VECTOR_MESSAGE], 3);
	/* It stays enabled: whatever ends the machine ends that. */
}

void edu_tests(u32 edu)
{
	u32 msi = pci_capability(edu, PCI_MSI);

	expect("firmware_gave_addresses", !!pci_bar(edu, 0), true);
	expect("is_no_bus_master_yet",
	       pci_read(edu, PCI_COMMAND) & PCI_MASTER, 0);
	expect("message_is_disabled", pci_read(edu, msi) & PCI_MSI_ENABLE, 0);
	expect("bar_has_its_size", pci_bar_size(edu, 0), SIZE);

	registers = pci_bar(edu, 0);
	pci_command(edu, PCI_MEMORY | PCI_MASTER, 0);
	expect("register_is_read", read32(registers + IDENTITY), IS_EDU);
	write32(registers + INVERTED, 0x12345678);
	expect("register_is_written", read32(registers + INVERTED), ~0x12345678);
	write32(registers + FACTORIAL, 10);
	while (read32(registers + STATUS) & COMPUTING)
		;
	expect("factorial", read32(registers + FACTORIAL), 3628800);
	pin_tests(edu);
	message_tests(edu);
	expect_moves("dma_to_ram", RAM_SOURCE, RAM_TARGET);
}
