// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aer.h"
#include "pci.h"
#include "test.h"

struct aer_error {
	__u8 bus, dev, fn;
	__u32 uncorrectable, correctable;
	__u32 header[4];
	__u32 domain;
};

int aer_injector_open(void)
{
	int fd = open("/dev/aer_inject", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		skip("needs /dev/aer_inject: load the kernel's aer_inject");

	return fd;
}

void aer_inject(int injector, const char *bdf, __u32 uncorrectable)
{
	struct aer_error error = { .uncorrectable = uncorrectable };
	unsigned int bus, dev, fn;
	char path[PATH_MAX];
	int fields;

	expect_true(realpath(pci_path(bdf, ".."), path));
	fields = sscanf(strrchr(path, '/'), "/%*x:%x:%x.%x", &bus, &dev, &fn);
	expect_eq(fields, 3);
	error.bus = bus;
	error.dev = dev;
	error.fn = fn;
	expect_eq(write(injector, &error, sizeof(error)), sizeof(error));
}
