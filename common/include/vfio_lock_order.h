/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of the module's locks. It is code: vfio_lock_order_init() takes one of
 * each kind in this order, once, when the module is loaded on a kernel with
 * lockdep. Whatever takes two of them the other way round is reported from then
 * on, the first time that it does, whether or not anything waits.
 */
#ifndef VFIO_LOCK_ORDER_H
#define VFIO_LOCK_ORDER_H

#include <linux/lockdep.h>

/**
 * enum vfio_lock - kinds of locks, outermost first
 * @VFIO_LOCK_GROUPS: the list of groups
 * @VFIO_LOCK_GROUP: a group's lock
 * @VFIO_LOCK_OPEN: first open and last close of a device
 * @VFIO_LOCK_SET: open, close and reset of a set of PCI devices
 * @VFIO_LOCK_OPERATION: a PCI device's operation mutex
 * @VFIO_LOCK_IRQS: whoever sets up a PCI device's interrupts
 * @VFIO_LOCK_IOEVENTFDS: whoever adds and removes its ioeventfds
 * @VFIO_LOCK_STEP: a PCI device's step lock
 * @VFIO_LOCK_CONTAINER: a container's lock
 * @VFIO_LOCK_TYPE1_GROUPS: a backend's groups
 * @VFIO_LOCK_TYPE1: a backend's container lock, outside mmap_lock
 * @VFIO_LOCK_TYPE1_DMAS: a backend's DMA mappings and the RAM in them
 * @VFIO_LOCK_MEMORY: a device's memory lock, inside mmap_lock where it is held
 * @VFIO_LOCK_GROUP_DEVICES: a group's devices; with device_lock() held only
 * @VFIO_LOCK_WRAPPERS: of a strategy, inside mmap_lock
 * @VFIO_LOCK_BARS: a PCI device's claimed BARs; inside mmap_lock
 * @VFIO_LOCK_TOKEN: a PCI device's VF token
 * @VFIO_LOCK_SETS: the list of sets and their devices
 * @VFIO_LOCK_PHYSICALS: the list of physical functions
 * @VFIO_LOCK_HOST_EVENTS: eventfds that the host signals
 * @VFIO_LOCK_NAMES: the modules with names of the kernel's own
 * @VFIO_LOCK_NUMBERS: where to look for the next minor
 * @VFIO_LOCK_KVM: which virtual machine a file has; a spinlock, as all that follow
 * @VFIO_LOCK_IOEVENTFD_LIST: a PCI device's list of ioeventfds
 * @VFIO_LOCK_COMMAND: a PCI device's command register
 * @VFIO_LOCK_TYPE1_RUNS: a backend's runs and domains
 * @VFIO_LOCK_DEVICE_RUNS: a device's list of runs
 * @VFIO_LOCKS: their number
 */
enum vfio_lock {
	VFIO_LOCK_GROUPS,
	VFIO_LOCK_GROUP,
	VFIO_LOCK_OPEN,
	VFIO_LOCK_SET,
	VFIO_LOCK_OPERATION,
	VFIO_LOCK_IRQS,
	VFIO_LOCK_IOEVENTFDS,
	VFIO_LOCK_STEP,
	VFIO_LOCK_CONTAINER,
	VFIO_LOCK_TYPE1_GROUPS,
	VFIO_LOCK_TYPE1,
	VFIO_LOCK_TYPE1_DMAS,
	VFIO_LOCK_MEMORY,
	VFIO_LOCK_GROUP_DEVICES,
	VFIO_LOCK_WRAPPERS,
	VFIO_LOCK_BARS,
	VFIO_LOCK_TOKEN,
	VFIO_LOCK_SETS,
	VFIO_LOCK_PHYSICALS,
	VFIO_LOCK_HOST_EVENTS,
	VFIO_LOCK_NAMES,
	VFIO_LOCK_NUMBERS,
	VFIO_LOCK_KVM,
	VFIO_LOCK_IOEVENTFD_LIST,
	VFIO_LOCK_COMMAND,
	VFIO_LOCK_TYPE1_RUNS,
	VFIO_LOCK_DEVICE_RUNS,
	VFIO_LOCKS,
};

/**
 * struct vfio_lock_class - what lockdep knows a kind of locks by
 * @key: its identity
 * @name: for reports
 */
struct vfio_lock_class {
	struct lock_class_key key;
	const char *name;
};

extern struct vfio_lock_class vfio_lock_classes[VFIO_LOCKS];

/* Says of which kind a lock is, right after it was initialised. */
#define vfio_lock_class(lock, kind)					\
do {									\
	struct vfio_lock_class *_class = &vfio_lock_classes[kind];	\
									\
	lockdep_set_class_and_name(lock, &_class->key, _class->name);	\
} while (0)

#ifdef CONFIG_LOCKDEP
extern struct lockdep_map vfio_device_lock_map;

int vfio_lock_order_init(void);
#else
static inline int vfio_lock_order_init(void)
{
	return 0;
}
#endif

#endif /* VFIO_LOCK_ORDER_H */
