// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets: devices that a bus or slot reset reaches together.
 *
 * Such a reset may be the only way to bring a function into a known state, but it
 * takes its neighbours along. So all of them must be bound to vfio-pci, and either
 * belong to the process that asks for the reset, or be unused.
 *
 * A set lasts from its first device's probe to its last device's remove. Its lock
 * holds off opening, closing and resetting. It is taken inside the core's open
 * lock and outside the operation mutexes, of which the reset takes several: by
 * trylock only, as they have no order. Inside them, the PCI core only tries the
 * device locks.
 *
 * Which devices there are is under a lock of all sets, which nothing is waited for
 * under: probe and remove hold device_lock(), and must not wait for a reset. So a
 * device may leave while its set is reset. It stays allocated until the end, and
 * the PCI core then does not get its device_lock().
 */
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pci.h"
#include "reset.h"
#include "vfio_lock_order.h"

/**
 * struct vfio_pci_set - devices that are reset together
 * @id: the slot or the bus that they share, or the only device
 * @next: in the list of sets
 * @devices: the devices, under the lock of all sets
 * @lock: holds off open, close and reset
 * @open_count: how many of them are open, under @lock
 */
struct vfio_pci_set {
	const void *id;
	struct list_head next;
	struct list_head devices;

	struct mutex lock;	/* holds off open, close and reset */
	unsigned int open_count;
};

static DEFINE_MUTEX(vfio_pci_sets_lock);	/* of all sets and their devices */
static LIST_HEAD(vfio_pci_sets);

/**
 * vfio_pci_sets_init() - say what the lock of all sets is
 *
 * Context: module init.
 */
void vfio_pci_sets_init(void)
{
	vfio_lock_class(&vfio_pci_sets_lock, VFIO_LOCK_SETS);
}

static const void *vfio_pci_set_id(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	/* No reset reaches all of a root bus, or a virtual function alone. */
	if (pci_is_root_bus(pdev->bus) || pdev->is_virtfn)
		return vdev;
	if (!pci_probe_reset_slot(pdev->slot))
		return pdev->slot;

	return pdev->bus;
}

static struct vfio_pci_set *vfio_pci_set_find(const void *id)
{
	struct vfio_pci_set *set;

	lockdep_assert_held(&vfio_pci_sets_lock);

	list_for_each_entry(set, &vfio_pci_sets, next)
		if (set->id == id)
			return set;

	set = kzalloc(sizeof(*set), GFP_KERNEL);
	if (!set)
		return NULL;

	set->id = id;
	mutex_init(&set->lock);
	vfio_lock_class(&set->lock, VFIO_LOCK_SET);
	INIT_LIST_HEAD(&set->devices);
	list_add(&set->next, &vfio_pci_sets);

	return set;
}

/**
 * vfio_pci_set_join() - put a device into its set
 * @vdev: device
 *
 * Return: 0 or -ENOMEM.
 * Context: probe, before it can be opened.
 */
int vfio_pci_set_join(struct vfio_pci_device *vdev)
{
	struct vfio_pci_set *set;

	mutex_lock(&vfio_pci_sets_lock);
	set = vfio_pci_set_find(vfio_pci_set_id(vdev));
	if (set) {
		vdev->set = set;
		list_add_tail(&vdev->set_next, &set->devices);
	}
	mutex_unlock(&vfio_pci_sets_lock);

	return set ? 0 : -ENOMEM;
}

/**
 * vfio_pci_set_leave() - take a device out of its set
 * @vdev: device that cannot be opened any more
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_set_leave(struct vfio_pci_device *vdev)
{
	struct vfio_pci_set *set = vdev->set;

	mutex_lock(&vfio_pci_sets_lock);
	list_del(&vdev->set_next);
	if (list_empty(&set->devices)) {
		list_del(&set->next);
		mutex_destroy(&set->lock);
		kfree(set);
	}
	mutex_unlock(&vfio_pci_sets_lock);
}

/**
 * vfio_pci_set_lock() - hold off opening, closing and resetting the set
 * @vdev: one of the set
 *
 * Context: no operation mutex held; may sleep as long as a reset takes.
 */
void vfio_pci_set_lock(struct vfio_pci_device *vdev)
{
	mutex_lock(&vdev->set->lock);
}

/**
 * vfio_pci_set_unlock() - undo vfio_pci_set_lock()
 * @vdev: one of the set
 */
void vfio_pci_set_unlock(struct vfio_pci_device *vdev)
{
	mutex_unlock(&vdev->set->lock);
}

/* Whether the reset that the PCI core would choose is one of the slot. */
static bool vfio_pci_set_is_slot(struct pci_dev *pdev)
{
	return !pci_probe_reset_slot(pdev->slot);
}

/**
 * vfio_pci_set_has_reset() - whether a bus or slot reset exists
 * @vdev: one of the set
 *
 * Return: true if it does; not whether it would be allowed.
 */
bool vfio_pci_set_has_reset(struct vfio_pci_device *vdev)
{
	return vfio_pci_set_is_slot(vdev->pdev) ||
	       !pci_probe_reset_bus(vdev->pdev->bus);
}

struct vfio_pci_set_walk {
	int (*fn)(struct pci_dev *pdev, void *data);
	void *data;
	struct pci_slot *slot;
	int ret;
};

/* Behind bridges, too: a device shares the slot that they are in. */
static bool vfio_pci_is_below_slot(struct pci_dev *pdev, struct pci_slot *slot)
{
	while (pdev && pdev->bus != slot->bus)
		pdev = pdev->bus->self;

	return pdev && pdev->slot == slot;
}

static int vfio_pci_set_walk_one(struct pci_dev *pdev, void *data)
{
	struct vfio_pci_set_walk *walk = data;

	if (!walk->slot || vfio_pci_is_below_slot(pdev, walk->slot))
		walk->ret = walk->fn(pdev, walk->data);

	return walk->ret;
}

/**
 * vfio_pci_set_walk() - look at every function that the reset would reach
 * @vdev: one of the set
 * @fn: called for each, of whatever driver; ends the walk by not returning 0
 * @data: passed to @fn
 *
 * Return: 0, or what @fn returned last.
 * Context: may sleep.
 */
int vfio_pci_set_walk(struct vfio_pci_device *vdev,
		      int (*fn)(struct pci_dev *pdev, void *data), void *data)
{
	struct pci_dev *pdev = vdev->pdev;
	struct vfio_pci_set_walk walk = {
		.fn = fn,
		.data = data,
		.slot = vfio_pci_set_is_slot(pdev) ? pdev->slot : NULL,
	};

	pci_walk_bus(pdev->bus, vfio_pci_set_walk_one, &walk);

	return walk.ret;
}

/**
 * vfio_pci_set_get_device() - the device that has a function
 * @vdev: one of the set
 * @pdev: any function
 *
 * Return: the device, with a reference for vfio_device_put(), or NULL if it is not
 * in the set.
 * Context: may sleep.
 */
struct vfio_pci_device *vfio_pci_set_get_device(struct vfio_pci_device *vdev,
						struct pci_dev *pdev)
{
	struct vfio_pci_device *other, *found = NULL;

	mutex_lock(&vfio_pci_sets_lock);
	list_for_each_entry(other, &vdev->set->devices, set_next)
		if (other->pdev == pdev)
			found = other;
	if (found)
		vfio_device_get(&found->vfio);
	mutex_unlock(&vfio_pci_sets_lock);

	return found;
}

/**
 * struct vfio_pci_set_members - the devices of a set at one time
 * @count: their number
 * @devices: the devices, with references
 */
struct vfio_pci_set_members {
	unsigned int count;
	struct vfio_pci_device *devices[];
};

static struct vfio_pci_set_members *
vfio_pci_set_members_get(struct vfio_pci_set *set)
{
	struct vfio_pci_set_members *members;
	struct vfio_pci_device *vdev;
	unsigned int count = 0;

	mutex_lock(&vfio_pci_sets_lock);
	list_for_each_entry(vdev, &set->devices, set_next)
		count++;

	members = kzalloc(struct_size(members, devices, count), GFP_KERNEL);
	if (members) {
		list_for_each_entry(vdev, &set->devices, set_next) {
			vfio_device_get(&vdev->vfio);
			pci_dev_get(vdev->pdev);
			members->devices[members->count++] = vdev;
		}
	}
	mutex_unlock(&vfio_pci_sets_lock);

	return members;
}

static void vfio_pci_set_members_put(struct vfio_pci_set_members *members)
{
	struct vfio_pci_device *vdev;

	while (members->count) {
		vdev = members->devices[--members->count];
		pci_dev_put(vdev->pdev);
		vfio_device_put(&vdev->vfio);
	}
	kfree(members);
}

/* Of every function that the reset would reach, it is one. */
static int vfio_pci_set_contains(struct pci_dev *pdev, void *data)
{
	struct vfio_pci_set_members *members = data;
	unsigned int i;

	for (i = 0; i < members->count; i++)
		if (members->devices[i]->pdev == pdev)
			return 0;

	return -EINVAL;
}

/* Unused devices may be asleep, and a reset of those restores nothing. */
static int vfio_pci_set_get_awake(struct vfio_pci_set_members *members,
				  unsigned int *awake)
{
	int ret;

	for (*awake = 0; *awake < members->count; (*awake)++) {
		ret = pm_runtime_resume_and_get(&members->devices[*awake]->pdev->dev);
		if (ret < 0)
			return ret;
	}

	return 0;
}

static int vfio_pci_set_begin(struct vfio_pci_set_members *members,
			      unsigned int *begun)
{
	for (*begun = 0; *begun < members->count; (*begun)++)
		if (!mutex_trylock(&members->devices[*begun]->operation.lock))
			return -EBUSY;

	return 0;
}

static int vfio_pci_set_reset_members(struct vfio_pci_set_members *members)
{
	unsigned int i, awake, begun = 0;
	int ret;

	ret = vfio_pci_set_get_awake(members, &awake);
	if (!ret)
		ret = vfio_pci_set_begin(members, &begun);
	if (!ret) {
		for (i = 0; i < members->count; i++)
			vfio_pci_power_set(members->devices[i], PCI_D0);
		ret = pci_reset_bus(members->devices[0]->pdev);
	}

	while (begun)
		vfio_pci_operation_end(members->devices[--begun]);
	while (awake)
		pm_runtime_put(&members->devices[--awake]->pdev->dev);

	return ret;
}

/* Recovery resets them once more. */
static int vfio_pci_set_wait(struct vfio_pci_set_members *members)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < members->count && !ret; i++)
		ret = vfio_device_memory_wait_for(&members->devices[i]->vfio,
						  VFIO_MEMORY_RECOVERING);

	return ret;
}

/**
 * vfio_pci_set_reset() - reset all devices of a set together
 * @vdev: one of the set
 * @allowed: asked for each device of it
 * @data: passed to @allowed
 *
 * Return: 0; -EINVAL if the reset would reach a device that is not in the set
 * or not allowed; -EBUSY if another operation on a device is going on; -EAGAIN if
 * somebody else holds the lock of one; -ERESTARTSYS for a signal; -ENOMEM; or the
 * errno of waking or resetting.
 * Context: may sleep as long as a reset or recovery takes.
 */
int vfio_pci_set_reset(struct vfio_pci_device *vdev,
		       bool (*allowed)(struct vfio_pci_device *vdev,
				       void *data), void *data)
{
	struct vfio_pci_set *set = vdev->set;
	struct vfio_pci_set_members *members;
	unsigned int i;
	int ret;

	if (mutex_lock_interruptible(&set->lock))
		return -ERESTARTSYS;

	ret = -ENOMEM;
	members = vfio_pci_set_members_get(set);
	if (!members)
		goto unlock;

	ret = vfio_pci_set_walk(vdev, vfio_pci_set_contains, members);
	for (i = 0; i < members->count && !ret; i++)
		if (!allowed(members->devices[i], data))
			ret = -EINVAL;
	if (!ret)
		ret = vfio_pci_set_wait(members);
	if (!ret)
		ret = vfio_pci_set_reset_members(members);
	vfio_pci_set_members_put(members);
unlock:
	mutex_unlock(&set->lock);

	return ret;
}

/**
 * vfio_pci_set_opened() - count an open device
 * @vdev: device
 *
 * Context: the set's lock held.
 */
void vfio_pci_set_opened(struct vfio_pci_device *vdev)
{
	lockdep_assert_held(&vdev->set->lock);

	vdev->set->open_count++;
}

/**
 * vfio_pci_set_closed() - undo vfio_pci_set_opened(), reset what could not be
 * @vdev: device, disabled, its operation mutex released
 *
 * A device that has no reset of its own keeps what its user process left in it,
 * until it and all that would be reset with it are unused. Best effort.
 *
 * Context: the set's lock held; may sleep as long as a reset takes.
 */
void vfio_pci_set_closed(struct vfio_pci_device *vdev)
{
	struct vfio_pci_set *set = vdev->set;
	struct vfio_pci_set_members *members;
	bool needed = false;
	unsigned int i;

	lockdep_assert_held(&set->lock);

	if (--set->open_count || !vfio_pci_set_has_reset(vdev))
		return;

	members = vfio_pci_set_members_get(set);
	if (!members)
		return;

	for (i = 0; i < members->count; i++)
		needed |= members->devices[i]->needs_reset;

	if (needed &&
	    !vfio_pci_set_walk(vdev, vfio_pci_set_contains, members) &&
	    !vfio_pci_set_reset_members(members))
		for (i = 0; i < members->count; i++)
			WRITE_ONCE(members->devices[i]->needs_reset, false);
	vfio_pci_set_members_put(members);
}
