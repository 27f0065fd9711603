// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/vfio: the container.
 *
 * Each open of the file is one container: a set of groups that share DMA
 * mappings. An unprivileged user may open it; it can do nothing before a group
 * is put into it (VFIO_GROUP_SET_CONTAINER) and a backend is chosen
 * (VFIO_SET_IOMMU). When the last group leaves, the backend goes, and the
 * container is as after its open.
 *
 * Who destroys the backend. Destroying unpins the user's pages and takes the
 * user's mmap_lock for the accounting, which the user can make last for ever.
 * So a group that leaves only puts the backend among the orphans, and an ioctl
 * of the user's own or the last reference to the container destroys it. The
 * host, unbinding a device, never waits for that.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "core.h"
#include "vfio_iommu.h"

/**
 * struct vfio_container - a set of groups behind one backend
 * @kref: the open file, and each group in it
 * @lock: guards all that follows; see core.h for its place in the order
 * @groups: groups in the container
 * @iommu: the backend, or NULL before VFIO_SET_IOMMU
 * @orphans: backends that lost their last group and are still to be destroyed
 */
struct vfio_container {
	struct kref kref;
	struct mutex lock;
	struct list_head groups;
	struct vfio_iommu *iommu;
	struct list_head orphans;
};

/* In the user's own time: may wait for the user's mmap_lock. */
static void vfio_container_reap(struct vfio_container *container)
{
	LIST_HEAD(orphans);

	if (list_empty_careful(&container->orphans))
		return;

	mutex_lock(&container->lock);
	list_splice_init(&container->orphans, &orphans);
	mutex_unlock(&container->lock);

	vfio_iommu_put_orphans(&orphans);
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
 * @container: may be NULL; destroys what its last group left behind
 *
 * Context: the user's own; may wait for the user's mmap_lock, so no lock of
 * the core may be held.
 */
void vfio_container_put(struct vfio_container *container)
{
	if (!container)
		return;

	vfio_container_reap(container);
	kref_put(&container->kref, vfio_container_release);
}

/**
 * vfio_container_has_iommu() - whether VFIO_SET_IOMMU has been done
 * @container: the container of a group whose lock is held
 *
 * Return: true if there is a backend. It stays while the group's lock is held.
 */
bool vfio_container_has_iommu(struct vfio_container *container)
{
	bool has;

	mutex_lock(&container->lock);
	has = container->iommu;
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
 * Return: 0; -EPERM if somebody else has the group's DMA; -EBUSY if a domain of
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

	if (container->iommu) {
		ret = vfio_iommu_attach_group(container->iommu,
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
 * vfio_container_put() in the user's own time.
 * Context: group->lock held; may sleep, but never for a user.
 */
struct vfio_container *vfio_container_detach_group(struct vfio_group *group)
{
	struct vfio_container *container = group->container;

	lockdep_assert_held(&group->lock);
	WARN_ON(group->container_users != 1);

	mutex_lock(&container->lock);

	if (container->iommu)
		vfio_iommu_detach_group(container->iommu, group->iommu_group);

	iommu_group_release_dma_owner(group->iommu_group);

	group->container = NULL;
	group->container_users = 0;
	list_del(&group->container_next);

	if (container->iommu && list_empty(&container->groups)) {
		vfio_iommu_orphan(container->iommu, &container->orphans);
		container->iommu = NULL;
	}

	mutex_unlock(&container->lock);

	return container;
}

static long vfio_container_check_extension(struct vfio_container *container,
					   unsigned long arg)
{
	long ret;

	mutex_lock(&container->lock);
	ret = vfio_iommu_check_extension(container->iommu, arg);
	mutex_unlock(&container->lock);

	return ret;
}

static int vfio_container_attach_iommu(struct vfio_container *container,
				       struct vfio_iommu *iommu)
{
	struct vfio_group *group;
	int ret;

	list_for_each_entry(group, &container->groups, container_next) {
		ret = vfio_iommu_attach_group(iommu, group->iommu_group);
		if (ret)
			goto detach_groups;
	}

	container->iommu = iommu;

	return 0;

detach_groups:
	list_for_each_entry_continue_reverse(group, &container->groups,
					     container_next)
		vfio_iommu_detach_group(iommu, group->iommu_group);

	return ret;
}

/*
 * The backend is charged to the user, who can make that last: it is made before
 * the lock is taken, which an unbinding host waits for.
 */
static long vfio_container_set_iommu(struct vfio_container *container,
				     unsigned long type)
{
	struct vfio_iommu *iommu = vfio_iommu_create(type);
	int ret;

	mutex_lock(&container->lock);
	if (list_empty(&container->groups) || container->iommu)
		ret = -EINVAL;
	else if (IS_ERR(iommu))
		ret = PTR_ERR(iommu);
	else
		ret = vfio_container_attach_iommu(container, iommu);
	mutex_unlock(&container->lock);

	if (ret && !IS_ERR(iommu))
		vfio_iommu_put(iommu);

	return ret;
}

static long vfio_container_iommu_ioctl(struct vfio_container *container,
				       unsigned int cmd, unsigned long arg)
{
	struct vfio_iommu *iommu;
	long ret;

	mutex_lock(&container->lock);
	iommu = container->iommu;
	if (iommu)
		vfio_iommu_get(iommu);
	mutex_unlock(&container->lock);

	if (!iommu)
		return -EINVAL;

	ret = vfio_iommu_ioctl(iommu, cmd, arg);
	vfio_iommu_put(iommu);

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
		return vfio_container_iommu_ioctl(container, cmd, arg);
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
