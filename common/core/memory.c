// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's memory: who may reach it, and how it is taken away and given back.
 *
 * The guarantee, with revoke=suspend: when vfio_device_memory_revoke() returns,
 * neither a CPU nor a device reaches the memory through vfio; when
 * vfio_device_memory_restore() returns, what was mapped is mapped again.
 *
 * It rests on one lock. Everybody who puts page frames of the device into a
 * page table holds the memory lock for read from looking at the state until
 * the entry stands where a revoker finds it: a fault in the device's i_mmap
 * tree, a device run in the device's list of runs. A transition holds it for
 * write, so it finds everything that stands, and nothing new can come.
 *
 * The holder for write waits for no user: no user memory is touched under this
 * lock by anybody. (A fault may allocate a page table under it, as on stock, and
 * a cgroup above its memory.high pays for that with a sleep of at most 2 s.)
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "core.h"
#include "vfio_iommu.h"
#include "vfio_strategy.h"

/*
 * How far revocation goes, so that the cost of each step can be measured. The
 * CPU's mappings are zapped under every policy, as on stock.
 */
enum vfio_revoke_policy {
	VFIO_REVOKE_SUSPEND,	/* device runs follow every transition */
	VFIO_REVOKE_RELEASE,	/* they end at last close and unbind only */
	VFIO_REVOKE_NONE,	/* they stay, as on stock */
};

static const char * const vfio_revoke_names[] = {
	[VFIO_REVOKE_SUSPEND] = "suspend",
	[VFIO_REVOKE_RELEASE] = "release",
	[VFIO_REVOKE_NONE] = "none",
};

static enum vfio_revoke_policy vfio_revoke = VFIO_REVOKE_SUSPEND;

static int vfio_revoke_set(const char *val, const struct kernel_param *kp)
{
	int policy = sysfs_match_string(vfio_revoke_names, val);

	if (policy < 0) {
		pr_err("vfio: revoke=%s is unknown: use suspend, release or none\n",
		       val);
		return policy;
	}

	vfio_revoke = policy;

	return 0;
}

static int vfio_revoke_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", vfio_revoke_names[vfio_revoke]);
}

static const struct kernel_param_ops vfio_revoke_ops = {
	.set = vfio_revoke_set,
	.get = vfio_revoke_get,
};

module_param_cb(revoke, &vfio_revoke_ops, NULL, 0444);
MODULE_PARM_DESC(revoke,
		 "What becomes of DMA mappings of device memory that is taken away: suspend (default), release (end them at close and unbind only), none (keep them, unsafe)");

/**
 * vfio_memory_revocable() - whether device runs end with the device
 *
 * Return: false under revoke=none, where nothing keeps track of them.
 */
bool vfio_memory_revocable(void)
{
	return vfio_revoke != VFIO_REVOKE_NONE;
}

/**
 * vfio_device_memory_lock() - begin a transition
 * @device: device
 *
 * Context: outside every lock of the mm; may sleep as long as another
 * transition takes.
 */
void vfio_device_memory_lock(struct vfio_device *device)
{
	down_write(&device->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_lock);

/**
 * vfio_device_memory_lock_nested() - begin a transition, inside a lock that
 * others take inside of theirs
 * @device: device
 *
 * The caller says why that cannot end in a deadlock; lockdep is told to trust it.
 *
 * Context: as vfio_device_memory_lock().
 */
void vfio_device_memory_lock_nested(struct vfio_device *device)
{
	down_write_nested(&device->memory_lock, SINGLE_DEPTH_NESTING);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_lock_nested);

/**
 * vfio_device_memory_trylock() - begin a transition, unless it had to wait
 * @device: device
 *
 * For transitions of several devices at once, which have no order.
 *
 * Return: whether the transition has begun.
 * Context: as vfio_device_memory_lock(), but never sleeps.
 */
bool vfio_device_memory_trylock(struct vfio_device *device)
{
	return down_write_trylock(&device->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_trylock);

/**
 * vfio_device_memory_unlock() - end a transition
 * @device: device
 */
void vfio_device_memory_unlock(struct vfio_device *device)
{
	up_write(&device->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_unlock);

static void vfio_device_memory_zap(struct vfio_device *device)
{
	unmap_mapping_range(device->inode->i_mapping, 0, 0, true);
}

/**
 * vfio_device_memory_revoke() - nobody reaches the memory from now on
 * @device: device; its memory may be off already
 *
 * Zaps every mmap and, with revoke=suspend, suspends every device run. Does
 * nothing if the memory is not on. Cannot fail.
 *
 * Context: inside a transition.
 */
void vfio_device_memory_revoke(struct vfio_device *device)
{
	lockdep_assert_held_write(&device->memory_lock);

	if (device->memory != VFIO_MEMORY_ON)
		return;

	device->memory = VFIO_MEMORY_OFF;
	vfio_device_memory_zap(device);
	if (vfio_revoke == VFIO_REVOKE_SUSPEND)
		vfio_runs_suspend(device);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_revoke);

static void vfio_device_memory_set(struct vfio_device *device,
				   enum vfio_memory_state state)
{
	enum vfio_memory_state old = device->memory;

	WRITE_ONCE(device->memory, state);
	if (old == VFIO_MEMORY_AWAY)
		wake_up_all(&device->memory_back);
}

/**
 * vfio_device_memory_borrow() - as revoke, until the caller gives it back
 * @device: device; its memory may be off already, and then stays so
 *
 * For a transition that outlasts the memory lock, because it goes on in other
 * calls and other tasks. Who wants the memory waits until it is returned,
 * restored or gone.
 *
 * Context: inside a transition.
 */
void vfio_device_memory_borrow(struct vfio_device *device)
{
	lockdep_assert_held_write(&device->memory_lock);

	if (device->memory != VFIO_MEMORY_ON)
		return;

	vfio_device_memory_revoke(device);
	vfio_device_memory_set(device, VFIO_MEMORY_AWAY);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_borrow);

/**
 * vfio_device_memory_return() - borrowed memory is off, nobody waits any more
 * @device: device; its memory need not be borrowed
 *
 * Context: inside a transition, whose end restores the memory if it is enabled.
 */
void vfio_device_memory_return(struct vfio_device *device)
{
	lockdep_assert_held_write(&device->memory_lock);

	if (device->memory == VFIO_MEMORY_AWAY)
		vfio_device_memory_set(device, VFIO_MEMORY_OFF);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_return);

/**
 * vfio_device_memory_restore() - the memory may be reached again
 * @device: device; its memory may be on already
 *
 * Puts back every suspended device run. One that the IOMMU has no memory for
 * stays suspended, is reported, and is tried again by the next call.
 *
 * Context: inside a transition.
 */
void vfio_device_memory_restore(struct vfio_device *device)
{
	lockdep_assert_held_write(&device->memory_lock);

	if (device->memory == VFIO_MEMORY_GONE)
		return;

	vfio_device_memory_set(device, VFIO_MEMORY_ON);
	vfio_runs_resume(device);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_restore);

static int vfio_device_memory_enter_if(struct vfio_device *device, bool off)
{
	enum vfio_memory_state state;

	for (;;) {
		down_read(&device->memory_lock);
		state = device->memory;
		if (likely(state == VFIO_MEMORY_ON) ||
		    (off && state == VFIO_MEMORY_OFF))
			return 0;
		up_read(&device->memory_lock);

		if (state == VFIO_MEMORY_GONE)
			return -EPERM;
		if (state == VFIO_MEMORY_OFF)
			return -EFAULT;
		if (wait_event_killable(device->memory_back,
					READ_ONCE(device->memory) !=
					VFIO_MEMORY_AWAY))
			return -EINTR;
	}
}

/**
 * vfio_device_memory_enter() - keep the memory reachable for a while
 * @device: device
 *
 * Return: 0 with the memory lock held for read, until
 * vfio_device_memory_leave(); or, with no lock held, -EFAULT while the memory
 * is off, -EPERM if it is gone, -EINTR if the task was killed while it waited.
 * Context: inside mmap_lock or a vma's lock or none; may sleep as long as a
 * transition takes.
 */
int vfio_device_memory_enter(struct vfio_device *device)
{
	return vfio_device_memory_enter_if(device, false);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_enter);

/**
 * vfio_device_memory_enter_off() - keep the memory as it is, on or off
 * @device: device
 *
 * For the driver's own access to memory that nobody may map, but that it knows
 * to answer.
 *
 * Return: as vfio_device_memory_enter(), but for -EFAULT.
 * Context: as that.
 */
int vfio_device_memory_enter_off(struct vfio_device *device)
{
	return vfio_device_memory_enter_if(device, true);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_enter_off);

/**
 * vfio_device_memory_try_enter() - as vfio_device_memory_enter(), now or never
 * @device: device
 *
 * Return: as that; or -EAGAIN if it had to wait.
 * Context: any.
 */
int vfio_device_memory_try_enter(struct vfio_device *device)
{
	enum vfio_memory_state state;

	if (!down_read_trylock(&device->memory_lock))
		return -EAGAIN;

	state = device->memory;
	if (likely(state == VFIO_MEMORY_ON))
		return 0;
	up_read(&device->memory_lock);

	switch (state) {
	case VFIO_MEMORY_GONE:
		return -EPERM;
	case VFIO_MEMORY_OFF:
		return -EFAULT;
	default:
		return -EAGAIN;
	}
}
EXPORT_SYMBOL_GPL(vfio_device_memory_try_enter);

/**
 * vfio_device_memory_leave() - undo vfio_device_memory_enter()
 * @device: device
 */
void vfio_device_memory_leave(struct vfio_device *device)
{
	up_read(&device->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_leave);

/**
 * vfio_pfn_run_put() - end what vfio_strategy_resolve() began
 * @run: its run
 */
void vfio_pfn_run_put(struct vfio_pfn_run *run)
{
	vfio_device_memory_leave(run->device);
	vfio_device_put(run->device);
}

static void vfio_device_memory_end(struct vfio_device *device,
				   enum vfio_memory_state state)
{
	vfio_device_memory_lock(device);
	if (device->memory != VFIO_MEMORY_GONE)
		vfio_device_memory_set(device, state);
	vfio_device_memory_zap(device);
	if (vfio_memory_revocable())
		vfio_runs_kill(device);
	vfio_device_memory_unlock(device);
}

/**
 * vfio_device_memory_close() - the last file of the device is being closed
 * @device: device; the memory comes back when it is opened again
 *
 * Context: device->open_lock held.
 */
void vfio_device_memory_close(struct vfio_device *device)
{
	vfio_device_memory_end(device, VFIO_MEMORY_OFF);
}

/**
 * vfio_device_memory_remove() - the device is being unbound
 * @device: device; the memory never comes back
 *
 * Context: the driver's remove.
 */
void vfio_device_memory_remove(struct vfio_device *device)
{
	vfio_device_memory_end(device, VFIO_MEMORY_GONE);
}
