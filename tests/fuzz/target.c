// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices that the fuzzer uses, and what it must know of them.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz.h"
#include "iommufd.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

/*
 * Devices that are reset whenever they are opened or closed, which takes 100 ms,
 * are chosen less often. What the CPU writes into the registers of the others
 * than those with memory could have them do DMA, or end the machine.
 */
static const struct {
	const char *role;
	bool memory;
	unsigned int weight;
} roles[] = {
	{ "peer", true, 5 },
	{ "pair", true, 4 },
	{ "edu", false, 2 },
	{ "twin", true, 2 },
	{ "other-twin", true, 2 },
	{ "reset", true, 2 },
	{ "disk", true, 1 },
	{ "nic", false, 1 },
};

_Static_assert(LENGTH(roles) <= TARGETS_MAX, "no room for a target");

static void find_config(struct target *target)
{
	unsigned int pos;

	pos = pci_capability(target->bdf, PCI_CAP_ID_PM);
	if (pos)
		target->power = pos + PCI_PM_CTRL;
	pos = pci_capability(target->bdf, PCI_CAP_ID_EXP);
	if (pos)
		target->exp_flr = pos + PCI_EXP_DEVCTL + 1;
	pos = pci_capability(target->bdf, PCI_CAP_ID_AF);
	if (pos)
		target->af_flr = pos + PCI_AF_CTRL;
}

static void find_resets(struct target *target, int fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_pci_hot_reset_info hot = { .argsz = sizeof(hot) };

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, &info));
	target->resets = info.flags & VFIO_DEVICE_FLAGS_RESET;
	/* There is no room for the list of devices, if it has any. */
	target->hot_resets = ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
				   &hot) && errno == ENOSPC;
}

static void find_irqs(struct target *target, int fd)
{
	for (unsigned int i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		struct vfio_irq_info info = {
			.argsz = sizeof(info),
			.index = i,
		};

		if (!ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, &info))
			target->irqs[i] = info.count;
	}
}

static void find_regions(struct target *target, int fd)
{
	for (unsigned int i = 0; i < TARGET_REGIONS; i++) {
		struct vfio_region_info info = {
			.argsz = sizeof(info),
			.index = i,
		};

		if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info))
			continue;
		target->regions[i].offset = info.offset;
		target->regions[i].size = info.size;
	}
}

static void find_uapi(struct target *target)
{
	int container = container_open();
	struct device device = device_open(container, target->bdf);

	find_resets(target, device.fd);
	find_irqs(target, device.fd);
	find_regions(target, device.fd);
	device_close(&device);
	expect_ok(close(container));
}

void targets_find(struct board *board)
{
	board->nodes = have_iommufd();
	for (size_t i = 0; i < LENGTH(roles); i++) {
		struct target *target = &board->targets[board->target_count++];

		target->role = roles[i].role;
		target->memory = roles[i].memory;
		snprintf(target->bdf, sizeof(target->bdf), "%s",
			 need(target->role));
		target->group = pci_group(target->bdf);
		find_config(target);
		find_uapi(target);
	}
}

int target_any(struct fuzzer *self)
{
	unsigned int sum = 0, chosen;
	int target = 0;

	for (size_t i = 0; i < LENGTH(roles); i++)
		sum += roles[i].weight;
	chosen = below(self, sum);
	while (chosen >= roles[target].weight)
		chosen -= roles[target++].weight;

	return target;
}

int target_own(struct fuzzer *self)
{
	int target = target_any(self), workers = self->board->workers;
	int own = (self->slot - self->board->slots) % WORKERS_MAX % workers;

	for (int i = 0; i < 16 && target % workers != own; i++) {
		if (one_in(self, 16))
			break;
		target = target_any(self);
	}

	return target;
}

bool target_in_group(struct fuzzer *self, int target, const struct file *group)
{
	struct target *targets = self->board->targets;

	return targets[target].group == targets[group->target].group;
}
