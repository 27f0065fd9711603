// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of the function, a dword each. What is not listed reads as
 * zero and takes no writes.
 *
 * In the full layout, of the kinds of capability that vfio-pci knows, each is
 * there that can do no harm to the PCI core; and some that it hides, an unknown one of either kind,
 * and two that abut. Where user space must not write, the registers could be
 * written, so that it shows.
 */
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "overlay.h"

#define CAP(id, next, upper)	((id) | (next) << 8 | (u32)(upper) << 16)
#define EXT_CAP(id, next)	((id) | 1 << 16 | (u32)(next) << 20)
#define ALL			0xffffffff

#define UNKNOWN_CAP	0x42
#define UNKNOWN_EXT_CAP	0x42

/* Of the byte that has the power state. */
#define PM_CTRL_RESERVED	0xf4

static const struct overlay_register overlay_full[] = {
	/* PME of every state; coming back from D3hot is a reset. */
	{ 0x40, CAP(PCI_CAP_ID_PM, 0x48, PCI_PM_CAP_PME_MASK | PCI_PM_CAP_D1 |
				 PCI_PM_CAP_D2 | 3) },
	{ 0x44, PCI_PM_CTRL_PME_STATUS,
	  PCI_PM_CTRL_STATE_MASK | PM_CTRL_RESERVED |
	  PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_DATA_SEL_MASK,
	  PCI_PM_CTRL_PME_STATUS },

	{ 0x48, CAP(PCI_CAP_ID_VPD, 0x50, 0), 0xffff0000 },
	{ 0x4c, 0, ALL },

	/* Eight messages, 64 bits of address, mask bits. */
	{ 0x50, CAP(PCI_CAP_ID_MSI, 0x68, PCI_MSI_FLAGS_64BIT |
				  PCI_MSI_FLAGS_MASKBIT | 3 << 1),
	  (PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE) << 16 },
	{ 0x54, 0, 0xfffffffc },
	{ 0x58, 0, ALL },
	{ 0x5c, 0, 0xffff },
	{ 0x60, 0, 0xff },

	{ 0x68, CAP(PCI_CAP_ID_VNDR, 0x74, 12), 0xff000000 },
	{ 0x6c, 0x11111111, ALL },
	{ 0x70, 0x22222222, ALL },

	{ 0x74, CAP(PCI_CAP_ID_VNDR, 0x7c, 8), 0xff000000 },
	{ 0x78, 0x33333333, ALL },

	{ 0x7c, CAP(PCI_CAP_ID_SSVID, 0x84, 0) },
	{ 0x80, 0x44444444, ALL },

	/* Six bytes long. */
	{ 0x84, CAP(PCI_CAP_ID_AF, 0x8c,
		    6 | (PCI_AF_CAP_TP | PCI_AF_CAP_FLR) << 8) },
	{ 0x88, 0, 0xffff0000 },

	{ 0x8c, CAP(PCI_CAP_ID_PCIX, 0x94, 0), 0x7f << 16 },
	{ 0x90, 0x00030000, 0 },

	{ 0x94, CAP(UNKNOWN_CAP, 0xa0, 0), 0xffff0000 },
	{ 0x98, 0x55555555, ALL },
	{ 0x9c, 0x66666666, ALL },

	{ 0xa0, CAP(PCI_CAP_ID_EXP, 0, 2) },
	{ 0xa4, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER |
		PCI_EXP_DEVCAP_EXT_TAG | PCI_EXP_DEVCAP_PHANTOM | 1 },
	{ 0xa8, 0x2810, 0x7fff, 0x000f0000 },
	{ 0xac, 0x00000411, 0 },
	{ 0xb0, 0x00110000, 0x00000fff },
	{ 0xc4, PCI_EXP_DEVCAP2_ATOMIC_COMP32 | PCI_EXP_DEVCAP2_ATOMIC_COMP64 |
		PCI_EXP_DEVCAP2_COMP_TMOUT_DIS, 0 },
	{ 0xc8, 0, 0xffff },
	{ 0xcc, 0x00000002, 0 },
	{ 0xd0, 0x00000001, 0xffff },

	/* Nobody's. */
	{ 0xd4, 0x77777777, ALL },
	{ 0xe0, 0x88888888, ALL },
	{ OVERLAY_ERRORS, 0, 0xffff },
	{ 0xfc, 0x99999999, ALL },

	/* The list of extended ones begins with one to be hidden. */
	{ 0x100, EXT_CAP(UNKNOWN_EXT_CAP, 0x110) },
	{ 0x104, 0xaaaaaaaa, ALL },
	{ 0x10c, 0xbbbbbbbb, ALL },

	{ 0x110, EXT_CAP(PCI_EXT_CAP_ID_ERR, 0x158) },
	{ 0x114, 0, 0, 0x03fff030 },
	{ 0x118, 0, 0x03fff030, 0 },
	{ 0x11c, 0x00062030, 0x03fff030, 0 },
	{ 0x120, 0, 0, 0x0000f1c1 },
	{ 0x124, 0x2000, 0xf1c1, 0 },
	{ 0x128, PCI_ERR_CAP_ECRC_GENC | PCI_ERR_CAP_ECRC_CHKC,
	  PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE, 0 },

	{ 0x158, EXT_CAP(PCI_EXT_CAP_ID_DSN, 0x164) },
	{ 0x15c, 0x01234567, ALL },
	{ 0x160, 0x89abcdef, ALL },

	{ 0x164, EXT_CAP(PCI_EXT_CAP_ID_PASID, 0x16c) },
	{ 0x168, 0x1400, 0x70000 },

	{ 0x16c, EXT_CAP(PCI_EXT_CAP_ID_ATS, 0x174) },
	{ 0x170, 0, 0x801f0000 },

	{ 0x174, EXT_CAP(PCI_EXT_CAP_ID_LTR, 0x17c) },
	{ 0x178, 0, 0x1fff1fff },

	{ 0x17c, EXT_CAP(PCI_EXT_CAP_ID_ACS, 0x184) },
	{ 0x180, 0, 0x7f0000 },

	/* BAR 2 could have 1 to 256 MiB. */
	{ 0x184, EXT_CAP(PCI_EXT_CAP_ID_REBAR, 0x190) },
	{ 0x188, 0x1ff0, 0 },
	{ 0x18c, 0x00000422, 0x3f00 },

	/* No virtual function. */
	{ 0x190, EXT_CAP(PCI_EXT_CAP_ID_SRIOV, 0x1d0) },
	{ 0x198, 0, 0x1f },

	{ 0x1d0, EXT_CAP(PCI_EXT_CAP_ID_PRI, 0x1e0) },
	{ 0x1d4, 0, 0x3 },
	{ 0x1dc, 0, 0xff },

	{ 0x1e0, EXT_CAP(PCI_EXT_CAP_ID_PWR, 0x1f0) },
	{ 0x1e4, 0, 0xff },
	{ 0x1e8, 0x19, 0 },

	{ 0x1f0, EXT_CAP(PCI_EXT_CAP_ID_VNDR, 0x200) },
	{ 0x1f4, 16 << 20 | 0x1234, 0 },
	{ 0x1f8, 0xcccccccc, ALL },
	{ 0x1fc, 0xdddddddd, ALL },

	{ 0x200, EXT_CAP(PCI_EXT_CAP_ID_DVSEC, 0x210) },
	{ 0x204, 16 << 20 | 0x1af4, 0 },
	{ 0x208, 0x0000abcd, 0xffff0000 },
	{ 0x20c, 0xeeeeeeee, ALL },

	{ 0x210, EXT_CAP(PCI_EXT_CAP_ID_VC, 0x22c) },
	{ 0x224, 0x800000ff, 0xfe },

	/* One substate, so 17 bytes. */
	{ 0x22c, EXT_CAP(PCI_EXT_CAP_ID_DPA, 0x240) },
	{ 0x23c, 0, 0xffffff00 },

	{ 0x240, EXT_CAP(PCI_EXT_CAP_ID_TPH, 0) },
	{ 0x244, 1, 0 },
	{ 0x248, 0, 0x307 },

	{ 0x300, 0, ALL },
	{ 0xffc, 0, ALL },
};

/*
 * In their place, in the broken layout: one of the vendor's that is longer than there
 * is room, a last one that is too, for its registers, one that reaches into
 * others before it in the list, of which one is to be hidden, and lists that end
 * in a circle.
 */
static const struct overlay_register overlay_broken[] = {
	{ 0xa0, CAP(PCI_CAP_ID_EXP, 0xd6, 2) },
	{ 0xd4, CAP(PCI_CAP_ID_VNDR, 0xfc, 0xff), ALL },
	{ 0xfc, CAP(PCI_CAP_ID_VPD, 0x40, 0), 0xffff0000 },
	{ 0x240, EXT_CAP(PCI_EXT_CAP_ID_TPH, 0x400) },
	{ 0x3f8, EXT_CAP(PCI_EXT_CAP_ID_ERR, 0xff8) },
	{ 0x400, EXT_CAP(PCI_EXT_CAP_ID_DSN, 0x40c) },
	{ 0x40c, EXT_CAP(PCI_EXT_CAP_ID_PASID, 0x414) },
	{ 0x414, EXT_CAP(PCI_EXT_CAP_ID_LTR, 0x3f8) },
	{ 0xff8, EXT_CAP(PCI_EXT_CAP_ID_ERR, 0x110) },
	{ 0xffc, 0, ALL },
};

/* Numbers that not all of the kernels' headers have. */
#define CAP_NULL		0x00
#define EXT_CAP_NULL		0x00
#define EXT_CAP_VF_REBAR	0x24
#define EXT_CAP_MARGINING	0x27
#define EXT_CAP_DEVICE_3	0x2f

/*
 * The layout with gaps: hidden capabilities of known length, and behind each of
 * them registers that belong to nobody, as with Intel's EHCI, which has power
 * management, the debug port and Advanced Features in the same places. What is
 * hidden could be written, too. It is reset by its bus only.
 */
static const struct overlay_register overlay_gaps[] = {
	/* Last but one in the list. An entry of two dwords that is not enabled. */
	{ 0x40, CAP(PCI_CAP_ID_EA, 0xc0, 1) },
	{ 0x44, PCI_EA_BEI_ENI << 4 | 1, 0x00ffff00 },
	{ 0x48, 0x10000000, 0xfffffffc },
	{ 0x4c, 0x11111111, ALL },

	{ 0x50, CAP(PCI_CAP_ID_PM, 0x58, 3) },
	{ 0x54, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK },

	{ 0x58, CAP(PCI_CAP_ID_DBG, 0x98, 0x20a0), 0xffff0000 },
	{ 0x5c, 0x22222222, ALL },
	{ 0x60, 0x00002020, ALL },
	{ 0x68, 0x00000001, ALL },
	{ 0x6c, 0xe0000000, ALL },
	{ 0x94, 0x33333333, ALL },

	{ 0x98, CAP(PCI_CAP_ID_AF, 0xa0, 6 | PCI_AF_CAP_TP << 8) },
	{ 0x9c, 0, 0xffff0000 },

	{ 0xa0, CAP(CAP_NULL, 0xa8, 0x4444), 0xffff0000 },
	{ 0xa4, 0x55555555, ALL },

	/* It says that it has no bytes. */
	{ 0xa8, CAP(PCI_CAP_ID_VNDR, 0xb0, 0), 0xff000000 },
	{ 0xac, 0x66666666, ALL },

	{ 0xb0, CAP(PCI_CAP_ID_SHPC, 0xb8, 0), 0x00ff0000 },
	{ 0xb4, 0x77777777, ALL },

	{ 0xb8, CAP(PCI_CAP_ID_CHSWP, 0x40, 0), 0xffff0000 },
	{ 0xbc, 0x88888888, ALL },

	/* One lane. */
	{ 0xc0, CAP(PCI_CAP_ID_EXP, 0, 2) },
	{ 0xc4, PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_EXT_TAG },
	{ 0xc8, 0x2810, 0x7fff, 0x000f0000 },
	{ 0xcc, 0x00000411 },
	{ 0xd0, 0x00110000, 0x00000fff },
	{ 0xe4, PCI_EXP_DEVCAP2_COMP_TMOUT_DIS },
	{ 0xe8, 0, 0xffff },
	{ 0xec, 0x00000002 },
	{ 0xf0, 0x00000001, 0xffff },
	{ 0xf8, 0x99999999, ALL },

	{ 0x100, EXT_CAP(EXT_CAP_NULL, 0x120) },
	{ 0x104, 0x11111111, ALL },

	/* With one link. */
	{ 0x120, EXT_CAP(PCI_EXT_CAP_ID_RCLD, 0x150) },
	{ 0x124, 0x00000100 },
	{ 0x130, 0x22222222, ALL },
	{ 0x13c, 0x33333333, ALL },
	{ 0x140, 0x44444444, ALL },

	{ 0x150, EXT_CAP(PCI_EXT_CAP_ID_PL_16GT, 0x180) },
	{ 0x15c, 0x55555555, ALL },
	{ 0x170, 0x66666666, ALL },
	{ 0x174, 0x77777777, ALL },

	{ 0x180, EXT_CAP(PCI_EXT_CAP_ID_SECPCI, 0x1a0) },
	{ 0x184, 0, 0x00000003 },
	{ 0x18c, 0x88888888, ALL },
	{ 0x190, 0x99999999, ALL },

	/* It says that it has no bytes. */
	{ 0x1a0, EXT_CAP(PCI_EXT_CAP_ID_VNDR, 0x1c0) },
	{ 0x1a4, 0x1234, 0x000f0000 },
	{ 0x1a8, 0xaaaaaaaa, ALL },

	{ 0x1c0, EXT_CAP(EXT_CAP_MARGINING, 0x1e0) },
	{ 0x1c8, 0xbbbbbbbb, ALL },
	{ 0x1cc, 0xcccccccc, ALL },

	{ 0x1e0, EXT_CAP(EXT_CAP_DEVICE_3, 0x200) },
	{ 0x1e8, 0, 0x000000ff },
	{ 0x1f0, 0xdddddddd, ALL },

	/* Of one BAR. */
	{ 0x200, EXT_CAP(EXT_CAP_VF_REBAR, 0x220) },
	{ 0x208, 0x00000020, 0x00003f00 },
	{ 0x20c, 0xeeeeeeee, ALL },

	{ 0x220, EXT_CAP(PCI_EXT_CAP_ID_DSN, 0) },
	{ 0x224, 0x01234567, ALL },
	{ 0x22c, 0x12121212, ALL },
};

static const struct overlay_layout overlay_layouts[] = {
	{
		.name = "full", .list = 0x40,
		.pm = 0x40, .vpd = 0x48, .af = 0x84, .exp = 0xa0,
		.registers = { overlay_full, ARRAY_SIZE(overlay_full) },
	},
	{
		.name = "broken", .list = 0x40,
		.pm = 0x40, .vpd = 0x48, .af = 0x84, .exp = 0xa0,
		.registers = { overlay_full, ARRAY_SIZE(overlay_full) },
		.instead = { overlay_broken, ARRAY_SIZE(overlay_broken) },
	},
	{
		.name = "gaps", .list = 0x50,
		.registers = { overlay_gaps, ARRAY_SIZE(overlay_gaps) },
	},
};

/**
 * overlay_layout_find() - a layout by its name
 * @name: as in the table
 *
 * Return: the layout, or NULL.
 */
const struct overlay_layout *overlay_layout_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(overlay_layouts); i++)
		if (!strcmp(overlay_layouts[i].name, name))
			return &overlay_layouts[i];

	return NULL;
}
