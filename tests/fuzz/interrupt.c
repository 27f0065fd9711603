// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts and ioeventfds of devices, and the eventfds of both.
 *
 * No device raises an interrupt. What is signalled is what user space can signal:
 * triggers that are tried out, eventfds that unmask or write, and eventfds that
 * are all of that at once.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz.h"
#include "memory.h"
#include "test.h"

/* Or none, or any file. */
static int event_any(struct fuzzer *self)
{
	switch (below(self, 30)) {
	case 0:
		return (int)below(self, 40) - 3;
	case 1 ... 4:
		return -1;
	default:
		return PICK(self, self->events);
	}
}

void event_signal_any(struct fuzzer *self)
{
	int event = PICK(self, self->events);
	__u64 one = 1;

	begin_call(self, CALL_SIGNAL, "%d", event);
	end_call(self, write(event, &one, sizeof(one)));
}

/* Of what is no device, nothing is known. */
static unsigned int irqs_of(struct fuzzer *self, const struct file *file,
			    __u32 index)
{
	if (file->kind != FILE_DEVICE || index >= VFIO_PCI_NUM_IRQS)
		return 0;

	return self->board->targets[file->target].irqs[index];
}

void device_irq_info(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	union {
		struct vfio_irq_info info;
		char room[INFO_MAX];
	} data = { .info.index = below(self, VFIO_PCI_NUM_IRQS + 1) };
	__u32 index;

	if (!file)
		return;
	if (one_in(self, 10))
		data.info.index = prng_next(&self->prng);
	index = data.info.index;
	if (ioctl_info(self, CALL_IRQ_INFO, file->fd, VFIO_DEVICE_GET_IRQ_INFO,
		       &data, sizeof(data.info)) ||
	    file->kind != FILE_DEVICE)
		return;
	if (index >= VFIO_PCI_NUM_IRQS)
		fuzz_fail(self, "there are interrupts of index %u", index);
	if (data.info.count != irqs_of(self, file, index))
		fuzz_fail(self, "of index %u there are %u interrupts, were %u",
			  index, data.info.count, irqs_of(self, file, index));
}

/* Of a kind that the device has, mostly. */
static __u32 index_any(struct fuzzer *self, const struct file *file)
{
	__u32 index = below(self, VFIO_PCI_NUM_IRQS);

	for (int i = 0; i < 8 && !irqs_of(self, file, index); i++)
		index = below(self, VFIO_PCI_NUM_IRQS);

	return one_in(self, 30) ? prng_next(&self->prng) : index;
}

static __u32 flags_any(struct fuzzer *self)
{
	static const __u32 actions[] = {
		VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_IRQ_SET_ACTION_MASK,
		VFIO_IRQ_SET_ACTION_UNMASK,
	};
	static const __u32 kinds[] = {
		VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL,
		VFIO_IRQ_SET_DATA_EVENTFD, VFIO_IRQ_SET_DATA_EVENTFD,
		VFIO_IRQ_SET_DATA_EVENTFD,
	};

	if (one_in(self, 20))
		return prng_next(&self->prng) & below(self, 128);

	return PICK(self, actions) | PICK(self, kinds);
}

/* Some of those that there are, or of all that a number can say. */
static void range_of_irqs(struct fuzzer *self, struct vfio_irq_set *set,
			  unsigned int irqs)
{
	switch (below(self, 8)) {
	case 0:
		set->start = below(self, irqs + 2);
		set->count = below(self, irqs + 2);
		return;
	case 1:
		set->start = prng_next(&self->prng) >> below(self, 64);
		set->count = prng_next(&self->prng) >> below(self, 64);
		return;
	default:
		set->start = one_in(self, 3) && irqs ? below(self, irqs) : 0;
		set->count = irqs > set->start ?
			     1 + below(self, irqs - set->start) : 1;
		return;
	}
}

#define IRQS_ROOM	72

void device_set_irqs(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	struct {
		struct vfio_irq_set set;
		union {
			__s32 events[IRQS_ROOM];
			__u8 yes[4 * IRQS_ROOM];
		};
	} data = { .set.argsz = sizeof(data) };
	void *from = &data;

	if (!file)
		return;
	data.set.index = index_any(self, file);
	data.set.flags = flags_any(self);
	range_of_irqs(self, &data.set, irqs_of(self, file, data.set.index));
	if (one_in(self, 12))
		data.set.argsz = below(self, sizeof(data));
	for (size_t i = 0; i < IRQS_ROOM; i++)
		data.events[i] = event_any(self);
	if (data.set.flags & VFIO_IRQ_SET_DATA_BOOL)
		for (size_t i = 0; i < IRQS_ROOM; i++)
			data.yes[i] = below(self, 2);
	/* So they end, and another kind can begin. */
	if (one_in(self, 6)) {
		data.set.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
				 VFIO_IRQ_SET_DATA_NONE;
		data.set.start = 0;
		data.set.count = 0;
	}
	if (one_in(self, 40))
		from = pointer_any(self, false);

	begin_call(self, CALL_SET_IRQS,
		   "%d argsz %u flags %#x index %u start %u count %u event %d%s",
		   file->fd, data.set.argsz, data.set.flags, data.set.index,
		   data.set.start, data.set.count, data.events[0],
		   from == &data ? "" : " elsewhere");
	end_call(self, ioctl(file->fd, VFIO_DEVICE_SET_IRQS, from));
}

/*
 * A write to memory, which is all that may be written to; or to what is no BAR.
 * Few different ones, so that some are given twice and some are taken away.
 */
/*
 * Stock takes one from 2^63 on for a region before the first, and uses what lies in
 * memory there, or dies of it.
 */
static __u64 spare_stock(__u64 offset)
{
	return strcmp(strategy_name(), "stock") ? offset : offset & ~(1ULL << 63);
}

void device_ioeventfd(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_DEVICE);
	struct vfio_device_ioeventfd arg = { .argsz = sizeof(arg) };
	unsigned int bar = VFIO_PCI_BAR2_REGION_INDEX;
	const struct target *target;

	if (!file || file->kind != FILE_DEVICE)
		return;
	target = &self->board->targets[file->target];
	if (!target->memory || one_in(self, 12))
		bar = VFIO_PCI_ROM_REGION_INDEX +
		      below(self, TARGET_REGIONS - VFIO_PCI_ROM_REGION_INDEX);
	arg.offset = target->regions[bar].offset + below(self, 16);
	/* About its end, which may be that of a page. */
	if (one_in(self, 6))
		arg.offset += target->regions[bar].size - 16;
	arg.flags = 1 << below(self, 4);
	arg.data = below(self, 3) * 0x0123456789abcdefULL;
	arg.fd = one_in(self, 3) ? -1 : event_any(self);
	if (one_in(self, 12))
		arg.flags = prng_next(&self->prng) & below(self, 128);
	if (one_in(self, 12))
		arg.argsz = below(self, sizeof(arg));
	if (one_in(self, 40) && target->memory)
		arg.offset = prng_next(&self->prng);
	arg.offset = spare_stock(arg.offset);

	begin_call(self, CALL_IOEVENTFD,
		   "%d argsz %u flags %#x offset %#llx data %#llx event %d",
		   file->fd, arg.argsz, arg.flags, arg.offset, arg.data, arg.fd);
	end_call(self, ioctl(file->fd, VFIO_DEVICE_IOEVENTFD, &arg));
}
