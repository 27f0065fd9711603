// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: what they are, their resets. Their interrupts are in interrupt.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "memory.h"

void device_info(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	union {
		struct vfio_device_info info;
		char room[INFO_MAX];
	} data = {};

	if (!file)
		return;
	if (ioctl_info(self, CALL_DEVICE_INFO, file->fd, VFIO_DEVICE_GET_INFO,
		       &data, offsetof(struct vfio_device_info, cap_offset)) ||
	    file->kind != FILE_DEVICE)
		return;
	/* Another process may have bound it. */
	file_set_ready(self, file->id, true);
	if (!(data.info.flags & VFIO_DEVICE_FLAGS_PCI) ||
	    data.info.num_regions < VFIO_PCI_NUM_REGIONS ||
	    data.info.num_irqs != VFIO_PCI_NUM_IRQS)
		fuzz_fail(self, "a device has flags %#x, %u regions, %u interrupts",
			  data.info.flags, data.info.num_regions,
		     data.info.num_irqs);
}

void device_region_info(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	union {
		struct vfio_region_info info;
		char room[INFO_MAX];
	} data = { .info.index = below(self, TARGET_REGIONS + 1) };
	__u32 index;
	__u64 size;

	if (!file)
		return;
	if (one_in(self, 10))
		data.info.index = prng_next(&self->prng);
	index = data.info.index;
	if (ioctl_info(self, CALL_REGION_INFO, file->fd,
		       VFIO_DEVICE_GET_REGION_INFO, &data,
		       sizeof(data.info)) ||
	    file->kind != FILE_DEVICE)
		return;
	if (index >= TARGET_REGIONS)
		fuzz_fail(self, "there is a region of index %u", index);
	/* A ROM comes and goes. */
	size = self->board->targets[file->target].regions[index].size;
	if (index != VFIO_PCI_ROM_REGION_INDEX && data.info.size != size)
		fuzz_fail(self, "region %u has %#llx bytes, had %#llx", index,
			  data.info.size, size);
}

static bool resets(const struct target *target)
{
	return target->resets;
}

static bool hot_resets(const struct target *target)
{
	return target->hot_resets;
}

void device_reset(struct fuzzer *self)
{
	struct file *file = file_with(self, resets);

	if (!file)
		return;
	begin_call(self, CALL_RESET, "%d", file->fd);
	end_call(self, ioctl(file->fd, VFIO_DEVICE_RESET));
}

void device_hot_reset_info(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	union {
		struct vfio_pci_hot_reset_info info;
		char room[INFO_MAX];
	} data = {};

	if (!file)
		return;
	/* The list of devices behind it is as long as there is room. */
	if (ioctl_info(self, CALL_HOT_RESET_INFO, file->fd,
		       VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &data,
		       sizeof(data.info)) ||
	    file->kind != FILE_DEVICE)
		return;
	if (!data.info.count)
		fuzz_fail(self, "a hot reset would reach no device");
}

/*
 * Mostly with the files of the process's own groups; by node with none, as being
 * bound to the same iommufd is what counts then.
 */
void device_hot_reset(struct fuzzer *self)
{
	struct file *file = file_with(self, hot_resets), *group;
	union {
		struct vfio_pci_hot_reset reset;
		__s32 words[8];
	} data = {};

	if (!file)
		return;
	data.reset.argsz = one_in(self, 12) ? below(self, 20) : sizeof(data);
	data.reset.flags = one_in(self, 12);
	data.reset.count = one_in(self, 4) ? below(self, 6) : !file->node;
	for (size_t i = 3; i < LENGTH(data.words); i++) {
		group = file_any(self, FILE_GROUP);
		data.words[i] = group && !one_in(self, 10) ? group->fd :
				(int)below(self, 40) - 1;
		/* The one that it takes, if it is there. */
		for (int j = 0; j < self->file_count; j++) {
			if (self->files[j].kind == FILE_GROUP &&
			    file->kind == FILE_DEVICE && !one_in(self, 8) &&
			    target_in_group(self, file->target,
					    &self->files[j]))
				data.words[i] = self->files[j].fd;
		}
	}

	begin_call(self, CALL_HOT_RESET, "%d argsz %u flags %u count %u of %d %d",
		   file->fd, data.reset.argsz, data.reset.flags,
		   data.reset.count, data.words[3], data.words[4]);
	end_call(self, ioctl(file->fd, VFIO_DEVICE_PCI_HOT_RESET, &data));
}

void device_feature(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	union {
		struct vfio_device_feature feature;
		char room[64];
	} data = {};

	if (!file)
		return;
	data.feature.argsz = one_in(self, 4) ? below(self, 64) : sizeof(data);
	data.feature.flags = below(self, 12) | below(self, 16) << 16;
	if (one_in(self, 8))
		data.feature.flags = prng_next(&self->prng);
	begin_call(self, CALL_FEATURE, "%d argsz %u flags %#x", file->fd,
		   data.feature.argsz, data.feature.flags);
	end_call(self, ioctl(file->fd, VFIO_DEVICE_FEATURE, &data));
}
