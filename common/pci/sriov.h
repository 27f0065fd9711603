/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical and virtual functions, and the token that their users share.
 */
#ifndef VFIO_PCI_SRIOV_H
#define VFIO_PCI_SRIOV_H

#include "pci.h"

/* token.c */
bool vfio_pci_token_exists(struct vfio_pci_device *vdev);
void vfio_pci_token_init(struct vfio_pci_device *vdev);
void vfio_pci_token_exit(struct vfio_pci_device *vdev);
void vfio_pci_token_set(struct vfio_pci_device *vdev, const uuid_t *token);
int vfio_pci_token_match(struct vfio_device *device, const uuid_t *token);
void vfio_pci_token_opened(struct vfio_pci_device *vdev);
void vfio_pci_token_closed(struct vfio_pci_device *vdev);

/* sriov.c */
void vfio_pci_physicals_init(void);
int vfio_pci_sriov_init(struct vfio_pci_device *vdev);
void vfio_pci_sriov_exit(struct vfio_pci_device *vdev);
void vfio_pci_sriov_disable(struct vfio_pci_device *vdev);
int vfio_pci_sriov_configure(struct pci_dev *pdev, int count);

#endif /* VFIO_PCI_SRIOV_H */
