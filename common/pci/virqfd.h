/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virqfds: eventfds that user space signals and the kernel acts on, see virqfd.c.
 */
#ifndef VFIO_PCI_VIRQFD_H
#define VFIO_PCI_VIRQFD_H

#include <linux/types.h>
#include <linux/wait.h>

struct eventfd_ctx;

/**
 * struct vfio_pci_virqfd - an eventfd that user space signals
 * @eventfd: it, or NULL if none is set
 * @wait: our place in its wait queue
 * @closed: its file was closed, so it left the queue
 * @event: called for each signal. Context: any, with interrupts off and the
 *	queue's lock held; signals no eventfd.
 */
struct vfio_pci_virqfd {
	struct eventfd_ctx *eventfd;
	wait_queue_entry_t wait;
	bool closed;
	void (*event)(struct vfio_pci_virqfd *virqfd);
};

int vfio_pci_virqfd_enable(struct vfio_pci_virqfd *virqfd, int fd,
			   void (*event)(struct vfio_pci_virqfd *virqfd));
void vfio_pci_virqfd_disable(struct vfio_pci_virqfd *virqfd);

#endif /* VFIO_PCI_VIRQFD_H */
