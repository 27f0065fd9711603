// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: devices that the IOMMU cannot tell apart.
 *
 * A group exists while at least one of its devices is bound to a vfio driver.
 * What its file does is in group_file.c.
 *
 * A device of the group can be opened by its own node as well, but not while
 * the group's file is open, nor the other way round.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "core.h"
#include "vfio_lock_order.h"

static const struct file_operations *vfio_group_file_ops;
static DEFINE_MUTEX(vfio_groups_lock);
static LIST_HEAD(vfio_groups);
static struct vfio_numbers vfio_group_minors;

static dev_t vfio_group_devt;

/* Without a name from here, devtmpfs would make the node under another one. */
static char *vfio_group_devnode(VFIO_COMPAT_DEVNODE_DEVICE *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL | __GFP_NOFAIL, "vfio/%s", dev_name(dev));
}

static struct class vfio_group_class = {
	.name = "vfio",
	.devnode = vfio_group_devnode,
};

/*
 * Users of the group: open devices, and devices opened by their nodes.
 */

/**
 * vfio_group_use_container() - an open device keeps its group where it is
 * @group: group; its lock is held
 *
 * Return: 0; -EINVAL if it is in no container, or in one without a backend.
 * Context: group->lock held; may sleep.
 */
int vfio_group_use_container(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	if (!group->container || !vfio_container_has_backend(group->container))
		return -EINVAL;

	group->container_users++;

	return 0;
}

/**
 * vfio_group_unuse_container() - undo vfio_group_use_container()
 * @group: group; its lock is held
 */
void vfio_group_unuse_container(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	group->container_users--;
}

/**
 * vfio_group_block_open() - keep the group's file closed for a node's open
 * @group: group
 *
 * Return: 0, then the group's file cannot be opened until
 * vfio_group_unblock_open(); -EBUSY if it is open.
 * Context: takes the group's lock; may sleep.
 */
int vfio_group_block_open(struct vfio_group *group)
{
	int ret = 0;

	mutex_lock(&group->lock);
	if (group->opened_file)
		ret = -EBUSY;
	else
		group->node_users++;
	mutex_unlock(&group->lock);

	return ret;
}

/**
 * vfio_group_unblock_open() - undo vfio_group_block_open()
 * @group: group
 *
 * Context: takes the group's lock; may sleep.
 */
void vfio_group_unblock_open(struct vfio_group *group)
{
	mutex_lock(&group->lock);
	group->node_users--;
	mutex_unlock(&group->lock);
}

/*
 * The group itself.
 */

static void vfio_group_release(struct device *dev)
{
	struct vfio_group *group = container_of(dev, struct vfio_group, dev);

	vfio_number_free(&vfio_group_minors, MINOR(dev->devt));
	mutex_destroy(&group->lock);
	mutex_destroy(&group->device_lock);
	kfree(group);
}

/* Takes over the caller's reference to @iommu_group on success only. */
static struct vfio_group *vfio_group_create(struct iommu_group *iommu_group)
{
	struct vfio_group *group;
	int minor, ret;

	lockdep_assert_held(&vfio_groups_lock);

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return ERR_PTR(-ENOMEM);

	minor = vfio_number_alloc(&vfio_group_minors);
	if (minor < 0) {
		kfree(group);
		return ERR_PTR(minor);
	}

	mutex_init(&group->device_lock);
	vfio_lock_class(&group->device_lock, VFIO_LOCK_GROUP_DEVICES);
	mutex_init(&group->lock);
	vfio_lock_class(&group->lock, VFIO_LOCK_GROUP);
	spin_lock_init(&group->kvm.lock);
	vfio_lock_class(&group->kvm.lock, VFIO_LOCK_KVM);
	INIT_LIST_HEAD(&group->devices);
	group->drivers = 1;
	group->iommu_group = iommu_group;

	device_initialize(&group->dev);
	group->dev.devt = MKDEV(MAJOR(vfio_group_devt), minor);
	group->dev.class = &vfio_group_class;
	group->dev.release = vfio_group_release;
	cdev_init(&group->cdev, vfio_group_file_ops);
	group->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&group->dev, "%d", iommu_group_id(iommu_group));
	if (!ret)
		ret = cdev_device_add(&group->cdev, &group->dev);
	if (ret) {
		put_device(&group->dev);
		return ERR_PTR(ret);
	}

	list_add(&group->next, &vfio_groups);

	return group;
}

/**
 * vfio_group_join() - find a device's group
 * @device: in no group
 *
 * The first device of an IOMMU group creates the vfio group.
 *
 * Return: 0; -EINVAL if no IOMMU stands before the device; -ENOMEM, -ENOSPC.
 * Context: may sleep.
 */
int vfio_group_join(struct vfio_device *device)
{
	struct iommu_group *iommu_group;
	struct vfio_group *group;
	int ret = 0;

	iommu_group = iommu_group_get(device->dev);
	if (!iommu_group)
		return -EINVAL;

	mutex_lock(&vfio_groups_lock);

	list_for_each_entry(group, &vfio_groups, next) {
		if (group->iommu_group == iommu_group) {
			group->drivers++;
			iommu_group_put(iommu_group);
			goto found;
		}
	}

	group = vfio_group_create(iommu_group);
	if (IS_ERR(group)) {
		ret = PTR_ERR(group);
		iommu_group_put(iommu_group);
		goto unlock;
	}

found:
	device->group = group;
unlock:
	mutex_unlock(&vfio_groups_lock);

	return ret;
}

/**
 * vfio_group_add_device() - make a device openable through its group
 * @device: complete, after vfio_group_join()
 *
 * Context: may sleep.
 */
void vfio_group_add_device(struct vfio_device *device)
{
	mutex_lock(&device->group->device_lock);
	list_add(&device->group_next, &device->group->devices);
	mutex_unlock(&device->group->device_lock);
}

/**
 * vfio_group_del_device() - no new file of the device can be opened from now on
 * @device: in a group
 *
 * Context: may sleep, but never waits for user memory.
 */
void vfio_group_del_device(struct vfio_device *device)
{
	mutex_lock(&device->group->device_lock);
	list_del(&device->group_next);
	mutex_unlock(&device->group->device_lock);
}

/**
 * vfio_group_leave() - end a device's membership; the last one ends the group
 * @device: none of its files can be opened or is open
 *
 * A container that the group was in loses it here. A backend that is left
 * without a group by that is destroyed when the group's file is closed, by the
 * user process that closes it: the host must not wait for user memory.
 *
 * Context: may sleep, but never waits for user memory.
 */
void vfio_group_leave(struct vfio_device *device)
{
	struct vfio_group *group = device->group;
	struct iommu_group *iommu_group;

	mutex_lock(&vfio_groups_lock);
	if (--group->drivers) {
		mutex_unlock(&vfio_groups_lock);
		return;
	}

	list_del(&group->next);
	/* Under the lock, or the next group of this name could not be added. */
	cdev_device_del(&group->cdev, &group->dev);

	mutex_lock(&group->lock);
	if (group->container)
		group->left_container = vfio_container_detach_group(group);
	iommu_group = group->iommu_group;
	group->iommu_group = NULL;
	mutex_unlock(&group->lock);

	mutex_unlock(&vfio_groups_lock);

	iommu_group_put(iommu_group);
	put_device(&group->dev);
}

/**
 * vfio_group_init() - prepare /dev/vfio/<group>
 * @fops: operations of a group's file
 *
 * Return: 0 or -errno.
 */
int __init vfio_group_init(const struct file_operations *fops)
{
	int ret;

	vfio_lock_class(&vfio_groups_lock, VFIO_LOCK_GROUPS);
	vfio_numbers_init(&vfio_group_minors);
	vfio_group_file_ops = fops;

	ret = class_register(&vfio_group_class);
	if (ret)
		return ret;

	ret = alloc_chrdev_region(&vfio_group_devt, 0, MINORMASK + 1, "vfio");
	if (ret)
		class_unregister(&vfio_group_class);

	return ret;
}

/**
 * vfio_group_exit() - undo vfio_group_init()
 */
void vfio_group_exit(void)
{
	unregister_chrdev_region(vfio_group_devt, MINORMASK + 1);
	class_unregister(&vfio_group_class);
	vfio_numbers_destroy(&vfio_group_minors);
}
