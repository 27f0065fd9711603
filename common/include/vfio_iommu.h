/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU backends as the core sees them.
 *
 * A backend is what VFIO_SET_IOMMU creates behind a container: DMA mappings,
 * and the IOMMU domains of the container's groups. The core calls it through
 * the one &struct vfio_backend_ops that is registered, so calls by name go one
 * way, from the backend's code to the core.
 */
#ifndef VFIO_IOMMU_H
#define VFIO_IOMMU_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct iommu_group;
struct vfio_device;

/**
 * struct vfio_backend - the core's part of a backend, embedded in the backend
 * @users: the container and each ioctl under way. At 0 the backend is
 *	destroyed.
 * @orphan: in the container's list of backends to be destroyed
 */
struct vfio_backend {
	refcount_t users;
	struct list_head orphan;
};

/**
 * struct vfio_backend_ops - what a backend does for the core
 * @create: make a backend of a type, VFIO_TYPE1_IOMMU for example. The core
 *	sets up the &struct vfio_backend in it. Return: the backend;
 *	ERR_PTR(-ENODEV) if the type is no extension of this backend,
 *	ERR_PTR(-EINVAL) if it is an extension but no type, ERR_PTR(-ENOMEM)
 *	without memory. Context: the calling user process; may sleep as long as
 *	that process's memory cgroup makes it.
 * @destroy: unmap and unpin everything and free the backend, which has no
 *	groups and no users. Context: the calling user process; no lock of the
 *	core held; may wait for a user's mmap_lock.
 * @attach_group: map everything for a group, whose DMA ownership the core has
 *	claimed. Return: 0; -EPERM if the group's devices could raise any
 *	interrupt and the administrator does not accept that; -EINVAL if
 *	something is mapped where the group cannot reach; -ENOMEM; or the IOMMU
 *	driver's errno. Context: container's lock held; may sleep, but never
 *	waits for user memory.
 * @detach_group: end the group's access to everything that is mapped. What is
 *	pinned stays so. Context: as @attach_group.
 * @check_extension: VFIO_CHECK_EXTENSION; the backend is NULL before
 *	VFIO_SET_IOMMU. Return: 1 if there is such an extension, 0 if there is
 *	not. Context: container's lock held; may sleep.
 * @ioctl: every ioctl of the container that the core does not handle. Return:
 *	what the command returns, -ENOTTY for an unknown one. Context: the
 *	calling user process; no lock of the core held; may wait for user
 *	memory.
 * @runs_suspend: take every live run of a device out of the IOMMU, in every
 *	container. Context: the device's memory lock held for write; may sleep,
 *	but never waits for user memory.
 * @runs_resume: put every suspended run of a device back. A run that the IOMMU
 *	has no memory for stays suspended. Context: as @runs_suspend.
 * @runs_kill: take every run of a device out of the IOMMU, for good. Context:
 *	as @runs_suspend.
 */
struct vfio_backend_ops {
	struct vfio_backend *(*create)(unsigned long type);
	void (*destroy)(struct vfio_backend *backend);
	int (*attach_group)(struct vfio_backend *backend,
			    struct iommu_group *group);
	void (*detach_group)(struct vfio_backend *backend,
			     struct iommu_group *group);
	long (*check_extension)(struct vfio_backend *backend,
				unsigned long arg);
	long (*ioctl)(struct vfio_backend *backend, unsigned int cmd,
		      unsigned long arg);
	void (*runs_suspend)(struct vfio_device *device);
	void (*runs_resume)(struct vfio_device *device);
	void (*runs_kill)(struct vfio_device *device);
};

void vfio_backend_register(const struct vfio_backend_ops *ops);
void vfio_backend_unregister(void);

/* A device's runs in every container, called by revokers. */
void vfio_runs_suspend(struct vfio_device *device);
void vfio_runs_resume(struct vfio_device *device);
void vfio_runs_kill(struct vfio_device *device);

/* Module init and exit of type1. */
void vfio_iommu_init(void);
void vfio_iommu_exit(void);

#endif /* VFIO_IOMMU_H */
