// SPDX-License-Identifier: GPL-2.0-only
/*
 * What takes a device's memory away.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

void memory_off(int fd)
{
	command_clear(fd, PCI_COMMAND_MEMORY);
}

void memory_on(int fd)
{
	command_set(fd, PCI_COMMAND_MEMORY);
}

unsigned int capability(int fd, __u8 id)
{
	unsigned int pos = config_read(fd, PCI_CAPABILITY_LIST, 1);

	while (pos && config_read(fd, pos, 1) != id)
		pos = config_read(fd, pos + 1, 1);

	expect_true(pos);

	return pos;
}

static unsigned int power_control(int fd)
{
	return capability(fd, PCI_CAP_ID_PM) + PCI_PM_CTRL;
}

void power_set(int fd, __u16 state)
{
	config_write(fd, power_control(fd), 2, state);
}

unsigned int power_state(int fd)
{
	return config_read(fd, power_control(fd), 2) & PCI_PM_CTRL_STATE_MASK;
}

void power_change(int fd, __u16 state)
{
	power_set(fd, state);
	expect_eq(power_state(fd), state);
}

int reset_by_ioctl(int fd)
{
	return ioctl(fd, VFIO_DEVICE_RESET);
}

int reset_by_host(const char *bdf)
{
	return pci_write(bdf, "reset", "1");
}

int hot_reset(int fd, __u32 count, const __s32 *groups)
{
	struct vfio_pci_hot_reset *reset;
	size_t size = sizeof(*reset) + count * sizeof(groups[0]);
	int ret;

	reset = calloc(1, size);
	reset->argsz = size;
	reset->count = count;
	memcpy(reset->group_fds, groups, count * sizeof(groups[0]));
	ret = ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, reset);
	free(reset);

	return ret;
}

void reset_by_config(int fd)
{
	unsigned int pos = capability(fd, PCI_CAP_ID_EXP);
	__u16 ctrl = config_read(fd, pos + PCI_EXP_DEVCTL, 2);

	expect_true(config_read(fd, pos + PCI_EXP_DEVCAP, 4) &
		    PCI_EXP_DEVCAP_FLR);
	config_write(fd, pos + PCI_EXP_DEVCTL, 2,
		     ctrl | PCI_EXP_DEVCTL_BCR_FLR);
}
