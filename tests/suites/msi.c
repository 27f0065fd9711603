// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI, by edu, and MSI-X, by the nic: each vector reaches the eventfd that was
 * given for it, and no other.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <unistd.h>

#include "edu_irq.h"
#include "irq.h"
#include "memory.h"
#include "nic.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

TEST(msi)
{
	/* This test raises MSI: told each time, without any unmasking. */
	struct edu_irq edu = edu_irq_open(container_open());
	__u8 yes = 1, no = 0;

	expect_ok(irq_trigger(edu.fd, MSI, 0, edu.event));
	expect_true(irq_requested(edu.device.bdf));
	for (int i = 0; i < 3; i++) {
		edu_raise(&edu, 1);
		expect_event(edu.event);
	}
	expect_ok(irq_do(edu.fd, MSI, TRIGGER));
	expect_eq(event_count(edu.event), 1);
	expect_ok(irq_set(edu.fd, MSI, TRIGGER | BOOL, 0, 1, &no, 1));
	expect_eq(event_count(edu.event), 0);
	expect_ok(irq_set(edu.fd, MSI, TRIGGER | BOOL, 0, 1, &yes, 1));
	expect_eq(event_count(edu.event), 1);

	/* No other kind meanwhile. */
	expect_errno(irq_trigger(edu.fd, INTX, 0, edu.event), EINVAL);
	expect_ok(irq_trigger(edu.fd, MSI, 0, -1));
	expect_true(!irq_requested(edu.device.bdf));
	expect_ok(irq_do(edu.fd, MSI, TRIGGER));
	expect_eq(event_count(edu.event), 0);
	expect_errno(irq_trigger(edu.fd, INTX, 0, edu.event), EINVAL);
	edu_acknowledge(&edu);
	expect_ok(irq_end(edu.fd, MSI));
	expect_errno(irq_end(edu.fd, MSI), EINVAL);

	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_intx_works(&edu);
	expect_errno(irq_trigger(edu.fd, MSI, 0, edu.event), EINVAL);
	expect_ok(irq_end(edu.fd, INTX));
	expect_ok(irq_trigger(edu.fd, MSI, 0, edu.event));
	edu_raise(&edu, 1);
	expect_event(edu.event);
}

TEST(msi_set_up_while_memory_is_off)
{
	/* This test sets MSI up with the memory disabled, then enables it. */
	struct edu_irq edu = edu_irq_open(container_open());

	command_clear(edu.fd, PCI_COMMAND_MEMORY);
	expect_ok(irq_trigger(edu.fd, MSI, 0, edu.event));
	expect_eq(config_read(edu.fd, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, 0);
	command_set(edu.fd, PCI_COMMAND_MEMORY);
	edu_raise(&edu, 1);
	expect_event(edu.event);
}

TEST(msix_vectors_are_told_apart)
{
	/* This test raises each of five vectors. */
	struct nic nic = nic_open_all();

	expect_vectors(&nic, ALL_VECTORS);
	expect_vectors(&nic, ALL_VECTORS);
}

TEST(msix_vectors_come_and_go)
{
	/* This test takes eventfds from some vectors, and gives others. */
	struct nic nic = nic_open_all();
	__s32 some[] = { -1, nic.events[2], -1 };

	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 1, 3, some,
			  sizeof(some)));
	expect_vectors(&nic, 0x15);
	expect_ok(irq_trigger(nic.device.fd, MSIX, 3, nic.events[3]));
	expect_vectors(&nic, 0x1d);
	expect_ok(close(nic.events[0]));
	nic.events[0] = event_new();
	expect_ok(irq_trigger(nic.device.fd, MSIX, 0, nic.events[0]));
	expect_vectors(&nic, 0x1d);
	for (int i = 0; i < NIC_VECTORS; i++)
		expect_ok(irq_trigger(nic.device.fd, MSIX, i, -1));
	expect_true(!irq_requested(nic.device.bdf));
	expect_vectors(&nic, 0);
	expect_ok(irq_end(nic.device.fd, MSIX));
	expect_ok(irq_trigger(nic.device.fd, MSIX, 4, nic.events[4]));
	expect_vectors(&nic, 0x10);
}

TEST(msix_vectors_of_one_eventfd)
{
	/* This test gives all vectors the same eventfd. */
	struct nic nic = nic_open(container_open());

	for (int i = 1; i < NIC_VECTORS; i++)
		expect_ok(close(nic.events[i]));
	for (int i = 1; i < NIC_VECTORS; i++)
		nic.events[i] = nic.events[0];
	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0, NIC_VECTORS,
			  nic.events, sizeof(nic.events)));
	nic_setup(&nic);
	for (int i = 0; i < NIC_VECTORS; i++) {
		nic_raise(&nic, i);
		expect_event(nic.events[0]);
		nic_acknowledge(&nic);
	}
	expect_ok(irq_trigger(nic.device.fd, MSIX, 1, -1));
	nic_quiet(&nic);
	event_count(nic.events[0]);
	nic_setup(&nic);
	nic_raise(&nic, 1);
	expect_no_event(nic.events[0]);
	nic_raise(&nic, 2);
	expect_event(nic.events[0]);
	nic_quiet(&nic);
}

TEST(msix_tried_out)
{
	/* This test signals some of the vectors without the device. */
	struct nic nic = nic_open_all();
	__u8 some[] = { 0, 1, 0xff };

	expect_ok(irq_trigger(nic.device.fd, MSIX, 4, -1));
	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | NONE, 0, NIC_VECTORS, NULL,
			  0));
	for (int i = 0; i < NIC_VECTORS; i++)
		expect_eq(event_count(nic.events[i]), i < 4);
	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | BOOL, 1, 3, some, 3));
	for (int i = 0; i < NIC_VECTORS; i++)
		expect_eq(event_count(nic.events[i]), i == 2 || i == 3);
}

TEST(msix_grows_if_it_says_so)
{
	/* This test adds vectors beyond those that MSI-X was enabled with. */
	struct nic nic = nic_open(container_open());
	bool fixed = irq_info(nic.device.fd, MSIX).flags & VFIO_IRQ_INFO_NORESIZE;

	expect_ok(irq_trigger(nic.device.fd, MSIX, 0, nic.events[0]));
	expect_vectors(&nic, 1);
	if (fixed) {
		expect_errno(irq_trigger(nic.device.fd, MSIX, 3, nic.events[3]),
			     EINVAL);
		expect_vectors(&nic, 1);
		expect_ok(irq_end(nic.device.fd, MSIX));
		expect_ok(irq_trigger(nic.device.fd, MSIX, 3, nic.events[3]));
		expect_vectors(&nic, 8);
		return;
	}
	expect_ok(irq_trigger(nic.device.fd, MSIX, 3, nic.events[3]));
	expect_vectors(&nic, 9);
	expect_ok(irq_trigger(nic.device.fd, MSIX, 0, -1));
	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 1, 2,
			  nic.events + 1, 8));
	expect_vectors(&nic, 0xe);
}

TEST(msix_fails_as_a_whole)
{
	/* This test gives one bad file descriptor among good ones. */
	struct nic nic = nic_open(container_open());
	__s32 fds[] = { nic.events[0], nic.events[1], nic.device.fd,
			nic.events[3] };

	expect_errno(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0, 4, fds, 16),
		     EINVAL);
	expect_true(!irq_requested(nic.device.bdf));
	/* Nothing is enabled, so that INTx can be. */
	expect_ok(irq_trigger(nic.device.fd, INTX, 0, nic.events[0]));
	expect_ok(irq_end(nic.device.fd, INTX));

	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0, NIC_VECTORS,
			  nic.events, sizeof(nic.events)));
	fds[2] = 1000;
	expect_errno(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0, 4, fds, 16),
		     EBADF);
	/* Those up to the bad one have none now. */
	expect_vectors(&nic, 0x18);
}

TEST(msix_set_up_while_memory_is_off)
{
	/* This test sets vectors up and down with the memory disabled. */
	struct nic nic = nic_open(container_open());

	for (int i = 0; i < 3; i++) {
		command_clear(nic.device.fd, PCI_COMMAND_MEMORY);
		expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0,
				  NIC_VECTORS, nic.events,
				  sizeof(nic.events)));
		expect_ok(irq_trigger(nic.device.fd, MSIX, 1, -1));
		expect_eq(config_read(nic.device.fd, PCI_COMMAND, 2) &
			  PCI_COMMAND_MEMORY, 0);
		expect_eq(read_signal(nic.registers), SIGBUS);
		command_set(nic.device.fd, PCI_COMMAND_MEMORY);
		expect_vectors(&nic, 0x1d);
		command_clear(nic.device.fd, PCI_COMMAND_MEMORY);
		expect_ok(irq_end(nic.device.fd, MSIX));
		expect_true(!irq_requested(nic.device.bdf));
		command_set(nic.device.fd, PCI_COMMAND_MEMORY);
	}
}
