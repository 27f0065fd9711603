// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transitions of a PCI device: every change of its memory, the hardware
 * operation included, between begin and end.
 *
 * A transition that takes the memory away calls vfio_device_memory_revoke()
 * before it touches the hardware; one that resets the device, or puts it to
 * sleep, calls vfio_pci_irqs_hold() as well. The end gives back what it can: the
 * memory if it is enabled by then, interrupts if the device is awake.
 *
 * Two rules for whatever runs inside.
 * device_lock() is only ever tried: a reset from the host's side holds it while
 * it waits for our transition to end.
 * Config space is accessed by pci_read_config_*() and pci_write_config_*(),
 * never by pci_user_*(): that same reset has blocked those already, and they
 * would wait for it, and it for us.
 *
 * The PCI core's reset functions call back into our reset_prepare and
 * reset_done. The task that is inside a transition is noted, so that these know
 * whether it is they who must begin one.
 */
#include <linux/sched.h>

#include "pci.h"

/**
 * vfio_pci_awake() - whether the device is the user's and takes accesses
 * @vdev: device
 *
 * Return: false if it is closed, asleep or away with the host.
 * Context: memory lock held.
 */
bool vfio_pci_awake(struct vfio_pci_device *vdev)
{
	lockdep_assert_held(&vdev->vfio.memory_lock);

	return vdev->enabled && !vdev->host_away && !vdev->suspended &&
	       vdev->pdev->current_state == PCI_D0;
}

/**
 * vfio_pci_memory_answers() - whether the device answers to memory accesses
 * @vdev: device
 *
 * A device whose command register has no memory bit, as a virtual function,
 * always does while it is open; what the user wrote is only shown to it. None
 * does in another power state than D0.
 *
 * Return: whether the memory may be read and written by way of the driver.
 * Context: memory lock held.
 */
bool vfio_pci_memory_answers(struct vfio_pci_device *vdev)
{
	return vfio_pci_awake(vdev) &&
	       (vdev->pdev->no_command_memory || vdev->memory_bit);
}

/**
 * vfio_pci_memory_enabled() - whether the device's memory is to be on
 * @vdev: device
 *
 * Not in low power: a CPU's or a peer's access would not wake the device.
 *
 * Return: whether the memory may be reached outside of a transition.
 * Context: memory lock held.
 */
bool vfio_pci_memory_enabled(struct vfio_pci_device *vdev)
{
	return vfio_pci_memory_answers(vdev) && !vdev->low_power;
}

/**
 * vfio_pci_memory_answer_begin() - have the device answer to memory accesses
 * @vdev: device
 *
 * For the kernel's own accesses: as long as the memory counts as off, nobody else
 * has any.
 *
 * Return: a cookie for vfio_pci_memory_answer_end().
 * Context: inside a transition.
 */
u16 vfio_pci_memory_answer_begin(struct vfio_pci_device *vdev)
{
	lockdep_assert_held_write(&vdev->vfio.memory_lock);

	if (vdev->pdev->no_command_memory)
		return PCI_COMMAND_MEMORY;

	return vfio_pci_command_change(vdev, PCI_COMMAND_MEMORY,
				       PCI_COMMAND_MEMORY);
}

/**
 * vfio_pci_memory_answer_end() - undo vfio_pci_memory_answer_begin()
 * @vdev: device
 * @cmd: what that returned
 *
 * Context: the same transition.
 */
void vfio_pci_memory_answer_end(struct vfio_pci_device *vdev, u16 cmd)
{
	if (!(cmd & PCI_COMMAND_MEMORY))
		vfio_pci_command_change(vdev, PCI_COMMAND_MEMORY, 0);
}

/**
 * vfio_pci_transition_begin() - begin a transition
 * @vdev: device
 *
 * Context: may sleep as long as another transition takes.
 */
void vfio_pci_transition_begin(struct vfio_pci_device *vdev)
{
	vfio_device_memory_lock(&vdev->vfio);
	WRITE_ONCE(vdev->transition, current);
}

/**
 * vfio_pci_transition_begin_nested() - begin a transition inside of pci_bus_sem
 * @vdev: device
 *
 * In error recovery the PCI core calls us with that held for read, which it takes
 * for read itself in a reset inside another transition. But that one is over: it
 * holds device_lock(), as our caller does; and it has a count of runtime PM, so
 * that the function is not just being woken. What remains is a user's write that
 * wakes a function from D3hot where ASPM is on: that takes pci_bus_sem for read
 * as well, and not with device_lock(), as on stock. The two wait for each other
 * only if a third, who adds or removes devices, comes in between.
 *
 * Context: a callback of error recovery, or of runtime PM that wakes; as
 * vfio_pci_transition_begin().
 */
void vfio_pci_transition_begin_nested(struct vfio_pci_device *vdev)
{
	vfio_device_memory_lock_nested(&vdev->vfio);
	WRITE_ONCE(vdev->transition, current);
}

/**
 * vfio_pci_transition_trybegin() - begin a transition, unless it had to wait
 * @vdev: device, one of several that are to be in a transition at once
 *
 * Return: whether it has begun.
 * Context: never sleeps.
 */
bool vfio_pci_transition_trybegin(struct vfio_pci_device *vdev)
{
	if (!vfio_device_memory_trylock(&vdev->vfio))
		return false;

	WRITE_ONCE(vdev->transition, current);

	return true;
}

/**
 * vfio_pci_transition_end() - end a transition, give enabled memory back
 * @vdev: device
 *
 * And interrupts, which are held as long as the device is not awake.
 *
 * Context: the task that began it.
 */
void vfio_pci_transition_end(struct vfio_pci_device *vdev)
{
	if (vfio_pci_awake(vdev))
		vfio_pci_irqs_resume(vdev);
	if (vfio_pci_memory_enabled(vdev))
		vfio_device_memory_restore(&vdev->vfio);

	WRITE_ONCE(vdev->transition, NULL);
	vfio_device_memory_unlock(&vdev->vfio);
}

/**
 * vfio_pci_transition_is_mine() - whether the calling task is inside one
 * @vdev: device
 *
 * Return: an answer that only the calling task itself can change.
 */
bool vfio_pci_transition_is_mine(struct vfio_pci_device *vdev)
{
	return READ_ONCE(vdev->transition) == current;
}
