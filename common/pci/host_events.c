// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host tells user space by eventfd: that it wants the device back
 * (REQ), and that the device has reported an error (ERR).
 *
 * They are interrupts to user space, in VFIO_DEVICE_SET_IRQS, although no
 * device raises them. The host must not wait for a process that sets up the
 * device's own, so their triggers have a lock of their own, held for moments only.
 */
#include <linux/eventfd.h>

#include "compat.h"
#include "irq_set.h"
#include "pci.h"
#include "vfio_lock_order.h"

/* Takes over @new, which may be NULL. */
static void vfio_pci_trigger_replace(struct vfio_pci_device *vdev,
				     struct eventfd_ctx **trigger,
				     struct eventfd_ctx *new)
{
	struct eventfd_ctx *old;

	mutex_lock(&vdev->host_events.lock);
	old = *trigger;
	WRITE_ONCE(*trigger, new);
	mutex_unlock(&vdev->host_events.lock);

	if (old)
		eventfd_ctx_put(old);
}

static bool vfio_pci_trigger_signal(struct vfio_pci_device *vdev,
				    struct eventfd_ctx **trigger)
{
	bool set;

	mutex_lock(&vdev->host_events.lock);
	set = *trigger;
	if (set)
		vfio_compat_eventfd_signal(*trigger);
	mutex_unlock(&vdev->host_events.lock);

	return set;
}

static int vfio_pci_trigger_set_fd(struct vfio_pci_device *vdev,
				   struct eventfd_ctx **trigger, s32 fd)
{
	struct eventfd_ctx *new = NULL;

	if (fd < -1)
		return -EINVAL;

	if (fd >= 0) {
		new = eventfd_ctx_fdget(fd);
		if (IS_ERR(new))
			return PTR_ERR(new);
	}

	vfio_pci_trigger_replace(vdev, trigger, new);

	return 0;
}

static int vfio_pci_trigger_set(struct vfio_pci_device *vdev,
				struct eventfd_ctx **trigger,
				const struct vfio_irq_set *set,
				const void *data)
{
	switch (set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		/* Raised to try it out; for no interrupt, it ends them. */
		if (set->count)
			return vfio_pci_trigger_signal(vdev, trigger) ?
			       0 : -EINVAL;
		if (!READ_ONCE(*trigger))
			return -EINVAL;
		vfio_pci_trigger_replace(vdev, trigger, NULL);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		if (!set->count)
			return -EINVAL;
		if (vfio_pci_irq_set_raises(set, data, 0))
			vfio_pci_trigger_signal(vdev, trigger);
		return 0;
	default:
		if (!set->count)
			return -EINVAL;
		return vfio_pci_trigger_set_fd(vdev, trigger,
					       *(const s32 *)data);
	}
}

/**
 * vfio_pci_error_set_trigger() - VFIO_IRQ_SET_ACTION_TRIGGER of ERR
 * @vdev: open device
 * @set: the request, checked in general
 * @data: its data
 *
 * Return: 0; -EINVAL if it is to be raised or ended and was never set, for none
 * at all, and for a file that is no eventfd; -EBADF.
 * Context: may sleep.
 */
int vfio_pci_error_set_trigger(struct vfio_pci_device *vdev,
			       const struct vfio_irq_set *set, const void *data)
{
	return vfio_pci_trigger_set(vdev, &vdev->host_events.error, set, data);
}

/**
 * vfio_pci_request_set_trigger() - VFIO_IRQ_SET_ACTION_TRIGGER of REQ
 * @vdev: open device
 * @set: the request, checked in general
 * @data: its data
 *
 * Return: as vfio_pci_error_set_trigger().
 * Context: may sleep.
 */
int vfio_pci_request_set_trigger(struct vfio_pci_device *vdev,
				 const struct vfio_irq_set *set,
				 const void *data)
{
	return vfio_pci_trigger_set(vdev, &vdev->host_events.request, set, data);
}

/**
 * vfio_pci_host_events_init() - there are no eventfds yet
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_host_events_init(struct vfio_pci_device *vdev)
{
	mutex_init(&vdev->host_events.lock);
	vfio_lock_class(&vdev->host_events.lock, VFIO_LOCK_HOST_EVENTS);
}

/**
 * vfio_pci_host_events_exit() - undo vfio_pci_host_events_init()
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_host_events_exit(struct vfio_pci_device *vdev)
{
	mutex_destroy(&vdev->host_events.lock);
}

/**
 * vfio_pci_host_events_release() - forget the eventfds of the process that had it open
 * @vdev: device that is being closed
 *
 * Context: may sleep.
 */
void vfio_pci_host_events_release(struct vfio_pci_device *vdev)
{
	vfio_pci_trigger_replace(vdev, &vdev->host_events.error, NULL);
	vfio_pci_trigger_replace(vdev, &vdev->host_events.request, NULL);
}

/**
 * vfio_pci_error_signal() - tell user space that the device reported an error
 * @vdev: device
 *
 * Context: may sleep, but not for a user.
 */
void vfio_pci_error_signal(struct vfio_pci_device *vdev)
{
	vfio_pci_trigger_signal(vdev, &vdev->host_events.error);
}

/**
 * vfio_pci_request_signal() - ask user space for the device
 * @vdev: device
 * @count: how often it was asked before
 *
 * Context: may sleep, but not for a user.
 */
void vfio_pci_request_signal(struct vfio_pci_device *vdev, unsigned int count)
{
	if (vfio_pci_trigger_signal(vdev, &vdev->host_events.request)) {
		if (!(count % 10))
			pci_notice(vdev->pdev,
				   "wanted back: its user has been asked %u times\n",
				   count + 1);
	} else if (!count) {
		pci_warn(vdev->pdev,
			 "wanted back, but its user cannot be asked: waiting until it is closed\n");
	}
}
