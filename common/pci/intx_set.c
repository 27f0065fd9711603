// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setting up INTx, and what else SET_IRQS may ask of it. How it works once it is
 * set up is in intx.c.
 *
 * It is set up by the first eventfd that is given as its trigger, even by none,
 * and stays so until it is ended or the device is closed; then everything that
 * stands here is taken down in reverse: what may unmask it, the pin, the
 * handler, what the handler may have left to be done, the trigger.
 */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/slab.h>

#include "irq_set.h"
#include "pci.h"

/* Takes over @new, which may be NULL. */
static void vfio_pci_intx_replace_trigger(struct vfio_pci_device *vdev,
					  struct eventfd_ctx *new)
{
	struct eventfd_ctx *old = vdev->intx.trigger;

	lockdep_assert_held(&vdev->irqs_lock);

	WRITE_ONCE(vdev->intx.trigger, new);
	if (!old)
		return;

	synchronize_rcu();
	eventfd_ctx_put(old);
}

/* The handler is there before the pin, or the line, is turned on. */
static int vfio_pci_intx_request(struct vfio_pci_device *vdev)
{
	struct vfio_pci_intx *intx = &vdev->intx;
	int ret;

	if (intx->self_masking)
		return request_irq(intx->irq, vfio_pci_intx_handler,
				   IRQF_SHARED, intx->name, vdev);

	/* What is masked at the controller must not come once more. */
	irq_set_status_flags(intx->irq, IRQ_DISABLE_UNLAZY);
	ret = request_irq(intx->irq, vfio_pci_intx_handler, IRQF_NO_AUTOEN,
			  intx->name, vdev);
	if (ret)
		irq_clear_status_flags(intx->irq, IRQ_DISABLE_UNLAZY);

	return ret;
}

static int vfio_pci_intx_up(struct vfio_pci_device *vdev,
			    struct eventfd_ctx *trigger)
{
	struct vfio_pci_intx *intx = &vdev->intx;
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	lockdep_assert_held(&vdev->irqs_lock);

	if (!pdev->irq || pdev->irq == IRQ_NOTCONNECTED)
		return -ENODEV;

	intx->name = kasprintf(GFP_KERNEL_ACCOUNT, "vfio-intx(%s)",
			       pci_name(pdev));
	if (!intx->name)
		return -ENOMEM;

	intx->irq = pdev->irq;
	ret = vfio_pci_intx_request(vdev);
	if (ret) {
		kfree(intx->name);
		return ret;
	}

	vfio_pci_intx_replace_trigger(vdev, trigger);
	vdev->irq_index = VFIO_PCI_INTX_IRQ_INDEX;

	spin_lock_irq(&vdev->command.lock);
	intx->up = true;
	intx->masked = intx->disabled;
	if (intx->self_masking)
		vfio_pci_intx_changed_locked(vdev);
	else if (!intx->masked)
		enable_irq(intx->irq);
	spin_unlock_irq(&vdev->command.lock);

	return 0;
}

static void vfio_pci_intx_down(struct vfio_pci_device *vdev)
{
	struct vfio_pci_intx *intx = &vdev->intx;

	lockdep_assert_held(&vdev->irqs_lock);

	vfio_pci_virqfd_disable(&intx->unmask);

	/* Masked for good, or a raised line would keep us from free_irq(). */
	spin_lock_irq(&vdev->command.lock);
	vfio_pci_intx_mask_locked(vdev);
	intx->up = false;
	vfio_pci_intx_changed_locked(vdev);
	spin_unlock_irq(&vdev->command.lock);

	free_irq(intx->irq, vdev);
	if (!intx->self_masking)
		irq_clear_status_flags(intx->irq, IRQ_DISABLE_UNLAZY);
	cancel_work_sync(&intx->resend);
	vfio_pci_intx_replace_trigger(vdev, NULL);
	kfree(intx->name);
	vdev->irq_index = VFIO_PCI_NUM_IRQS;
}

/**
 * vfio_pci_intx_set_mask() - VFIO_IRQ_SET_ACTION_MASK
 * @vdev: open device
 * @set: the request, checked in general
 * @data: its data
 *
 * Return: 0; -EINVAL if INTx is not set up, or for another number of interrupts
 * than one; -ENOTTY for an eventfd to mask by.
 * Context: irqs_lock held.
 */
int vfio_pci_intx_set_mask(struct vfio_pci_device *vdev,
			   const struct vfio_irq_set *set, const void *data)
{
	if (!vdev->intx.up || set->start || set->count != 1)
		return -EINVAL;
	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;

	if (vfio_pci_irq_set_raises(set, data, 0))
		vfio_pci_intx_mask(vdev);

	return 0;
}

/**
 * vfio_pci_intx_set_unmask() - VFIO_IRQ_SET_ACTION_UNMASK
 * @vdev: open device
 * @set: the request, checked in general
 * @data: its data
 *
 * Return: 0; -EINVAL if INTx is not set up, or for another number of interrupts
 * than one; or what vfio_pci_virqfd_enable() returns.
 * Context: irqs_lock held; may sleep.
 */
int vfio_pci_intx_set_unmask(struct vfio_pci_device *vdev,
			     const struct vfio_irq_set *set, const void *data)
{
	struct vfio_pci_virqfd *unmask = &vdev->intx.unmask;
	const s32 *fd = data;

	if (!vdev->intx.up || set->start || set->count != 1)
		return -EINVAL;

	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		if (*fd >= 0)
			return vfio_pci_virqfd_enable(unmask, *fd,
						      vfio_pci_intx_unmask_event);
		vfio_pci_virqfd_disable(unmask);
		flush_work(&vdev->intx.resend);
		return 0;
	}

	if (vfio_pci_irq_set_raises(set, data, 0))
		vfio_pci_intx_unmask(vdev);

	return 0;
}

static int vfio_pci_intx_set_fd(struct vfio_pci_device *vdev, s32 fd)
{
	struct eventfd_ctx *trigger = NULL;
	int ret = 0;

	if (fd >= 0) {
		trigger = eventfd_ctx_fdget(fd);
		if (IS_ERR(trigger))
			return PTR_ERR(trigger);
	}

	if (vdev->intx.up)
		vfio_pci_intx_replace_trigger(vdev, trigger);
	else
		ret = vfio_pci_intx_up(vdev, trigger);

	if (ret && trigger)
		eventfd_ctx_put(trigger);

	return ret;
}

/**
 * vfio_pci_intx_set_trigger() - VFIO_IRQ_SET_ACTION_TRIGGER
 * @vdev: open device
 * @set: the request, checked in general
 * @data: its data
 *
 * Return: 0; -EINVAL if INTx is not set up and this does not do so either, if
 * MSI or MSI-X is, for another number of interrupts than one, and for a file
 * that is no eventfd; -EBADF; -ENODEV if the pin is not connected; -ENOMEM; or
 * the errno of request_irq(), -EBUSY for a line that cannot be shared.
 * Context: irqs_lock held; may sleep.
 */
int vfio_pci_intx_set_trigger(struct vfio_pci_device *vdev,
			      const struct vfio_irq_set *set, const void *data)
{
	bool up = vdev->intx.up;

	if (up && !set->count && set->flags & VFIO_IRQ_SET_DATA_NONE) {
		vfio_pci_intx_down(vdev);
		return 0;
	}

	if ((!up && vdev->irq_index != VFIO_PCI_NUM_IRQS) || set->start ||
	    set->count != 1)
		return -EINVAL;

	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return vfio_pci_intx_set_fd(vdev, *(const s32 *)data);

	if (!up)
		return -EINVAL;

	/* So that user space can try its eventfd. */
	if (vfio_pci_irq_set_raises(set, data, 0))
		vfio_pci_intx_signal(vdev);

	return 0;
}

/**
 * vfio_pci_intx_release() - take it down, if it is set up
 * @vdev: device that is being closed
 *
 * Context: irqs_lock held; may sleep.
 */
void vfio_pci_intx_release(struct vfio_pci_device *vdev)
{
	if (vdev->intx.up)
		vfio_pci_intx_down(vdev);
}
