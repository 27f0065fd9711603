// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx, by edu: told of once for each time that it is unmasked, and off for as
 * long as anybody wants it to be.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <unistd.h>

#include "edu_irq.h"
#include "irq.h"
#include "memory.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

TEST(intx_is_masked_by_itself)
{
	/* This test raises INTx twice: the second time needs to be unmasked. */
	struct edu_irq edu = edu_intx_open();

	expect_true(irq_requested(edu.device.bdf));
	expect_no_event(edu.event);
	edu_raise(&edu, 1);
	expect_event(edu.event);
	edu_raise(&edu, 2);
	expect_no_event(edu.event);
	edu_acknowledge(&edu);
	edu_raise(&edu, 4);
	expect_no_event(edu.event);
	expect_eq(edu_status(&edu), 4);

	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);
}

TEST(intx_unmasked_while_it_is_raised)
{
	/* This test unmasks INTx before it acknowledges: told each time. */
	struct edu_irq edu = edu_intx_open();

	edu_raise(&edu, 1);
	expect_event(edu.event);
	for (int i = 0; i < 5; i++) {
		expect_ok(irq_do(edu.fd, INTX, UNMASK));
		expect_event(edu.event);
	}
	expect_no_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);
}

TEST(intx_masked_by_the_user)
{
	/* This test masks INTx, by all kinds of data, and unmasks it. */
	struct edu_irq edu = edu_intx_open();
	__u8 yes = 1, no = 0;

	expect_ok(irq_set(edu.fd, INTX, MASK | BOOL, 0, 1, &no, 1));
	expect_intx_works(&edu);

	expect_ok(irq_do(edu.fd, INTX, MASK));
	expect_ok(irq_do(edu.fd, INTX, MASK));
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	expect_ok(irq_set(edu.fd, INTX, UNMASK | BOOL, 0, 1, &no, 1));
	expect_no_event(edu.event);
	expect_ok(irq_set(edu.fd, INTX, UNMASK | BOOL, 0, 1, &yes, 1));
	expect_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	/* Unmasked already. */
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);

	expect_ok(irq_set(edu.fd, INTX, MASK | BOOL, 0, 1, &yes, 1));
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);
}

TEST(intx_unmasked_by_eventfd)
{
	/* This test unmasks INTx by an eventfd, be it raised or not. */
	struct edu_irq edu = edu_intx_open();
	int unmask = event_new(), other = event_new();

	expect_ok(irq_unmask_by(edu.fd, unmask));
	expect_errno(irq_unmask_by(edu.fd, other), EBUSY);
	expect_errno(irq_unmask_by(edu.fd, unmask), EBUSY);
	for (int i = 0; i < 3; i++) {
		edu_raise(&edu, 1);
		expect_event(edu.event);
		event_signal(unmask);
		expect_event(edu.event);
		edu_acknowledge(&edu);
		event_signal(unmask);
		expect_no_event(edu.event);
	}
	/* The kernel has taken the count away. */
	expect_eq(event_count(unmask), 0);

	expect_ok(irq_unmask_by(edu.fd, -1));
	edu_raise(&edu, 1);
	expect_event(edu.event);
	event_signal(unmask);
	expect_no_event(edu.event);

	/* Signalled before it is given: not lost. */
	expect_ok(irq_unmask_by(edu.fd, unmask));
	expect_event(edu.event);
	edu_acknowledge(&edu);
	event_signal(unmask);
	expect_intx_works(&edu);
}

TEST(intx_unmasked_by_an_eventfd_that_is_closed)
{
	/* This test closes the eventfd that unmasks: another may be given. */
	struct edu_irq edu = edu_intx_open();
	int unmask;

	for (int i = 0; i < 3; i++) {
		unmask = event_new();
		expect_ok(irq_unmask_by(edu.fd, unmask));
		edu_raise(&edu, 1);
		expect_event(edu.event);
		edu_acknowledge(&edu);
		event_signal(unmask);
		expect_ok(close(unmask));
	}
	expect_intx_works(&edu);
	expect_ok(irq_unmask_by(edu.fd, -1));
}

TEST(intx_told_and_unmasked_by_one_eventfd)
{
	/* This test has each signal unmask: told over and over while raised. */
	struct edu_irq edu = edu_intx_open();

	expect_ok(irq_unmask_by(edu.fd, edu.event));
	edu_raise(&edu, 1);
	usleep(20000);
	edu_acknowledge(&edu);
	expect_ok(irq_unmask_by(edu.fd, -1));
	event_count(edu.event);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);
}

TEST(intx_tried_out)
{
	/* This test signals the trigger without the device. */
	struct edu_irq edu = edu_intx_open();
	__u8 yes = 1, no = 0;

	expect_ok(irq_do(edu.fd, INTX, TRIGGER));
	expect_eq(event_count(edu.event), 1);
	expect_ok(irq_set(edu.fd, INTX, TRIGGER | BOOL, 0, 1, &no, 1));
	expect_eq(event_count(edu.event), 0);
	expect_ok(irq_set(edu.fd, INTX, TRIGGER | BOOL, 0, 1, &yes, 1));
	expect_eq(event_count(edu.event), 1);
	expect_intx_works(&edu);
}

TEST(intx_gets_another_trigger)
{
	/* This test gives INTx another eventfd, none, and the first again. */
	struct edu_irq edu = edu_intx_open();
	int first = edu.event;

	edu.event = event_new();
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_intx_works(&edu);
	expect_eq(event_count(first), 0);

	expect_ok(irq_trigger(edu.fd, INTX, 0, -1));
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));

	expect_ok(close(edu.event));
	edu.event = first;
	expect_ok(irq_trigger(edu.fd, INTX, 0, first));
	expect_intx_works(&edu);
}

TEST(intx_trigger_that_is_closed)
{
	/* This test closes the eventfd and raises the interrupt. */
	struct edu_irq edu = edu_intx_open();

	expect_ok(close(edu.event));
	edu_raise(&edu, 1);
	usleep(20000);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	edu.event = event_new();
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	event_count(edu.event);
	expect_intx_works(&edu);
}

TEST(intx_ends_and_begins)
{
	/* This test ends INTx, raises it, and sets it up anew: told at once. */
	struct edu_irq edu = edu_intx_open();

	for (int i = 0; i < 3; i++) {
		expect_intx_works(&edu);
		expect_ok(irq_end(edu.fd, INTX));
		expect_true(!irq_requested(edu.device.bdf));
		expect_errno(irq_end(edu.fd, INTX), EINVAL);
		edu_raise(&edu, 1);
		expect_no_event(edu.event);
		expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
		expect_event(edu.event);
		edu_acknowledge(&edu);
		expect_ok(irq_do(edu.fd, INTX, UNMASK));
	}
}

TEST(intx_disable)
{
	/* This test sets INTx Disable of the command register, and clears it. */
	struct edu_irq edu = edu_intx_open();
	__u16 bit = PCI_COMMAND_INTX_DISABLE;

	expect_eq(config_read(edu.fd, PCI_COMMAND, 2) & bit, 0);
	command_set(edu.fd, bit);
	expect_eq(config_read(edu.fd, PCI_COMMAND, 2) & bit, bit);
	expect_eq(config_read(edu.fd, PCI_COMMAND + 1, 1) & (bit >> 8),
		  bit >> 8);
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	/* Nothing else unmasks it, nor is the trigger tried out. */
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_ok(irq_do(edu.fd, INTX, TRIGGER));
	expect_no_event(edu.event);
	command_clear(edu.fd, bit);
	expect_eq(config_read(edu.fd, PCI_COMMAND, 2) & bit, 0);
	expect_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);

	/* Both bytes of the register by themselves. */
	config_write(edu.fd, PCI_COMMAND + 1, 1, bit >> 8);
	config_write(edu.fd, PCI_COMMAND, 1, PCI_COMMAND_MEMORY);
	expect_eq(config_read(edu.fd, PCI_COMMAND, 2) & bit, bit);
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	config_write(edu.fd, PCI_COMMAND + 1, 1, 0);
	expect_event(edu.event);
	edu_acknowledge(&edu);
}

TEST(intx_disabled_before_it_is_set_up)
{
	/* This test sets INTx up while it is disabled in the register. */
	struct edu_irq edu = edu_irq_open(container_open());

	command_set(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	command_clear(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);

	/* Another opens the device later: it is enabled. */
	command_set(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_ok(munmap((void *)edu.registers, region_size(edu.fd, 0)));
	expect_ok(close(edu.fd));
	edu.fd = expect_ok(group_get_device(edu.device.group, edu.device.bdf));
	expect_eq(config_read(edu.fd, PCI_COMMAND, 2) &
		  PCI_COMMAND_INTX_DISABLE, 0);
}

TEST(intx_left_raised)
{
	/*
	 * This test closes a device that raises its interrupt, and waits: the
	 * host is not disturbed, and who opens it next is told.
	 */
	struct edu_irq edu = edu_intx_open();

	edu_raise(&edu, 1);
	expect_event(edu.event);
	expect_ok(munmap((void *)edu.registers, region_size(edu.fd, 0)));
	expect_ok(close(edu.fd));
	expect_true(!irq_requested(edu.device.bdf));
	expect_no_event(edu.event);

	edu.fd = expect_ok(group_get_device(edu.device.group, edu.device.bdf));
	edu.registers = region_open(edu.fd, 0);
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	if (edu_status(&edu))
		expect_event(edu.event);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);
}

static int irq_line(const char *bdf)
{
	FILE *file = fopen(pci_path(bdf, "irq"), "re");
	int line = 0;

	expect_true(file);
	expect_eq(fscanf(file, "%d", &line), 1);
	fclose(file);

	return line;
}

TEST(intx_of_a_shared_line)
{
	/* This test raises INTx where another device listens on its line. */
	struct edu_irq edu = edu_intx_open();
	struct device disk = device_open(edu.device.container, need("disk"));
	int event = event_new();

	if (irq_line(edu.device.bdf) != irq_line(disk.bdf))
		skip("needs 'edu' and 'disk' on one interrupt line: give others");

	expect_ok(irq_trigger(disk.fd, INTX, 0, event));
	expect_intx_works(&edu);
	expect_eq(event_count(event), 0);
	/* Masked, neither takes what is the other's. */
	expect_ok(irq_do(disk.fd, INTX, MASK));
	expect_intx_works(&edu);
	expect_eq(event_count(event), 0);
	expect_ok(irq_end(disk.fd, INTX));
	expect_intx_works(&edu);
}

TEST(intx_of_a_line_of_its_own)
{
	/*
	 * This test uses devices as if they could not mask themselves: they are
	 * masked at the interrupt controller, and cannot share a line.
	 */
	struct edu_irq edu;
	struct device disk;
	int unmask = event_new();

	nointxmask_set('Y');
	edu = edu_irq_open(container_open());
	disk = device_open(edu.device.container, need("disk"));
	nointxmask_set('N');

	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_intx_works(&edu);
	if (irq_line(edu.device.bdf) == irq_line(disk.bdf))
		expect_errno(irq_trigger(disk.fd, INTX, 0, unmask), EBUSY);

	expect_ok(irq_do(edu.fd, INTX, MASK));
	expect_ok(irq_do(edu.fd, INTX, MASK));
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_event(edu.event);
	/* Still raised: it comes again. */
	expect_ok(irq_unmask_by(edu.fd, unmask));
	event_signal(unmask);
	expect_event(edu.event);
	edu_acknowledge(&edu);
	event_signal(unmask);
	expect_intx_works(&edu);

	command_set(edu.fd, PCI_COMMAND_INTX_DISABLE);
	edu_raise(&edu, 1);
	expect_no_event(edu.event);
	command_clear(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_event(edu.event);
	expect_ok(irq_end(edu.fd, INTX));
	edu_acknowledge(&edu);
	command_set(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_ok(irq_unmask_by(edu.fd, unmask));
	edu_raise(&edu, 1);
	event_signal(unmask);
	expect_no_event(edu.event);
	command_clear(edu.fd, PCI_COMMAND_INTX_DISABLE);
	expect_event(edu.event);
	edu_acknowledge(&edu);
	event_signal(unmask);
	expect_intx_works(&edu);
}

TEST(intx_while_memory_is_off)
{
	/* This test turns memory off while the interrupt is raised. */
	struct edu_irq edu = edu_intx_open();

	expect_ok(irq_do(edu.fd, INTX, MASK));
	edu_raise(&edu, 1);
	command_clear(edu.fd, PCI_COMMAND_MEMORY);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_event(edu.event);
	expect_ok(irq_end(edu.fd, INTX));
	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));
	expect_event(edu.event);
	command_set(edu.fd, PCI_COMMAND_MEMORY);
	edu_acknowledge(&edu);
	expect_ok(irq_do(edu.fd, INTX, UNMASK));
	expect_intx_works(&edu);
}
