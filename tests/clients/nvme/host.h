/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disk as the host's own driver has it.
 */
#ifndef HOST_H
#define HOST_H

#include <stddef.h>

/*
 * Gives the device to the host's driver, reads from the disk with that serial
 * number, and gives the device back to the driver that had it.
 */
void host_disk_read(const char *bdf, const char *serial, size_t position,
		    char *to, size_t size);

#endif /* HOST_H */
