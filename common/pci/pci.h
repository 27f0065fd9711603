/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-pci: gives a whole PCI function to user space.
 *
 * A region is a part of the device file: a BAR, the expansion ROM or config
 * space. vfio_pgoff.h says at which offsets they lie.
 *
 * Invariants. What the device's memory is, its BARs' addresses and sizes, stays
 * the same from probe to remove. Whether it may be reached changes in
 * transitions only, see transition.c.
 */
#ifndef VFIO_PCI_H
#define VFIO_PCI_H

#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/uuid.h>
#include <linux/xarray.h>
#include <uapi/linux/vfio.h>

#include "irq.h"
#include "vfio_device.h"

struct eventfd_ctx;
struct pci_saved_state;
struct task_struct;
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
 * enum vfio_pci_device_lock - what device_lock() is held for, for lockdep
 * @VFIO_PCI_LOCKED: a callback of the driver core or the PCI core
 * @VFIO_PCI_LOCKED_VIRTUAL: the same, of a virtual function
 * @VFIO_PCI_LOCKED_RECOVERY: one that comes inside of pci_bus_sem, see
 *	vfio_pci_transition_begin_nested()
 * @VFIO_PCI_LOCKED_BEFORE: a reset, before which it was only tried, or taken
 *	before the memory lock of another device that is reset together with it
 */
enum vfio_pci_device_lock {
	VFIO_PCI_LOCKED,
	VFIO_PCI_LOCKED_VIRTUAL,
	VFIO_PCI_LOCKED_RECOVERY,
	VFIO_PCI_LOCKED_BEFORE,
};

/**
 * struct vfio_pci_device - a PCI function that user space may be given
 *
 * Lock order: device_lock(); the open lock of @vfio; the lock of @set;
 * @irqs_lock; the memory lock of @vfio, or mmap_lock; then @bars_lock;
 * @triggers_lock; the lock of an eventfd's wait queue. The two spinlocks,
 * @ioeventfds_lock and that of @intx, are innermost. So is @token_lock, which is
 * taken under the lock of @set, or under the device_lock of the core's group.
 *
 * @vfio: the device as the core sees it
 * @pdev: the PCI function
 * @set: the devices that a bus or slot reset reaches together with it
 * @set_next: in the set's list
 * @needs_reset: it has been used since it was last reset. Under the set's lock.
 * @bars: what is kept for each BAR
 * @bars_lock: guards @claimed, @refused and @io of every BAR
 * @irq_count: interrupt vectors of each kind, VFIO_PCI_*_IRQ_INDEX
 * @irqs_lock: serialises who sets up the device's interrupts and ioeventfds
 * @irq_index: kind of interrupts that is set up, INTx, MSI or MSI-X, or
 *	VFIO_PCI_NUM_IRQS. Under @irqs_lock.
 * @irq_vectors: how many of MSI or MSI-X it was set up with. Under @irqs_lock.
 * @intx: the interrupt by pin
 * @vectors: MSI or MSI-X vectors that are set up. Under @irqs_lock.
 * @triggers_lock: guards @error_trigger and @request_trigger
 * @error_trigger: signalled when the device reports an error, or NULL
 * @request_trigger: signalled when the host wants the device back, or NULL
 * @msix_bar: BAR with the MSI-X table, or PCI_STD_NUM_BARS
 * @msix_start: where the table begins in it
 * @msix_end: and ends
 * @msix_dynamic: vectors can be added while MSI-X is enabled
 * @ioeventfds: writes to BARs that eventfds make. Changed under @irqs_lock and
 *	@ioeventfds_lock.
 * @ioeventfds_count: their number
 * @ioeventfds_lock: guards the list
 * @ioeventfds_work: does those writes that had to wait for the memory
 * @config: config space as user space sees it; NULL while the device is closed
 * @stays_awake: it does not sleep while nobody has it open; constant from probe
 *	to remove
 * @power_loses_state: coming back from D3hot resets the function
 * @power_state: config space before D3hot, or NULL. Under the memory lock.
 * @low_power: the user lets it sleep by runtime PM. Under the memory lock.
 * @suspended: it does, or may do so at any moment. Under the memory lock.
 * @wakeup: signalled when it wakes, which ends @low_power; or NULL. Under the
 *	memory lock.
 * @physical: of a virtual function, the physical one if vfio-pci has made it
 *	virtual ones; constant from probe to remove
 * @token_lock: guards @token and @token_users
 * @token: of a physical function, the secret that its users share
 * @token_users: how many virtual functions are open
 * @sriov_notifier: tells of a physical function's virtual ones, and of others
 * @sriov_active: it has virtual functions. Changed under device_lock() and the
 *	memory lock.
 * @sriov_failed: one of them could not be kept from the host's drivers. Under
 *	device_lock().
 * @physicals_next: in the list of those that have virtual functions
 * @bound_state: config space at probe, for a reset that takes it while the
 *	device is not open
 * @saved_state: config space at open, given back at close; may be NULL
 * @has_reset: the function could be reset at open, so it can be again
 * @enabled: open, so that the function is the user's. Under the memory lock.
 * @memory_bit: the memory bit of the command register, as the user wrote it.
 *	Changed under the memory lock.
 * @io_bit: the same of the I/O bit
 * @transition: task that is inside a transition of this device, or NULL. Set
 *	under the memory lock; every other task may read it to find that it is
 *	not itself.
 * @host_away: the host has borrowed the memory for longer than a transition.
 *	Under the memory lock.
 * @host_reset: that transition was begun by a reset from the host's side.
 *	Under the memory lock.
 */
struct vfio_pci_device {
	struct vfio_device vfio;
	struct pci_dev *pdev;

	struct vfio_pci_set *set;
	struct list_head set_next;
	bool needs_reset;

	struct vfio_pci_bar bars[PCI_STD_NUM_BARS];
	struct mutex bars_lock;		/* of each BAR's state */

	unsigned int irq_count[VFIO_PCI_NUM_IRQS];
	struct mutex irqs_lock;		/* of what is set up of them */
	unsigned int irq_index;
	unsigned int irq_vectors;
	struct vfio_pci_intx intx;
	struct xarray vectors;
	struct mutex triggers_lock;	/* of the next two */
	struct eventfd_ctx *error_trigger;
	struct eventfd_ctx *request_trigger;
	unsigned int msix_bar;
	u64 msix_start;
	u64 msix_end;
	bool msix_dynamic;

	struct list_head ioeventfds;
	unsigned int ioeventfds_count;
	spinlock_t ioeventfds_lock;	/* of the list */
	struct work_struct ioeventfds_work;

	struct vfio_pci_config *config;

	bool stays_awake;
	bool power_loses_state;
	struct pci_saved_state *power_state;
	bool low_power;
	bool suspended;
	struct eventfd_ctx *wakeup;

	struct vfio_pci_device *physical;
	struct mutex token_lock;	/* of the next two */
	uuid_t token;
	unsigned int token_users;
	struct notifier_block sriov_notifier;
	bool sriov_active;
	bool sriov_failed;
	struct list_head physicals_next;

	struct pci_saved_state *bound_state;
	struct pci_saved_state *saved_state;
	bool has_reset;

	bool enabled;
	bool memory_bit;
	bool io_bit;
	struct task_struct *transition;
	bool host_away;
	bool host_reset;
};

static inline struct vfio_pci_device *
vfio_pci_from_device(struct vfio_device *device)
{
	return container_of(device, struct vfio_pci_device, vfio);
}

/**
 * vfio_pci_bar_pfn() - first page frame of a BAR
 * @vdev: device
 * @bar: a mappable BAR
 *
 * Return: the page frame number.
 */
static inline unsigned long vfio_pci_bar_pfn(struct vfio_pci_device *vdev,
					     unsigned int bar)
{
	return pci_resource_start(vdev->pdev, bar) >> PAGE_SHIFT;
}

/**
 * vfio_pci_bar_npages() - page frames of a BAR
 * @vdev: device
 * @bar: a mappable BAR; one smaller than a page has its page to itself
 *
 * Return: their number.
 */
static inline unsigned long vfio_pci_bar_npages(struct vfio_pci_device *vdev,
						unsigned int bar)
{
	return PAGE_ALIGN(pci_resource_len(vdev->pdev, bar)) >> PAGE_SHIFT;
}

/**
 * vfio_pci_bar_mappable() - whether user space may mmap a BAR
 * @vdev: probed device
 * @bar: below PCI_STD_NUM_BARS
 *
 * Return: the same from probe to remove.
 */
static inline bool vfio_pci_bar_mappable(struct vfio_pci_device *vdev,
					 unsigned int bar)
{
	return vdev->bars[bar].mappable;
}

/* driver.c */
extern struct pci_driver vfio_pci_driver;

int vfio_pci_init(void);
void vfio_pci_exit(void);

/* denylist.c */
bool vfio_pci_denied(struct pci_dev *pdev);

/* ops.c */
extern const struct vfio_device_ops vfio_pci_ops;

/* device.c */
int vfio_pci_open_device(struct vfio_device *device);
void vfio_pci_close_device(struct vfio_device *device);

/* transition.c */
bool vfio_pci_awake(struct vfio_pci_device *vdev);
bool vfio_pci_memory_answers(struct vfio_pci_device *vdev);
bool vfio_pci_memory_enabled(struct vfio_pci_device *vdev);
u16 vfio_pci_memory_answer_begin(struct vfio_pci_device *vdev);
void vfio_pci_memory_answer_end(struct vfio_pci_device *vdev, u16 cmd);
void vfio_pci_transition_begin(struct vfio_pci_device *vdev);
void vfio_pci_transition_begin_nested(struct vfio_pci_device *vdev);
bool vfio_pci_transition_trybegin(struct vfio_pci_device *vdev);
void vfio_pci_transition_end(struct vfio_pci_device *vdev);
bool vfio_pci_transition_is_mine(struct vfio_pci_device *vdev);

/* device_lock.c */
void vfio_pci_device_lock_enter(struct pci_dev *pdev,
				enum vfio_pci_device_lock why);
void vfio_pci_device_lock_leave(void);

/* host.c */
extern const struct pci_error_handlers vfio_pci_error_handlers;
extern const struct dev_pm_ops vfio_pci_pm_ops;

/* reset.c */
long vfio_pci_ioctl_reset(struct vfio_pci_device *vdev, void *data,
			  void __user *uarg);
int vfio_pci_reset(struct vfio_pci_device *vdev);
int vfio_pci_reset_unused(struct vfio_pci_device *vdev);

/* hot_reset.c */
long vfio_pci_ioctl_hot_reset_info(struct vfio_pci_device *vdev, void *data,
				   void __user *uarg);
long vfio_pci_ioctl_hot_reset(struct vfio_pci_device *vdev, void *data,
			      void __user *uarg);

/* set.c */
int vfio_pci_set_join(struct vfio_pci_device *vdev);
void vfio_pci_set_leave(struct vfio_pci_device *vdev);
void vfio_pci_set_lock(struct vfio_pci_device *vdev);
void vfio_pci_set_unlock(struct vfio_pci_device *vdev);
void vfio_pci_set_opened(struct vfio_pci_device *vdev);
void vfio_pci_set_closed(struct vfio_pci_device *vdev);
bool vfio_pci_set_has_reset(struct vfio_pci_device *vdev);
struct vfio_pci_device *vfio_pci_set_device(struct vfio_pci_device *vdev,
					    struct pci_dev *pdev);
int vfio_pci_set_walk(struct vfio_pci_device *vdev,
		      int (*fn)(struct pci_dev *pdev, void *data), void *data);
int vfio_pci_set_reset(struct vfio_pci_device *vdev,
		       bool (*allowed)(struct vfio_pci_device *vdev,
				       void *data), void *data);

/* bar.c */
void vfio_pci_bars_init(struct vfio_pci_device *vdev);
void vfio_pci_bars_exit(struct vfio_pci_device *vdev);
int vfio_pci_bar_claim(struct vfio_pci_device *vdev, unsigned int bar);
void __iomem *vfio_pci_bar_iomap(struct vfio_pci_device *vdev,
				 unsigned int bar);
void vfio_pci_bars_release(struct vfio_pci_device *vdev);

/* access.c */
size_t vfio_pci_io(void __iomem *io, u8 *buf, size_t count, u64 pos,
		   unsigned int width, bool write);
ssize_t vfio_pci_bar_rw(struct vfio_pci_device *vdev, unsigned int bar,
			char __user *ubuf, size_t count, u64 pos, bool write);

/* rom.c */
u64 vfio_pci_rom_size(struct vfio_pci_device *vdev);
bool vfio_pci_rom_present(struct vfio_pci_device *vdev);
ssize_t vfio_pci_rom_read(struct vfio_pci_device *vdev, char __user *ubuf,
			  size_t count, u64 pos);

/* vga.c */
u64 vfio_pci_vga_size(struct vfio_pci_device *vdev);
int vfio_pci_vga_init(struct vfio_pci_device *vdev);
void vfio_pci_vga_exit(struct vfio_pci_device *vdev);
ssize_t vfio_pci_vga_rw(struct vfio_pci_device *vdev, char __user *ubuf,
			size_t count, u64 pos, bool write);

/* power.c */
void vfio_pci_power_init(struct vfio_pci_device *vdev);
void vfio_pci_power_exit(struct vfio_pci_device *vdev);
int vfio_pci_power_get(struct vfio_pci_device *vdev);
void vfio_pci_power_put(struct vfio_pci_device *vdev);
void vfio_pci_power_set(struct vfio_pci_device *vdev, pci_power_t state);
void vfio_pci_power_forget(struct vfio_pci_device *vdev);
void vfio_pci_power_write(struct vfio_pci_device *vdev, u8 val);

/* low_power.c */
int vfio_pci_low_power_enter(struct vfio_pci_device *vdev);
int vfio_pci_low_power_enter_with_wakeup(struct vfio_pci_device *vdev, int fd);
void vfio_pci_low_power_exit(struct vfio_pci_device *vdev);
void vfio_pci_low_power_close(struct vfio_pci_device *vdev);
void vfio_pci_low_power_suspend(struct vfio_pci_device *vdev);
void vfio_pci_low_power_resume(struct vfio_pci_device *vdev);

/* feature.c */
int vfio_pci_feature(struct vfio_pci_device *vdev, u32 flags,
		     void __user *data, size_t size);

/* token.c */
bool vfio_pci_token_exists(struct vfio_pci_device *vdev);
void vfio_pci_token_init(struct vfio_pci_device *vdev);
void vfio_pci_token_exit(struct vfio_pci_device *vdev);
void vfio_pci_token_set(struct vfio_pci_device *vdev, const uuid_t *token);
int vfio_pci_token_match(struct vfio_device *device, const uuid_t *token);
void vfio_pci_token_opened(struct vfio_pci_device *vdev);
void vfio_pci_token_closed(struct vfio_pci_device *vdev);

/* sriov.c */
int vfio_pci_sriov_init(struct vfio_pci_device *vdev);
void vfio_pci_sriov_exit(struct vfio_pci_device *vdev);
void vfio_pci_sriov_disable(struct vfio_pci_device *vdev);
int vfio_pci_sriov_configure(struct pci_dev *pdev, int count);

/* config/config.c */
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

/* irq.c */
void vfio_pci_irqs_init(struct vfio_pci_device *vdev);
void vfio_pci_irqs_exit(struct vfio_pci_device *vdev);
long vfio_pci_ioctl_set_irqs(struct vfio_pci_device *vdev, void *data,
			     void __user *uarg);
void vfio_pci_irqs_release(struct vfio_pci_device *vdev);
void vfio_pci_irqs_hold(struct vfio_pci_device *vdev);
void vfio_pci_irqs_resume(struct vfio_pci_device *vdev);

/* ioeventfd.c */
void vfio_pci_ioeventfds_init(struct vfio_pci_device *vdev);
void vfio_pci_ioeventfds_exit(struct vfio_pci_device *vdev);
long vfio_pci_ioctl_ioeventfd(struct vfio_pci_device *vdev, void *data,
			      void __user *uarg);
void vfio_pci_ioeventfds_release(struct vfio_pci_device *vdev);

/* trigger.c */
void vfio_pci_irq_error(struct vfio_pci_device *vdev);
void vfio_pci_irq_request(struct vfio_pci_device *vdev, unsigned int count);

/* mmap.c */
int vfio_pci_mmap(struct vfio_device *device, struct vm_area_struct *vma);

#endif /* VFIO_PCI_H */
