/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupts of an e1000e: five causes, each of which can be raised by a
 * write to a register, and gets an MSI-X vector of its own.
 *
 * QEMU's dies if MSI-X is enabled or disabled within a moment after it has
 * interrupted. So nothing interrupts before nic_setup(), which comes after MSI-X
 * has been set up, and nic_quiet() comes before it is taken down.
 */
#ifndef NIC_H
#define NIC_H

#include "vfio.h"

#define NIC_VECTORS	5

struct nic {
	struct device device;
	volatile char *registers;
	int events[NIC_VECTORS];
};

/* Opens the device in the role of "nic", as a bus master, and eventfds. */
struct nic nic_open(int container);
/* And gives each vector its eventfd. */
struct nic nic_open_all(void);

/* From now on cause n raises vector n, or the pin. */
void nic_setup(struct nic *nic);
/* Raises that cause, anew if it is raised. */
void nic_raise(struct nic *nic, int cause);
/* Ends all causes, and with them the level of the pin. */
void nic_acknowledge(struct nic *nic);
/* From now on none raises anything. */
void nic_quiet(struct nic *nic);

/*
 * Every vector of the set reaches its eventfd, and no other that has not been
 * raised yet: the device may raise one again, until it is acknowledged.
 */
void expect_vectors(struct nic *nic, unsigned int set);
#define ALL_VECTORS	0x1f

#endif /* NIC_H */
