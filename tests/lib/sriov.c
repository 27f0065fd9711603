// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV: virtual functions of a physical one, and the tokens of their users.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module.h"
#include "pci.h"
#include "sriov.h"
#include "test.h"
#include "vfio.h"

static const char *parameter_path(void)
{
	if (!strcmp(strategy_name(), "stock"))
		return "/sys/module/vfio_pci/parameters/enable_sriov";

	return module_parameter_path("enable_sriov");
}

void sriov_allow(bool allowed)
{
	int fd = expect_ok(open(parameter_path(), O_WRONLY | O_CLOEXEC));

	expect_eq(write(fd, allowed ? "Y" : "N", 1), 1);
	close(fd);
}

bool sriov_is_allowed(void)
{
	int fd = expect_ok(open(parameter_path(), O_RDONLY | O_CLOEXEC));
	char value = 0;

	expect_eq(read(fd, &value, 1), 1);
	close(fd);

	return value == 'Y';
}

/*
 * QEMU tells the kernel by ACPI, too, that there are new devices. On that, in a
 * task of its own, the kernel goes through the list of the bus's devices, and
 * dies if one of them is taken out meanwhile: no kernel here locks the list when
 * virtual functions go. So they stay for a moment.
 */
int sriov_set(const char *physical, int count)
{
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%d", count);
	ret = pci_write(physical, "sriov_numvfs", text);
	if (!ret && count)
		usleep(100000);

	return ret;
}

char *sriov_function(const char *physical, int number)
{
	char link[32], path[PATH_MAX];

	snprintf(link, sizeof(link), "virtfn%d", number);
	if (!realpath(pci_path(physical, link), path))
		return NULL;

	return strdup(basename(path));
}

int token_get_device(int group, const char *bdf, const char *token)
{
	char name[128];

	if (!token)
		return group_get_device(group, bdf);

	snprintf(name, sizeof(name), "%s vf_token=%s", bdf, token);

	return group_get_device(group, name);
}

int group_prepare(const char *bdf)
{
	int container = container_open(), group = group_open(bdf);

	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	/* The group keeps it. */
	expect_ok(close(container));

	return group;
}

void sriov_allow_report(void)
{
	allow_log("WARNING: drivers/pci/remove.c");
	allow_log("Call Trace:");
}

struct sriov sriov_begin(void)
{
	struct sriov sriov = { .physical = need("physical") };

	sriov.group = group_prepare(sriov.physical);
	sriov.fd = expect_ok(group_get_device(sriov.group, sriov.physical));
	sriov_allow(true);
	expect_ok(sriov_set(sriov.physical, VFS));
	for (int i = 0; i < VFS; i++) {
		sriov.functions[i] = sriov_function(sriov.physical, i);
		expect_true(sriov.functions[i]);
	}

	return sriov;
}

void sriov_end(struct sriov *sriov)
{
	expect_ok(sriov_set(sriov->physical, 0));
	sriov_allow(false);
	expect_ok(close(sriov->fd));
	expect_ok(close(sriov->group));
	for (int i = 0; i < VFS; i++)
		free(sriov->functions[i]);
}
