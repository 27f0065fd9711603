// SPDX-License-Identifier: GPL-2.0-only
/*
 * read(2) and write(2) of regions, and what config space brings about.
 *
 * Only memory is written to, never registers; in config space anything is.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "memory.h"

#define COUNT_MAX	(2 * PAGE)

static size_t count_any(struct fuzzer *self)
{
	switch (below(self, 12)) {
	case 0:
		return below(self, COUNT_MAX);
	case 1 ... 3:
		return below(self, 40);
	default:
		return 1 << below(self, 4);
	}
}

/* In the region, mostly; on its end, at times. */
static __u64 position_any(struct fuzzer *self, __u64 size)
{
	if (!size || one_in(self, 20))
		return below(self, 1U << 31);
	if (one_in(self, 8))
		return size - below(self, 16);

	return below(self, size < 1U << 31 ? size : 1U << 31);
}

static void check_done(struct fuzzer *self, ssize_t done, size_t count)
{
	if (done > (ssize_t)count || (!done && count))
		fuzz_fail(self, "%zd of %zu bytes were moved", done, count);
}

void region_read(struct fuzzer *self)
{
	static char room[COUNT_MAX];
	struct file *file = file_any(self, FILE_DEVICE);
	unsigned int index = VFIO_PCI_BAR2_REGION_INDEX;
	size_t count = count_any(self);
	void *to = room;
	__u64 offset;

	if (!file || file->kind != FILE_DEVICE)
		return;
	if (!self->board->targets[file->target].memory)
		index = VFIO_PCI_BAR0_REGION_INDEX;
	if (one_in(self, 6))
		index = below(self, TARGET_REGIONS);
	offset = self->board->targets[file->target].regions[index].offset +
		 position_any(self, self->board->targets[file->target]
				    .regions[index].size);
	if (one_in(self, 40))
		offset = prng_next(&self->prng);
	if (one_in(self, 8))
		to = pointer_any(self, true);

	begin_call(self, CALL_READ, "%d at %#llx count %zu%s", file->fd, offset,
		   count, to == room ? "" : " elsewhere");
	check_done(self, end_call(self, pread(file->fd, to, count, offset)),
		   count);
}

void region_write(struct fuzzer *self)
{
	static char room[COUNT_MAX];
	struct file *file = file_any(self, FILE_DEVICE);
	unsigned int index = VFIO_PCI_BAR2_REGION_INDEX;
	size_t count = count_any(self);
	void *from = room;
	__u64 offset;

	if (!file || file->kind != FILE_DEVICE)
		return;
	if (!self->board->targets[file->target].memory && !one_in(self, 4))
		return;
	if (!self->board->targets[file->target].memory || one_in(self, 12))
		index = VFIO_PCI_ROM_REGION_INDEX;
	offset = self->board->targets[file->target].regions[index].offset +
		 position_any(self, self->board->targets[file->target]
				    .regions[index].size);
	if (one_in(self, 8))
		from = pointer_any(self, false);
	memset(room, below(self, 256), sizeof(room));

	begin_call(self, CALL_WRITE, "%d at %#llx count %zu%s", file->fd,
		   offset, count, from == room ? "" : " from elsewhere");
	check_done(self, end_call(self, pwrite(file->fd, from, count, offset)),
		   count);
}

static __u64 config_offset(struct fuzzer *self, const struct file *file)
{
	return self->board->targets[file->target]
		.regions[VFIO_PCI_CONFIG_REGION_INDEX].offset;
}

static __u64 config_size(struct fuzzer *self, const struct file *file)
{
	return self->board->targets[file->target]
		.regions[VFIO_PCI_CONFIG_REGION_INDEX].size;
}

/* The vendor tells whether it is the device that answers. */
void config_look(struct fuzzer *self)
{
	struct file *file = file_find(self, FILE_DEVICE);
	size_t count = 1 + below(self, 16);
	char room[16] = {};
	__u16 vendor;
	__u64 pos;

	if (!file)
		return;
	pos = position_any(self, config_size(self, file));
	if (one_in(self, 3)) {
		pos = PCI_VENDOR_ID;
		count = sizeof(vendor);
	}
	begin_call(self, CALL_CONFIG_READ, "%d at %#llx count %zu", file->fd,
		   pos, count);
	if (end_call(self, pread(file->fd, room, count,
				 config_offset(self, file) + pos)) < 0)
		return;
	memcpy(&vendor, room, sizeof(vendor));
	if (pos == PCI_VENDOR_ID && count > 1 && (!vendor || vendor == 0xffff))
		fuzz_fail(self, "a device has the vendor %#x", vendor);
}

static void config_write_any(struct fuzzer *self, struct file *file, __u64 pos,
			     __u64 value, size_t count)
{
	ssize_t done;

	begin_call(self, CALL_CONFIG_WRITE, "%d at %#llx count %zu value %#llx",
		   file->fd, pos, count, value);
	done = end_call(self, pwrite(file->fd, &value, count,
				     config_offset(self, file) + pos));
	if (done >= 0 && done != (ssize_t)count)
		fuzz_fail(self, "%zd of %zu bytes of config space were written",
			  done, count);
}

/* Memory is on and the device awake for most of the time. */
void config_change(struct fuzzer *self)
{
	struct file *file = file_find(self, FILE_DEVICE);
	const struct target *target;
	unsigned int flr;

	if (!file)
		return;
	target = &self->board->targets[file->target];

	switch (below(self, 32)) {
	case 0 ... 15:
		config_write_any(self, file, PCI_COMMAND,
				 below(self, 8) | !one_in(self, 5) << 1,
				 1 + below(self, 2));
		return;
	case 16 ... 21:
		if (target->power)
			config_write_any(self, file, target->power,
					 one_in(self, 5) ? below(self, 4) : 0,
					 1 + below(self, 2));
		return;
	case 22:
		/* Sleeps as every reset does. */
		flr = target->exp_flr ? : target->af_flr;
		if (flr && one_in(self, 4))
			config_write_any(self, file, flr,
					 target->exp_flr ? 0x80 : 0x01, 1);
		return;
	default:
		config_write_any(self, file,
				 position_any(self, config_size(self, file)),
				 prng_next(&self->prng),
				 1 + below(self, sizeof(__u64)));
		return;
	}
}
