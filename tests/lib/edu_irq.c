// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt of QEMU's edu device.
 */
#include <linux/pci_regs.h>

#include "edu_irq.h"
#include "irq.h"
#include "test.h"

/* Register of BAR 0: what is raised. */
#define EDU_STATUS	0x24

static volatile __u32 *reg(struct edu_irq *edu, unsigned int pos)
{
	return (volatile __u32 *)(edu->registers + pos);
}

__u32 edu_status(struct edu_irq *edu)
{
	return *reg(edu, EDU_STATUS);
}

void edu_raise(struct edu_irq *edu, __u32 bits)
{
	*reg(edu, EDU_RAISE) = bits;
}

void edu_acknowledge(struct edu_irq *edu)
{
	*reg(edu, EDU_ACKNOWLEDGE) = ~0u;
}

struct edu_irq edu_irq_open(int container)
{
	struct edu_irq edu = {
		.device = device_open(container, need("edu")),
		.event = event_new(),
	};

	edu.fd = edu.device.fd;
	edu.registers = region_open(edu.fd, 0);
	command_set(edu.fd, PCI_COMMAND_MASTER);
	edu_acknowledge(&edu);

	return edu;
}

struct edu_irq edu_intx_open(void)
{
	struct edu_irq edu = edu_irq_open(container_open());

	expect_ok(irq_trigger(edu.fd, INTX, 0, edu.event));

	return edu;
}

void expect_intx_works(struct edu_irq *edu)
{
	for (int i = 0; i < 3; i++) {
		edu_raise(edu, 1);
		expect_event(edu->event);
		edu_acknowledge(edu);
		expect_ok(irq_do(edu->fd, INTX, UNMASK));
	}
	expect_no_event(edu->event);
}
