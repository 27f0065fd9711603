// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI devices as sysfs shows them.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pci.h"
#include "test.h"

const char *pci_path(const char *bdf, const char *file)
{
	static __thread char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, file);

	return path;
}

/* Last part of what the link points at; empty if there is no such link. */
static void link_name(const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	name[0] = 0;
	if (len < 0)
		return;
	target[len] = 0;
	snprintf(name, size, "%s", basename(target));
}

void pci_driver(const char *bdf, char *name, size_t size)
{
	link_name(pci_path(bdf, "driver"), name, size);
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text));
	close(fd);

	return ret < 0 ? -1 : 0;
}

int pci_write(const char *bdf, const char *file, const char *text)
{
	return file_write(pci_path(bdf, file), text);
}

int pci_unbind(const char *bdf)
{
	return pci_write(bdf, "driver/unbind", bdf);
}

int pci_bind(const char *bdf, const char *driver)
{
	char now[64];

	if (pci_write(bdf, "driver_override", driver) ||
	    file_write("/sys/bus/pci/drivers_probe", bdf))
		return -1;

	/* A probe that fails is not reported by the write. */
	pci_driver(bdf, now, sizeof(now));
	if (strcmp(now, driver)) {
		errno = ENODEV;
		return -1;
	}

	return 0;
}

int pci_rebind(const char *bdf, const char *driver)
{
	char now[64];

	pci_driver(bdf, now, sizeof(now));
	if (now[0] && pci_unbind(bdf))
		return -1;

	return driver[0] ? pci_bind(bdf, driver) : 0;
}

int pci_rescan(void)
{
	return file_write("/sys/bus/pci/rescan", "1");
}

void pci_port(const char *bdf, char *port, size_t size)
{
	char path[PATH_MAX];

	expect_true(realpath(pci_path(bdf, ""), path));
	snprintf(port, size, "%s", basename(dirname(path)));
}

int pci_group(const char *bdf)
{
	char name[64];

	link_name(pci_path(bdf, "iommu_group"), name, sizeof(name));
	expect_true(name[0]);

	return atoi(name);
}

struct pci_resource pci_resource(const char *bdf, unsigned int index)
{
	struct pci_resource resource = {};
	unsigned long long start, end, flags;
	FILE *file = fopen(pci_path(bdf, "resource"), "re");

	expect_true(file);
	for (unsigned int i = 0; i <= index; i++)
		expect_eq(fscanf(file, "%llx %llx %llx", &start, &end, &flags), 3);
	fclose(file);

	if (end) {
		resource.start = start;
		resource.size = end - start + 1;
		resource.flags = flags;
	}

	return resource;
}

__u32 pci_config(const char *bdf, unsigned int pos, unsigned int size)
{
	int fd = expect_ok(open(pci_path(bdf, "config"), O_RDONLY | O_CLOEXEC));
	__u32 value = 0;

	expect_eq(pread(fd, &value, size, pos), size);
	close(fd);

	return value;
}

unsigned int pci_capability(const char *bdf, __u8 id)
{
	unsigned int pos = 0;

	if (pci_config(bdf, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
		pos = pci_config(bdf, PCI_CAPABILITY_LIST, 1);
	while (pos && pci_config(bdf, pos, 1) != id)
		pos = pci_config(bdf, pos + 1, 1);

	return pos;
}

size_t pci_config_size(const char *bdf)
{
	struct stat status;

	expect_ok(stat(pci_path(bdf, "config"), &status));

	return status.st_size;
}

void pci_config_write(const char *bdf, unsigned int pos, __u32 value)
{
	int fd = expect_ok(open(pci_path(bdf, "config"), O_WRONLY | O_CLOEXEC));

	expect_eq(pwrite(fd, &value, 4, pos), 4);
	close(fd);
}
