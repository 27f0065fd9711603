/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function with capabilities that no device model has: a real one, with
 * config space of our own laid over its own by a module, tests/overlay/.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

#include <stdbool.h>

/* Where they are in the full layout, see tests/overlay/registers.c. */
#define OVERLAY_PM		0x40
#define OVERLAY_VPD		0x48
#define OVERLAY_MSI		0x50
#define OVERLAY_VENDOR		0x68
#define OVERLAY_VENDOR_2	0x74
#define OVERLAY_HIDDEN		0x7c
#define OVERLAY_AF		0x84
#define OVERLAY_PCIX		0x8c
#define OVERLAY_UNKNOWN		0x94
#define OVERLAY_EXP		0xa0
#define OVERLAY_NOBODY		0xe0
#define OVERLAY_EXT_UNKNOWN	0x100
#define OVERLAY_ERR		0x110
#define OVERLAY_DSN		0x158
#define OVERLAY_PASID		0x164
#define OVERLAY_ATS		0x16c
#define OVERLAY_REBAR		0x184
#define OVERLAY_PWR		0x1e0
#define OVERLAY_EXT_VENDOR	0x1f0
#define OVERLAY_DVSEC		0x200
#define OVERLAY_TPH		0x240

/*
 * How often it was reset, and its power state written, be it the same; error bits
 * to report, in the byte behind RAISE.
 */
#define OVERLAY_RESETS		0xf0
#define OVERLAY_STATES		0xf8
#define OVERLAY_ERRORS		0xf4
#define OVERLAY_RAISE		0x21

/*
 * Runs @body, in a child, while the function has the overlay and is bound to
 * vfio-pci, and takes it away again whatever comes of it.
 */
void with_overlay(const char *bdf, void (*body)(const char *bdf));
/* The same with lists of capabilities that no device should have. */
void with_broken_overlay(const char *bdf, void (*body)(const char *bdf));
/* The same with hidden capabilities that have nobody's registers behind them. */
void with_gaps_overlay(const char *bdf, void (*body)(const char *bdf));

/* Inside of @body: whether the function answers; if not, all it reads as is ones. */
void overlay_answers(bool answers);
/* The same while it is another device to the host; bound to no driver. */
void with_identity(const char *bdf, unsigned int vendor, unsigned int device,
		   void (*body)(const char *bdf));

#endif /* OVERLAY_H */
