// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eventfds by which the host tells a device's user something.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "test.h"
#include "trigger.h"

int irq_set(int fd, __u32 index, __u32 flags, __u32 count, const void *data,
	    size_t size)
{
	char buffer[sizeof(struct vfio_irq_set) + 8];
	struct vfio_irq_set *set = (void *)buffer;

	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set) + size,
		.flags = flags,
		.index = index,
		.count = count,
	};
	memcpy(set->data, data, size);

	return ioctl(fd, VFIO_DEVICE_SET_IRQS, set);
}

int request_open(int fd)
{
	int event = expect_ok(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));

	expect_ok(irq_set(fd, VFIO_PCI_REQ_IRQ_INDEX, EVENTFD, 1, &event, 4));

	return event;
}

__u64 signals(int event)
{
	__u64 count = 0;

	if (read(event, &count, sizeof(count)) < 0)
		expect_eq(errno, EAGAIN);

	return count;
}

void signal_wait(int event)
{
	while (!signals(event))
		usleep(1000);
}
