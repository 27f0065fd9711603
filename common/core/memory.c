// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's memory: whether it may be reached, and how it is revoked and
 * restored.
 *
 * The guarantee, with revoke=suspend: when vfio_device_memory_update() has set a
 * reason, neither a CPU nor a device reaches the memory through vfio; when it has
 * cleared the last one, what was mapped is mapped again.
 *
 * Why the memory may not be reached is a set of reasons, one bit each, in
 * @memory_off: see &enum vfio_memory_reason. It may be reached if and only if the
 * set is empty.
 *
 * The guarantee rests on one lock. Everybody who puts page frames of the device
 * into a page table holds the memory lock for read from looking at the set until
 * the entry stands where the revoker finds it: a fault in the device's i_mmap
 * tree, a device run in the device's list of runs. The revoker holds the lock for
 * write while it changes the set and takes out what stands, so nothing new can
 * come in between.
 *
 * The lock is for this bookkeeping only. It is not held while hardware is waited
 * for, nor across anything that takes a lock of the PCI core: a driver sets a
 * reason, does the operation without this lock, and clears the reason. User
 * memory is never accessed under the lock, so no user process can stall the
 * revoker. (A fault may allocate a page table under it, as on stock, and a cgroup
 * above its memory.high makes its task sleep there, for 2 s at most.)
 *
 * Some reasons are temporary: a reset, a wake-up, error recovery, system sleep.
 * An accessor that meets nothing but those waits for their end, with no lock held:
 * not this one, and not mmap_lock either. A signal ends its waiting.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat.h"
#include "core.h"
#include "vfio_iommu.h"
#include "vfio_strategy.h"

/*
 * How far revocation goes, so that the cost of each step can be measured. The
 * CPU's mappings are zapped under every policy, as on stock.
 */
enum vfio_revoke_policy {
	VFIO_REVOKE_SUSPEND,	/* device runs follow the set of reasons */
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
__MODULE_PARM_TYPE(revoke, "string");
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

static bool vfio_memory_is_temporary(unsigned long off)
{
	return off && !(off & ~VFIO_MEMORY_TEMPORARY);
}

/**
 * vfio_device_memory_lock() - keep the set of reasons as it is, and change it
 * @device: device
 *
 * For what a driver has to change together with the set. Whoever only changes
 * the set calls vfio_device_memory_update().
 *
 * Context: outside every lock of the mm; sleeps while a revoker or accessors
 * hold the lock, never for a user process or for hardware.
 */
void vfio_device_memory_lock(struct vfio_device *device)
{
	down_write(&device->memory_lock);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_lock);

/**
 * vfio_device_memory_unlock() - undo vfio_device_memory_lock()
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
 * vfio_device_memory_update_locked() - as vfio_device_memory_update()
 * @device: device
 * @set: reasons that hold from now on
 * @clear: reasons that hold no longer
 *
 * Context: vfio_device_memory_lock() held.
 */
void vfio_device_memory_update_locked(struct vfio_device *device,
				      unsigned long set, unsigned long clear)
{
	unsigned long old = device->memory_off;
	unsigned long new = (old & ~clear) | set;

	lockdep_assert_held_write(&device->memory_lock);

	WRITE_ONCE(device->memory_off, new);

	if (!old && new) {
		vfio_device_memory_zap(device);
		if (vfio_revoke == VFIO_REVOKE_SUSPEND)
			vfio_runs_suspend(device);
	} else if (!new) {
		vfio_runs_resume(device);
	}

	if (old & VFIO_MEMORY_TEMPORARY && old != new)
		wake_up_all(&device->memory_wait);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_update_locked);

/**
 * vfio_device_memory_update() - change why the memory may not be reached
 * @device: device
 * @set: reasons that hold from now on, of &enum vfio_memory_reason
 * @clear: reasons that hold no longer
 *
 * The first reason revokes the memory: every mmap is zapped and, with
 * revoke=suspend, every device run suspended. When none is left the memory is
 * restored: every suspended run is put back. A run that the IOMMU has no memory
 * for stays suspended, is reported, and is tried again by the next call that
 * leaves the set empty. Cannot fail.
 *
 * Context: as vfio_device_memory_lock(), which it takes.
 */
void vfio_device_memory_update(struct vfio_device *device, unsigned long set,
			       unsigned long clear)
{
	vfio_device_memory_lock(device);
	vfio_device_memory_update_locked(device, set, clear);
	vfio_device_memory_unlock(device);
}
EXPORT_SYMBOL_GPL(vfio_device_memory_update);

/* Why the memory cannot be reached now. */
static int vfio_memory_errno(unsigned long off)
{
	if (off & VFIO_MEMORY_GONE)
		return -EPERM;

	return vfio_memory_is_temporary(off) ? -EAGAIN : -EFAULT;
}

/**
 * vfio_device_memory_enter() - keep the memory reachable for a while
 * @device: device
 *
 * Return: 0 with the memory lock held for read, until
 * vfio_device_memory_leave(); or, with no lock held, -EAGAIN while the memory is
 * off for a temporary reason, -EFAULT for another one, -EPERM if it is gone.
 * Context: inside mmap_lock or a vma's lock or none; sleeps as long as the
 * revoker takes, never for hardware.
 */
int vfio_device_memory_enter(struct vfio_device *device)
{
	int ret;

	down_read(&device->memory_lock);
	if (likely(!device->memory_off))
		return 0;

	ret = vfio_memory_errno(device->memory_off);
	up_read(&device->memory_lock);

	return ret;
}
EXPORT_SYMBOL_GPL(vfio_device_memory_enter);

/**
 * vfio_device_memory_wait() - wait until no temporary reason is left
 * @device: device
 *
 * Return: 0, whatever other reasons there are; -ERESTARTSYS for a signal.
 * Context: no lock that a revoker or another user process needs; may sleep as
 * long as a reset or error recovery takes.
 */
int vfio_device_memory_wait(struct vfio_device *device)
{
	return wait_event_interruptible(device->memory_wait,
			!vfio_memory_is_temporary(READ_ONCE(device->memory_off)));
}
EXPORT_SYMBOL_GPL(vfio_device_memory_wait);

/**
 * vfio_device_memory_wait_for() - wait until some reasons hold no longer
 * @device: device
 * @reasons: the reasons
 *
 * Return: 0 when none of them holds, or the device is gone; -ERESTARTSYS for a
 * signal.
 * Context: as vfio_device_memory_wait().
 */
int vfio_device_memory_wait_for(struct vfio_device *device,
				unsigned long reasons)
{
	unsigned long off;

	return wait_event_interruptible(device->memory_wait, ({
		off = READ_ONCE(device->memory_off);
		!(off & reasons) || off & VFIO_MEMORY_GONE;
	}));
}
EXPORT_SYMBOL_GPL(vfio_device_memory_wait_for);

/* Only a fatal signal ends the waiting, and then the fault as well. */
static void vfio_device_memory_wait_killable(struct vfio_device *device)
{
	(void)wait_event_killable(device->memory_wait,
			!vfio_memory_is_temporary(READ_ONCE(device->memory_off)));
}

/**
 * vfio_device_memory_enter_wait() - as vfio_device_memory_enter(), but waits
 * @device: device
 * @despite: reasons that do not keep the caller from the memory: what the driver
 *	knows to answer to it although nobody may map it
 *
 * Return: as vfio_device_memory_enter(), but for -EAGAIN; -ERESTARTSYS for a
 * signal.
 * Context: as vfio_device_memory_wait().
 */
int vfio_device_memory_enter_wait(struct vfio_device *device,
				  unsigned long despite)
{
	unsigned long off;
	int ret;

	for (;;) {
		down_read(&device->memory_lock);
		off = device->memory_off & ~despite;
		if (likely(!off))
			return 0;
		up_read(&device->memory_lock);

		if (!vfio_memory_is_temporary(off))
			return vfio_memory_errno(off);

		ret = wait_event_interruptible(device->memory_wait, ({
			off = READ_ONCE(device->memory_off) & ~despite;
			!vfio_memory_is_temporary(off);
		}));
		if (ret)
			return ret;
	}
}
EXPORT_SYMBOL_GPL(vfio_device_memory_enter_wait);

/**
 * vfio_device_memory_enter_fault() - as vfio_device_memory_enter(), in a fault
 * @device: device
 * @vmf: the fault
 *
 * For a temporary reason the fault waits and is then retried. It does not hold
 * mmap_lock or the vma's lock meanwhile, so the process's other threads, and
 * whoever looks at the process, go on. A fault from user mode ends its waiting
 * for any signal; one from kernel mode for a fatal one only, as the kernel would
 * retry it at once after any other. A fault that may not be retried is not
 * allowed to sleep, and gets SIGBUS.
 *
 * Return: 0 with the memory lock held for read, until
 * vfio_device_memory_leave(); VM_FAULT_SIGBUS; or VM_FAULT_RETRY, with @vmf and
 * its vma not to be touched any more.
 * Context: mmap_lock or the vma's lock held for read.
 */
vm_fault_t vfio_device_memory_enter_fault(struct vfio_device *device,
					  struct vm_fault *vmf)
{
	unsigned int flags = vmf->flags;
	int ret;

	ret = vfio_device_memory_enter(device);
	if (likely(!ret))
		return 0;
	if (ret != -EAGAIN || !(flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	if (flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	vfio_device_get(device);
	vfio_compat_release_fault_lock(vmf);
	if (flags & FAULT_FLAG_USER)
		vfio_device_memory_wait(device);
	else
		vfio_device_memory_wait_killable(device);
	vfio_device_put(device);

	return VM_FAULT_RETRY;
}
EXPORT_SYMBOL_GPL(vfio_device_memory_enter_fault);

/**
 * vfio_device_memory_try_enter() - as vfio_device_memory_enter(), now or never
 * @device: device
 *
 * Return: as that; -EAGAIN also if the lock was not free.
 * Context: any.
 */
int vfio_device_memory_try_enter(struct vfio_device *device)
{
	int ret;

	if (!down_read_trylock(&device->memory_lock))
		return -EAGAIN;
	if (likely(!device->memory_off))
		return 0;

	ret = vfio_memory_errno(device->memory_off);
	up_read(&device->memory_lock);

	return ret;
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
 * vfio_pfn_run_get() - how a strategy begins to resolve
 * @run: its run; @device is set
 * @device: whose memory it is
 *
 * Return: 0, as vfio_device_memory_enter(), with a reference to @device, until
 * vfio_pfn_run_put(); -EAGAIN with the reference alone, see
 * vfio_strategy_resolve(); or its other errnos, with neither.
 * Context: mmap_lock held for read.
 */
int vfio_pfn_run_get(struct vfio_pfn_run *run, struct vfio_device *device)
{
	int ret = vfio_device_memory_enter(device);

	if (ret && ret != -EAGAIN)
		return ret;

	vfio_device_get(device);
	run->device = device;

	return ret;
}

/**
 * vfio_pfn_run_put() - end what vfio_pfn_run_get() began
 * @run: its run
 */
void vfio_pfn_run_put(struct vfio_pfn_run *run)
{
	vfio_device_memory_leave(run->device);
	vfio_device_put(run->device);
}

/* As an update, but live runs are killed at once: suspending them is a detour. */
static void vfio_device_memory_end(struct vfio_device *device,
				   unsigned long reason)
{
	unsigned long old;

	vfio_device_memory_lock(device);
	old = device->memory_off;
	WRITE_ONCE(device->memory_off, old | reason);

	if (!old)
		vfio_device_memory_zap(device);
	if (vfio_memory_revocable())
		vfio_runs_kill(device);

	if (old & VFIO_MEMORY_TEMPORARY)
		wake_up_all(&device->memory_wait);
	vfio_device_memory_unlock(device);
}

/**
 * vfio_device_memory_close() - the last file of the device is being closed
 * @device: device; its driver makes the memory reachable when it is opened again
 *
 * Context: device->open_lock held.
 */
void vfio_device_memory_close(struct vfio_device *device)
{
	vfio_device_memory_end(device, VFIO_MEMORY_CLOSED);
}

/**
 * vfio_device_memory_remove() - the device is being unbound
 * @device: device; its memory is never reachable again
 *
 * Context: the driver's remove.
 */
void vfio_device_memory_remove(struct vfio_device *device)
{
	vfio_device_memory_end(device, VFIO_MEMORY_GONE);
}
