/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-pci: gives a whole PCI function to user space.
 *
 * A region is a part of the device file: a BAR, the expansion ROM or config
 * space. vfio_pgoff.h says at which offsets they lie.
 *
 * Invariants. What the device's memory is, its BARs' addresses and sizes, stays
 * the same from probe to remove. Why it may not be reached is a set of reasons,
 * see &enum vfio_memory_reason, each of which belongs to one file here. What is
 * done to the hardware is ordered by two locks, see operation.c.
 */
#ifndef VFIO_PCI_H
#define VFIO_PCI_H

#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/uuid.h>
#include <linux/xarray.h>
#include <uapi/linux/vfio.h>

#include "command.h"
#include "host_events.h"
#include "intx.h"
#include "ioeventfd.h"
#include "operation.h"
#include "power.h"
#include "vfio_device.h"

struct pci_saved_state;
struct vfio_pci_config;

/**
 * struct vfio_pci_bar - what vfio-pci keeps for a BAR
 * @mappable: user space may mmap it; constant from probe to remove
 * @pad: reserves the rest of the BAR's page, NULL where the BAR fills it
 * @claimed: the region is requested in vfio-pci's name
 * @refused: it could not be, which the log has said since the device was opened
 * @io: the kernel's own mapping, for read(2) and write(2); NULL until needed
 */
struct vfio_pci_bar {
	bool mappable;
	struct resource *pad;
	bool claimed;
	bool refused;
	void __iomem *io;
};

/**
 * struct vfio_pci_sriov - a function among physical and virtual ones
 * @is_physical: it can have virtual ones; constant from probe to remove. The PCI
 *	core's bit has neighbours that change at any time.
 * @is_virtual: it is a virtual one; constant, too
 * @physical: of a virtual function, the physical one if vfio-pci has made it
 *	virtual ones; constant from probe to remove
 * @notifier: tells of a physical function's virtual ones, and of others
 * @active: it has virtual functions. Changed under device_lock() and the operation
 *	mutex.
 * @failed: one of them could not be kept from the host's drivers. Under
 *	device_lock().
 * @next: in the list of those that have virtual functions
 */
struct vfio_pci_sriov {
	bool is_physical;
	bool is_virtual;
	struct vfio_pci_device *physical;
	struct notifier_block notifier;
	bool active;
	bool failed;
	struct list_head next;
};

/**
 * struct vfio_pci_device - a PCI function that user space may be given
 *
 * The order of the locks is in vfio_lock_order.h.
 *
 * @vfio: the device as the core sees it
 * @pdev: the PCI function
 * @set: the devices that a bus or slot reset reaches together with it
 * @set_next: in the set's list
 * @needs_reset: it has been used since it was last reset. Changed under the set's
 *	lock.
 * @has_reset: the function could be reset at open, so it can be again. Constant
 *	while the device is open.
 * @operation: what orders operations on the hardware
 * @command: the command register
 * @config: config space as user space sees it; NULL while the device is closed.
 *	Changed under the step lock.
 * @bound_state: config space at probe, for a reset that takes it while the
 *	device is not open
 * @saved_state: config space at open, restored at close; may be NULL. Under the
 *	step lock.
 * @power: power management
 * @bars: what is kept for each BAR
 * @bars_lock: guards @claimed, @refused and @io of every BAR
 * @irqs_lock: serialises whoever sets up the device's interrupts
 * @irq_count: interrupt vectors of each kind, VFIO_PCI_*_IRQ_INDEX
 * @irq_index: kind of interrupts that is set up, INTx, MSI or MSI-X, or
 *	VFIO_PCI_NUM_IRQS. Under @irqs_lock.
 * @irq_vectors: how many of MSI or MSI-X it was set up with. Under @irqs_lock.
 * @vectors: MSI or MSI-X vectors that are set up. Under @irqs_lock.
 * @msix_bar: BAR with the MSI-X table, or PCI_STD_NUM_BARS
 * @msix_start: where the table begins in it
 * @msix_end: and ends
 * @msix_dynamic: vectors can be added while MSI-X is enabled
 * @intx: the interrupt by pin
 * @host_events: what the host tells user space
 * @ioeventfds: writes to BARs that eventfds make
 * @sriov: its place among physical and virtual functions
 * @token_lock: guards @token and @token_users
 * @token: of a physical function, the secret that its users share
 * @token_users: how many virtual functions are open
 */
struct vfio_pci_device {
	struct vfio_device vfio;
	struct pci_dev *pdev;

	struct vfio_pci_set *set;
	struct list_head set_next;
	bool needs_reset;
	bool has_reset;

	struct vfio_pci_operation operation;
	struct vfio_pci_command command;
	struct vfio_pci_config *config;
	struct pci_saved_state *bound_state;
	struct pci_saved_state *saved_state;
	struct vfio_pci_power power;

	struct vfio_pci_bar bars[PCI_STD_NUM_BARS];
	struct mutex bars_lock;		/* of each BAR's state */

	struct mutex irqs_lock;		/* of what is set up of them */
	unsigned int irq_count[VFIO_PCI_NUM_IRQS];
	unsigned int irq_index;
	unsigned int irq_vectors;
	struct xarray vectors;
	unsigned int msix_bar;
	u64 msix_start;
	u64 msix_end;
	bool msix_dynamic;

	struct vfio_pci_intx intx;
	struct vfio_pci_host_events host_events;
	struct vfio_pci_ioeventfds ioeventfds;

	struct vfio_pci_sriov sriov;
	struct mutex token_lock;	/* of the next two */
	uuid_t token;
	unsigned int token_users;
};

static inline struct vfio_pci_device *
vfio_pci_from_device(struct vfio_device *device)
{
	return container_of(device, struct vfio_pci_device, vfio);
}

/**
 * vfio_pci_reset_wait() - wait for the end of a reset
 * @vdev: open device
 *
 * Return: 0 or -ERESTARTSYS for a signal.
 * Context: as vfio_device_memory_wait().
 */
static inline int vfio_pci_reset_wait(struct vfio_pci_device *vdev)
{
	if (likely(!(READ_ONCE(vdev->vfio.memory_off) &
		     VFIO_MEMORY_RESETTING)))
		return 0;

	return vfio_device_memory_wait_for(&vdev->vfio, VFIO_MEMORY_RESETTING);
}

/* Whether the function is cut off for good, as one that was pulled out. */
static inline bool vfio_pci_cut_off(struct vfio_pci_device *vdev)
{
	return READ_ONCE(vdev->pdev->error_state) ==
	       pci_channel_io_perm_failure;
}

/* driver.c */
int vfio_pci_init(void);
void vfio_pci_exit(void);

/* ids.c */
int vfio_pci_ids_init(struct pci_driver *driver);

/* denylist.c */
bool vfio_pci_denied(struct pci_dev *pdev);

/* ops.c */
extern const struct vfio_device_ops vfio_pci_ops;

/* device.c */
int vfio_pci_open_device(struct vfio_device *device);
void vfio_pci_close_device(struct vfio_device *device);

/* device_lock.c */
void vfio_pci_device_lock_enter(struct pci_dev *pdev);
void vfio_pci_device_lock_leave(void);

/* host.c */
extern const struct pci_error_handlers vfio_pci_error_handlers;
extern const struct dev_pm_ops vfio_pci_pm_ops;

void vfio_pci_host_init(struct vfio_pci_device *vdev);
void vfio_pci_host_exit(struct vfio_pci_device *vdev);

/* feature.c */
int vfio_pci_feature(struct vfio_pci_device *vdev, u32 flags,
		     void __user *data, size_t size);

/* config/config.c */
bool vfio_pci_config_answers(struct vfio_pci_device *vdev);
int vfio_pci_config_open(struct vfio_pci_device *vdev);
void vfio_pci_config_close(struct vfio_pci_device *vdev);
ssize_t vfio_pci_config_read(struct vfio_pci_device *vdev, char __user *ubuf,
			     size_t count, u64 pos);
ssize_t vfio_pci_config_write(struct vfio_pci_device *vdev,
			      const char __user *ubuf, size_t count, u64 pos);

/* info.c */
long vfio_pci_ioctl_get_info(struct vfio_pci_device *vdev, void *data,
			     void __user *uarg);
long vfio_pci_ioctl_get_region_info(struct vfio_pci_device *vdev, void *data,
				    void __user *uarg);
long vfio_pci_ioctl_get_irq_info(struct vfio_pci_device *vdev, void *data,
				 void __user *uarg);

/* set_irqs.c */
void vfio_pci_irqs_init(struct vfio_pci_device *vdev);
void vfio_pci_irqs_exit(struct vfio_pci_device *vdev);
long vfio_pci_ioctl_set_irqs(struct vfio_pci_device *vdev, void *data,
			     void __user *uarg);
void vfio_pci_irqs_release(struct vfio_pci_device *vdev);

#endif /* VFIO_PCI_H */
