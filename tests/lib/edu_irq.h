/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt of QEMU's edu device, by pin or by MSI: raised as long as any bit
 * of its status is set.
 */
#ifndef EDU_IRQ_H
#define EDU_IRQ_H

#include <linux/types.h>

#include "vfio.h"

/* Registers of BAR 0: what is written to them is raised, or not any more. */
#define EDU_RAISE	0x60
#define EDU_ACKNOWLEDGE	0x64

struct edu_irq {
	struct device device;
	volatile char *registers;
	int fd;
	int event;
};

/* Opens the device in the role of "edu", as a bus master that raises nothing. */
struct edu_irq edu_irq_open(int container);
/* And sets up INTx with the event. */
struct edu_irq edu_intx_open(void);

void edu_raise(struct edu_irq *edu, __u32 bits);
void edu_acknowledge(struct edu_irq *edu);
__u32 edu_status(struct edu_irq *edu);

/* Not masked: it comes, and is masked by that; and again. */
void expect_intx_works(struct edu_irq *edu);

#endif /* EDU_IRQ_H */
