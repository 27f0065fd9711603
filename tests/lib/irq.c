// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts by way of VFIO, and the eventfds that tell of them.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "irq.h"

int irq_set(int fd, __u32 index, __u32 flags, __u32 start, __u32 count,
	    const void *data, size_t size)
{
	char buffer[sizeof(struct vfio_irq_set) + IRQ_MAX * sizeof(__s32)];
	struct vfio_irq_set *set = (void *)buffer;

	expect_true(size <= sizeof(buffer) - sizeof(*set));
	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set) + size,
		.flags = flags,
		.index = index,
		.start = start,
		.count = count,
	};
	if (size)
		memcpy(set->data, data, size);

	return ioctl(fd, VFIO_DEVICE_SET_IRQS, set);
}

int irq_do(int fd, __u32 index, __u32 action)
{
	return irq_set(fd, index, action | NONE, 0, 1, NULL, 0);
}

int irq_trigger(int fd, __u32 index, __u32 nr, __s32 event)
{
	return irq_set(fd, index, TRIGGER | EVENTFD, nr, 1, &event, 4);
}

int irq_unmask_by(int fd, __s32 event)
{
	return irq_set(fd, INTX, UNMASK | EVENTFD, 0, 1, &event, 4);
}

int irq_end(int fd, __u32 index)
{
	return irq_set(fd, index, TRIGGER | NONE, 0, 0, NULL, 0);
}

struct vfio_irq_info irq_info(int fd, __u32 index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, &info));

	return info;
}

int request_open(int fd)
{
	int event = event_new();

	expect_ok(irq_trigger(fd, VFIO_PCI_REQ_IRQ_INDEX, 0, event));

	return event;
}

int event_new(void)
{
	return expect_ok(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void event_signal(int event)
{
	__u64 one = 1;

	expect_eq(write(event, &one, sizeof(one)), sizeof(one));
}

__u64 event_count(int event)
{
	__u64 count = 0;

	if (read(event, &count, sizeof(count)) < 0)
		expect_eq(errno, EAGAIN);

	return count;
}

bool event_comes(int event)
{
	struct pollfd wait = { .fd = event, .events = POLLIN };

	return poll(&wait, 1, 20000) == 1 && event_count(event);
}

bool event_stays_away(int event)
{
	usleep(20000);

	return !event_count(event);
}

bool irq_requested(const char *bdf)
{
	char line[1024], text[64];
	bool found = false;
	FILE *file;

	snprintf(text, sizeof(text), "(%s)", bdf);
	file = fopen("/proc/interrupts", "re");
	expect_true(file);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, "vfio") && strstr(line, text);
	fclose(file);

	return found;
}

void nointxmask_set(char value)
{
	char path[128], *c;
	int fd;

	snprintf(path, sizeof(path), "/sys/module/vfio_%s/parameters/nointxmask",
		 strcmp(strategy_name(), "stock") ? strategy_name() : "pci");
	for (c = path; *c; c++)
		if (*c == '-')
			*c = '_';

	fd = expect_ok(open(path, O_WRONLY | O_CLOEXEC));
	expect_eq(write(fd, &value, 1), 1);
	expect_ok(close(fd));
}
