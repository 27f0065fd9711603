/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power states: see power.c, and low_power.c for sleep by runtime PM.
 */
#ifndef VFIO_PCI_POWER_H
#define VFIO_PCI_POWER_H

#include <linux/pci.h>

struct eventfd_ctx;
struct vfio_pci_device;

/**
 * struct vfio_pci_power - what is kept of a device's power management
 * @stays_awake: it does not sleep while no file of it is open; constant from probe
 *	to remove
 * @loses_state: coming back from D3hot resets the function; constant
 * @saved_state: its config space before D3hot, or NULL. Under the step lock.
 * @wakeup: signalled when a device in low power wakes, which ends low power; or
 *	NULL. Under the memory lock.
 */
struct vfio_pci_power {
	bool stays_awake;
	bool loses_state;
	struct pci_saved_state *saved_state;
	struct eventfd_ctx *wakeup;
};

/* power.c */
void vfio_pci_power_init(struct vfio_pci_device *vdev);
void vfio_pci_power_exit(struct vfio_pci_device *vdev);
int vfio_pci_power_get(struct vfio_pci_device *vdev);
void vfio_pci_power_put(struct vfio_pci_device *vdev);
void vfio_pci_power_set(struct vfio_pci_device *vdev, pci_power_t state);
void vfio_pci_power_forget(struct vfio_pci_device *vdev);

/* low_power.c */
int vfio_pci_low_power_enter(struct vfio_pci_device *vdev);
int vfio_pci_low_power_enter_with_wakeup(struct vfio_pci_device *vdev, int fd);
void vfio_pci_low_power_exit(struct vfio_pci_device *vdev);
void vfio_pci_low_power_close(struct vfio_pci_device *vdev);
void vfio_pci_low_power_suspend(struct vfio_pci_device *vdev);
void vfio_pci_low_power_resume(struct vfio_pci_device *vdev);

#endif /* VFIO_PCI_POWER_H */
