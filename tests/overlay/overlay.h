/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function that exists in config space only, from byte 64 on.
 *
 * It has capabilities that no device model of QEMU has, and registers by which
 * tests make it do things. See overlay.c.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

#include <linux/types.h>

#define OVERLAY_SIZE	4096

/*
 * Registers of nobody: how often it was reset, and the byte of the power state
 * written, with whatever state; and, in the second byte if the first has that
 * value, error bits that the status register shall report.
 */
#define OVERLAY_RESETS	0xf0
#define OVERLAY_STATES	0xf8
#define OVERLAY_ERRORS	0xf4
#define OVERLAY_RAISE	0x21

/**
 * struct overlay_register - a dword of config space
 * @pos: position
 * @value: after a reset
 * @writable: bits that take what is written
 * @clear: bits that are cleared by writing ones
 */
struct overlay_register {
	u16 pos;
	u32 value;
	u32 writable;
	u32 clear;
};

/**
 * struct overlay_registers - some of them
 * @first: the first one
 * @count: their number
 */
struct overlay_registers {
	const struct overlay_register *first;
	unsigned int count;
};

/**
 * struct overlay_layout - config space of one kind
 * @name: as the module's parameter has it
 * @list: where the list of capabilities begins
 * @pm: where those capabilities begin that do something, 0 for one that there is
 *	not or that does nothing
 * @vpd: as @pm
 * @af: as @pm
 * @exp: as @pm
 * @registers: the registers
 * @instead: those that are in their place, or none
 */
struct overlay_layout {
	const char *name;
	u8 list;
	u8 pm;
	u8 vpd;
	u8 af;
	u8 exp;
	struct overlay_registers registers;
	struct overlay_registers instead;
};

/* registers.c */
const struct overlay_layout *overlay_layout_find(const char *name);

/* function.c */
void overlay_function_init(const struct overlay_layout *chosen);
u8 overlay_list(void);
u8 overlay_read(unsigned int pos);
void overlay_write(unsigned int pos, u8 val);
u16 overlay_status(u16 status);
void overlay_status_write(u16 val);
void overlay_written(unsigned int pos, unsigned int size);

#endif /* OVERLAY_H */
