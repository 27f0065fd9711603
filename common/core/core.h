/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the core share among themselves.
 *
 * The lock order is in vfio_lock_order.h. None of the core's locks is ever held
 * while user memory is accessed or a user's mmap_lock is waited for, so the
 * host can always unbind. There are two exceptions: iommufd may pin user
 * memory, and dropping the last reference to a virtual machine may unmap some,
 * under a device's open lock and its group's lock. Unbind never takes the open
 * lock; it takes the group's lock only once no device of the group is open.
 *
 * No two files of the core call each other in a circle, and the core calls
 * neither a backend nor iommufd by name, see backend.c. Files of devices and
 * groups are above devices and groups: main.c passes their operations down.
 *
 * Words. Node: /dev/vfio/devices/vfio<number>, by which one device is opened.
 * Iommufd: an open /dev/iommu, which stands behind a device instead of a
 * container.
 */
#ifndef VFIO_CORE_H
#define VFIO_CORE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>

#include "vfio_device.h"
#include "vfio_iommu.h"
#include "vfio_iommufd.h"

struct iommu_group;
struct vfio_container;
struct vfio_device_feature;

/**
 * struct vfio_kvm - the virtual machine that a file was given to
 * @lock: guards @kvm
 * @kvm: not refcounted; KVM clears it before the virtual machine is gone. Or
 *	NULL.
 */
struct vfio_kvm {
	spinlock_t lock;	/* of the next */
	struct kvm *kvm;
};

/**
 * struct vfio_device_file - an open file of a device
 *
 * @device: the device, counted in its users
 * @by_node: opened by the device's node, not through its group
 * @usable: the device may be used through this file: always if it was opened
 *	through a group, otherwise once it is bound to an iommufd. Set once,
 *	with smp_store_release(); read with smp_load_acquire().
 * @kvm: the virtual machine that the file was given to
 */
struct vfio_device_file {
	struct vfio_device *device;
	bool by_node;
	bool usable;
	struct vfio_kvm kvm;
};

static inline bool vfio_device_file_usable(struct vfio_device_file *df)
{
	/* Pairs with the release in VFIO_DEVICE_BIND_IOMMUFD. */
	return smp_load_acquire(&df->usable);
}

/**
 * struct vfio_group - devices that the IOMMU cannot tell apart
 *
 * @dev: in class vfio; its references keep this structure
 * @cdev: /dev/vfio/<group>
 * @next: in the list of groups
 * @drivers: registered devices of the group, under the lock of the list
 * @device_lock: guards @devices
 * @devices: registered devices that can still be opened
 * @lock: guards all that follows
 * @iommu_group: NULL once the last device is gone
 * @opened_file: the one open file of the group, or NULL
 * @container: the container it is in, or NULL
 * @container_next: in the container's list of groups
 * @container_users: 1 and open devices, while there is a @container
 * @left_container: a container that the group was in when its last device was
 *	unbound; the reference is dropped when the group's file is closed
 * @iommufd: stands behind the group instead of a container, or NULL
 * @node_users: devices of the group that are open by their nodes. Mutually
 *	exclusive with @opened_file.
 * @kvm: the virtual machine that the group was given to
 */
struct vfio_group {
	struct device dev;
	struct cdev cdev;
	struct list_head next;
	unsigned int drivers;

	struct mutex device_lock;
	struct list_head devices;

	struct mutex lock;
	struct iommu_group *iommu_group;
	struct file *opened_file;
	struct vfio_container *container;
	struct list_head container_next;
	unsigned int container_users;
	struct vfio_container *left_container;
	struct iommufd_ctx *iommufd;
	unsigned int node_users;

	struct vfio_kvm kvm;
};

/* backend.c */
extern const struct vfio_backend_ops *vfio_backend_ops;
extern const struct vfio_iommufd_ops *vfio_iommufd_ops;	/* or NULL */

struct vfio_backend *vfio_backend_create(unsigned long type);
void vfio_backend_put(struct vfio_backend *backend);

/**
 * struct vfio_numbers - minors, handed out in turn
 * @ida: those that are taken
 * @lock: guards @next
 * @next: where to look first for one that is free
 */
struct vfio_numbers {
	struct ida ida;
	struct mutex lock;	/* of the next */
	unsigned int next;
};

/* numbers.c */
void vfio_numbers_init(struct vfio_numbers *numbers);
int vfio_number_alloc(struct vfio_numbers *numbers);
void vfio_number_free(struct vfio_numbers *numbers, unsigned int number);
void vfio_numbers_destroy(struct vfio_numbers *numbers);

/* holders.c */
void vfio_holders_log(struct vfio_device *device);

/* container.c */
struct vfio_container *vfio_container_from_file(struct file *file);
bool vfio_container_has_backend(struct vfio_container *container);
int vfio_container_attach_group(struct vfio_container *container,
				struct vfio_group *group);
struct vfio_container *vfio_container_detach_group(struct vfio_group *group);
void vfio_container_put(struct vfio_container *container);
int vfio_container_init(void);
void vfio_container_exit(void);

/* group.c */
int vfio_group_join(struct vfio_device *device);
void vfio_group_add_device(struct vfio_device *device);
void vfio_group_del_device(struct vfio_device *device);
void vfio_group_leave(struct vfio_device *device);
int vfio_group_use_container(struct vfio_group *group);
void vfio_group_unuse_container(struct vfio_group *group);
int vfio_group_block_open(struct vfio_group *group);
void vfio_group_unblock_open(struct vfio_group *group);
int vfio_group_init(const struct file_operations *fops);
void vfio_group_exit(void);

/* group_file.c */
extern const struct file_operations vfio_group_fops;

struct vfio_group *vfio_group_from_file(struct file *file);

/* count.c */
bool vfio_device_try_use(struct vfio_device *device);
void vfio_device_unuse(struct vfio_device *device);

/* device.c */
int vfio_device_init(const struct file_operations *fops);
void vfio_device_exit(void);

/* node.c */
void vfio_node_prepare(struct vfio_device *device);
int vfio_node_init(const struct file_operations *fops);
void vfio_node_exit(void);

/* open.c */
int vfio_device_open(struct vfio_device *device, struct iommufd_ctx *iommufd,
		     struct vfio_kvm *link);
void vfio_device_close(struct vfio_device *device);

/* name.c */
void vfio_names_get(void);
void vfio_names_put(void);
void vfio_names_init(void);

/* device_file.c */
extern const struct file_operations vfio_device_fops;

struct file *vfio_device_file_open(struct vfio_device *device);
struct vfio_device_file *vfio_device_file_from(struct file *file);

/* kvm.c, or no_kvm.c in a kernel without KVM */
void vfio_device_get_kvm(struct vfio_device *device, struct vfio_kvm *link);
void vfio_device_put_kvm(struct vfio_device *device);

/* feature.c */
long vfio_device_feature(struct vfio_device *device,
			 struct vfio_device_feature __user *uarg);

/* match.c */
int vfio_device_match_token(struct vfio_device *device, const uuid_t *token);
int vfio_device_match_args(struct vfio_device *device, const char *args);

/* memory.c */
void vfio_device_memory_close(struct vfio_device *device);
void vfio_device_memory_remove(struct vfio_device *device);

/* inode.c */
struct inode *vfio_inode_new(void);
void vfio_inode_put(struct inode *inode);

#endif /* VFIO_CORE_H */
