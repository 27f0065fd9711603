// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/<group>: devices that the IOMMU cannot tell apart.
 *
 * A group exists while at least one of its devices is bound to a vfio driver.
 * Its file can be open once at a time; through it user space puts the group
 * into a container, then opens its devices. Each open device holds the group's
 * file open, so the group cannot change hands below it.
 *
 * In place of a container may stand an iommufd, which then has the part of a
 * container by its emulation of type1.
 *
 * A group is viable if no device of it is in the kernel's own hands. The IOMMU
 * core knows: putting the group into a container claims its DMA ownership, as
 * opening a device does where an iommufd stands behind the group.
 *
 * A device of the group can be opened by its own node as well, but not while the
 * group's file is open, nor the other way round.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "compat.h"
#include "core.h"
#include "iommufd/iommufd.h"

static DEFINE_MUTEX(vfio_groups_lock);
static LIST_HEAD(vfio_groups);
static struct vfio_numbers vfio_group_minors = {
	.ida = IDA_INIT(vfio_group_minors.ida),
};

static dev_t vfio_group_devt;

/* Without a name from here, the node would get another one, and keep it. */
static char *vfio_group_devnode(VFIO_COMPAT_DEVNODE_DEVICE *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL | __GFP_NOFAIL, "vfio/%s", dev_name(dev));
}

static struct class vfio_group_class = {
	.name = "vfio",
	.devnode = vfio_group_devnode,
};

/*
 * The group's file.
 */

static bool vfio_group_has_iommu(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	return group->container || group->iommufd;
}

static long vfio_group_get_status(struct vfio_group *group,
				  struct vfio_group_status __user *arg)
{
	size_t minsz = offsetofend(struct vfio_group_status, flags);
	struct vfio_group_status status;
	int ret = 0;

	if (copy_from_user(&status, arg, minsz))
		return -EFAULT;

	if (status.argsz < minsz)
		return -EINVAL;

	status.flags = 0;

	mutex_lock(&group->lock);
	if (!group->iommu_group)
		ret = -ENODEV;
	else if (vfio_group_has_iommu(group))
		status.flags = VFIO_GROUP_FLAGS_CONTAINER_SET |
			       VFIO_GROUP_FLAGS_VIABLE;
	else if (!iommu_group_dma_owner_claimed(group->iommu_group))
		status.flags = VFIO_GROUP_FLAGS_VIABLE;
	mutex_unlock(&group->lock);

	if (ret)
		return ret;

	return copy_to_user(arg, &status, minsz) ? -EFAULT : 0;
}

static long vfio_group_set_container(struct vfio_group *group, int __user *arg)
{
	struct vfio_container *container;
	struct file *file;
	int fd, ret;

	if (get_user(fd, arg))
		return -EFAULT;

	file = fget(fd);
	if (!file)
		return -EBADF;

	mutex_lock(&group->lock);
	container = vfio_container_from_file(file);
	if (vfio_group_has_iommu(group))
		ret = -EINVAL;
	else if (!group->iommu_group)
		ret = -ENODEV;
	else if (container)
		ret = vfio_container_attach_group(container, group);
	else
		ret = vfio_iommufd_set(group, file);
	mutex_unlock(&group->lock);

	fput(file);

	return ret;
}

static long vfio_group_unset_container(struct vfio_group *group)
{
	struct vfio_container *container = NULL;
	int ret = 0;

	mutex_lock(&group->lock);
	if (!vfio_group_has_iommu(group))
		ret = -EINVAL;
	else if (group->iommufd)
		/* What is open has its own hold of it, as on stock. */
		vfio_iommufd_unset(group);
	else if (group->container_users != 1)
		ret = -EBUSY;
	else
		container = vfio_container_detach_group(group);
	mutex_unlock(&group->lock);

	vfio_container_put(container);

	return ret;
}

/* The name is a device's, and may be followed by a space and arguments. */
static struct vfio_device *vfio_group_find_device(struct vfio_group *group,
						  char *name)
{
	struct vfio_device *device, *found = ERR_PTR(-ENODEV);
	char *args = name;
	int ret;

	name = strsep(&args, " ");

	mutex_lock(&group->device_lock);
	list_for_each_entry(device, &group->devices, group_next) {
		if (strcmp(dev_name(device->dev), name))
			continue;
		ret = vfio_device_match_args(device, args);
		if (ret)
			found = ERR_PTR(ret);
		else if (vfio_device_try_use(device))
			found = device;
		break;
	}
	mutex_unlock(&group->device_lock);

	return found;
}

static long vfio_group_get_device_fd(struct vfio_group *group,
				     const char __user *arg)
{
	struct vfio_device *device;
	struct file *file;
	char *name;
	int fd;

	name = strndup_user(arg, PAGE_SIZE);
	if (IS_ERR(name))
		return PTR_ERR(name);

	device = vfio_group_find_device(group, name);
	kfree(name);
	if (IS_ERR(device))
		return PTR_ERR(device);

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto unuse_device;

	/* On success the use of the device passes to the file. */
	file = vfio_device_file_open(device);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto unuse_device;
	}

	fd_install(fd, file);

	return fd;

unuse_device:
	vfio_device_unuse(device);

	return fd;
}

static long vfio_group_ioctl(struct file *file, unsigned int cmd,
			     unsigned long arg)
{
	struct vfio_group *group = file->private_data;
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_GROUP_GET_STATUS:
		return vfio_group_get_status(group, uarg);
	case VFIO_GROUP_SET_CONTAINER:
		return vfio_group_set_container(group, uarg);
	case VFIO_GROUP_UNSET_CONTAINER:
		return vfio_group_unset_container(group);
	case VFIO_GROUP_GET_DEVICE_FD:
		return vfio_group_get_device_fd(group, uarg);
	default:
		return -ENOTTY;
	}
}

static int vfio_group_open(struct inode *inode, struct file *file)
{
	struct vfio_group *group =
		container_of(inode->i_cdev, struct vfio_group, cdev);
	int ret = 0;

	mutex_lock(&group->lock);
	if (!group->iommu_group) {
		/* The last device left after the lookup of this inode. */
		ret = -ENODEV;
	} else if (group->opened_file || group->node_users) {
		ret = -EBUSY;
	} else {
		group->opened_file = file;
		file->private_data = group;
	}
	mutex_unlock(&group->lock);

	return ret;
}

static int vfio_group_close(struct inode *inode, struct file *file)
{
	struct vfio_group *group = file->private_data;
	struct vfio_container *container;

	mutex_lock(&group->lock);
	/* Open devices hold this file, so none of the group's is open. */
	if (group->container) {
		container = vfio_container_detach_group(group);
	} else {
		container = group->left_container;
		group->left_container = NULL;
	}
	if (group->iommufd)
		vfio_iommufd_unset(group);
	group->opened_file = NULL;
	mutex_unlock(&group->lock);

	vfio_container_put(container);

	return 0;
}

static const struct file_operations vfio_group_fops = {
	.owner = THIS_MODULE,
	.open = vfio_group_open,
	.release = vfio_group_close,
	.unlocked_ioctl = vfio_group_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * vfio_group_file_valid() - whether a file is a group's
 * @file: any file, referenced by the caller
 *
 * Return: true if it is /dev/vfio/<group>.
 */
bool vfio_group_file_valid(struct file *file)
{
	return file->f_op == &vfio_group_fops;
}
EXPORT_SYMBOL_GPL(vfio_group_file_valid);

/**
 * vfio_group_file_has_device() - whether a device belongs to a file's group
 * @file: a group's file, referenced by the caller
 * @device: registered device
 *
 * Return: true if who has opened the file has the device too.
 */
bool vfio_group_file_has_device(struct file *file, struct vfio_device *device)
{
	return file->private_data == device->group;
}
EXPORT_SYMBOL_GPL(vfio_group_file_has_device);

/**
 * vfio_group_from_file() - the group behind a file
 * @file: any file, referenced by the caller
 *
 * Return: the group, kept by the file, or NULL if the file is none.
 */
struct vfio_group *vfio_group_from_file(struct file *file)
{
	return vfio_group_file_valid(file) ? file->private_data : NULL;
}

/*
 * Who uses the group.
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

	if (!group->container || !vfio_container_has_iommu(group->container))
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
 * vfio_group_keep_away() - one of its devices is about to be opened by its node
 * @group: group
 *
 * Return: 0, then nobody can open the group until vfio_group_let_in(); -EBUSY if
 * somebody has.
 * Context: takes the group's lock; may sleep.
 */
int vfio_group_keep_away(struct vfio_group *group)
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
 * vfio_group_let_in() - undo vfio_group_keep_away()
 * @group: group
 *
 * Context: takes the group's lock; may sleep.
 */
void vfio_group_let_in(struct vfio_group *group)
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
	mutex_init(&group->lock);
	spin_lock_init(&group->kvm.lock);
	INIT_LIST_HEAD(&group->devices);
	group->drivers = 1;
	group->iommu_group = iommu_group;

	device_initialize(&group->dev);
	group->dev.devt = MKDEV(MAJOR(vfio_group_devt), minor);
	group->dev.class = &vfio_group_class;
	group->dev.release = vfio_group_release;
	cdev_init(&group->cdev, &vfio_group_fops);
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
 * Context: may sleep, but not for a user.
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
 * A container that the group was in loses it here. What that container then
 * leaves to be destroyed is destroyed when the group's file is closed, by its
 * user, for whom the host must not wait.
 *
 * Context: may sleep, but not for a user.
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
	/* Before the lock goes, or the next group of this name cannot come. */
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
 *
 * Return: 0 or -errno.
 */
int __init vfio_group_init(void)
{
	int ret;

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
