// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <linux/pci_regs.h>
#include <unistd.h>

#include "config.h"
#include "samples.h"
#include "ticks.h"

/* A register of the header, of a capability, or of extended config space. */
struct reg {
	const char *name;
	__u8 cap;
	unsigned int pos;
	unsigned int size;
	bool writable;
};

static const struct reg regs[] = {
	{ "vendor", 0, PCI_VENDOR_ID, 2, false },
	{ "command", 0, PCI_COMMAND, 2, true },
	{ "status", 0, PCI_STATUS, 2, false },
	{ "BAR", 0, PCI_BASE_ADDRESS_0, 4, true },
	{ "line", 0, PCI_INTERRUPT_LINE, 1, true },
	{ "header", 0, 0, PCI_STD_HEADER_SIZEOF, false },
	{ "PM", PCI_CAP_ID_PM, PCI_PM_CTRL, 2, true },
	{ "PCIe", PCI_CAP_ID_EXP, PCI_EXP_DEVCTL, 2, true },
	{ "MSI-X", PCI_CAP_ID_MSIX, PCI_MSIX_FLAGS, 2, true },
	{ "extended", 0, PCI_CFG_SPACE_SIZE, 4, false },
};

/* Where it is; 0, which is no place of a capability, if there is none. */
static unsigned int cap_pos(struct target *t, __u8 cap)
{
	unsigned int pos = 0;
	__u8 id = 0;

	target_config_read(t, PCI_CAPABILITY_LIST, &pos, 1);
	while (pos) {
		target_config_read(t, pos, &id, 1);
		if (id == cap)
			return pos;
		target_config_read(t, pos + PCI_CAP_LIST_NEXT, &pos, 1);
	}

	return 0;
}

static bool reg_find(struct target *t, const struct reg *reg,
		     unsigned int *pos)
{
	unsigned int cap = 0;

	if (reg->cap) {
		cap = cap_pos(t, reg->cap);
		if (!cap)
			return false;
	}
	*pos = cap + reg->pos;

	return *pos + reg->size <= t->config_size;
}

void config_cycle(struct target *t, const struct kind *kind, size_t size)
{
	char value[PCI_STD_HEADER_SIZEOF];
	const struct reg *reg;
	unsigned int pos;

	(void)kind;
	for (reg = regs; reg < regs + sizeof(regs) / sizeof(*regs); reg++) {
		if (!reg_find(t, reg, &pos)) {
			if (t->fit)
				continue;
			errx(1, "%s has no %s", t->bdf, reg->name);
		}
		samples_add("config-read", reg->name, size,
			    target_config_read(t, pos, value, reg->size));
		if (reg->writable)
			samples_add("config-write", reg->name, size,
				    target_config_write(t, pos, value,
							reg->size));
	}
}
