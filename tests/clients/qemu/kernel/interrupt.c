// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: by lines of the two PICs, and by message. Each is counted, and any
 * exception ends it all.
 */
#include "kernel.h"

#define PIC1		0x20
#define PIC2		0xa0
#define END		0x20	/* of an interrupt */
#define LAPIC		0xfee00000
#define LAPIC_END	(LAPIC + 0xb0)
#define LAPIC_SPURIOUS	(LAPIC + 0xf0)
#define  LAPIC_ENABLE	0x100	/* and the vector that tells of nothing */
#define LAPIC_LINT0	(LAPIC + 0x350)
#define  LAPIC_EXTERNAL	0x700	/* the PICs */

#define GATE		0x8e00
#define CODE		0x08

struct gate {
	u16 low;
	u16 selector;
	u16 type;
	u16 high;
};

struct table {
	u16 limit;
	u32 base;
} __attribute__((packed));

/* What the processor has pushed; before it a number, for some exceptions. */
struct frame {
	u32 words[3];
};

volatile u32 interrupt_count[VECTORS];

static struct gate gates[VECTORS];
static unsigned int line;
static void (*line_acknowledge)(void);

/* From 0 on: nothing; flat code; flat data. */
static const u64 segments[] = {
	0, 0x00cf9a000000ffff, 0x00cf92000000ffff,
};

__attribute__((interrupt)) static void on_line(struct frame *frame)
{
	(void)frame;
	interrupt_count[VECTOR_LINE + line]++;
	/* Nobody has asked yet: a line whose reason is gone. */
	if (line_acknowledge)
		line_acknowledge();
	out8(PIC2, END);
	out8(PIC1, END);
}

__attribute__((interrupt)) static void on_message(struct frame *frame)
{
	(void)frame;
	interrupt_count[VECTOR_MESSAGE]++;
	write32(LAPIC_END, 0);
}

__attribute__((interrupt)) static void on_table(struct frame *frame)
{
	(void)frame;
	interrupt_count[VECTOR_TABLE]++;
	write32(LAPIC_END, 0);
}

/* What has gone before the processor asked for it. */
__attribute__((interrupt)) static void on_nothing(struct frame *frame)
{
	(void)frame;
}

__attribute__((interrupt)) static void on_exception(struct frame *frame)
{
	say("not ok exception: the inner kernel died of it, at %x, %x, %x",
	    frame->words[0], frame->words[1], frame->words[2]);
	machine_off();
}

static void gate(unsigned int vector, void (*handler)(struct frame *frame))
{
	u32 address = (u32)handler;

	gates[vector] = (struct gate){ address, CODE, GATE, address >> 16 };
}

static void segments_load(void)
{
	struct table table = { sizeof(segments) - 1, (u32)segments };

	asm volatile("lgdt %0\n\t"
		     "ljmp $0x08, $1f\n"
		     "1:\tmov $0x10, %%ax\n\t"
		     "mov %%ax, %%ds\n\t"
		     "mov %%ax, %%es\n\t"
		     "mov %%ax, %%ss"
		     :: "m"(table) : "eax", "memory");
}

/* The vectors that the PICs have, and none of their lines yet. */
static void pics_setup(void)
{
	out8(PIC1, 0x11);
	out8(PIC2, 0x11);
	out8(PIC1 + 1, VECTOR_LINE);
	out8(PIC2 + 1, VECTOR_LINE + 8);
	out8(PIC1 + 1, 0x04);
	out8(PIC2 + 1, 0x02);
	out8(PIC1 + 1, 0x01);
	out8(PIC2 + 1, 0x01);
	out8(PIC1 + 1, 0xfb);
	out8(PIC2 + 1, 0xff);
}

void interrupts_setup(void)
{
	struct table table = { sizeof(gates) - 1, (u32)gates };

	segments_load();
	for (unsigned int vector = 0; vector < VECTOR_LINE; vector++)
		gate(vector, on_exception);
	for (unsigned int vector = VECTOR_LINE; vector < VECTOR_MESSAGE; vector++)
		gate(vector, on_line);
	gate(VECTOR_MESSAGE, on_message);
	gate(VECTOR_TABLE, on_table);
	gate(VECTOR_NOTHING, on_nothing);
	asm volatile("lidt %0" :: "m"(table));
	pics_setup();
	write32(LAPIC_SPURIOUS, LAPIC_ENABLE | VECTOR_NOTHING);
	write32(LAPIC_LINT0, LAPIC_EXTERNAL);
	asm volatile("sti");
}

void interrupts_line(unsigned int new_line, void (*acknowledge)(void))
{
	line = new_line;
	line_acknowledge = acknowledge;
	if (line < 8)
		out8(PIC1 + 1, 0xfb & ~(1 << line));
	else
		out8(PIC2 + 1, 0xff & ~(1 << (line - 8)));
}

u32 interrupts_wait(unsigned int vector, u32 want)
{
	for (int i = 0; i < 20000 && interrupt_count[vector] < want; i++)
		pause_us(1000);
	/* One that is too many has time to come, too. */
	pause_us(20000);

	return interrupt_count[vector];
}
