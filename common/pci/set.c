// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets: devices that a bus or slot reset reaches together.
 *
 * Such a reset is for a function what no method of its own may be, a way back
 * to a known state, but it takes its neighbours along. So all of them must be
 * bound to vfio-pci, and either belong to who asks for the reset, or be unused.
 *
 * A set lasts from its first device's probe to its last device's remove. Its
 * lock holds off opening and closing, and thereby keeps the list and the count
 * of open devices. It is taken inside the core's open lock and outside the
 * memory locks, of which the reset takes several: by trylock only, as they have
 * no order. Inside them, the PCI core only tries the device locks.
 */
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pci.h"

/**
 * struct vfio_pci_set - devices that are reset together
 * @id: the slot or the bus that they share, or the only device
 * @next: in the list of sets
 * @members: number of devices that are in it or about to be, under the lock of
 *	the list, which nobody holds while waiting for @lock
 * @lock: guards what follows
 * @devices: the devices
 * @open_count: how many of them are open
 */
struct vfio_pci_set {
	const void *id;
	struct list_head next;
	unsigned int members;

	struct mutex lock;	/* holds off open, close and reset */
	struct list_head devices;
	unsigned int open_count;
};

static DEFINE_MUTEX(vfio_pci_sets_lock);
static LIST_HEAD(vfio_pci_sets);

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
	INIT_LIST_HEAD(&set->devices);
	list_add(&set->next, &vfio_pci_sets);

	return set;
}

/**
 * vfio_pci_set_join() - put a device into its set
 * @vdev: device
 *
 * Return: 0 or -ENOMEM.
 * Context: probe, before it can be opened; may sleep as long as a reset takes.
 */
int vfio_pci_set_join(struct vfio_pci_device *vdev)
{
	struct vfio_pci_set *set;

	mutex_lock(&vfio_pci_sets_lock);
	set = vfio_pci_set_find(vfio_pci_set_id(vdev));
	if (set)
		set->members++;
	mutex_unlock(&vfio_pci_sets_lock);
	if (!set)
		return -ENOMEM;

	/*
	 * The count keeps the set. Its lock may be held as long as a reset takes,
	 * for which no device of another set waits.
	 */
	vdev->set = set;
	mutex_lock(&set->lock);
	list_add_tail(&vdev->set_next, &set->devices);
	mutex_unlock(&set->lock);

	return 0;
}

/**
 * vfio_pci_set_leave() - take a device out of its set
 * @vdev: device that cannot be opened any more
 *
 * Context: remove, or a failing probe; may sleep as long as a reset takes.
 */
void vfio_pci_set_leave(struct vfio_pci_device *vdev)
{
	struct vfio_pci_set *set = vdev->set;
	bool last;

	mutex_lock(&set->lock);
	list_del(&vdev->set_next);
	mutex_unlock(&set->lock);

	mutex_lock(&vfio_pci_sets_lock);
	last = !--set->members;
	if (last)
		list_del(&set->next);
	mutex_unlock(&vfio_pci_sets_lock);

	if (last) {
		mutex_destroy(&set->lock);
		kfree(set);
	}
}

/**
 * vfio_pci_set_lock() - hold off opening, closing and resetting the set
 * @vdev: one of the set
 *
 * Context: outside of any transition; may sleep as long as a reset takes.
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
 * vfio_pci_set_device() - the device that has a function
 * @vdev: one of the set
 * @pdev: any function
 *
 * Return: the device, or NULL if it is not in the set.
 * Context: the set's lock held, which keeps it there.
 */
struct vfio_pci_device *vfio_pci_set_device(struct vfio_pci_device *vdev,
					    struct pci_dev *pdev)
{
	struct vfio_pci_device *other;

	lockdep_assert_held(&vdev->set->lock);

	list_for_each_entry(other, &vdev->set->devices, set_next)
		if (other->pdev == pdev)
			return other;

	return NULL;
}

static int vfio_pci_set_contains(struct pci_dev *pdev, void *data)
{
	return vfio_pci_set_device(data, pdev) ? 0 : -EINVAL;
}

static void vfio_pci_set_put_awake(struct vfio_pci_set *set,
				   struct vfio_pci_device *last)
{
	struct vfio_pci_device *vdev = last;

	list_for_each_entry_from_reverse(vdev, &set->devices, set_next)
		pm_runtime_put(&vdev->pdev->dev);
}

/* Unused devices may be asleep, and a reset of those restores nothing. */
static int vfio_pci_set_get_awake(struct vfio_pci_set *set)
{
	struct vfio_pci_device *vdev;
	int ret;

	list_for_each_entry(vdev, &set->devices, set_next) {
		ret = pm_runtime_resume_and_get(&vdev->pdev->dev);
		if (ret < 0) {
			vfio_pci_set_put_awake(set, list_prev_entry(vdev,
								    set_next));
			return ret;
		}
	}

	return 0;
}

static void vfio_pci_set_end(struct vfio_pci_set *set,
			     struct vfio_pci_device *last)
{
	struct vfio_pci_device *vdev = last;

	list_for_each_entry_from_reverse(vdev, &set->devices, set_next)
		vfio_pci_transition_end(vdev);
}

static int vfio_pci_set_begin(struct vfio_pci_set *set)
{
	struct vfio_pci_device *vdev;

	list_for_each_entry(vdev, &set->devices, set_next) {
		if (!vfio_pci_transition_trybegin(vdev)) {
			vfio_pci_set_end(set, list_prev_entry(vdev, set_next));
			return -EBUSY;
		}
		/* It has no state to save now; and nobody loses what is borrowed. */
		if (vdev->host_away || pci_channel_offline(vdev->pdev)) {
			vfio_pci_set_end(set, vdev);
			return -EBUSY;
		}
		vfio_device_memory_revoke(&vdev->vfio);
		vfio_pci_irqs_hold(vdev);
	}

	return 0;
}

static int vfio_pci_set_reset_locked(struct vfio_pci_set *set)
{
	struct vfio_pci_device *last = list_last_entry(&set->devices,
						       struct vfio_pci_device,
						       set_next);
	struct vfio_pci_device *vdev;
	int ret;

	lockdep_assert_held(&set->lock);

	ret = vfio_pci_set_get_awake(set);
	if (ret)
		return ret;

	ret = vfio_pci_set_begin(set);
	if (!ret) {
		list_for_each_entry(vdev, &set->devices, set_next)
			vfio_pci_power_set(vdev, PCI_D0);
		ret = pci_reset_bus(last->pdev);
		vfio_pci_set_end(set, last);
	}

	vfio_pci_set_put_awake(set, last);

	return ret;
}

/**
 * vfio_pci_set_reset() - reset all devices of a set in one transition
 * @vdev: one of the set
 * @allowed: asked for each device of it
 * @data: passed to @allowed
 *
 * Return: 0; -EINVAL if the reset would reach a device that is not in the set
 * or not allowed; -EBUSY if a device is in another transition; -EAGAIN if
 * somebody else holds the lock of one; or the errno of waking or resetting.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_set_reset(struct vfio_pci_device *vdev,
		       bool (*allowed)(struct vfio_pci_device *vdev,
				       void *data), void *data)
{
	struct vfio_pci_set *set = vdev->set;
	int ret;

	mutex_lock(&set->lock);

	ret = vfio_pci_set_walk(vdev, vfio_pci_set_contains, vdev);
	if (ret)
		goto unlock;

	list_for_each_entry(vdev, &set->devices, set_next) {
		if (!allowed(vdev, data)) {
			ret = -EINVAL;
			goto unlock;
		}
	}

	ret = vfio_pci_set_reset_locked(set);
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
 * vfio_pci_set_closed() - undo vfio_pci_set_opened(); reset who could not be
 * @vdev: device, disabled, its transition at an end
 *
 * A device that has no reset of its own keeps what its user left in it, until
 * it and all that would be reset with it are unused. Best effort.
 *
 * Context: the set's lock held; may sleep as long as a reset takes.
 */
void vfio_pci_set_closed(struct vfio_pci_device *vdev)
{
	struct vfio_pci_set *set = vdev->set;
	struct vfio_pci_device *other;
	bool needed = false;

	lockdep_assert_held(&set->lock);

	if (--set->open_count)
		return;

	list_for_each_entry(other, &set->devices, set_next)
		needed |= other->needs_reset;

	if (!needed || !vfio_pci_set_has_reset(vdev) ||
	    vfio_pci_set_walk(vdev, vfio_pci_set_contains, vdev) ||
	    vfio_pci_set_reset_locked(set))
		return;

	list_for_each_entry(other, &set->devices, set_next)
		other->needs_reset = false;
}
