// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_IOEVENTFD: an eventfd whose signal is a write to a BAR.
 *
 * A register that only takes one value, a doorbell, is rung by KVM or by another
 * process without going through the device's user. The value, its width and the
 * place are fixed when the eventfd is given.
 *
 * Model. The write must respect the state of the device's memory as any other
 * access does, but it runs inside the eventfd's signal, where nothing may sleep.
 * If the memory can be entered at once, the write is done there and then; if it
 * is off for a lasting reason, the write is dropped; if for a temporary one, it is
 * noted as pending, and a work item of the device waits for the memory and does
 * all that is pending then.
 *
 * Locks and life. A mutex serialises adding and removing. The list has a spinlock
 * besides, for the work item: what has been taken off the list under it is written
 * no more, so nobody ever waits for the work item, which may itself wait for long.
 * Only the device's remove does, when the memory is gone.
 */
#include <linux/bitops.h>
#include <linux/eventfd.h>
#include <linux/list.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "pci.h"
#include "region.h"
#include "vfio_lock_order.h"
#include "vfio_pgoff.h"

#define VFIO_PCI_IOEVENTFDS_MAX	1000

/**
 * struct vfio_pci_ioeventfd - a write that an eventfd makes
 * @vdev: the device
 * @next: in the device's list
 * @virqfd: the eventfd
 * @io: the BAR, mapped until close
 * @memory: it is one of memory, not of I/O ports
 * @bar: its index
 * @pos: where to write in it
 * @data: what to write
 * @size: how many bytes of it: 1, 2, 4 or 8
 * @pending: it is left to the work item
 */
struct vfio_pci_ioeventfd {
	struct vfio_pci_device *vdev;
	struct list_head next;
	struct vfio_pci_virqfd virqfd;
	void __iomem *io;
	bool memory;
	unsigned int bar;
	u64 pos;
	u64 data;
	unsigned int size;
	bool pending;
};

static void vfio_pci_ioeventfd_write(struct vfio_pci_ioeventfd *ioeventfd)
{
	__le64 data = cpu_to_le64(ioeventfd->data);

	vfio_pci_io(ioeventfd->io, (u8 *)&data, ioeventfd->size, ioeventfd->pos,
		    8, true);
}

static void vfio_pci_ioeventfd_event(struct vfio_pci_virqfd *virqfd)
{
	struct vfio_pci_ioeventfd *ioeventfd =
		container_of(virqfd, struct vfio_pci_ioeventfd, virqfd);
	struct vfio_pci_device *vdev = ioeventfd->vdev;
	int ret = 0;

	if (ioeventfd->memory)
		ret = vfio_device_memory_try_enter(&vdev->vfio);

	if (!ret) {
		vfio_pci_ioeventfd_write(ioeventfd);
		if (ioeventfd->memory)
			vfio_device_memory_leave(&vdev->vfio);
	} else if (ret == -EAGAIN) {
		WRITE_ONCE(ioeventfd->pending, true);
		queue_work(system_long_wq, &vdev->ioeventfds.work);
	}
}

static void vfio_pci_ioeventfds_work(struct work_struct *work)
{
	struct vfio_pci_device *vdev = container_of(work, struct vfio_pci_device,
						    ioeventfds.work);
	bool enabled = !vfio_device_memory_enter_wait(&vdev->vfio, 0);
	struct vfio_pci_ioeventfd *ioeventfd;

	spin_lock(&vdev->ioeventfds.list_lock);
	list_for_each_entry(ioeventfd, &vdev->ioeventfds.list, next)
		if (xchg(&ioeventfd->pending, false) && enabled)
			vfio_pci_ioeventfd_write(ioeventfd);
	spin_unlock(&vdev->ioeventfds.list_lock);

	if (enabled)
		vfio_device_memory_leave(&vdev->vfio);
}

static struct vfio_pci_ioeventfd *
vfio_pci_ioeventfd_find(struct vfio_pci_device *vdev, unsigned int bar,
			u64 pos, u64 data, unsigned int size)
{
	struct vfio_pci_ioeventfd *ioeventfd;

	lockdep_assert_held(&vdev->ioeventfds.lock);

	list_for_each_entry(ioeventfd, &vdev->ioeventfds.list, next)
		if (ioeventfd->bar == bar && ioeventfd->pos == pos &&
		    ioeventfd->data == data && ioeventfd->size == size)
			return ioeventfd;

	return NULL;
}

static void vfio_pci_ioeventfd_remove(struct vfio_pci_ioeventfd *ioeventfd)
{
	struct vfio_pci_device *vdev = ioeventfd->vdev;

	lockdep_assert_held(&vdev->ioeventfds.lock);

	vfio_pci_virqfd_disable(&ioeventfd->virqfd);

	spin_lock(&vdev->ioeventfds.list_lock);
	list_del(&ioeventfd->next);
	vdev->ioeventfds.count--;
	spin_unlock(&vdev->ioeventfds.list_lock);

	kfree(ioeventfd);
}

/* Finished by the eventfd: in the list before, so that no signal is lost. */
static int vfio_pci_ioeventfd_add(struct vfio_pci_device *vdev,
				  struct vfio_pci_ioeventfd *new, int fd)
{
	struct vfio_pci_ioeventfd *ioeventfd;
	int ret;

	lockdep_assert_held(&vdev->ioeventfds.lock);

	if (vdev->ioeventfds.count >= VFIO_PCI_IOEVENTFDS_MAX)
		return -ENOSPC;

	ioeventfd = kmemdup(new, sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!ioeventfd)
		return -ENOMEM;

	spin_lock(&vdev->ioeventfds.list_lock);
	list_add(&ioeventfd->next, &vdev->ioeventfds.list);
	vdev->ioeventfds.count++;
	spin_unlock(&vdev->ioeventfds.list_lock);

	ret = vfio_pci_virqfd_enable(&ioeventfd->virqfd, fd,
				     vfio_pci_ioeventfd_event);
	if (ret)
		vfio_pci_ioeventfd_remove(ioeventfd);

	return ret;
}

/* Nobody writes interrupt messages, see access.c. */
static bool vfio_pci_ioeventfd_may_write(struct vfio_pci_device *vdev,
					 unsigned int bar, u64 pos,
					 unsigned int size)
{
	if (pos + size > pci_resource_len(vdev->pdev, bar))
		return false;

	return bar != vdev->msix_bar || pos + size <= vdev->msix_start ||
	       pos >= vdev->msix_end;
}

/**
 * vfio_pci_ioctl_ioeventfd() - VFIO_DEVICE_IOEVENTFD
 * @vdev: open device
 * @data: the caller's structure, copied
 * @uarg: the caller's structure
 *
 * Return: 0; -EINVAL for a size that is none, a place that does not lie in a BAR
 * or that the user may not write to, and a file that is no eventfd; -EEXIST if
 * the same write has an eventfd; -ENODEV if it has none to be removed; -ENOSPC if
 * there are too many; -EBUSY if another driver claims the BAR; -EBADF; -ENOMEM.
 * Context: may sleep.
 */
long vfio_pci_ioctl_ioeventfd(struct vfio_pci_device *vdev, void *data,
			      void __user *uarg)
{
	const struct vfio_device_ioeventfd *arg = data;
	struct vfio_pci_ioeventfd new = {
		.vdev = vdev,
		.pos = vfio_pgoff_position(arg->offset),
		.data = arg->data,
		.size = arg->flags & VFIO_DEVICE_IOEVENTFD_SIZE_MASK,
	};
	u64 region = vfio_pgoff_region(arg->offset);
	struct vfio_pci_ioeventfd *old;
	int ret;

	if (arg->flags & ~VFIO_DEVICE_IOEVENTFD_SIZE_MASK ||
	    hweight32(new.size) != 1 || arg->fd < -1)
		return -EINVAL;

	if (region >= PCI_STD_NUM_BARS)
		return -EINVAL;

	new.bar = array_index_nospec(region, PCI_STD_NUM_BARS);
	new.memory = pci_resource_flags(vdev->pdev, new.bar) & IORESOURCE_MEM;
	if (!vfio_pci_ioeventfd_may_write(vdev, new.bar, new.pos, new.size))
		return -EINVAL;

	new.io = vfio_pci_bar_iomap(vdev, new.bar);
	if (IS_ERR(new.io))
		return PTR_ERR(new.io);

	mutex_lock(&vdev->ioeventfds.lock);
	old = vfio_pci_ioeventfd_find(vdev, new.bar, new.pos, new.data,
				      new.size);
	if (arg->fd >= 0)
		ret = old ? -EEXIST : vfio_pci_ioeventfd_add(vdev, &new, arg->fd);
	else
		ret = old ? 0 : -ENODEV;
	if (old && arg->fd < 0)
		vfio_pci_ioeventfd_remove(old);
	mutex_unlock(&vdev->ioeventfds.lock);

	return ret;
}

/**
 * vfio_pci_ioeventfds_init() - there are none yet
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_ioeventfds_init(struct vfio_pci_device *vdev)
{
	mutex_init(&vdev->ioeventfds.lock);
	vfio_lock_class(&vdev->ioeventfds.lock, VFIO_LOCK_IOEVENTFDS);
	spin_lock_init(&vdev->ioeventfds.list_lock);
	vfio_lock_class(&vdev->ioeventfds.list_lock, VFIO_LOCK_IOEVENTFD_LIST);
	INIT_LIST_HEAD(&vdev->ioeventfds.list);
	INIT_WORK(&vdev->ioeventfds.work, vfio_pci_ioeventfds_work);
}

/**
 * vfio_pci_ioeventfds_release() - remove all of them
 * @vdev: device that is being closed
 *
 * Context: may sleep.
 */
void vfio_pci_ioeventfds_release(struct vfio_pci_device *vdev)
{
	struct vfio_pci_ioeventfd *ioeventfd, *next;

	mutex_lock(&vdev->ioeventfds.lock);
	list_for_each_entry_safe(ioeventfd, next, &vdev->ioeventfds.list, next)
		vfio_pci_ioeventfd_remove(ioeventfd);
	mutex_unlock(&vdev->ioeventfds.lock);
}

/**
 * vfio_pci_ioeventfds_exit() - undo vfio_pci_ioeventfds_init()
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe; the memory is gone.
 */
void vfio_pci_ioeventfds_exit(struct vfio_pci_device *vdev)
{
	cancel_work_sync(&vdev->ioeventfds.work);
	mutex_destroy(&vdev->ioeventfds.lock);
}
