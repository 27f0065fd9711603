// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_IOEVENTFD: a signal writes to a BAR, if its memory may be reached.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "edu_irq.h"
#include "irq.h"
#include "memory.h"
#include "nic.h"
#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static int ioeventfd(int fd, __u32 index, __u64 pos, __u32 size, __u64 data,
		     int event)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = size,
		.offset = region_info(fd, index).offset + pos,
		.data = data,
		.fd = event,
	};

	return ioctl(fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

/* The write may be left to a thread of the kernel's. */
static bool becomes(const volatile __u64 *where, __u64 value)
{
	for (int i = 0; i < 20000; i++) {
		if (*where == value)
			return true;
		usleep(1000);
	}

	return false;
}

TEST(ioeventfd_writes)
{
	/* This test writes 1, 2, 4 and 8 bytes, at several places of a page. */
	int fd = device_open(container_open(), need("peer")).fd;
	volatile __u64 *bar = (void *)region_open(fd, BAR2);
	__u64 data = 0x8877665544332211, old = ~0ull;
	int event = event_new();

	for (__u32 size = 1; size <= 8; size *= 2) {
		for (__u64 pos = 0; pos < 8; pos += size) {
			__u64 mask = (size == 8 ? 0 : 1ull << 8 * size) - 1;
			__u64 want = (old & ~(mask << 8 * pos)) |
				     (data & mask) << 8 * pos;

			bar[1] = old;
			expect_ok(ioeventfd(fd, BAR2, 8 + pos, size, data,
					    event));
			expect_eq(bar[1], old);
			event_signal(event);
			expect_true(becomes(bar + 1, want));
			expect_ok(ioeventfd(fd, BAR2, 8 + pos, size, data, -1));
			bar[1] = old;
			event_signal(event);
			expect_eq(event_count(event), 1);
			expect_eq(bar[1], old);
		}
	}
}

TEST(ioeventfd_signalled_before)
{
	/* This test gives an eventfd that has been signalled: not lost. */
	int fd = device_open(container_open(), need("peer")).fd;
	volatile __u64 *bar = (void *)region_open(fd, BAR2);
	int event = event_new();

	bar[0] = 0;
	event_signal(event);
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 7, event));
	expect_true(becomes(bar, 7));
}

TEST(ioeventfd_at_the_end_of_a_bar)
{
	/* This test writes the last bytes of a BAR, and one more. */
	int fd = device_open(container_open(), need("peer")).fd;
	size_t size = region_size(fd, BAR2);
	volatile __u64 *bar = (void *)region_open(fd, BAR2);
	int event = event_new();

	expect_errno(ioeventfd(fd, BAR2, size, 1, 0, event), EINVAL);
	expect_errno(ioeventfd(fd, BAR2, size - 7, 8, 0, event), EINVAL);
	expect_errno(ioeventfd(fd, BAR2, size - 1, 2, 0, event), EINVAL);
	expect_ok(ioeventfd(fd, BAR2, size - 8, 8, 9, event));
	event_signal(event);
	expect_true(becomes(bar + size / 8 - 1, 9));
}

TEST(ioeventfd_raises_an_interrupt)
{
	/* This test rings a register that raises edu's interrupt. */
	struct edu_irq edu = edu_intx_open();
	int bell = event_new();

	expect_ok(ioeventfd(edu.fd, 0, EDU_RAISE, 4, 1, bell));
	for (int i = 0; i < 3; i++) {
		event_signal(bell);
		expect_event(edu.event);
		edu_acknowledge(&edu);
		expect_ok(irq_do(edu.fd, INTX, UNMASK));
	}

	/* The interrupt itself rings it, once, as it is not unmasked. */
	expect_ok(ioeventfd(edu.fd, 0, EDU_RAISE, 4, 1, -1));
	expect_ok(ioeventfd(edu.fd, 0, EDU_RAISE, 4, 2, edu.event));
	edu_raise(&edu, 1);
	usleep(20000);
	expect_eq(edu_status(&edu), 3);
	edu_acknowledge(&edu);
}

TEST(ioeventfd_of_an_io_port)
{
	/* This test gives an eventfd for a BAR of I/O ports. */
	struct nic nic = nic_open(container_open());
	__u64 offset = region_info(nic.device.fd, BAR2).offset;
	int event = event_new();
	__u32 value = 0;

	/* IOADDR, which selects a register for IODATA. */
	expect_ok(ioeventfd(nic.device.fd, BAR2, 0, 4, 0xd0, event));
	command_set(nic.device.fd, PCI_COMMAND_IO);
	event_signal(event);
	usleep(20000);
	expect_eq(pread(nic.device.fd, &value, 4, offset), 4);
	expect_eq(value, 0xd0);
}

TEST(ioeventfd_while_memory_is_off)
{
	/* This test signals while memory is disabled: nothing is written. */
	int fd = device_open(container_open(), need("peer")).fd;
	volatile __u64 *bar = (void *)region_open(fd, BAR2);
	int event = event_new();

	bar[0] = 1;
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 2, event));
	command_clear(fd, PCI_COMMAND_MEMORY);
	event_signal(event);
	usleep(20000);
	command_set(fd, PCI_COMMAND_MEMORY);
	expect_eq(bar[0], 1);
	event_signal(event);
	expect_true(becomes(bar, 2));
}

static void *reset(void *fd)
{
	return (void *)(long)ioctl((long)fd, VFIO_DEVICE_RESET);
}

TEST(ioeventfd_during_a_reset)
{
	/* This test signals during a reset: written when it is over. */
	int fd = device_open(container_open(), need("reset")).fd;
	volatile __u64 *bar = (void *)region_open(fd, BAR2);
	int event = event_new(), gone = event_new();
	pthread_t thread;
	void *failed;

	bar[0] = 0;
	bar[1] = 0;
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 1, event));
	expect_ok(ioeventfd(fd, BAR2, 8, 8, 1, gone));
	expect_eq(pthread_create(&thread, NULL, reset, (void *)(long)fd), 0);
	usleep(30000);
	event_signal(event);
	event_signal(gone);
	/* Taken away before it is over: it may be written, or not. */
	expect_ok(ioeventfd(fd, BAR2, 8, 8, 1, -1));
	expect_eq(pthread_join(thread, &failed), 0);
	expect_true(!failed);
	expect_true(becomes(bar, 1));
}

TEST(ioeventfd_is_one_of_its_kind)
{
	/* This test gives the same write twice, and takes it away twice. */
	int fd = device_open(container_open(), need("peer")).fd;
	int event = event_new(), other = event_new();

	expect_errno(ioeventfd(fd, BAR2, 0, 8, 1, -1), ENODEV);
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 1, event));
	expect_errno(ioeventfd(fd, BAR2, 0, 8, 1, event), EEXIST);
	expect_errno(ioeventfd(fd, BAR2, 0, 8, 1, other), EEXIST);
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 2, event));
	expect_ok(ioeventfd(fd, BAR2, 0, 4, 1, event));
	expect_ok(ioeventfd(fd, BAR2, 8, 8, 1, event));
	expect_errno(ioeventfd(fd, BAR2, 0, 2, 1, -1), ENODEV);
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 1, -1));
	expect_errno(ioeventfd(fd, BAR2, 0, 8, 1, -1), ENODEV);
	/* Its file is closed: still to be taken away. */
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 3, other));
	expect_ok(close(other));
	expect_errno(ioeventfd(fd, BAR2, 0, 8, 3, event), EEXIST);
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 3, -1));
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 3, event));
}

TEST(ioeventfds_are_limited)
{
	/* This test gives as many as there may be, and one more. */
	int fd = device_open(container_open(), need("peer")).fd;
	int event = event_new();

	for (int i = 0; i < 1000; i++)
		expect_ok(ioeventfd(fd, BAR2, 8 * i, 8, i, event));
	expect_errno(ioeventfd(fd, BAR2, 0, 8, 1000, event), ENOSPC);
	expect_errno(ioeventfd(fd, BAR2, 0, 8, 0, event), EEXIST);
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 0, -1));
	expect_ok(ioeventfd(fd, BAR2, 0, 8, 1000, event));
	event_signal(event);
}

TEST(ioeventfd_misuse)
{
	/* This test gives bad sizes, places, pointers and files. */
	int fd = nic_open(container_open()).device.fd;
	int event = event_new();
	struct vfio_device_ioeventfd *arg = (void *)ram(PAGE);

	for (__u32 size = 0; size < 16; size++) {
		if (size && !(size & (size - 1)))
			continue;
		expect_errno(ioeventfd(fd, 0, 0, size, 0, event), EINVAL);
	}
	expect_errno(ioeventfd(fd, 0, 0, 16, 0, event), EINVAL);
	expect_errno(ioeventfd(fd, 0, 0, 1u << 31 | 4, 0, event), EINVAL);
	expect_errno(ioeventfd(fd, 0, 0, 4, 0, -2), EINVAL);
	expect_errno(ioeventfd(fd, 0, 0, 4, 0, 1000), EBADF);
	expect_errno(ioeventfd(fd, 0, 0, 4, 0, fd), EINVAL);
	expect_errno(ioeventfd(fd, 0, 0, 4, 0, -1), ENODEV);
	/* No such BAR, nor any BAR. */
	expect_errno(ioeventfd(fd, 5, 0, 4, 0, event), EINVAL);
	expect_errno(ioeventfd(fd, VFIO_PCI_ROM_REGION_INDEX, 0, 4, 0, event),
		     EINVAL);
	expect_errno(ioeventfd(fd, VFIO_PCI_CONFIG_REGION_INDEX, 4, 4, 0, event),
		     EINVAL);

	*arg = (struct vfio_device_ioeventfd){
		.argsz = offsetof(struct vfio_device_ioeventfd, fd) + 3,
		.flags = 4,
		.fd = event,
	};
	expect_errno(ioctl(fd, VFIO_DEVICE_IOEVENTFD, arg), EINVAL);
	expect_errno(ioctl(fd, VFIO_DEVICE_IOEVENTFD, NULL), EFAULT);
	arg->argsz++;
	expect_ok(ioctl(fd, VFIO_DEVICE_IOEVENTFD, arg));
}

TEST(ioeventfd_of_the_msix_table)
{
	/* This test gives eventfds for what lies at and around the table. */
	struct nic nic = nic_open(container_open());
	int fd = nic.device.fd, event = event_new();
	unsigned int pos = capability(fd, PCI_CAP_ID_MSIX);
	__u32 table, bar, start, end;

	table = config_read(fd, pos + PCI_MSIX_TABLE, 4);
	bar = table & PCI_MSIX_TABLE_BIR;
	start = table & PCI_MSIX_TABLE_OFFSET;
	end = start + NIC_VECTORS * PCI_MSIX_ENTRY_SIZE;

	for (__u32 at = start; at < end; at += 4)
		expect_errno(ioeventfd(fd, bar, at, 4, 0, event), EINVAL);
	expect_errno(ioeventfd(fd, bar, end - 4, 8, 0, event), EINVAL);
	if (start)
		expect_errno(ioeventfd(fd, bar, start - 4, 8, 0, event), EINVAL);
	expect_ok(ioeventfd(fd, bar, end, 8, 0, event));
}

TEST(close_with_ioeventfds)
{
	/* This test closes the device, then signals: nothing is written. */
	struct device peer = device_open(container_open(), need("peer"));
	volatile __u64 *bar = (void *)region_open(peer.fd, BAR2);
	int event = event_new(), closed = event_new();

	bar[0] = 1;
	expect_ok(ioeventfd(peer.fd, BAR2, 0, 8, 2, event));
	expect_ok(ioeventfd(peer.fd, BAR2, 0, 8, 3, closed));
	expect_ok(close(closed));
	expect_ok(munmap((void *)bar, region_size(peer.fd, BAR2)));
	expect_ok(close(peer.fd));
	event_signal(event);
	expect_eq(event_count(event), 1);

	peer.fd = expect_ok(group_get_device(peer.group, peer.bdf));
	bar = (void *)region_open(peer.fd, BAR2);
	expect_eq(bar[0], 1);
	event_signal(event);
	usleep(20000);
	expect_eq(bar[0], 1);
}

static void *unbind(void *bdf)
{
	return (void *)(long)pci_unbind(bdf);
}

TEST(ioeventfd_of_a_device_that_is_gone)
{
	/* This test signals while the device is being unbound. */
	struct device peer = device_open(container_open(), need("peer"));
	int event = event_new(), request = request_open(peer.fd);
	volatile __u64 *bar = (void *)region_open(peer.fd, BAR2);
	pthread_t thread;
	void *failed;

	bar[0] = 1;
	expect_ok(ioeventfd(peer.fd, BAR2, 0, 8, 2, event));
	expect_eq(pthread_create(&thread, NULL, unbind, (void *)peer.bdf), 0);
	expect_event(request);
	event_signal(event);
	usleep(20000);
	expect_ok(munmap((void *)bar, region_size(peer.fd, BAR2)));
	device_close(&peer);
	expect_eq(pthread_join(thread, &failed), 0);
	expect_true(!failed);

	expect_ok(pci_bind(peer.bdf, "vfio-pci"));
	peer = device_open(peer.container, peer.bdf);
	bar = (void *)region_open(peer.fd, BAR2);
	if (strcmp(strategy_name(), "stock"))
		expect_eq(bar[0], 1);
}
