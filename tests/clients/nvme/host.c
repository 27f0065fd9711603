// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk as the host's own driver has it.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "pci.h"
#include "test.h"

/* Padded with blanks in the file. */
static bool is_serial(const char *path, const char *serial)
{
	char word[64] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	if (fscanf(file, "%63s", word) != 1)
		word[0] = 0;
	fclose(file);

	return !strcmp(word, serial);
}

/* Opens the disk if it is there; -1 if not. */
static int disk_open_by(const char *serial)
{
	char path[64];
	int fd = -1;
	glob_t found;

	if (glob("/sys/block/nvme*/device/serial", 0, NULL, &found))
		return -1;
	for (size_t i = 0; fd < 0 && i < found.gl_pathc; i++) {
		const char *name = found.gl_pathv[i] + strlen("/sys/block/");

		if (!is_serial(found.gl_pathv[i], serial))
			continue;
		snprintf(path, sizeof(path), "/dev/%.*s",
			 (int)strcspn(name, "/"), name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	globfree(&found);

	return fd;
}

void host_disk_read(const char *bdf, const char *serial, size_t position,
		    char *to, size_t size)
{
	char driver[64];
	int fd;

	if (system("modprobe nvme"))
		skip("needs the host's driver for nvme: give a kernel that has it");
	pci_driver(bdf, driver, sizeof(driver));
	expect_ok(pci_rebind(bdf, "nvme"));
	/* The driver looks for disks by and by. */
	while ((fd = disk_open_by(serial)) < 0)
		usleep(10000);
	expect_eq(pread(fd, to, size, position), size);
	close(fd);
	expect_ok(pci_rebind(bdf, driver));
}
