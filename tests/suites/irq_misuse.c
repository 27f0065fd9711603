// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS with arguments at their limits and beyond: which errno,
 * in which state. Each row is tried on a device that is in the row's state.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "irq.h"
#include "memory.h"
#include "nic.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define ERR	VFIO_PCI_ERR_IRQ_INDEX
#define REQ	VFIO_PCI_REQ_IRQ_INDEX
#define NEITHER	VFIO_PCI_NUM_IRQS
#define MANY	0xffffffff

/* What lies in the data: for each interrupt the same, four bytes or one. */
enum value {
	GOOD,		/* an eventfd */
	NO,		/* -1, or a boolean that is true */
	LESS,		/* -2 */
	CLOSED,		/* no open file */
	OTHER,		/* no eventfd's file */
	WRONG,		/* the first is good, the others are no eventfd's */
};

struct attempt {
	__u32 up;	/* what is set up: INTX, MSI, MSIX or NEITHER */
	__u32 index;
	__u32 flags;
	__u32 start;
	__u32 count;
	int error;	/* or 0 */
	enum value value;
	int less;	/* bytes that argsz lacks */
};

#define ROW(up_, index_, flags_, start_, count_, error_, ...)		\
{									\
	.up = up_, .index = index_, .flags = flags_, .start = start_,	\
	.count = count_, .error = error_, __VA_ARGS__			\
}

static const struct attempt attempts[] = {
	/* Index. */
	ROW(NEITHER, 5, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(NEITHER, 6, TRIGGER | EVENTFD, 0, 1, EINVAL),
	ROW(NEITHER, MANY, TRIGGER | NONE, 0, 1, EINVAL),

	/* Flags: one kind of data, one action, nothing else. */
	ROW(INTX, INTX, 0, 0, 1, EINVAL),
	ROW(INTX, INTX, TRIGGER, 0, 1, EINVAL),
	ROW(INTX, INTX, TRIGGER | NONE | BOOL, 0, 1, EINVAL),
	ROW(INTX, INTX, TRIGGER | NONE | EVENTFD, 0, 1, EINVAL),
	ROW(INTX, INTX, TRIGGER | BOOL | EVENTFD, 0, 1, EINVAL),
	ROW(INTX, INTX, TRIGGER | NONE | 1 << 6, 0, 1, EINVAL),
	ROW(INTX, INTX, TRIGGER | NONE | 1u << 31, 0, 1, EINVAL),
	ROW(INTX, INTX, MANY, 0, 1, EINVAL),
	ROW(INTX, INTX, NONE, 0, 1, ENOTTY),
	ROW(INTX, INTX, MASK | UNMASK | NONE, 0, 1, ENOTTY),
	ROW(INTX, INTX, MASK | TRIGGER | NONE, 0, 1, ENOTTY),
	ROW(INTX, INTX, MASK | UNMASK | TRIGGER | NONE, 0, 1, ENOTTY),

	/* Range. */
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 1, 1, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 1, 0, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 2, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | NONE, MANY, 1, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | NONE, 1, MANY, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | NONE, MANY, MANY, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 5, 1, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 4, 2, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 6, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | NONE, 0, MANY, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | NONE, 3, MANY - 1, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | NONE, MANY, 2, EINVAL),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 1, 1, EINVAL),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 0, 2, EINVAL),
	ROW(NEITHER, ERR, TRIGGER | EVENTFD, 1, 1, EINVAL),
	ROW(NEITHER, ERR, TRIGGER | EVENTFD, 0, 2, EINVAL),
	ROW(NEITHER, REQ, TRIGGER | EVENTFD, 1, 0, EINVAL),
	ROW(NEITHER, REQ, TRIGGER | EVENTFD, 0, 2, EINVAL),

	/* Size. */
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL, .less = 1),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL, .less = 4),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL, .less = 5),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 5, EINVAL, .less = 1),
	ROW(MSIX, MSIX, TRIGGER | BOOL, 0, 5, EINVAL, .less = 1),
	ROW(MSIX, MSIX, TRIGGER | NONE, 0, 5, EINVAL, .less = 1),
	ROW(INTX, INTX, UNMASK | NONE, 0, 1, EINVAL, .less = 1),
	ROW(INTX, INTX, UNMASK | NONE, 0, 1, EINVAL, .less = 20),

	/* INTx that is not set up. */
	ROW(NEITHER, INTX, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | NONE, 0, 1, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | BOOL, 0, 0, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | BOOL, 0, 1, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 0, EINVAL),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, EBADF, .value = CLOSED),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL, .value = OTHER),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, 0, .value = GOOD),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, 0, .value = NO),
	ROW(NEITHER, INTX, TRIGGER | EVENTFD, 0, 1, 0, .value = LESS),
	ROW(NEITHER, INTX, MASK | NONE, 0, 1, EINVAL),
	ROW(NEITHER, INTX, MASK | BOOL, 0, 1, EINVAL),
	ROW(NEITHER, INTX, MASK | EVENTFD, 0, 1, EINVAL),
	ROW(NEITHER, INTX, UNMASK | NONE, 0, 1, EINVAL),
	ROW(NEITHER, INTX, UNMASK | BOOL, 0, 1, EINVAL),
	ROW(NEITHER, INTX, UNMASK | EVENTFD, 0, 1, EINVAL),
	ROW(NEITHER, INTX, UNMASK | EVENTFD, 0, 1, EINVAL, .value = NO),

	/* INTx that is. */
	ROW(INTX, INTX, TRIGGER | NONE, 0, 0, 0),
	ROW(INTX, INTX, TRIGGER | NONE, 0, 1, 0),
	ROW(INTX, INTX, TRIGGER | BOOL, 0, 0, EINVAL),
	ROW(INTX, INTX, TRIGGER | BOOL, 0, 1, 0),
	ROW(INTX, INTX, TRIGGER | EVENTFD, 0, 0, EINVAL),
	ROW(INTX, INTX, TRIGGER | EVENTFD, 0, 1, 0),
	ROW(INTX, INTX, TRIGGER | EVENTFD, 0, 1, 0, .value = NO),
	ROW(INTX, INTX, TRIGGER | EVENTFD, 0, 1, EBADF, .value = CLOSED),
	ROW(INTX, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL, .value = OTHER),
	ROW(INTX, INTX, MASK | NONE, 0, 0, EINVAL),
	ROW(INTX, INTX, MASK | NONE, 0, 1, 0),
	ROW(INTX, INTX, MASK | BOOL, 0, 1, 0),
	ROW(INTX, INTX, MASK | EVENTFD, 0, 1, ENOTTY),
	ROW(INTX, INTX, MASK | EVENTFD, 0, 1, ENOTTY, .value = NO),
	ROW(INTX, INTX, MASK | EVENTFD, 0, 1, ENOTTY, .value = CLOSED),
	ROW(INTX, INTX, UNMASK | NONE, 0, 0, EINVAL),
	ROW(INTX, INTX, UNMASK | NONE, 0, 1, 0),
	ROW(INTX, INTX, UNMASK | BOOL, 0, 1, 0),
	ROW(INTX, INTX, UNMASK | EVENTFD, 0, 0, EINVAL),
	ROW(INTX, INTX, UNMASK | EVENTFD, 0, 1, 0),
	ROW(INTX, INTX, UNMASK | EVENTFD, 0, 1, 0, .value = NO),
	ROW(INTX, INTX, UNMASK | EVENTFD, 0, 1, 0, .value = LESS),
	ROW(INTX, INTX, UNMASK | EVENTFD, 0, 1, EBADF, .value = CLOSED),
	ROW(INTX, INTX, UNMASK | EVENTFD, 0, 1, EINVAL, .value = OTHER),

	/* One kind at a time. */
	ROW(INTX, MSI, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(INTX, MSI, TRIGGER | EVENTFD, 0, 1, EINVAL),
	ROW(INTX, MSIX, TRIGGER | EVENTFD, 0, 5, EINVAL),
	ROW(INTX, MSIX, TRIGGER | NONE, 0, 1, EINVAL),
	ROW(MSI, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL),
	ROW(MSI, INTX, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(MSI, INTX, MASK | NONE, 0, 1, EINVAL),
	ROW(MSI, MSIX, TRIGGER | EVENTFD, 0, 1, EINVAL),
	ROW(MSIX, INTX, TRIGGER | EVENTFD, 0, 1, EINVAL),
	ROW(MSIX, INTX, UNMASK | NONE, 0, 1, EINVAL),
	ROW(MSIX, MSI, TRIGGER | EVENTFD, 0, 1, EINVAL),
	ROW(MSIX, MSI, TRIGGER | NONE, 0, 0, EINVAL),

	/* MSI and MSI-X that are not set up. */
	ROW(NEITHER, MSI, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(NEITHER, MSI, TRIGGER | NONE, 0, 1, EINVAL),
	ROW(NEITHER, MSI, TRIGGER | BOOL, 0, 1, EINVAL),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 0, 1, EBADF, .value = CLOSED),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 0, 1, EINVAL, .value = OTHER),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 0, 1, 0, .value = GOOD),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 0, 1, 0, .value = NO),
	ROW(NEITHER, MSI, TRIGGER | EVENTFD, 0, 0, ERANGE),
	ROW(NEITHER, MSIX, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | BOOL, 0, 5, EINVAL),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 0, ERANGE),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 5, 0, .value = GOOD),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 5, 0, .value = NO),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 5, 0, .value = LESS),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 4, 1, 0, .value = GOOD),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 5, EBADF, .value = CLOSED),
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 0, 5, EINVAL, .value = WRONG),
	ROW(NEITHER, MSIX, MASK | NONE, 0, 1, ENOTTY),
	ROW(NEITHER, MSIX, UNMASK | EVENTFD, 0, 1, ENOTTY),

	/* MSI and MSI-X that are, with all their vectors. */
	ROW(MSI, MSI, TRIGGER | NONE, 0, 0, 0),
	ROW(MSI, MSI, TRIGGER | NONE, 0, 1, 0),
	ROW(MSI, MSI, TRIGGER | BOOL, 0, 0, 0),
	ROW(MSI, MSI, TRIGGER | BOOL, 0, 1, 0),
	ROW(MSI, MSI, TRIGGER | EVENTFD, 0, 0, 0),
	ROW(MSI, MSI, TRIGGER | EVENTFD, 0, 1, 0, .value = GOOD),
	ROW(MSI, MSI, TRIGGER | EVENTFD, 0, 1, 0, .value = NO),
	ROW(MSI, MSI, TRIGGER | EVENTFD, 0, 1, EBADF, .value = CLOSED),
	ROW(MSI, MSI, MASK | NONE, 0, 1, ENOTTY),
	ROW(MSI, MSI, UNMASK | BOOL, 0, 1, ENOTTY),
	ROW(MSIX, MSIX, TRIGGER | NONE, 0, 0, 0),
	ROW(MSIX, MSIX, TRIGGER | NONE, 4, 0, 0),
	ROW(MSIX, MSIX, TRIGGER | NONE, 0, 5, 0),
	ROW(MSIX, MSIX, TRIGGER | BOOL, 2, 3, 0, .value = NO),
	ROW(MSIX, MSIX, TRIGGER | EVENTFD, 3, 0, 0),
	ROW(MSIX, MSIX, TRIGGER | EVENTFD, 0, 5, 0, .value = GOOD),
	ROW(MSIX, MSIX, TRIGGER | EVENTFD, 0, 5, 0, .value = NO),
	ROW(MSIX, MSIX, TRIGGER | EVENTFD, 1, 4, EINVAL, .value = WRONG),
	ROW(MSIX, MSIX, TRIGGER | EVENTFD, 0, 6, EINVAL),
	ROW(MSIX, MSIX, MASK | EVENTFD, 0, 1, ENOTTY),

	/* What no device raises. */
	ROW(NEITHER, ERR, TRIGGER | NONE, 0, 0, EINVAL),
	ROW(NEITHER, ERR, TRIGGER | NONE, 0, 1, EINVAL),
	ROW(NEITHER, ERR, TRIGGER | BOOL, 0, 1, 0, .value = NO),
	ROW(NEITHER, ERR, TRIGGER | EVENTFD, 0, 0, EINVAL),
	ROW(NEITHER, ERR, TRIGGER | EVENTFD, 0, 1, EINVAL, .value = LESS),
	ROW(NEITHER, ERR, TRIGGER | EVENTFD, 0, 1, EBADF, .value = CLOSED),
	ROW(NEITHER, ERR, MASK | NONE, 0, 1, ENOTTY),
	ROW(NEITHER, REQ, TRIGGER | NONE, 0, 1, EINVAL),
	ROW(NEITHER, REQ, TRIGGER | BOOL, 0, 0, EINVAL),
	ROW(NEITHER, REQ, TRIGGER | EVENTFD, 0, 1, EINVAL, .value = OTHER),
	ROW(NEITHER, REQ, UNMASK | NONE, 0, 1, ENOTTY),

	/* None, behind the last one that is set up. */
	ROW(NEITHER, MSIX, TRIGGER | EVENTFD, 2, 0, 0),
};

static void set_up(int fd, __u32 index, int event)
{
	__s32 events[] = { event, event, event, event, event };

	if (index == MSIX)
		expect_ok(irq_set(fd, MSIX, TRIGGER | EVENTFD, 0, 5, events,
				  sizeof(events)));
	else if (index != NEITHER)
		expect_ok(irq_trigger(fd, index, 0, event));
}

/* Ends all; which of them was set up. */
static __u32 set_down(int fd)
{
	__u32 up = NEITHER;

	for (__u32 index = INTX; index <= MSIX; index++) {
		if (irq_end(fd, index))
			expect_eq(errno, EINVAL);
		else
			up = index;
	}

	return up;
}

static void fill(__s32 *fds, enum value value, int event, int device)
{
	int first = value == GOOD || value == WRONG ? event :
		    value == NO ? -1 :
		    value == LESS ? -2 :
		    value == CLOSED ? 1000 : device;

	for (int i = 0; i < IRQ_MAX; i++)
		fds[i] = i && value == WRONG ? device : first;
}

/* What is set up after it: as before, or what it asked for. */
static __u32 up_after(const struct attempt *it)
{
	if (it->error || !(it->flags & TRIGGER))
		return it->up;
	if (it->flags & NONE && !it->count)
		return it->index > MSIX ? it->up : NEITHER;
	if (it->flags & EVENTFD && it->index <= MSIX)
		return it->index;

	return it->up;
}

TEST(misuse_of_set_irqs)
{
	/* This test tries each row of the table. */
	int fd = nic_open(container_open()).device.fd, event = event_new();
	char text[128], buffer[sizeof(struct vfio_irq_set) + IRQ_MAX * 4];
	struct vfio_irq_set *set = (void *)buffer;
	int error;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		const struct attempt *it = &attempts[i];
		__u32 count = it->count < IRQ_MAX ? it->count : IRQ_MAX;

		set_up(fd, it->up, event);
		*set = (struct vfio_irq_set){
			.argsz = sizeof(*set) - it->less +
				 count * (it->flags & EVENTFD ? 4 :
					  it->flags & BOOL ? 1 : 0),
			.flags = it->flags,
			.index = it->index,
			.start = it->start,
			.count = it->count,
		};
		fill((__s32 *)set->data, it->value, event, fd);

		errno = 0;
		error = ioctl(fd, VFIO_DEVICE_SET_IRQS, set) < 0 ? errno : 0;
		snprintf(text, sizeof(text),
			 "row %zu, index %u, flags %#x, start %u, count %u: errno %s",
			 i, it->index, it->flags, it->start, it->count,
			 errno_name(error));
		if (error != it->error)
			ck_abort_msg("%s, expected %s", text,
				     errno_name(it->error));
		if (set_down(fd) != up_after(it))
			ck_abort_msg("%s, and another kind is set up than should be",
				     text);
	}
}

TEST(misuse_of_set_irqs_without_interrupts)
{
	/* This test asks for interrupts of a device that has none. */
	int fd = device_open(container_open(), need("peer")).fd;
	__s32 event = event_new();

	for (__u32 index = INTX; index <= ERR; index++) {
		expect_errno(irq_trigger(fd, index, 0, event), EINVAL);
		expect_errno(irq_end(fd, index), EINVAL);
		expect_errno(irq_do(fd, index, MASK), EINVAL);
	}
	expect_ok(irq_trigger(fd, REQ, 0, event));
}

TEST(misuse_of_set_irqs_by_pointers)
{
	/* This test has the request, or its data, end in memory that is not. */
	int fd = nic_open(container_open()).device.fd;
	char *pages = reserve(2 * PAGE, PAGE);
	struct vfio_irq_set set = {
		.argsz = sizeof(set) + 20,
		.index = MSIX,
		.count = 5,
	};

	expect_errno(ioctl(fd, VFIO_DEVICE_SET_IRQS, NULL), EFAULT);
	expect_errno(ioctl(fd, VFIO_DEVICE_SET_IRQS, pages), EFAULT);
	expect_ok(mprotect(pages, PAGE, PROT_READ | PROT_WRITE));
	expect_errno(ioctl(fd, VFIO_DEVICE_SET_IRQS, pages + PAGE - 19), EFAULT);

	for (int room = 0; room < 20; room += 4) {
		char *at = pages + PAGE - sizeof(set) - room;

		set.flags = TRIGGER | EVENTFD;
		memcpy(at, &set, sizeof(set));
		expect_errno(ioctl(fd, VFIO_DEVICE_SET_IRQS, at), EFAULT);
		/* Data are read even for an action that there is not. */
		set.flags = MASK | EVENTFD;
		memcpy(at, &set, sizeof(set));
		expect_errno(ioctl(fd, VFIO_DEVICE_SET_IRQS, at), EFAULT);
	}
	expect_eq(set_down(fd), NEITHER);

	/* None are needed. */
	set.flags = MASK | NONE;
	memcpy(pages + PAGE - sizeof(set), &set, sizeof(set));
	expect_errno(ioctl(fd, VFIO_DEVICE_SET_IRQS, pages + PAGE - sizeof(set)),
		     ENOTTY);
}

TEST(misuse_of_interrupt_info)
{
	/* This test compares the flags of each kind with what it can do. */
	int fd = nic_open(container_open()).device.fd;
	__u32 event = VFIO_IRQ_INFO_EVENTFD, fixed = VFIO_IRQ_INFO_NORESIZE;

	expect_eq(irq_info(fd, INTX).flags, event | VFIO_IRQ_INFO_MASKABLE |
		  VFIO_IRQ_INFO_AUTOMASKED);
	expect_eq(irq_info(fd, MSI).flags, event | fixed);
	expect_eq(irq_info(fd, MSIX).flags & ~fixed, event);
	expect_eq(irq_info(fd, ERR).flags, event | fixed);
	expect_eq(irq_info(fd, REQ).flags, event | fixed);
}
