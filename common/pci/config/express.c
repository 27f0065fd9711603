// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI Express capability.
 *
 * Two fields of Device Control are set by way of the PCI core: the bit that
 * resets the function, and the size of read requests. The latter is not made
 * smaller than the payload size that the host has chosen, as that would only
 * waste the bus.
 */
#include <linux/bitfield.h>

#include "config.h"
#include "pci/reset.h"

static int vfio_pci_express_reset(struct vfio_pci_device *vdev)
{
	u32 cap;

	pcie_capability_read_dword(vdev->pdev, PCI_EXP_DEVCAP, &cap);

	return cap & PCI_EXP_DEVCAP_FLR ? vfio_pci_reset(vdev) : 0;
}

/* As a step, so that no reset loses it. */
static int vfio_pci_express_set_readrq(struct vfio_pci_device *vdev, u16 ctrl)
{
	int size = 128 << FIELD_GET(PCI_EXP_DEVCTL_READRQ, ctrl);
	int ret = vfio_pci_step_begin_interruptible(vdev);

	if (ret)
		return ret;

	pcie_set_readrq(vdev->pdev, max(size, pcie_get_mps(vdev->pdev)));
	vfio_pci_step_end(vdev);

	return 0;
}

/**
 * vfio_pci_express_write() - write the capability
 * @vdev: open device
 * @start: of the capability
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Best effort, and by the reset method that the PCI core prefers: a write to
 * config space does not fail for it.
 *
 * Return: 0; the errno of the bus; or -ERESTARTSYS for a signal.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_express_write(struct vfio_pci_device *vdev, unsigned int start,
			   unsigned int pos, unsigned int width, u32 val)
{
	u8 *copy = vdev->config->copy + start + PCI_EXP_DEVCTL;
	u16 before, ctrl;
	int ret;

	if (!vfio_pci_config_covers(pos, width, start + PCI_EXP_DEVCTL + 1))
		return vfio_pci_config_put(vdev, pos, width, val);

	before = vfio_pci_config_copy_get(copy, 2);
	ret = vfio_pci_config_put(vdev, pos, width, val);
	if (ret)
		return ret;

	/* The bit that resets is read as zero. */
	ctrl = vfio_pci_config_copy_get(copy, 2);
	vfio_pci_config_copy_set(copy, 2, ctrl & ~PCI_EXP_DEVCTL_BCR_FLR);

	if ((ctrl ^ before) & PCI_EXP_DEVCTL_READRQ)
		ret = vfio_pci_express_set_readrq(vdev, ctrl);
	if (!ret && ctrl & PCI_EXP_DEVCTL_BCR_FLR)
		ret = vfio_pci_express_reset(vdev);

	/* A reset that fails is not an error of the write; a signal ends both. */
	return ret == -ERESTARTSYS ? ret : 0;
}
