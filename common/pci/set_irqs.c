// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS: one ioctl for every kind of interrupt and for all that
 * can be done with it.
 *
 * A request names an index, the kind; a range of interrupts of that kind; an
 * action, to trigger, mask or unmask; and data for each interrupt of the range:
 * none, which is for doing it now to all; a boolean, to some; or an eventfd, by
 * which it is done from then on. What the fields must be whatever the kind is
 * checked here; then the kind's function for the action goes on.
 */
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "irq_set.h"
#include "pci.h"
#include "vfio_lock_order.h"

/* Called with the lock held and the data copied in. */
typedef int (*vfio_pci_irq_action)(struct vfio_pci_device *vdev,
				   const struct vfio_irq_set *set,
				   const void *data);

struct vfio_pci_irq_actions {
	vfio_pci_irq_action mask;
	vfio_pci_irq_action unmask;
	vfio_pci_irq_action trigger;
};

static const struct vfio_pci_irq_actions vfio_pci_irq_actions[] = {
	[VFIO_PCI_INTX_IRQ_INDEX] = {
		.mask = vfio_pci_intx_set_mask,
		.unmask = vfio_pci_intx_set_unmask,
		.trigger = vfio_pci_intx_set_trigger,
	},
	[VFIO_PCI_MSI_IRQ_INDEX].trigger = vfio_pci_msi_set_trigger,
	[VFIO_PCI_MSIX_IRQ_INDEX].trigger = vfio_pci_msi_set_trigger,
	[VFIO_PCI_ERR_IRQ_INDEX].trigger = vfio_pci_error_set_trigger,
	[VFIO_PCI_REQ_IRQ_INDEX].trigger = vfio_pci_request_set_trigger,
};

static vfio_pci_irq_action
vfio_pci_irq_action_of(const struct vfio_irq_set *set)
{
	const struct vfio_pci_irq_actions *actions =
		&vfio_pci_irq_actions[array_index_nospec(set->index,
							 VFIO_PCI_NUM_IRQS)];

	switch (set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		return actions->mask;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return actions->unmask;
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return actions->trigger;
	default:
		return NULL;
	}
}

/* The size of the data, or -EINVAL; count is how many interrupts there are. */
static ssize_t vfio_pci_irq_set_check(const struct vfio_irq_set *set, u32 count)
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

	size *= set->count;
	if (set->argsz - sizeof(*set) < size)
		return -EINVAL;

	return size;
}

/* A signal ends the waiting, for a reset as well as for another request. */
static int vfio_pci_irq_act(struct vfio_pci_device *vdev,
			    vfio_pci_irq_action action,
			    const struct vfio_irq_set *set, const void *values)
{
	int ret;

	ret = vfio_pci_reset_wait(vdev);
	if (ret)
		return ret;

	if (mutex_lock_interruptible(&vdev->irqs_lock))
		return -ERESTARTSYS;

	ret = action(vdev, set, values);
	mutex_unlock(&vdev->irqs_lock);

	return ret;
}

/**
 * vfio_pci_ioctl_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @vdev: open device
 * @data: the first fields of the caller's structure
 * @uarg: the caller's structure
 *
 * Return: 0; -EINVAL for arguments that do not fit the index or each other;
 * -ENOTTY for an action that interrupts of this kind do not have; -EFAULT;
 * -ENOMEM; -ERESTARTSYS for a signal; or what the action's function returns.
 * Context: may sleep as long as a reset or recovery takes.
 */
long vfio_pci_ioctl_set_irqs(struct vfio_pci_device *vdev, void *data,
			     void __user *uarg)
{
	const struct vfio_irq_set *set = data;
	vfio_pci_irq_action action;
	void *values = NULL;
	ssize_t size;
	int ret;

	if (set->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;

	size = vfio_pci_irq_set_check(set, vdev->irq_count[set->index]);
	if (size < 0)
		return size;

	if (size) {
		values = memdup_user(uarg + sizeof(*set), size);
		if (IS_ERR(values))
			return PTR_ERR(values);
	}

	action = vfio_pci_irq_action_of(set);
	ret = action ? vfio_pci_irq_act(vdev, action, set, values) : -ENOTTY;
	kfree(values);

	return ret;
}

static void vfio_pci_msix_init(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	u32 table;
	int count;

	vdev->msix_bar = PCI_STD_NUM_BARS;

	count = pci_msix_vec_count(pdev);
	if (count <= 0)
		return;

	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_TABLE, &table);
	vdev->msix_bar = table & PCI_MSIX_TABLE_BIR;
	vdev->msix_start = table & PCI_MSIX_TABLE_OFFSET;
	vdev->msix_end = vdev->msix_start + count * PCI_MSIX_ENTRY_SIZE;
	vdev->msix_dynamic = vfio_compat_msix_can_alloc_dyn(pdev);
	vdev->irq_count[VFIO_PCI_MSIX_IRQ_INDEX] = count;
}

/**
 * vfio_pci_irqs_init() - find out which interrupts a device has
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_irqs_init(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	mutex_init(&vdev->irqs_lock);
	vfio_lock_class(&vdev->irqs_lock, VFIO_LOCK_IRQS);
	xa_init(&vdev->vectors);
	vdev->irq_index = VFIO_PCI_NUM_IRQS;

	vfio_pci_intx_init(vdev);
	vdev->irq_count[VFIO_PCI_MSI_IRQ_INDEX] = max(pci_msi_vec_count(pdev),
						      0);
	vfio_pci_msix_init(vdev);
	vdev->irq_count[VFIO_PCI_ERR_IRQ_INDEX] = pci_is_pcie(pdev) ? 1 : 0;
	vdev->irq_count[VFIO_PCI_REQ_IRQ_INDEX] = 1;

	vfio_pci_host_events_init(vdev);
}

/**
 * vfio_pci_irqs_exit() - undo vfio_pci_irqs_init()
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe; may sleep.
 */
void vfio_pci_irqs_exit(struct vfio_pci_device *vdev)
{
	vfio_pci_host_events_exit(vdev);
	xa_destroy(&vdev->vectors);
	mutex_destroy(&vdev->irqs_lock);
}

/**
 * vfio_pci_irqs_release() - take down whatever user space has set up
 * @vdev: device that is being closed, awake
 *
 * Context: step lock not held; may sleep as long as a reset takes.
 */
void vfio_pci_irqs_release(struct vfio_pci_device *vdev)
{
	mutex_lock(&vdev->irqs_lock);
	vfio_pci_intx_release(vdev);
	vfio_pci_msi_release(vdev);
	mutex_unlock(&vdev->irqs_lock);
	vfio_pci_host_events_release(vdev);
}
