// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space of the first bus, by its two ports.
 */
#include "kernel.h"

#define ADDRESS		0xcf8
#define DATA		0xcfc
#define ENABLE		0x80000000

#define BAR_FLAGS	0xf
#define STATUS_LIST	0x100000	/* of capabilities, in the dword of the command */
#define LIST		0x34

u32 pci_read(u32 function, unsigned int pos)
{
	out32(ADDRESS, function | pos);

	return in32(DATA);
}

void pci_write(u32 function, unsigned int pos, u32 value)
{
	out32(ADDRESS, function | pos);
	out32(DATA, value);
}

u32 pci_find(u32 id)
{
	for (u32 devfn = 0; devfn < 256; devfn++) {
		u32 function = ENABLE | devfn << 8;

		if (pci_read(function, 0) == id)
			return function;
	}

	return 0;
}

void pci_command(u32 function, u32 set, u32 clear)
{
	u32 value = pci_read(function, PCI_COMMAND) & 0xffff;

	pci_write(function, PCI_COMMAND, (value | set) & ~clear);
}

u32 pci_capability(u32 function, u8 id)
{
	u32 pos;

	if (!(pci_read(function, PCI_COMMAND) & STATUS_LIST))
		return 0;
	for (pos = pci_read(function, LIST) & 0xfc; pos;
	     pos = pci_read(function, pos) >> 8 & 0xfc) {
		if ((pci_read(function, pos) & 0xff) == id)
			return pos;
	}

	return 0;
}

u32 pci_bar(u32 function, unsigned int bar)
{
	return pci_read(function, PCI_BAR + 4 * bar) & ~BAR_FLAGS;
}

/* Memory is off meanwhile, as the BAR is somewhere else. */
u32 pci_bar_size(u32 function, unsigned int bar)
{
	unsigned int pos = PCI_BAR + 4 * bar;
	u32 value = pci_read(function, pos), mask;

	pci_command(function, 0, PCI_MEMORY);
	pci_write(function, pos, ~0u);
	mask = pci_read(function, pos) & ~BAR_FLAGS;
	pci_write(function, pos, value);
	pci_command(function, PCI_MEMORY, 0);

	return -mask;
}

void pci_bar_move(u32 function, unsigned int bar, u32 address)
{
	pci_command(function, 0, PCI_MEMORY);
	pci_write(function, PCI_BAR + 4 * bar, address);
	pci_command(function, PCI_MEMORY, 0);
}
