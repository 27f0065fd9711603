// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine: its reset, its end, and what it remembers over a reset.
 */
#include "kernel.h"

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define BOOTS		0x7a	/* a byte there that the firmware leaves alone */
#define RESET_CONTROL	0xcf9
#define  RESET_FULL	0x0e
#define POWER_CONTROL	0x604	/* where the firmware puts it */
#define  POWER_OFF	0x2000
#define CLOCK		0x608	/* 24 bits at 3.579545 MHz */
#define  CLOCK_MASK	0xffffff

static u8 cmos_read(u8 index)
{
	out8(CMOS_INDEX, index);

	return in8(CMOS_DATA);
}

unsigned int machine_boots(void)
{
	return cmos_read(BOOTS);
}

void machine_reset(void)
{
	u8 boots = machine_boots();

	out8(CMOS_INDEX, BOOTS);
	out8(CMOS_DATA, boots + 1);
	out8(RESET_CONTROL, RESET_FULL);
	for (;;)
		asm volatile("hlt");
}

void machine_off(void)
{
	out16(POWER_CONTROL, POWER_OFF);
	for (;;)
		asm volatile("hlt");
}

void pause_us(unsigned int us)
{
	u32 begin = in32(CLOCK), ticks = us * 7 / 2;

	while (((in32(CLOCK) - begin) & CLOCK_MASK) < ticks)
		;
}
