/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel that runs in a QEMU in the VM and uses the devices assigned to it, as
 * plainly as can be: one processor, no paging, so that an address is what the
 * devices take, and all that it finds out goes to the serial port.
 *
 * A line there is "ok NAME", or "not ok NAME: TEXT", or tells something else.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* Ports and memory of devices. */
static inline void out8(u16 port, u8 value)
{
	asm volatile("outb %0, %1" :: "a"(value), "d"(port));
}

static inline void out16(u16 port, u16 value)
{
	asm volatile("outw %0, %1" :: "a"(value), "d"(port));
}

static inline void out32(u16 port, u32 value)
{
	asm volatile("outl %0, %1" :: "a"(value), "d"(port));
}

static inline u8 in8(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "d"(port));

	return value;
}

static inline u32 in32(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "d"(port));

	return value;
}

static inline u32 read32(u32 address)
{
	return *(volatile u32 *)address;
}

static inline void write32(u32 address, u32 value)
{
	*(volatile u32 *)address = value;
}

/* report.c: what is said at the serial port. %s, %x and %u are known. */
void say(const char *format, ...);
/* A test's result: whether @got is @want. */
void expect(const char *test, u32 got, u32 want);

/* pci.c: config space. A function is found by its two numbers, or is 0. */
u32 pci_find(u32 id);
u32 pci_read(u32 function, unsigned int pos);
void pci_write(u32 function, unsigned int pos, u32 value);
u32 pci_capability(u32 function, u8 id);
u32 pci_bar(u32 function, unsigned int bar);
u32 pci_bar_size(u32 function, unsigned int bar);
void pci_bar_move(u32 function, unsigned int bar, u32 address);
void pci_command(u32 function, u32 set, u32 clear);

#define PCI_COMMAND	0x04
#define  PCI_MEMORY	0x2
#define  PCI_MASTER	0x4
#define  PCI_NO_INTX	0x400
#define PCI_BAR		0x10
#define PCI_LINE	0x3c
#define PCI_MSI		0x05	/* a capability */
#define  PCI_MSI_ENABLE	0x10000

/* interrupt.c: counts by vector, after interrupts_setup(). */
#define VECTOR_LINE	0x20	/* of interrupt lines, 16 of them */
#define VECTOR_MESSAGE	0x30	/* a device's only one */
#define VECTOR_TABLE	0x31	/* one of a table */
#define VECTOR_NOTHING	0x3f	/* four bits of it are fixed in old processors */
#define VECTORS		0x40
#define MESSAGE_ADDRESS	0xfee00000

void interrupts_setup(void);
/* A line's interrupt, whose cause that function takes away. */
void interrupts_line(unsigned int line, void (*acknowledge)(void));
extern volatile u32 interrupt_count[VECTORS];
/* Waits a while for the count to become @want; the count. */
u32 interrupts_wait(unsigned int vector, u32 want);

/*
 * edu.c: a device with a DMA engine and interrupts. Then it moves BYTES bytes
 * from one address to the other, which may be another device's.
 */
#define BYTES		2048

void edu_tests(u32 edu);
void edu_move(u32 source, u32 target);
void expect_moves(const char *test, u32 source, u32 target);

/* peer.c: a device with memory in a BAR, which edu reaches. */
void peer_tests(u32 peer);

/* disk.c: an nvme, which reaches the peer, too, if there is one. */
void disk_tests(u32 disk, u32 peer);

/* machine.c: reset, end, and how often it was reset since it was turned on. */
void machine_reset(void);
void machine_off(void);
unsigned int machine_boots(void);

/* At most a second. */
void pause_us(unsigned int us);

#endif /* KERNEL_H */
