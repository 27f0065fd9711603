// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE, and the features by which a user lets a device sleep.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "low_power.h"
#include "pci.h"
#include "test.h"

int feature_do(int fd, __u32 flags, const void *data, size_t size)
{
	struct vfio_device_feature *feature = calloc(1, sizeof(*feature) + size);
	int ret, error;

	expect_true(feature);
	feature->argsz = sizeof(*feature) + size;
	feature->flags = flags;
	if (size)
		memcpy(feature->data, data, size);
	ret = ioctl(fd, VFIO_DEVICE_FEATURE, feature);
	error = errno;
	free(feature);
	errno = error;

	return ret;
}

int low_power_enter(int fd)
{
	return feature_do(fd, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0);
}

int low_power_enter_with_wakeup(int fd, __s32 event)
{
	struct vfio_device_low_power_entry_with_wakeup entry = {
		.wakeup_eventfd = event,
	};

	return feature_do(fd, SET |
			  VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
			  &entry, sizeof(entry));
}

int low_power_exit(int fd)
{
	return feature_do(fd, SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL, 0);
}

bool is_asleep(const char *bdf)
{
	char status[32] = "";
	int fd;

	fd = expect_ok(open(pci_path(bdf, "power/runtime_status"),
			    O_RDONLY | O_CLOEXEC));
	expect_ok(read(fd, status, sizeof(status) - 1));
	close(fd);

	return !strcmp(status, "suspended\n");
}

void wait_asleep(const char *bdf)
{
	while (!is_asleep(bdf))
		usleep(1000);
}

void host_wakes(const char *bdf)
{
	expect_ok(pci_write(bdf, "power/control", "on"));
}

void host_lets_sleep(const char *bdf)
{
	expect_ok(pci_write(bdf, "power/control", "auto"));
}
