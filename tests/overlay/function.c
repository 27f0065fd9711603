// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the function does when its registers are written: resets, vital product
 * data, error bits in the status register. overlay.c holds its lock.
 */
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "overlay.h"

static const struct overlay_layout *layout;
static u8 bytes[OVERLAY_SIZE];
static u8 initial[OVERLAY_SIZE];
static u8 writable[OVERLAY_SIZE];
static u8 clear[OVERLAY_SIZE];

static u32 resets;
static u32 states;
static u8 power;
static u16 errors;

/* A name, a field that may be written, the end. */
static u8 product[] = {
	0x82, 0x07, 0x00, 'o', 'v', 'e', 'r', 'l', 'a', 'y',
	0x91, 0x0e, 0x00, 'R', 'W', 0x0b, '0', '1', '2', '3', '4', '5', '6',
	'7', '8', '9', 'a',
	0x78,
};

static void overlay_set(u8 *array, unsigned int pos, unsigned int size, u32 val)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		array[pos + i] = val >> (8 * i);
}

static u32 overlay_get(unsigned int pos, unsigned int size)
{
	u32 val = 0;

	while (size--)
		val = val << 8 | bytes[pos + size];

	return val;
}

/* Error bits last, by PCIe's rules. */
static void overlay_reset(void)
{
	unsigned int pos;

	for (pos = 0; pos < OVERLAY_SIZE; pos++)
		bytes[pos] = (initial[pos] & ~clear[pos]) |
			     (bytes[pos] & clear[pos]);
	power = 0;
}

static void overlay_function_add(const struct overlay_registers *registers)
{
	const struct overlay_register *reg = registers->first;
	unsigned int count = registers->count;

	for (; count; count--, reg++) {
		overlay_set(initial, reg->pos, 4, reg->value);
		overlay_set(writable, reg->pos, 4, reg->writable);
		overlay_set(clear, reg->pos, 4, reg->clear);
	}
}

/**
 * overlay_function_init() - as after power on
 * @chosen: what it has
 */
void overlay_function_init(const struct overlay_layout *chosen)
{
	layout = chosen;
	overlay_function_add(&layout->registers);
	overlay_function_add(&layout->instead);
	memcpy(bytes, initial, sizeof(bytes));
}

static void overlay_function_reset(void)
{
	overlay_reset();
	resets++;
	overlay_set(bytes, OVERLAY_RESETS, 4, resets);
}

static void overlay_power_written(void)
{
	u8 now = bytes[layout->pm + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK;

	if (power == 3 && !now)
		overlay_reset();
	power = now;
	states++;
	overlay_set(bytes, OVERLAY_STATES, 4, states);
}

static void overlay_product_access(void)
{
	u32 addr = overlay_get(layout->vpd + PCI_VPD_ADDR, 2);
	unsigned int at = addr & PCI_VPD_ADDR_MASK;
	u8 *data = bytes + layout->vpd + PCI_VPD_DATA;
	unsigned int i;

	for (i = 0; i < 4 && at + i < sizeof(product); i++) {
		if (addr & PCI_VPD_ADDR_F)
			product[at + i] = data[i];
		else
			data[i] = product[at + i];
	}

	overlay_set(bytes, layout->vpd + PCI_VPD_ADDR, 2, addr ^ PCI_VPD_ADDR_F);
}

/**
 * overlay_list() - where the list of capabilities begins
 *
 * Return: position.
 */
u8 overlay_list(void)
{
	return layout->list;
}

/**
 * overlay_read() - read a byte
 * @pos: position, 64 or more
 *
 * Return: the byte.
 */
u8 overlay_read(unsigned int pos)
{
	return bytes[pos];
}

/**
 * overlay_write() - write a byte, as part of an access
 * @pos: position, 64 or more
 * @val: byte
 */
void overlay_write(unsigned int pos, u8 val)
{
	bytes[pos] &= ~(clear[pos] & val);
	bytes[pos] = (bytes[pos] & ~writable[pos]) | (val & writable[pos]);

	if (layout->exp && pos == layout->exp + PCI_EXP_DEVCTL + 1 &&
	    val & (PCI_EXP_DEVCTL_BCR_FLR >> 8))
		overlay_function_reset();
	if (layout->af && pos == layout->af + PCI_AF_CTRL &&
	    val & PCI_AF_CTRL_FLR)
		overlay_function_reset();
}

/**
 * overlay_written() - do what an access asks for
 * @pos: position, 64 or more
 * @size: bytes
 */
void overlay_written(unsigned int pos, unsigned int size)
{
	unsigned int state = layout->pm + PCI_PM_CTRL;
	unsigned int flag = layout->vpd + PCI_VPD_ADDR + 1;

	if (layout->pm && pos <= state && state < pos + size)
		overlay_power_written();
	if (layout->vpd && pos <= flag && flag < pos + size)
		overlay_product_access();
	if (pos == OVERLAY_ERRORS && bytes[pos] == OVERLAY_RAISE)
		errors |= bytes[pos + 1] << 8;
}

/**
 * overlay_status() - the status register
 * @status: of the function that lies below
 *
 * Return: with our bits.
 */
u16 overlay_status(u16 status)
{
	return status | PCI_STATUS_CAP_LIST | errors;
}

/**
 * overlay_status_write() - write the status register
 * @val: bits to clear
 */
void overlay_status_write(u16 val)
{
	errors &= ~val;
}
