/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt of an nvme's admin queue: raised by each command that it has
 * done, by MSI-X vector 0 or by the pin; the pin's level lasts until it is seen
 * that the command was done. A function level reset resets all of it.
 */
#ifndef DISK_H
#define DISK_H

#include "vfio.h"

struct disk {
	struct device device;
	volatile char *registers;
	char *queues;
	unsigned int tail;
	unsigned int head;
};

/* Opens the device in the role of "disk", as a bus master. */
struct disk disk_open(int container);

/* After each open and reset. */
void disk_setup(struct disk *disk);
/* Has it do a command, which raises the interrupt. */
void disk_raise(struct disk *disk);
/* Sees which commands have been done, until all have. */
void disk_acknowledge(struct disk *disk);

#endif /* DISK_H */
