/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resets: of a function, and of all devices that a bus or slot reset reaches.
 */
#ifndef VFIO_PCI_RESET_H
#define VFIO_PCI_RESET_H

#include "pci.h"

/* reset.c */
long vfio_pci_ioctl_reset(struct vfio_pci_device *vdev, void *data,
			  void __user *uarg);
int vfio_pci_reset(struct vfio_pci_device *vdev);
int vfio_pci_reset_unused(struct vfio_pci_device *vdev);
void vfio_pci_reset_removed(struct vfio_pci_device *vdev);

/* hot_reset.c */
long vfio_pci_ioctl_hot_reset_info(struct vfio_pci_device *vdev, void *data,
				   void __user *uarg);
long vfio_pci_ioctl_hot_reset(struct vfio_pci_device *vdev, void *data,
			      void __user *uarg);

/* set.c */
void vfio_pci_sets_init(void);
int vfio_pci_set_join(struct vfio_pci_device *vdev);
void vfio_pci_set_leave(struct vfio_pci_device *vdev);
void vfio_pci_set_lock(struct vfio_pci_device *vdev);
void vfio_pci_set_unlock(struct vfio_pci_device *vdev);
void vfio_pci_set_opened(struct vfio_pci_device *vdev);
void vfio_pci_set_closed(struct vfio_pci_device *vdev);
bool vfio_pci_set_has_reset(struct vfio_pci_device *vdev);
struct vfio_pci_device *vfio_pci_set_get_device(struct vfio_pci_device *vdev,
						struct pci_dev *pdev);
int vfio_pci_set_walk(struct vfio_pci_device *vdev,
		      int (*fn)(struct pci_dev *pdev, void *data), void *data);
int vfio_pci_set_reset(struct vfio_pci_device *vdev,
		       bool (*allowed)(struct vfio_pci_device *vdev,
				       void *data), void *data);

#endif /* VFIO_PCI_RESET_H */
