// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power management capability.
 *
 * The state is set by way of the PCI core, see power.c, and read from the
 * device. Wake-up by PME is the host's affair: user space sees a function that
 * has none.
 */
#include "config.h"

/**
 * vfio_pci_pm_init() - hide PME
 * @vdev: device that is being opened
 * @start: of the capability
 *
 * Context: step lock held.
 */
void vfio_pci_pm_init(struct vfio_pci_device *vdev, unsigned int start)
{
	struct vfio_pci_config *config = vdev->config;
	u8 *copy = config->copy + start;

	vfio_pci_config_set(copy + PCI_PM_PMC, 2, 0);
	if (vfio_pci_config_has(config, start, start + PCI_PM_CTRL))
		vfio_pci_config_set(copy + PCI_PM_CTRL, 2, 0);
}

/* In recovery it has no effect: the host has the device in D0 afterwards. */
static int vfio_pci_pm_set_state(struct vfio_pci_device *vdev, u8 state)
{
	int ret = vfio_pci_operation_begin(vdev);

	if (ret)
		return ret;

	if (!(READ_ONCE(vdev->vfio.memory_off) &
	      (VFIO_MEMORY_RECOVERING | VFIO_MEMORY_FAILED)))
		vfio_pci_power_set(vdev, (__force pci_power_t)state);
	vfio_pci_operation_end(vdev);

	return 0;
}

/**
 * vfio_pci_pm_write() - write the capability
 * @vdev: open device
 * @start: of the capability
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Return: 0 or the errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_pm_write(struct vfio_pci_device *vdev, unsigned int start,
		      unsigned int pos, unsigned int width, u32 val)
{
	int ret;

	/* In halves: whole, the byte with the state would be written as it was. */
	if (width == 4) {
		ret = vfio_pci_config_put(vdev, pos, 2, val & 0xffff);
		if (!ret)
			ret = vfio_pci_config_put(vdev, pos + 2, 2, val >> 16);
	} else {
		ret = vfio_pci_config_put(vdev, pos, width, val);
	}

	/* Another one than the PCI core knows has no effect. */
	if (!ret && pos == start + PCI_PM_CTRL && start == vdev->pdev->pm_cap)
		ret = vfio_pci_pm_set_state(vdev, val & PCI_PM_CTRL_STATE_MASK);

	return ret;
}
