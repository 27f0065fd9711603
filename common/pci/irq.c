// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host tells user space by eventfd: that it wants the device back
 * (REQ), and that the device has reported an error (ERR).
 *
 * They are interrupts to user space, in VFIO_DEVICE_SET_IRQS, although no
 * device raises them. The device's own, INTx, MSI and MSI-X, are left out:
 * a request for one is checked, then refused.
 */
#include <linux/eventfd.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "pci.h"

/* As for every index of every driver; count is how many interrupts it has. */
static int vfio_pci_irq_set_check(const struct vfio_irq_set *set, u32 count)
{
	size_t size;

	if (set->flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK |
			   VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;

	if (set->start >= count || set->count > count - set->start)
		return -EINVAL;

	switch (set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		size = 0;
		break;
	case VFIO_IRQ_SET_DATA_BOOL:
		size = sizeof(u8);
		break;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		size = sizeof(s32);
		break;
	default:
		return -EINVAL;
	}

	if (set->argsz - sizeof(*set) < set->count * size)
		return -EINVAL;

	return 0;
}

/* Takes over @new, which may be NULL. */
static void vfio_pci_trigger_replace(struct vfio_pci_device *vdev,
				     struct eventfd_ctx **trigger,
				     struct eventfd_ctx *new)
{
	struct eventfd_ctx *old;

	mutex_lock(&vdev->triggers_lock);
	old = *trigger;
	*trigger = new;
	mutex_unlock(&vdev->triggers_lock);

	if (old)
		eventfd_ctx_put(old);
}

static bool vfio_pci_trigger_signal(struct vfio_pci_device *vdev,
				    struct eventfd_ctx **trigger)
{
	bool set;

	mutex_lock(&vdev->triggers_lock);
	set = *trigger;
	if (set)
		vfio_compat_eventfd_signal(*trigger);
	mutex_unlock(&vdev->triggers_lock);

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
				void __user *udata)
{
	u8 raise;
	s32 fd;

	switch (set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		/* Raised to try it out; of no interrupt, it means: none more. */
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
		if (get_user(raise, (u8 __user *)udata))
			return -EFAULT;
		if (raise)
			vfio_pci_trigger_signal(vdev, trigger);
		return 0;
	default:
		if (!set->count)
			return -EINVAL;
		if (get_user(fd, (s32 __user *)udata))
			return -EFAULT;
		return vfio_pci_trigger_set_fd(vdev, trigger, fd);
	}
}

/**
 * vfio_pci_ioctl_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @vdev: open device
 * @data: the first fields of the caller's structure
 * @uarg: the caller's structure
 *
 * Return: 0; -ENOTTY for interrupts of the device itself, and for any other
 * action than to trigger; -EINVAL for arguments that do not fit the index or
 * each other, also if something is to be raised or ended that was never set;
 * -EBADF or -EINVAL for a file descriptor that is no eventfd's; -EFAULT.
 * Context: may sleep.
 */
long vfio_pci_ioctl_set_irqs(struct vfio_pci_device *vdev, void *data,
			     void __user *uarg)
{
	const struct vfio_irq_set *set = data;
	struct eventfd_ctx **trigger;
	int ret;

	if (set->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;

	ret = vfio_pci_irq_set_check(set, vdev->irq_count[set->index]);
	if (ret)
		return ret;

	if (set->index == VFIO_PCI_ERR_IRQ_INDEX)
		trigger = &vdev->error_trigger;
	else if (set->index == VFIO_PCI_REQ_IRQ_INDEX)
		trigger = &vdev->request_trigger;
	else
		return -ENOTTY;

	if ((set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;

	return vfio_pci_trigger_set(vdev, trigger, set,
				    uarg + sizeof(*set));
}

/**
 * vfio_pci_irqs_release() - forget the eventfds of who had the device open
 * @vdev: device that is being closed
 *
 * Context: may sleep.
 */
void vfio_pci_irqs_release(struct vfio_pci_device *vdev)
{
	vfio_pci_trigger_replace(vdev, &vdev->error_trigger, NULL);
	vfio_pci_trigger_replace(vdev, &vdev->request_trigger, NULL);
}

/**
 * vfio_pci_irq_error() - tell user space that the device reported an error
 * @vdev: device
 *
 * Context: may sleep, but not for a user.
 */
void vfio_pci_irq_error(struct vfio_pci_device *vdev)
{
	vfio_pci_trigger_signal(vdev, &vdev->error_trigger);
}

/**
 * vfio_pci_irq_request() - ask user space for the device
 * @vdev: device
 * @count: how often it was asked before
 *
 * Context: may sleep, but not for a user.
 */
void vfio_pci_irq_request(struct vfio_pci_device *vdev, unsigned int count)
{
	if (vfio_pci_trigger_signal(vdev, &vdev->request_trigger)) {
		if (!(count % 10))
			pci_notice(vdev->pdev,
				   "wanted back: its user has been asked %u times\n",
				   count + 1);
	} else if (!count) {
		pci_warn(vdev->pdev,
			 "wanted back, but its user cannot be asked: waiting until it is closed\n");
	}
}
