/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors of PCI Express, made by the kernel's module aer_inject, which the host
 * then recovers from.
 *
 *	int injector = aer_injector_open(), log = log_open();
 *
 *	aer_inject(injector, bdf, AER_FATAL);
 *	log_wait(log, AER_RECOVERED);
 */
#ifndef AER_H
#define AER_H

#include <linux/pci_regs.h>
#include <linux/types.h>

/* The one is recovered from without a reset, the other one by it. */
#define AER_NOT_FATAL	PCI_ERR_UNC_COMP_TIME
#define AER_FATAL	PCI_ERR_UNC_DLP

/* What the kernel says in the end. */
#define AER_RECOVERED	"device recovery successful"

/* Skips the test where the kernel has no such module. */
int aer_injector_open(void);

/* An error of the port above the device; a thread of the kernel's handles it. */
void aer_inject(int injector, const char *bdf, __u32 uncorrectable);

#endif /* AER_H */
