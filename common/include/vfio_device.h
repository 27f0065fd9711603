/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vfio core as a bus driver sees it: a device, its operations, and its
 * memory.
 *
 * Model. A bus driver allocates a vfio_device inside a structure of its own,
 * registers it, and gets its operations called for each file that user space
 * opens on the device. All mmaps of all those files belong to one address
 * space, that of the device's own inode, so one call zaps them all.
 *
 * Memory. "The device's memory" is what user space may mmap: BARs. Page frames of
 * it stand in CPU page tables, put there by faults, and in IOMMUs as device runs,
 * put there by MAP_DMA. It may be reached unless there is a reason why not, see
 * &enum vfio_memory_reason. A driver that does to the device what its memory
 * cannot bear does so between two calls, and holds no lock of the core meanwhile:
 *
 *	vfio_device_memory_update(device, reason, 0);	now nobody reaches it
 *	...the hardware operation...
 *	vfio_device_memory_update(device, 0, reason);	mapped as it was before
 *
 * Words. Page frame number: PFN. Run: adjacent page frames that one resolve
 * gave, or the part of a DMA mapping that stands for them. Offset: a position
 * in the device file, in bytes; vm_pgoff is the same in pages.
 */
#ifndef VFIO_DEVICE_H
#define VFIO_DEVICE_H

#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "strategy.h"

struct file;
struct inode;
struct iommufd_ctx;
struct iommufd_device;
struct kvm;
struct vfio_device;
struct vfio_group;
struct vm_area_struct;
struct vm_fault;

/*
 * Flags in &struct vfio_device_ops.
 *
 * VFIO_DEVICE_OPS_PEER_TO_PEER: every page frame that the driver lets user
 * space mmap is device memory that another device may be given for DMA, and the
 * driver sets a reason before each operation that disables that memory. It
 * should map by faults: what its mmap itself puts into a page table, a revoker
 * that comes just then cannot zap, as the vma is not yet in the device's address
 * space.
 */
#define VFIO_DEVICE_OPS_PEER_TO_PEER	BIT(0)

/**
 * struct vfio_device_ops - what a bus driver does for the core
 * @name: name of the driver, for messages
 * @flags: VFIO_DEVICE_OPS_*
 * @strategy: what the selected strategy asks of a driver besides. May be NULL
 *	without VFIO_DEVICE_OPS_PEER_TO_PEER.
 * @open_device: first open of the device. Return: 0 or -errno, which the
 *	opening ioctl gives to the user. Context: open lock held, may sleep; the
 *	driver restores the memory if it is enabled.
 * @close_device: last close; undoes @open_device. The core has revoked the
 *	memory before. Context: as @open_device.
 * @read: read(2) and pread(2). Return: bytes read or -errno.
 * @write: write(2) and pwrite(2). Return: bytes written or -errno.
 * @ioctl: every ioctl that the core does not handle. Return: 0 or positive, or
 *	-errno, -ENOTTY for what is not known.
 * @feature: VFIO_DEVICE_FEATURE, with flags that go together, the user's data and
 *	their size. Return: 0 or -errno, -ENOTTY for a feature that the device does
 *	not have. May be NULL for one that has none.
 * @mmap: mmap(2). Return: 0 or -errno. Context: mmap_lock held for write.
 * @match_token: the device is about to be opened by who gave that VF token, NULL
 *	for none. Return: 0; -EACCES if it may not be; -EINVAL for a token that the
 *	device has no use for. May be NULL for one that has none ever. Context: the
 *	group's device lock may be held; may sleep, but not for a user.
 * @request: the device is wanted back, @count is the number of earlier calls.
 *	May be NULL. Context: may sleep, no lock of the core held.
 */
struct vfio_device_ops {
	const char *name;
	unsigned int flags;
	const struct vfio_strategy_ops *strategy;
	int (*open_device)(struct vfio_device *device);
	void (*close_device)(struct vfio_device *device);
	ssize_t (*read)(struct vfio_device *device, char __user *buf,
			size_t count, loff_t *ppos);
	ssize_t (*write)(struct vfio_device *device, const char __user *buf,
			 size_t count, loff_t *ppos);
	long (*ioctl)(struct vfio_device *device, unsigned int cmd,
		      unsigned long arg);
	int (*feature)(struct vfio_device *device, u32 flags,
		       void __user *data, size_t size);
	int (*mmap)(struct vfio_device *device, struct vm_area_struct *vma);
	int (*match_token)(struct vfio_device *device, const uuid_t *token);
	void (*request)(struct vfio_device *device, unsigned int count);
};

/**
 * enum vfio_memory_reason - why a device's memory may not be reached
 * @VFIO_MEMORY_CLOSED: no file of the device is open
 * @VFIO_MEMORY_BIT: the user process has cleared the memory bit
 * @VFIO_MEMORY_ASLEEP: the user process has put the device into a state below D0
 * @VFIO_MEMORY_WAKING: the device is on its way back to D0
 * @VFIO_MEMORY_LOW_POWER: the user process lets it sleep by runtime PM
 * @VFIO_MEMORY_RUNTIME: it is asleep by runtime PM
 * @VFIO_MEMORY_SUSPENDED: the system sleeps
 * @VFIO_MEMORY_RESETTING: a reset is going on
 * @VFIO_MEMORY_RECOVERING: recovery from an error is going on
 * @VFIO_MEMORY_FAILED: recovery has failed; a reset may revive the device
 * @VFIO_MEMORY_GONE: the device is being unbound
 *
 * While there is a lasting reason, MAP_DMA is -EFAULT, -EPERM for the last one;
 * a fault SIGBUS; and a read or write of a BAR -EIO. While there are temporary
 * ones only, each of these waits.
 */
enum vfio_memory_reason {
	VFIO_MEMORY_CLOSED	= BIT(0),
	VFIO_MEMORY_BIT		= BIT(1),
	VFIO_MEMORY_ASLEEP	= BIT(2),
	VFIO_MEMORY_WAKING	= BIT(3),
	VFIO_MEMORY_LOW_POWER	= BIT(4),
	VFIO_MEMORY_RUNTIME	= BIT(5),
	VFIO_MEMORY_SUSPENDED	= BIT(6),
	VFIO_MEMORY_RESETTING	= BIT(7),
	VFIO_MEMORY_RECOVERING	= BIT(8),
	VFIO_MEMORY_FAILED	= BIT(9),
	VFIO_MEMORY_GONE	= BIT(10),
};

#define VFIO_MEMORY_TEMPORARY	(VFIO_MEMORY_WAKING |			\
				 VFIO_MEMORY_SUSPENDED |		\
				 VFIO_MEMORY_RESETTING |		\
				 VFIO_MEMORY_RECOVERING)

/**
 * struct vfio_device - a device that user space may be given
 *
 * The order of the module's locks is in vfio_lock_order.h, as code that lockdep
 * reads.
 *
 * @dev: the physical device
 * @ops: the bus driver's operations
 * @strategy: what the strategy keeps for a device
 * @inode: holds the address space of all mmaps of the device
 * @class_dev: vfio<number> in class vfio-dev, with a node of its own where the
 *	kernel has iommufd. Its references keep this structure's memory, never the
 *	registration.
 * @cdev: the node, /dev/vfio/devices/vfio<number>
 * @group: the group that the device is registered in
 * @group_next: in the group's list of devices, under the group's device lock
 * @users: open files and the registration itself; gone at 0
 * @unused: completed when @users reaches 0
 * @open_lock: serialises first open and last close
 * @open_count: open files that may use the device, under @open_lock
 * @by_node: open, and by its own node rather than through its group. Changed
 *	under @open_lock, constant while a file may use the device.
 * @iommufd: the device as its user's iommufd has it, or NULL. Under @open_lock.
 * @iommufd_attached: the PASIDs, or IOMMU_NO_PASID, that it has an address space
 *	for there. Changed under @open_lock.
 * @iommufd_ctx: whose @iommufd it is, only to be compared unless the device is
 *	known to be open, or NULL. Read without a lock.
 * @iommufd_id: what the user calls it there; valid once @iommufd_ctx is read
 * @kvm: the virtual machine that the first open was for, referenced until the
 *	last close, or NULL
 * @memory_lock: held for write to change @memory_off and to revoke or restore; for
 *	read by whoever reaches the memory, and from resolve until the run is on
 *	the device's list
 * @memory_off: reasons why the memory may not be reached, under @memory_lock; read
 *	without it only to decide whether to wait
 * @memory_wait: woken when @memory_off changes while it has a temporary reason
 * @runs_lock: guards the two lists; innermost of all
 * @live_runs: device runs that stand in an IOMMU
 * @suspended_runs: device runs that were taken out and will be put back
 */
struct vfio_device {
	struct device *dev;
	const struct vfio_device_ops *ops;
	struct vfio_strategy_device strategy;
	struct inode *inode;
	struct device class_dev;
	struct cdev cdev;

	struct vfio_group *group;
	struct list_head group_next;
	refcount_t users;
	struct completion unused;

	struct mutex open_lock;
	unsigned int open_count;
	bool by_node;
	struct iommufd_device *iommufd;
	struct xarray iommufd_attached;
	struct iommufd_ctx *iommufd_ctx;
	u32 iommufd_id;
	struct kvm *kvm;

	struct rw_semaphore memory_lock;
	unsigned long memory_off;
	wait_queue_head_t memory_wait;

	spinlock_t runs_lock;
	struct list_head live_runs;
	struct list_head suspended_runs;
};

/*
 * Life of a device, called by its bus driver.
 */
struct vfio_device *__vfio_device_alloc(size_t size, struct device *dev,
					const struct vfio_device_ops *ops);

/**
 * vfio_device_alloc() - allocate a driver's structure and the device inside it
 * @type: the driver's structure
 * @member: its &struct vfio_device, which must come first
 * @dev: the physical device
 * @ops: the driver's operations
 *
 * The memory may outlast the driver's remove by a moment. What the driver keeps
 * in it besides is freed in the remove, after vfio_device_unregister().
 *
 * Return: the driver's structure, zeroed but for the device, with one reference
 * for vfio_device_put(), or ERR_PTR(-ENOMEM).
 * Context: may sleep.
 */
#define vfio_device_alloc(type, member, dev, ops)			\
	((type *)__vfio_device_alloc(sizeof(type) +			\
		BUILD_BUG_ON_ZERO(offsetof(type, member)), dev, ops))

void vfio_device_get(struct vfio_device *device);
void vfio_device_put(struct vfio_device *device);
int vfio_device_register(struct vfio_device *device);
void vfio_device_unregister(struct vfio_device *device);

/*
 * The device's memory.
 */
void vfio_device_memory_lock(struct vfio_device *device);
void vfio_device_memory_unlock(struct vfio_device *device);
void vfio_device_memory_update(struct vfio_device *device, unsigned long set,
			       unsigned long clear);
void vfio_device_memory_update_locked(struct vfio_device *device,
				      unsigned long set, unsigned long clear);
int vfio_device_memory_enter(struct vfio_device *device);
int vfio_device_memory_enter_wait(struct vfio_device *device,
				  unsigned long despite);
vm_fault_t vfio_device_memory_enter_fault(struct vfio_device *device,
					  struct vm_fault *vmf);
int vfio_device_memory_try_enter(struct vfio_device *device);
void vfio_device_memory_leave(struct vfio_device *device);
int vfio_device_memory_wait(struct vfio_device *device);
int vfio_device_memory_wait_for(struct vfio_device *device,
				unsigned long reasons);
bool vfio_memory_revocable(void);

/*
 * What is asked of a feature.
 */
int vfio_device_feature_check(u32 flags, size_t size, u32 ops, size_t needed);

/*
 * From a vma back to the device, and from a group's file to its devices.
 */
struct vfio_device *vfio_device_from_vma(struct vm_area_struct *vma);
bool vfio_group_file_valid(struct file *file);
bool vfio_group_file_has_device(struct file *file, struct vfio_device *device);

/*
 * Which devices one user has, where devices are opened by nodes of their own.
 */
int vfio_device_id_for(struct vfio_device *device, struct vfio_device *asker);

#endif /* VFIO_DEVICE_H */
