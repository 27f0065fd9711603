// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vital product data.
 *
 * It is read and written through two registers: the address, whose flag says
 * what to do and turns over when it is done, and the data. The host reads it in
 * the same way, in sysfs. So that the two do not mix, user space has registers
 * of its own, and the PCI core does the work. A flag that does not turn over
 * says that it failed.
 */
#include "config.h"

/* Whether it is done. */
static bool vfio_pci_vpd_access(struct pci_dev *pdev, u16 addr, __le32 *data)
{
	unsigned int at = addr & PCI_VPD_ADDR_MASK;

	if (addr & PCI_VPD_ADDR_F)
		return pci_write_vpd(pdev, at, 4, data) == 4;

	/* What lies behind the end is zero. */
	*data = 0;

	return pci_read_vpd(pdev, at, 4, data) >= 0;
}

/**
 * vfio_pci_vpd_write() - write the capability
 * @vdev: open device
 * @start: of the capability
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Return: 0 or the errno of the bus.
 * Context: may sleep until the device has done it.
 */
int vfio_pci_vpd_write(struct vfio_pci_device *vdev, unsigned int start,
		       unsigned int pos, unsigned int width, u32 val)
{
	struct vfio_pci_config *config = vdev->config;
	u8 *copy = config->copy + start;
	u16 addr;
	__le32 data;
	int ret;

	ret = vfio_pci_config_put(vdev, pos, width, val);
	/* The flag is in the upper byte, and it begins an access. */
	if (ret || !vfio_pci_config_covers(pos, width, start + PCI_VPD_ADDR + 1))
		return ret;

	/* Where another capability has the place of the data, there is none. */
	if (!vfio_pci_config_has(config, start, start + PCI_VPD_DATA))
		return 0;

	addr = vfio_pci_config_copy_get(copy + PCI_VPD_ADDR, 2);
	data = cpu_to_le32(vfio_pci_config_copy_get(copy + PCI_VPD_DATA, 4));
	if (!vfio_pci_vpd_access(vdev->pdev, addr, &data))
		return 0;

	vfio_pci_config_copy_set(copy + PCI_VPD_DATA, 4, le32_to_cpu(data));
	vfio_pci_config_copy_set(copy + PCI_VPD_ADDR, 2,
				 addr ^ PCI_VPD_ADDR_F);

	return 0;
}
