/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host tells user space by eventfd, ERR and REQ: see host_events.c.
 */
#ifndef VFIO_PCI_HOST_EVENTS_H
#define VFIO_PCI_HOST_EVENTS_H

#include <linux/mutex.h>

struct eventfd_ctx;
struct vfio_pci_device;

/**
 * struct vfio_pci_host_events - eventfds that the host signals
 * @lock: guards the others, which are read without it only to find none
 * @error: signalled when the device reports an error, or NULL
 * @request: signalled when the device is to be unbound, or NULL
 */
struct vfio_pci_host_events {
	struct mutex lock;	/* of the next two */
	struct eventfd_ctx *error;
	struct eventfd_ctx *request;
};

void vfio_pci_host_events_init(struct vfio_pci_device *vdev);
void vfio_pci_host_events_exit(struct vfio_pci_device *vdev);
void vfio_pci_host_events_release(struct vfio_pci_device *vdev);
void vfio_pci_error_signal(struct vfio_pci_device *vdev);
void vfio_pci_request_signal(struct vfio_pci_device *vdev, unsigned int count);

#endif /* VFIO_PCI_HOST_EVENTS_H */
