// SPDX-License-Identifier: GPL-2.0-only
/*
 * Teaching lockdep the order of the module's locks, see vfio_lock_order.h: after
 * the model of dma_resv_lockdep() in the kernel.
 *
 * Two rules are beyond lockdep, and are in the model of proof/. device_lock() is
 * taken by error recovery inside of pci_bus_sem, which no module can name: so
 * a task that holds device_lock() never waits for the operation mutex or a set's
 * lock, whose holders wait for pci_bus_sem. And of the operation mutexes and step locks
 * of several devices, the former are only tried, and the latter are taken by a bus
 * reset alone, with all device_locks held.
 */
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "vfio_lock_order.h"

struct vfio_lock_class vfio_lock_classes[VFIO_LOCKS] = {
	[VFIO_LOCK_GROUPS].name = "vfio groups",
	[VFIO_LOCK_GROUP].name = "vfio group",
	[VFIO_LOCK_OPEN].name = "vfio open",
	[VFIO_LOCK_SET].name = "vfio-pci set",
	[VFIO_LOCK_OPERATION].name = "vfio-pci operation",
	[VFIO_LOCK_IRQS].name = "vfio-pci irqs",
	[VFIO_LOCK_IOEVENTFDS].name = "vfio-pci ioeventfds",
	[VFIO_LOCK_STEP].name = "vfio-pci step",
	[VFIO_LOCK_CONTAINER].name = "vfio container",
	[VFIO_LOCK_TYPE1_GROUPS].name = "vfio type1 groups",
	[VFIO_LOCK_TYPE1].name = "vfio type1",
	[VFIO_LOCK_TYPE1_DMAS].name = "vfio type1 dmas",
	[VFIO_LOCK_MEMORY].name = "vfio memory",
	[VFIO_LOCK_GROUP_DEVICES].name = "vfio group devices",
	[VFIO_LOCK_WRAPPERS].name = "vfio wrappers",
	[VFIO_LOCK_BARS].name = "vfio-pci bars",
	[VFIO_LOCK_TOKEN].name = "vfio-pci token",
	[VFIO_LOCK_SETS].name = "vfio-pci sets",
	[VFIO_LOCK_PHYSICALS].name = "vfio-pci physicals",
	[VFIO_LOCK_HOST_EVENTS].name = "vfio-pci host events",
	[VFIO_LOCK_NAMES].name = "vfio names",
	[VFIO_LOCK_NUMBERS].name = "vfio numbers",
	[VFIO_LOCK_KVM].name = "vfio kvm",
	[VFIO_LOCK_IOEVENTFD_LIST].name = "vfio-pci ioeventfd list",
	[VFIO_LOCK_COMMAND].name = "vfio-pci command",
	[VFIO_LOCK_TYPE1_RUNS].name = "vfio type1 runs",
	[VFIO_LOCK_DEVICE_RUNS].name = "vfio device runs",
};

#ifdef CONFIG_LOCKDEP
struct lockdep_map vfio_device_lock_map =
	STATIC_LOCKDEP_MAP_INIT("vfio device_lock", &vfio_device_lock_map);

/* One of each kind. Of each, the one member that is of its type is used. */
struct vfio_lock_sample {
	struct mutex mutex;
	struct rw_semaphore rwsem;
	spinlock_t spinlock;
};

static void vfio_lock_sample_init(struct vfio_lock_sample *sample,
				  enum vfio_lock kind)
{
	mutex_init(&sample->mutex);
	init_rwsem(&sample->rwsem);
	spin_lock_init(&sample->spinlock);

	if (kind == VFIO_LOCK_MEMORY)
		vfio_lock_class(&sample->rwsem, kind);
	else if (kind < VFIO_LOCK_KVM)
		vfio_lock_class(&sample->mutex, kind);
	else
		vfio_lock_class(&sample->spinlock, kind);
}

/* What several files take one at a time, inside of all others. */
static void vfio_lock_order_leaves(struct vfio_lock_sample *samples)
{
	enum vfio_lock kind;

	for (kind = VFIO_LOCK_WRAPPERS; kind < VFIO_LOCK_KVM; kind++) {
		mutex_lock(&samples[kind].mutex);
		mutex_unlock(&samples[kind].mutex);
	}
	for (kind = VFIO_LOCK_KVM; kind < VFIO_LOCKS; kind++) {
		spin_lock_irq(&samples[kind].spinlock);
		spin_unlock_irq(&samples[kind].spinlock);
	}
}

/* From the memory lock on, as a revoker takes them. */
static void vfio_lock_order_revoke(struct vfio_lock_sample *samples,
				   struct address_space *mapping)
{
	struct vfio_lock_sample *runs = &samples[VFIO_LOCK_TYPE1_RUNS];
	struct vfio_lock_sample *list = &samples[VFIO_LOCK_DEVICE_RUNS];
#ifdef CONFIG_DMA_SHARED_BUFFER
	struct dma_resv resv;

	dma_resv_init(&resv);
#endif
	down_write(&samples[VFIO_LOCK_MEMORY].rwsem);

	i_mmap_lock_read(mapping);
	i_mmap_unlock_read(mapping);

#ifdef CONFIG_DMA_SHARED_BUFFER
	dma_resv_lock(&resv, NULL);
#endif
	spin_lock(&runs->spinlock);
	spin_lock(&list->spinlock);
	spin_unlock(&list->spinlock);
	spin_unlock(&runs->spinlock);
#ifdef CONFIG_DMA_SHARED_BUFFER
	dma_resv_unlock(&resv);
#endif

	up_write(&samples[VFIO_LOCK_MEMORY].rwsem);
#ifdef CONFIG_DMA_SHARED_BUFFER
	dma_resv_fini(&resv);
#endif
}

/* What holds off the host, and what the host holds. */
static void vfio_lock_order_host(struct vfio_lock_sample *samples,
				 struct address_space *mapping)
{
	enum vfio_lock kind;

	mutex_acquire(&vfio_device_lock_map, 0, 0, _RET_IP_);
	mutex_lock(&samples[VFIO_LOCK_GROUPS].mutex);
	mutex_lock(&samples[VFIO_LOCK_GROUP].mutex);
	mutex_lock(&samples[VFIO_LOCK_OPEN].mutex);
	mutex_release(&vfio_device_lock_map, _RET_IP_);

	for (kind = VFIO_LOCK_SET; kind <= VFIO_LOCK_STEP; kind++)
		mutex_lock(&samples[kind].mutex);
	vfio_lock_order_revoke(samples, mapping);
	vfio_lock_order_leaves(samples);
	while (kind-- > VFIO_LOCK_GROUPS)
		mutex_unlock(&samples[kind].mutex);

	/* A step may be waited for with device_lock() held. */
	mutex_acquire(&vfio_device_lock_map, 0, 0, _RET_IP_);
	mutex_lock(&samples[VFIO_LOCK_STEP].mutex);
	vfio_lock_order_revoke(samples, mapping);
	mutex_unlock(&samples[VFIO_LOCK_STEP].mutex);
	mutex_lock(&samples[VFIO_LOCK_GROUP_DEVICES].mutex);
	mutex_lock(&samples[VFIO_LOCK_TOKEN].mutex);
	mutex_unlock(&samples[VFIO_LOCK_TOKEN].mutex);
	mutex_unlock(&samples[VFIO_LOCK_GROUP_DEVICES].mutex);
	mutex_release(&vfio_device_lock_map, _RET_IP_);
}

/* What a user process may hold while it waits for its own memory. */
static void vfio_lock_order_user(struct vfio_lock_sample *samples,
				 struct mm_struct *mm)
{
	mutex_lock(&samples[VFIO_LOCK_GROUP].mutex);
	mutex_lock(&samples[VFIO_LOCK_CONTAINER].mutex);
	mutex_lock(&samples[VFIO_LOCK_TYPE1_GROUPS].mutex);
	mutex_lock(&samples[VFIO_LOCK_TYPE1_DMAS].mutex);
	spin_lock(&samples[VFIO_LOCK_TYPE1_RUNS].spinlock);
	spin_unlock(&samples[VFIO_LOCK_TYPE1_RUNS].spinlock);
	mutex_unlock(&samples[VFIO_LOCK_TYPE1_DMAS].mutex);
	mutex_unlock(&samples[VFIO_LOCK_TYPE1_GROUPS].mutex);
	mutex_unlock(&samples[VFIO_LOCK_CONTAINER].mutex);
	mutex_unlock(&samples[VFIO_LOCK_GROUP].mutex);

	mutex_lock(&samples[VFIO_LOCK_TYPE1].mutex);
	mutex_lock(&samples[VFIO_LOCK_TYPE1_DMAS].mutex);
	mutex_unlock(&samples[VFIO_LOCK_TYPE1_DMAS].mutex);
	mmap_read_lock(mm);
	mutex_lock(&samples[VFIO_LOCK_WRAPPERS].mutex);
	mutex_unlock(&samples[VFIO_LOCK_WRAPPERS].mutex);
	mutex_lock(&samples[VFIO_LOCK_BARS].mutex);
	mutex_unlock(&samples[VFIO_LOCK_BARS].mutex);

	down_read(&samples[VFIO_LOCK_MEMORY].rwsem);
	mmap_read_unlock(mm);
	spin_lock(&samples[VFIO_LOCK_TYPE1_RUNS].spinlock);
	spin_lock(&samples[VFIO_LOCK_DEVICE_RUNS].spinlock);
	spin_unlock(&samples[VFIO_LOCK_DEVICE_RUNS].spinlock);
	spin_unlock(&samples[VFIO_LOCK_TYPE1_RUNS].spinlock);
	spin_lock(&samples[VFIO_LOCK_IOEVENTFD_LIST].spinlock);
	spin_unlock(&samples[VFIO_LOCK_IOEVENTFD_LIST].spinlock);
	up_read(&samples[VFIO_LOCK_MEMORY].rwsem);
	mutex_unlock(&samples[VFIO_LOCK_TYPE1].mutex);
}

/**
 * vfio_lock_order_init() - take one lock of each kind in the order
 *
 * Return: 0 or -ENOMEM.
 * Context: module init, before anything can take one of them.
 */
int vfio_lock_order_init(void)
{
	struct vfio_lock_sample *samples;
	struct address_space *mapping;
	enum vfio_lock kind;

	samples = kcalloc(VFIO_LOCKS, sizeof(*samples), GFP_KERNEL);
	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	if (!samples || !mapping || !current->mm) {
		kfree(mapping);
		kfree(samples);
		return current->mm ? -ENOMEM : 0;
	}

	for (kind = 0; kind < VFIO_LOCKS; kind++)
		vfio_lock_sample_init(&samples[kind], kind);
	address_space_init_once(mapping);

	vfio_lock_order_host(samples, mapping);
	vfio_lock_order_user(samples, current->mm);

	kfree(mapping);
	kfree(samples);

	return 0;
}
#endif
