// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interrupt.h"
#include "samples.h"
#include "ticks.h"

/* Registers of edu's BAR 0. */
#define RAISE		(0x60 / sizeof(__u32))
#define ACKNOWLEDGE	(0x64 / sizeof(__u32))

/* Kept until the process ends: setting them up is not what is timed. */
static volatile __u32 *edu;
static int trigger;
static int unmask;

static int event_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		err(1, "eventfd");

	return fd;
}

static void edu_open(struct target *t)
{
	if (edu)
		return;

	edu = target_registers(t);
	/* An MSI is a write to memory. */
	target_config_set(t, PCI_COMMAND, PCI_COMMAND_MASTER);
	trigger = event_new();
	unmask = event_new();
}

static void set_irqs(struct target *t, __u32 index, __u32 flags, __u32 count,
		     __s32 fd)
{
	struct {
		struct vfio_irq_set set;
		__s32 fd;
	} arg = {
		.set = {
			.argsz = sizeof(arg),
			.flags = flags,
			.index = index,
			.count = count,
		},
		.fd = fd,
	};

	if (ioctl(t->device, VFIO_DEVICE_SET_IRQS, &arg))
		err(1, "VFIO_DEVICE_SET_IRQS");
}

static void set_eventfd(struct target *t, __u32 index, __u32 action, __s32 fd)
{
	set_irqs(t, index, action | VFIO_IRQ_SET_DATA_EVENTFD, 1, fd);
}

static void end(struct target *t, __u32 index)
{
	set_irqs(t, index, VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE,
		 0, -1);
}

/* On one processor it has arrived before the first read already. */
static __u64 raise(void)
{
	__u64 begin, count;

	begin = ticks();
	edu[RAISE] = 1;
	while (read(trigger, &count, sizeof(count)) != sizeof(count))
		if (errno != EAGAIN)
			err(1, "an eventfd");

	return ticks() - begin;
}

static __u64 unmask_by_ioctl(struct target *t)
{
	__u64 begin;

	begin = ticks();
	set_irqs(t, VFIO_PCI_INTX_IRQ_INDEX,
		 VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_NONE, 1, -1);

	return ticks() - begin;
}

static __u64 unmask_by_eventfd(void)
{
	__u64 begin, one = 1;
	ssize_t ret;

	begin = ticks();
	ret = write(unmask, &one, sizeof(one));
	begin = ticks() - begin;
	if (ret != sizeof(one))
		err(1, "an eventfd");

	return begin;
}

void intx_cycle(struct target *t, const struct kind *kind, size_t size)
{
	__u64 by_ioctl, by_pin, by_eventfd;

	edu_open(t);
	set_eventfd(t, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
		    trigger);
	set_eventfd(t, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK,
		    unmask);

	/* Setting up may sleep, and what follows finds cold caches: not timed. */
	for (int i = 0; i < 2; i++) {
		raise();
		edu[ACKNOWLEDGE] = 1;
		by_ioctl = unmask_by_ioctl(t);
		by_pin = raise();
		edu[ACKNOWLEDGE] = 1;
		by_eventfd = unmask_by_eventfd();
	}
	samples_add("unmask", "ioctl", size, by_ioctl);
	samples_add("interrupt", kind->name, size, by_pin);
	samples_add("unmask", "eventfd", size, by_eventfd);

	end(t, VFIO_PCI_INTX_IRQ_INDEX);
}

void msi_cycle(struct target *t, const struct kind *kind, size_t size)
{
	edu_open(t);
	set_eventfd(t, VFIO_PCI_MSI_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
		    trigger);

	raise();
	edu[ACKNOWLEDGE] = 1;
	samples_add("interrupt", kind->name, size, raise());
	edu[ACKNOWLEDGE] = 1;

	end(t, VFIO_PCI_MSI_IRQ_INDEX);
}
