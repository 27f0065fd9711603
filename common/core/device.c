// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device from its allocation by a bus driver to its release.
 *
 * Two counts keep it, for two purposes. @users counts the registration and the
 * open files: the driver's remove waits until all of them are gone, so a bound
 * driver stands behind every open file. @kref keeps the structure's memory for
 * who has resolved a run and must still unlock the device. It never delays a
 * remove, and no code of the driver runs when the last one is dropped, as the
 * driver's module may be gone by then.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "core.h"
#include "vfio_strategy.h"

/**
 * __vfio_device_alloc() - implementation of vfio_device_alloc()
 * @size: size of the driver's structure in bytes
 * @dev: the physical device
 * @ops: the driver's operations
 *
 * Return: the device or ERR_PTR(-ENOMEM).
 * Context: may sleep.
 */
struct vfio_device *__vfio_device_alloc(size_t size, struct device *dev,
					const struct vfio_device_ops *ops)
{
	struct vfio_device *device;
	int ret;

	device = kzalloc(size, GFP_KERNEL);
	if (!device)
		return ERR_PTR(-ENOMEM);

	device->dev = dev;
	device->ops = ops;
	kref_init(&device->kref);
	refcount_set(&device->users, 1);
	init_completion(&device->unused);
	mutex_init(&device->open_lock);
	init_rwsem(&device->memory_lock);
	/* One of its own: a reset of a bus begins a transition of each device. */
	lockdep_register_key(&device->memory_lock_key);
	lockdep_set_class(&device->memory_lock, &device->memory_lock_key);
	init_waitqueue_head(&device->memory_back);
	spin_lock_init(&device->runs_lock);
	INIT_LIST_HEAD(&device->live_runs);
	INIT_LIST_HEAD(&device->suspended_runs);

	device->inode = vfio_inode_new();
	if (IS_ERR(device->inode)) {
		ret = PTR_ERR(device->inode);
		goto free_device;
	}

	ret = vfio_strategy_device_init(device);
	if (ret)
		goto put_inode;

	return device;

put_inode:
	vfio_inode_put(device->inode);
free_device:
	lockdep_unregister_key(&device->memory_lock_key);
	kfree(device);

	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(__vfio_device_alloc);

static void vfio_device_release(struct kref *kref)
{
	struct vfio_device *device =
		container_of(kref, struct vfio_device, kref);

	WARN_ON(!list_empty(&device->live_runs));
	WARN_ON(!list_empty(&device->suspended_runs));

	vfio_strategy_device_release(device);
	vfio_inode_put(device->inode);
	mutex_destroy(&device->open_lock);
	lockdep_unregister_key(&device->memory_lock_key);
	kfree(device);
}

/**
 * vfio_device_get() - take a reference to a device's memory
 * @device: referenced already, or kept by a lock
 */
void vfio_device_get(struct vfio_device *device)
{
	kref_get(&device->kref);
}
EXPORT_SYMBOL_GPL(vfio_device_get);

/**
 * vfio_device_put() - drop a reference to a device's memory
 * @device: device
 *
 * Context: may sleep.
 */
void vfio_device_put(struct vfio_device *device)
{
	kref_put(&device->kref, vfio_device_release);
}
EXPORT_SYMBOL_GPL(vfio_device_put);

/**
 * vfio_device_try_use() - count one more open file
 * @device: kept by a lock of the caller's
 *
 * Return: false if the device is past its unregistration.
 */
bool vfio_device_try_use(struct vfio_device *device)
{
	return refcount_inc_not_zero(&device->users);
}

/**
 * vfio_device_unuse() - undo vfio_device_try_use()
 * @device: the caller must not touch it afterwards without a reference
 */
void vfio_device_unuse(struct vfio_device *device)
{
	if (refcount_dec_and_test(&device->users))
		complete(&device->unused);
}

/**
 * vfio_device_register() - give a device to user space
 * @device: of vfio_device_alloc(); files may be opened before this returns
 *
 * Return: 0; -EINVAL if no IOMMU stands before the device, or one that cannot
 * keep DMA coherent with the caches, as user space has no means to; or -errno.
 * Context: the driver's probe; may sleep.
 */
int vfio_device_register(struct vfio_device *device)
{
	if (!device_iommu_capable(device->dev, IOMMU_CAP_CACHE_COHERENCY))
		return -EINVAL;

	return vfio_group_add_device(device);
}
EXPORT_SYMBOL_GPL(vfio_device_register);

/* Asks the users for the device until none is left. */
static void vfio_device_wait_unused(struct vfio_device *device)
{
	const unsigned long round = 10 * HZ;
	bool interrupted = false;
	unsigned int count = 0;
	long left;

	while (!try_wait_for_completion(&device->unused)) {
		if (device->ops->request)
			device->ops->request(device, count++);

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
 * Its memory is gone when this begins to wait: no CPU and no peer reaches it.
 * Then waits until every file of the device is closed.
 *
 * Context: the driver's remove, device_lock() held. Waits for the users of
 * this one device, in no other way for a user.
 */
void vfio_device_unregister(struct vfio_device *device)
{
	vfio_group_del_device(device);
	vfio_device_memory_remove(device);
	vfio_device_unuse(device);
	vfio_device_wait_unused(device);
	vfio_group_leave(device);
}
EXPORT_SYMBOL_GPL(vfio_device_unregister);
