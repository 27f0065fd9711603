// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device from its allocation by a bus driver to its release.
 *
 * Two counts keep it, for two purposes (count.c). @users counts the
 * registration and the open files: the driver's remove waits until all of them
 * are gone, so a bound driver stands behind every open file. References to
 * @class_dev pin the structure's memory between a resolve and
 * vfio_pfn_run_put(), which unlocks the device, and while the device's node is
 * being opened. They never delay a remove, and no code of the driver runs when
 * the last one is dropped, as the driver's module may be gone by then.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "core.h"
#include "vfio_lock_order.h"
#include "vfio_strategy.h"

static struct vfio_numbers vfio_device_numbers;

/* Without a name from here, devtmpfs would make the node under another one. */
static char *vfio_device_devnode(VFIO_COMPAT_DEVNODE_DEVICE *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL | __GFP_NOFAIL, "vfio/devices/%s",
			 dev_name(dev));
}

static struct class vfio_device_class = {
	.name = "vfio-dev",
	.devnode = vfio_device_devnode,
};

static void vfio_device_release(struct device *dev)
{
	struct vfio_device *device =
		container_of(dev, struct vfio_device, class_dev);

	WARN_ON(!list_empty(&device->live_runs));
	WARN_ON(!list_empty(&device->suspended_runs));

	vfio_strategy_device_release(device);
	vfio_inode_put(device->inode);
	vfio_number_free(&vfio_device_numbers, device->class_dev.id);
	mutex_destroy(&device->open_lock);
	kfree(device);
}

/**
 * __vfio_device_alloc() - implementation of vfio_device_alloc()
 * @size: size of the driver's structure in bytes
 * @dev: the physical device
 * @ops: the driver's operations
 *
 * Return: the device or ERR_PTR(): -ENOMEM; -ENOSPC if there are too many.
 * Context: may sleep.
 */
struct vfio_device *__vfio_device_alloc(size_t size, struct device *dev,
					const struct vfio_device_ops *ops)
{
	struct vfio_device *device;
	int number, ret;

	device = kzalloc(size, GFP_KERNEL);
	if (!device)
		return ERR_PTR(-ENOMEM);

	device->dev = dev;
	device->ops = ops;
	init_completion(&device->unused);
	mutex_init(&device->open_lock);
	vfio_lock_class(&device->open_lock, VFIO_LOCK_OPEN);
	xa_init(&device->iommufd_attached);
	init_rwsem(&device->memory_lock);
	vfio_lock_class(&device->memory_lock, VFIO_LOCK_MEMORY);
	device->memory_off = VFIO_MEMORY_CLOSED;
	init_waitqueue_head(&device->memory_wait);
	spin_lock_init(&device->runs_lock);
	vfio_lock_class(&device->runs_lock, VFIO_LOCK_DEVICE_RUNS);
	INIT_LIST_HEAD(&device->live_runs);
	INIT_LIST_HEAD(&device->suspended_runs);

	number = vfio_number_alloc(&vfio_device_numbers);
	if (number < 0) {
		ret = number;
		goto free_device;
	}

	device->inode = vfio_inode_new();
	if (IS_ERR(device->inode)) {
		ret = PTR_ERR(device->inode);
		goto free_number;
	}

	ret = vfio_strategy_device_init(device);
	if (ret)
		goto put_inode;

	device_initialize(&device->class_dev);
	device->class_dev.id = number;
	device->class_dev.parent = dev;
	device->class_dev.class = &vfio_device_class;
	device->class_dev.release = vfio_device_release;

	return device;

put_inode:
	vfio_inode_put(device->inode);
free_number:
	vfio_number_free(&vfio_device_numbers, number);
free_device:
	kfree(device);

	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(__vfio_device_alloc);

/**
 * vfio_device_register() - give a device to user space
 * @device: of vfio_device_alloc(); files may be opened before this returns
 *
 * It can be opened through its group, and by its own node where the kernel has
 * iommufd.
 *
 * Return: 0; -EINVAL if no IOMMU translates the device's DMA, or an IOMMU that
 * cannot keep DMA coherent with the caches, as a user process cannot flush
 * them; or -errno.
 * Context: the driver's probe; may sleep.
 */
int vfio_device_register(struct vfio_device *device)
{
	int ret;

	if (!device_iommu_capable(device->dev, IOMMU_CAP_CACHE_COHERENCY))
		return -EINVAL;

	ret = dev_set_name(&device->class_dev, "vfio%u", device->class_dev.id);
	if (ret)
		return ret;

	ret = vfio_group_join(device);
	if (ret)
		return ret;

	/* Its node is there at once, but an open fails until @users is set. */
	vfio_node_prepare(device);
	ret = cdev_device_add(&device->cdev, &device->class_dev);
	if (ret) {
		vfio_group_leave(device);
		return ret;
	}

	refcount_set(&device->users, 1);
	vfio_group_add_device(device);

	return 0;
}
EXPORT_SYMBOL_GPL(vfio_device_register);

/*
 * Asks the users for the device until none is left. The kernel log names the
 * processes that hold it at once, and every 100 seconds.
 */
static void vfio_device_wait_unused(struct vfio_device *device)
{
	const unsigned long round = 10 * HZ;
	bool interrupted = false;
	unsigned int count = 0;
	long left;

	for (; !try_wait_for_completion(&device->unused); count++) {
		if (device->ops->request)
			device->ops->request(device, count);
		if (!(count % 10))
			vfio_holders_log(device);

		if (interrupted)
			left = wait_for_completion_timeout(&device->unused, round);
		else
			left = wait_for_completion_interruptible_timeout(&device->unused, round);
		if (left > 0)
			return;
		if (left < 0) {
			interrupted = true;
			dev_warn(device->dev,
				 "%s (%d) cannot unbind the device before all its files are closed; it waits on\n",
				 current->comm, task_pid_nr(current));
		}
	}
}

/**
 * vfio_device_unregister() - take a device back from user space
 * @device: of vfio_device_register()
 *
 * Its memory is gone before this begins to wait: no CPU and no peer reaches it.
 * Then waits until every file of the device is closed.
 *
 * Context: the driver's remove, device_lock() held. Waits for the user
 * processes that have this one device open, and for no other.
 */
void vfio_device_unregister(struct vfio_device *device)
{
	vfio_group_del_device(device);
	cdev_device_del(&device->cdev, &device->class_dev);
	vfio_device_memory_remove(device);
	vfio_device_unuse(device);
	vfio_device_wait_unused(device);
	vfio_group_leave(device);
}
EXPORT_SYMBOL_GPL(vfio_device_unregister);

/**
 * vfio_device_init() - prepare class vfio-dev, and nodes for its devices
 * @fops: operations of a device's file
 *
 * Return: 0 or -errno.
 */
int __init vfio_device_init(const struct file_operations *fops)
{
	int ret;

	vfio_numbers_init(&vfio_device_numbers);

	ret = class_register(&vfio_device_class);
	if (ret)
		return ret;

	ret = vfio_node_init(fops);
	if (ret)
		class_unregister(&vfio_device_class);

	return ret;
}

/**
 * vfio_device_exit() - undo vfio_device_init()
 */
void vfio_device_exit(void)
{
	vfio_node_exit();
	class_unregister(&vfio_device_class);
	vfio_numbers_destroy(&vfio_device_numbers);
}
