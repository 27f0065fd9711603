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

/* Where capabilities begin; registers.c has the rest of them. */
#define OVERLAY_PM	0x40
#define OVERLAY_VPD	0x48
#define OVERLAY_AF	0x84
#define OVERLAY_EXP	0xa0

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

/* registers.c */
extern const struct overlay_register overlay_registers[];
extern const unsigned int overlay_register_count;
extern const struct overlay_register overlay_broken_registers[];
extern const unsigned int overlay_broken_register_count;

/* function.c */
void overlay_function_init(bool broken);
u8 overlay_read(unsigned int pos);
void overlay_write(unsigned int pos, u8 val);
u16 overlay_status(u16 status);
void overlay_status_write(u16 val);
void overlay_written(unsigned int pos, unsigned int size);

#endif /* OVERLAY_H */
