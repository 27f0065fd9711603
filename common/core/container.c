// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/vfio: the container.
 *
 * Each open of the file is one container: a set of groups that share DMA
 * mappings. An unprivileged user may open it; it can do nothing before a group
 * is put into it (VFIO_GROUP_SET_CONTAINER) and a backend is chosen
 * (VFIO_SET_IOMMU). When its last group is removed, the container has no
 * backend any more and is as after its open.
 *
 * Which task destroys the backend. Destroying unpins pages of the user process
 * and takes its mmap_lock for the accounting, which the process can hold for
 * ever. So removing the last group only makes the backend an orphan. The next
 * ioctl of a user process destroys it, or the last reference to the container.
 * The host, unbinding a device, never waits for that.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "core.h"
#include "vfio_lock_order.h"

/**
 * struct vfio_container - a set of groups behind one backend
 * @kref: the open file, and each group in it
 * @lock: guards all that follows; see core.h for its place in the order
 * @groups: groups in the container
 * @backend: NULL before VFIO_SET_IOMMU
 * @orphans: backends that lost their last group and are still to be destroyed
 */
struct vfio_container {
	struct kref kref;
	struct mutex lock;
	struct list_head groups;
	struct vfio_backend *backend;
	struct list_head orphans;
};

/* Destroys the orphans: may wait for a user's mmap_lock. */
static void vfio_container_reap(struct vfio_container *container)
{
	struct vfio_backend *backend, *next;
	LIST_HEAD(orphans);

	/* One that is just added is left to the next call. */
	if (list_empty(&container->orphans))
		return;

	mutex_lock(&container->lock);
	list_splice_init(&container->orphans, &orphans);
	mutex_unlock(&container->lock);

	list_for_each_entry_safe(backend, next, &orphans, orphan)
		vfio_backend_put(backend);
}

static void vfio_container_release(struct kref *kref)
{
	struct vfio_container *container =
		container_of(kref, struct vfio_container, kref);

	vfio_container_reap(container);
	mutex_destroy(&container->lock);
	kfree(container);
}

/**
 * vfio_container_put() - drop a reference of vfio_container_detach_group()
 * @container: may be NULL; its orphans are destroyed
 *
 * Context: a user process; may wait for a user's mmap_lock, so no lock of the
 * core may be held.
 */
void vfio_container_put(struct vfio_container *container)
{
	if (!container)
		return;

	vfio_container_reap(container);
	kref_put(&container->kref, vfio_container_release);
}

/**
 * vfio_container_has_backend() - whether VFIO_SET_IOMMU has been done
 * @container: the container of a group whose lock is held
 *
 * Return: true if there is a backend. It stays while the group's lock is held.
 */
bool vfio_container_has_backend(struct vfio_container *container)
{
	bool has;

	mutex_lock(&container->lock);
	has = container->backend;
	mutex_unlock(&container->lock);

	return has;
}

/**
 * vfio_container_attach_group() - put a group into a container
 * @container: referenced by the caller
 * @group: in no container; its lock is held
 *
 * Claims the DMA ownership of the IOMMU group, which fails while a driver that
 * does DMA for the kernel is bound to any device of it.
 *
 * Return: 0; -EPERM if the group's DMA has another owner; -EBUSY if a domain of
 * another owner is attached to it; or the backend's errno.
 * Context: group->lock held; may sleep.
 */
int vfio_container_attach_group(struct vfio_container *container,
				struct vfio_group *group)
{
	int ret;

	lockdep_assert_held(&group->lock);

	mutex_lock(&container->lock);

	ret = iommu_group_claim_dma_owner(group->iommu_group, group);
	if (ret)
		goto unlock;

	if (container->backend) {
		ret = vfio_backend_ops->attach_group(container->backend,
						     group->iommu_group);
		if (ret)
			goto release_owner;
	}

	group->container = container;
	group->container_users = 1;
	list_add(&group->container_next, &container->groups);
	kref_get(&container->kref);
	mutex_unlock(&container->lock);

	return 0;

release_owner:
	iommu_group_release_dma_owner(group->iommu_group);
unlock:
	mutex_unlock(&container->lock);

	return ret;
}

/**
 * vfio_container_detach_group() - take a group out of its container
 * @group: in a container, none of its devices open; its lock is held
 *
 * Return: the container, with the reference that the group had, for
 * vfio_container_put() in a user process.
 * Context: group->lock held; may sleep, but never waits for user memory.
 */
struct vfio_container *vfio_container_detach_group(struct vfio_group *group)
{
	struct vfio_container *container = group->container;

	lockdep_assert_held(&group->lock);
	WARN_ON(group->container_users != 1);

	mutex_lock(&container->lock);

	if (container->backend)
		vfio_backend_ops->detach_group(container->backend,
					       group->iommu_group);

	iommu_group_release_dma_owner(group->iommu_group);

	group->container = NULL;
	group->container_users = 0;
	list_del(&group->container_next);

	/* The container's use of the backend passes to the list. */
	if (container->backend && list_empty(&container->groups)) {
		list_add_tail(&container->backend->orphan, &container->orphans);
		container->backend = NULL;
	}

	mutex_unlock(&container->lock);

	return container;
}

static long vfio_container_check_extension(struct vfio_container *container,
					   unsigned long arg)
{
	long ret;

	mutex_lock(&container->lock);
	ret = vfio_backend_ops->check_extension(container->backend, arg);
	mutex_unlock(&container->lock);

	return ret;
}

static int vfio_container_attach_backend(struct vfio_container *container,
					 struct vfio_backend *backend)
{
	struct vfio_group *group;
	int ret;

	list_for_each_entry(group, &container->groups, container_next) {
		ret = vfio_backend_ops->attach_group(backend,
						     group->iommu_group);
		if (ret)
			goto detach_groups;
	}

	container->backend = backend;

	return 0;

detach_groups:
	list_for_each_entry_continue_reverse(group, &container->groups,
					     container_next)
		vfio_backend_ops->detach_group(backend, group->iommu_group);

	return ret;
}

/* Whether there is a group, and no backend yet. */
static bool vfio_container_wants_backend(struct vfio_container *container)
{
	bool wants;

	mutex_lock(&container->lock);
	wants = !list_empty(&container->groups) && !container->backend;
	mutex_unlock(&container->lock);

	return wants;
}

/*
 * The backend's memory is charged to the user process, whose memory cgroup can
 * put it to sleep for that. So the backend is made before the lock is taken: an
 * unbinding host waits for that lock. A process without a group has none made.
 */
static long vfio_container_set_iommu(struct vfio_container *container,
				     unsigned long type)
{
	struct vfio_backend *backend;
	int ret;

	if (!vfio_container_wants_backend(container))
		return -EINVAL;

	backend = vfio_backend_create(type);

	mutex_lock(&container->lock);
	if (list_empty(&container->groups) || container->backend)
		ret = -EINVAL;
	else if (IS_ERR(backend))
		ret = PTR_ERR(backend);
	else
		ret = vfio_container_attach_backend(container, backend);
	mutex_unlock(&container->lock);

	if (ret && !IS_ERR(backend))
		vfio_backend_put(backend);

	return ret;
}

static long vfio_container_backend_ioctl(struct vfio_container *container,
					 unsigned int cmd, unsigned long arg)
{
	struct vfio_backend *backend;
	long ret;

	mutex_lock(&container->lock);
	backend = container->backend;
	if (backend)
		refcount_inc(&backend->users);
	mutex_unlock(&container->lock);

	if (!backend)
		return -EINVAL;

	ret = vfio_backend_ops->ioctl(backend, cmd, arg);
	vfio_backend_put(backend);

	return ret;
}

static long vfio_container_ioctl(struct file *file, unsigned int cmd,
				 unsigned long arg)
{
	struct vfio_container *container = file->private_data;

	vfio_container_reap(container);

	switch (cmd) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return vfio_container_check_extension(container, arg);
	case VFIO_SET_IOMMU:
		return vfio_container_set_iommu(container, arg);
	default:
		return vfio_container_backend_ioctl(container, cmd, arg);
	}
}

static int vfio_container_open(struct inode *inode, struct file *file)
{
	struct vfio_container *container;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return -ENOMEM;

	kref_init(&container->kref);
	mutex_init(&container->lock);
	vfio_lock_class(&container->lock, VFIO_LOCK_CONTAINER);
	INIT_LIST_HEAD(&container->groups);
	INIT_LIST_HEAD(&container->orphans);
	file->private_data = container;

	return 0;
}

static int vfio_container_close(struct inode *inode, struct file *file)
{
	vfio_container_put(file->private_data);

	return 0;
}

static const struct file_operations vfio_container_fops = {
	.owner = THIS_MODULE,
	.open = vfio_container_open,
	.release = vfio_container_close,
	.unlocked_ioctl = vfio_container_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * vfio_container_from_file() - the container behind a file
 * @file: any file, referenced by the caller
 *
 * Return: the container, without a reference of its own, or NULL if the file
 * is none.
 */
struct vfio_container *vfio_container_from_file(struct file *file)
{
	if (file->f_op != &vfio_container_fops)
		return NULL;

	return file->private_data;
}

static struct miscdevice vfio_container_misc = {
	.minor = VFIO_MINOR,
	.name = "vfio",
	.fops = &vfio_container_fops,
	.nodename = "vfio/vfio",
	.mode = 0666,
};

/**
 * vfio_container_init() - make /dev/vfio/vfio
 *
 * Return: 0, or -EBUSY if another vfio has it.
 */
int __init vfio_container_init(void)
{
	return misc_register(&vfio_container_misc);
}

/**
 * vfio_container_exit() - remove /dev/vfio/vfio
 */
void vfio_container_exit(void)
{
	misc_deregister(&vfio_container_misc);
}
