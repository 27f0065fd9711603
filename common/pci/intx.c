// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx: the interrupt that a device raises by its pin, on a line that it may
 * share with other devices.
 *
 * Automasking. The line has a level: it stays raised until somebody has seen to
 * the device. Here that is user space, which takes its time, and meanwhile the
 * line would interrupt the host over and over. So the handler masks the
 * interrupt before it signals the trigger. User space sees to the device and
 * then unmasks. If the device by then wants to interrupt again, it stays masked
 * and the trigger is signalled again, which is what an interrupt would come to.
 *
 * How. A device that masks itself has INTx Disable in its command register,
 * which mutes the pin, and Interrupt Status in its status register, which says
 * whether it would raise it: how the handler knows whose interrupt it is on a
 * shared line. Any other device must have its line to itself, and is masked at
 * the interrupt controller.
 *
 * Why it may be off. It is masked, by the handler or by user space. Or user
 * space has set INTx Disable: that masks, clearing it unmasks, and in between
 * nothing else does. Or it is held: while a function is reset or asleep, its
 * config space is out of the handler's reach, and what the handler wrote to it
 * would be lost to what is restored afterwards.
 *
 * Invariant, under the lock of the command register: the pin is muted unless user
 * space has asked for the interrupt and none of these reasons is there. In
 * particular it is muted before user space asks, as there is no handler to stop
 * it.
 */
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/module.h>

#include "compat.h"
#include "pci.h"

static bool vfio_pci_nointxmask;
module_param_named(nointxmask, vfio_pci_nointxmask, bool, 0644);
MODULE_PARM_DESC(nointxmask,
		 "Have no device mask its INTx itself: then none can share its line (default N). Counts when a device is opened");

/*
 * Intel's X550 and 700 series have INTx Disable but no Interrupt Status. They
 * need not have an interrupt by pin at all: all of their drivers use MSI-X.
 */
static bool vfio_pci_intx_is_broken(struct pci_dev *pdev)
{
	if (pdev->vendor != PCI_VENDOR_ID_INTEL)
		return false;

	switch (pdev->device) {
	case 0x1563:
	case 0x1572:
	case 0x1574:
	case 0x1580 ... 0x1581:
	case 0x1583 ... 0x158b:
	case 0x37d0 ... 0x37d2:
		return true;
	default:
		return false;
	}
}

static bool vfio_pci_intx_has_pin(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;

	/* A virtual function has no pin, whatever its register says. */
	return !vdev->sriov.is_virtual && pdev->irq &&
	       pdev->irq != IRQ_NOTCONNECTED && pdev->pin;
}

/* Mute the pin, or not, as the state says. */
static void vfio_pci_intx_pin_update_locked(struct vfio_pci_device *vdev)
{
	struct vfio_pci_intx *intx = &vdev->intx;
	bool on;

	lockdep_assert_held(&vdev->command.lock);

	if (!intx->has_disable)
		return;

	if (intx->up)
		on = !intx->masked && !intx->held;
	else
		/* There are some that INTx Disable would keep from MSI, too. */
		on = vdev->pdev->dev_flags & PCI_DEV_FLAGS_MSI_INTX_DISABLE_BUG;

	vfio_pci_command_change_locked(vdev, PCI_COMMAND_INTX_DISABLE,
				       on ? 0 : PCI_COMMAND_INTX_DISABLE);
}

/**
 * vfio_pci_intx_pin_update() - mute the pin, or not, as the state says
 * @vdev: device whose pin the PCI core may have changed
 *
 * Context: any.
 */
void vfio_pci_intx_pin_update(struct vfio_pci_device *vdev)
{
	unsigned long flags;

	spin_lock_irqsave(&vdev->command.lock, flags);
	vfio_pci_intx_pin_update_locked(vdev);
	spin_unlock_irqrestore(&vdev->command.lock, flags);
}

/**
 * vfio_pci_intx_changed_locked() - have the pin follow a change of the state
 * @vdev: device
 *
 * While it is held the pin is muted already, and the device must be left alone.
 *
 * Context: the lock of the command register held.
 */
void vfio_pci_intx_changed_locked(struct vfio_pci_device *vdev)
{
	if (!vdev->intx.held)
		vfio_pci_intx_pin_update_locked(vdev);
}

/**
 * vfio_pci_irqs_hold() - a device is about to lose its state, or to sleep
 * @vdev: device
 *
 * It interrupts no more until vfio_pci_irqs_resume(), and the handler keeps off
 * it. A line that is not shared has a handler that does not touch the device.
 *
 * Context: interrupts on; before the PCI core saves the device's state.
 */
void vfio_pci_irqs_hold(struct vfio_pci_device *vdev)
{
	spin_lock_irq(&vdev->command.lock);
	WRITE_ONCE(vdev->intx.held, true);
	vfio_pci_intx_pin_update_locked(vdev);
	spin_unlock_irq(&vdev->command.lock);
}

/* An error that comes just now keeps it held. */
static bool vfio_pci_intx_resume(struct vfio_pci_device *vdev)
{
	bool resume;

	spin_lock_irq(&vdev->command.lock);
	resume = vdev->intx.held && !(READ_ONCE(vdev->vfio.memory_off) &
				      VFIO_MEMORY_RECOVERING);
	if (resume) {
		WRITE_ONCE(vdev->intx.held, false);
		vfio_pci_intx_pin_update_locked(vdev);
	}
	spin_unlock_irq(&vdev->command.lock);

	return resume;
}

/**
 * vfio_pci_irqs_resume() - undo vfio_pci_irqs_hold()
 * @vdev: device, awake, as a reset and the PCI core leave it; need not be held
 *
 * It interrupts as it did before, and as was asked for meanwhile; by its pin, what
 * it has to report interrupts now.
 *
 * Context: step lock held; interrupts on.
 */
void vfio_pci_irqs_resume(struct vfio_pci_device *vdev)
{
	bool enabled;

	if (!vfio_pci_intx_resume(vdev) || !vdev->pdev->msix_enabled)
		return;

	/*
	 * What was written to the device meanwhile is lost, and so is what the
	 * PCI core restores after a reset if the user has disabled the memory.
	 */
	enabled = vfio_pci_decode_enable(vdev);
	pci_restore_msi_state(vdev->pdev);
	vfio_pci_decode_restore(vdev, enabled);
}

/**
 * vfio_pci_intx_signal() - tell user space of an interrupt
 * @vdev: device
 *
 * Under RCU: who replaces the trigger waits for a grace period before putting
 * the old one.
 *
 * Context: any; not under the lock of the command register.
 */
void vfio_pci_intx_signal(struct vfio_pci_device *vdev)
{
	struct eventfd_ctx *trigger;

	rcu_read_lock();
	trigger = READ_ONCE(vdev->intx.trigger);
	if (trigger && !READ_ONCE(vdev->intx.disabled))
		vfio_compat_eventfd_signal(trigger);
	rcu_read_unlock();
}

/**
 * vfio_pci_intx_mask_locked() - as vfio_pci_intx_mask()
 * @vdev: device; need not have it set up
 *
 * Context: the lock of the command register held.
 */
void vfio_pci_intx_mask_locked(struct vfio_pci_device *vdev)
{
	struct vfio_pci_intx *intx = &vdev->intx;

	lockdep_assert_held(&vdev->command.lock);

	if (!intx->up || intx->masked)
		return;

	intx->masked = true;
	if (intx->self_masking)
		vfio_pci_intx_changed_locked(vdev);
	else
		disable_irq_nosync(intx->irq);
}

/* True if it stays masked, for the trigger is to be signalled instead. */
static bool vfio_pci_intx_unmask_locked(struct vfio_pci_device *vdev)
{
	struct vfio_pci_intx *intx = &vdev->intx;

	lockdep_assert_held(&vdev->command.lock);

	if (!intx->up || !intx->masked || intx->disabled)
		return false;

	if (intx->self_masking && !intx->held &&
	    !pci_check_and_unmask_intx(vdev->pdev))
		return true;

	intx->masked = false;
	if (!intx->self_masking)
		enable_irq(intx->irq);

	return false;
}

/**
 * vfio_pci_intx_mask() - let it interrupt no more
 * @vdev: device; need not have it set up
 *
 * Context: interrupts on.
 */
void vfio_pci_intx_mask(struct vfio_pci_device *vdev)
{
	spin_lock_irq(&vdev->command.lock);
	vfio_pci_intx_mask_locked(vdev);
	spin_unlock_irq(&vdev->command.lock);
}

/**
 * vfio_pci_intx_unmask() - let it interrupt again, now if it is pending
 * @vdev: device; need not have it set up
 *
 * Context: interrupts on.
 */
void vfio_pci_intx_unmask(struct vfio_pci_device *vdev)
{
	bool pending;

	spin_lock_irq(&vdev->command.lock);
	pending = vfio_pci_intx_unmask_locked(vdev);
	spin_unlock_irq(&vdev->command.lock);

	if (pending)
		vfio_pci_intx_signal(vdev);
}

/**
 * vfio_pci_intx_unmask_event() - as vfio_pci_intx_unmask(), by eventfd
 * @virqfd: that of INTx
 *
 * Inside of one eventfd's signal no other may be signalled: that is left to a
 * work item.
 *
 * Context: any.
 */
void vfio_pci_intx_unmask_event(struct vfio_pci_virqfd *virqfd)
{
	struct vfio_pci_intx *intx =
		container_of(virqfd, struct vfio_pci_intx, unmask);
	struct vfio_pci_device *vdev =
		container_of(intx, struct vfio_pci_device, intx);
	unsigned long flags;
	bool pending;

	spin_lock_irqsave(&vdev->command.lock, flags);
	pending = vfio_pci_intx_unmask_locked(vdev);
	spin_unlock_irqrestore(&vdev->command.lock, flags);

	if (pending)
		schedule_work(&intx->resend);
}

static void vfio_pci_intx_resend(struct work_struct *work)
{
	struct vfio_pci_intx *intx =
		container_of(work, struct vfio_pci_intx, resend);

	vfio_pci_intx_signal(container_of(intx, struct vfio_pci_device, intx));
}

/**
 * vfio_pci_intx_handler() - the interrupt handler
 * @irq: number of the line
 * @data: the device
 *
 * Return: IRQ_HANDLED, or IRQ_NONE if another device on the line raised it.
 * Context: hard interrupt.
 */
irqreturn_t vfio_pci_intx_handler(int irq, void *data)
{
	struct vfio_pci_device *vdev = data;
	struct vfio_pci_intx *intx = &vdev->intx;
	unsigned long flags;
	bool ours = false;

	spin_lock_irqsave(&vdev->command.lock, flags);
	if (!intx->self_masking) {
		vfio_pci_intx_mask_locked(vdev);
		ours = true;
	} else if (intx->up && !intx->masked && !intx->held) {
		ours = pci_check_and_mask_intx(vdev->pdev);
		intx->masked = ours;
	}
	spin_unlock_irqrestore(&vdev->command.lock, flags);

	if (!ours)
		return IRQ_NONE;

	vfio_pci_intx_signal(vdev);

	return IRQ_HANDLED;
}

/**
 * vfio_pci_intx_disable() - INTx Disable, as the user sees it
 * @vdev: open device
 * @disabled: what the user writes
 *
 * Context: interrupts on.
 */
void vfio_pci_intx_disable(struct vfio_pci_device *vdev, bool disabled)
{
	struct vfio_pci_intx *intx = &vdev->intx;
	bool pending = false;

	spin_lock_irq(&vdev->command.lock);
	if (disabled && !intx->disabled) {
		WRITE_ONCE(intx->disabled, true);
		vfio_pci_intx_mask_locked(vdev);
	} else if (!disabled && intx->disabled) {
		WRITE_ONCE(intx->disabled, false);
		pending = vfio_pci_intx_unmask_locked(vdev);
	}
	spin_unlock_irq(&vdev->command.lock);

	if (pending)
		vfio_pci_intx_signal(vdev);
}

/**
 * vfio_pci_intx_init() - initialise what INTx has
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_intx_init(struct vfio_pci_device *vdev)
{
	INIT_WORK(&vdev->intx.resend, vfio_pci_intx_resend);
}

/**
 * vfio_pci_intx_open() - find out what interrupt a device's pin can make
 * @vdev: device that is being opened, awake; being enabled, it was routed
 *
 * User space has not asked for it yet.
 *
 * Context: step lock held.
 */
void vfio_pci_intx_open(struct vfio_pci_device *vdev)
{
	struct vfio_pci_intx *intx = &vdev->intx;
	bool nointxmask = READ_ONCE(vfio_pci_nointxmask);
	bool broken = !nointxmask && vfio_pci_intx_is_broken(vdev->pdev);

	vdev->irq_count[VFIO_PCI_INTX_IRQ_INDEX] =
		vfio_pci_intx_has_pin(vdev) && !broken;
	intx->self_masking = !nointxmask &&
			     pci_intx_mask_supported(vdev->pdev);
	intx->has_disable = intx->self_masking || broken;
	WRITE_ONCE(intx->held, false);
	WRITE_ONCE(intx->disabled, false);
	vfio_pci_intx_pin_update(vdev);
}
