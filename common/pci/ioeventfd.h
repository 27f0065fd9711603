/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to BARs that eventfds make: see ioeventfd.c.
 */
#ifndef VFIO_PCI_IOEVENTFD_H
#define VFIO_PCI_IOEVENTFD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct vfio_pci_device;

/**
 * struct vfio_pci_ioeventfds - all of a device
 * @lock: serialises adding and removing
 * @list: changed under @lock and @list_lock
 * @count: their number
 * @list_lock: guards @list and @count for @work
 * @work: does those writes that had to wait for the memory
 */
struct vfio_pci_ioeventfds {
	struct mutex lock;	/* serialises adding and removing */
	struct list_head list;
	unsigned int count;
	spinlock_t list_lock;	/* of the list */
	struct work_struct work;
};

void vfio_pci_ioeventfds_init(struct vfio_pci_device *vdev);
void vfio_pci_ioeventfds_exit(struct vfio_pci_device *vdev);
long vfio_pci_ioctl_ioeventfd(struct vfio_pci_device *vdev, void *data,
			      void __user *uarg);
void vfio_pci_ioeventfds_release(struct vfio_pci_device *vdev);

#endif /* VFIO_PCI_IOEVENTFD_H */
