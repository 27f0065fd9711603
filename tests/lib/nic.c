// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupts of an e1000e.
 */
#include <linux/pci_regs.h>
#include <linux/types.h>
#include <unistd.h>

#include "irq.h"
#include "nic.h"
#include "test.h"

/* Registers of BAR 0. */
#define ICR	0x00c0	/* causes that are raised; write to end them */
#define ICS	0x00c8	/* write to raise */
#define IMS	0x00d0	/* causes that may interrupt */
#define IMC	0x00d8	/* and those that may not */
#define IVAR	0x00e4	/* the vector of each cause: four bits, 8 is valid */

/* Receive queues 0 and 1, transmit queues 0 and 1, everything else. */
#define CAUSE(n)	(1u << (20 + (n)))
#define CAUSES		(0x1f << 20)

static void set(struct nic *nic, unsigned int reg, __u32 value)
{
	*(volatile __u32 *)(nic->registers + reg) = value;
}

struct nic nic_open(int container)
{
	struct nic nic = { .device = device_open(container, need("nic")) };

	for (int i = 0; i < NIC_VECTORS; i++)
		nic.events[i] = event_new();
	nic.registers = region_open(nic.device.fd, 0);
	command_set(nic.device.fd, PCI_COMMAND_MASTER);

	return nic;
}

static void drain(struct nic *nic)
{
	usleep(1000);
	for (int i = 0; i < NIC_VECTORS; i++)
		event_count(nic->events[i]);
}

struct nic nic_open_all(void)
{
	struct nic nic = nic_open(container_open());

	expect_ok(irq_set(nic.device.fd, MSIX, TRIGGER | EVENTFD, 0,
			  NIC_VECTORS, nic.events, sizeof(nic.events)));
	/* What an earlier user of the device has left pending. */
	drain(&nic);

	return nic;
}

void nic_setup(struct nic *nic)
{
	nic_acknowledge(nic);
	set(nic, IVAR, 0xcba98);
	set(nic, IMS, CAUSES);
}

void nic_raise(struct nic *nic, int cause)
{
	set(nic, ICR, CAUSE(cause));
	set(nic, ICS, CAUSE(cause));
}

void nic_acknowledge(struct nic *nic)
{
	set(nic, ICR, ~0u);
}

void nic_quiet(struct nic *nic)
{
	set(nic, IMC, ~0u);
	nic_acknowledge(nic);
	/* It would interrupt anew within 128 us. */
	usleep(50000);
}

void expect_vectors(struct nic *nic, unsigned int set)
{
	nic_setup(nic);
	drain(nic);

	for (int i = 0; i < NIC_VECTORS; i++) {
		nic_raise(nic, i);
		if (set & 1 << i)
			expect_event(nic->events[i]);
		else
			expect_no_event(nic->events[i]);
		nic_acknowledge(nic);
		for (int j = i + 1; j < NIC_VECTORS; j++)
			expect_eq(event_count(nic->events[j]), 0);
	}
	nic_quiet(nic);
}
