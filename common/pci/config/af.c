// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Advanced Features capability: conventional PCI's function level reset.
 */
#include "config.h"
#include "pci/reset.h"

/**
 * vfio_pci_af_write() - write the capability
 * @vdev: open device
 * @start: of the capability
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Best effort, see vfio_pci_express_write().
 *
 * Return: 0 or the errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
int vfio_pci_af_write(struct vfio_pci_device *vdev, unsigned int start,
		      unsigned int pos, unsigned int width, u32 val)
{
	u8 needed = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	u8 *ctrl = vdev->config->copy + start + PCI_AF_CTRL;
	int ret = vfio_pci_config_put(vdev, pos, width, val);
	u8 cap, now;

	if (ret || !vfio_pci_config_covers(pos, width, start + PCI_AF_CTRL))
		return ret;

	now = vfio_pci_config_copy_get(ctrl, 1);
	if (!(now & PCI_AF_CTRL_FLR))
		return ret;

	/* The bit that resets is read as zero. */
	vfio_pci_config_copy_set(ctrl, 1, now & ~PCI_AF_CTRL_FLR);

	ret = pci_user_read_config_byte(vdev->pdev, start + PCI_AF_CAP, &cap);
	if (ret || (cap & needed) != needed)
		return ret;

	/* A reset that fails is not an error of the write; a signal ends both. */
	return vfio_pci_reset(vdev) == -ERESTARTSYS ? -ERESTARTSYS : 0;
}
