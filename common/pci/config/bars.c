// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BARs that user space sees, and those that the device has.
 *
 * The device's own stay where the host has put them. User space may write what
 * addresses it likes to ours, and learns from them how large each BAR is, as it
 * does on hardware: the bits below the size are not writable.
 */
#include "config.h"
#include "pci/region.h"

static const unsigned int vfio_pci_config_bar_pos[] = {
	PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_1, PCI_BASE_ADDRESS_2,
	PCI_BASE_ADDRESS_3, PCI_BASE_ADDRESS_4, PCI_BASE_ADDRESS_5,
	PCI_ROM_ADDRESS,
};

/* Of the bits that are not writable, those of @fixed are set. */
static void vfio_pci_config_bar_set(struct vfio_pci_config *config,
				    unsigned int pos, u32 writable, u32 fixed)
{
	u32 val = vfio_pci_config_get(config->copy + pos, 4);

	vfio_pci_config_set(config->writable + pos, 4, writable);
	vfio_pci_config_set(config->copy + pos, 4, (val & writable) | fixed);
}

/* What a BAR says of its kind; the rest of its bits, those of the address. */
static u32 vfio_pci_config_bar_kind(unsigned long flags)
{
	u32 kind = PCI_BASE_ADDRESS_SPACE_MEMORY;

	if (flags & IORESOURCE_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	if (flags & IORESOURCE_PREFETCH)
		kind |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	if (flags & IORESOURCE_MEM_64)
		kind |= PCI_BASE_ADDRESS_MEM_TYPE_64;

	return kind;
}

static void vfio_pci_config_rom_init(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	u64 size = vfio_pci_rom_size(vdev);
	u32 writable = 0;

	if (size)
		writable = ~(size - 1) | PCI_ROM_ADDRESS_ENABLE;

	vfio_pci_config_bar_set(config, PCI_ROM_ADDRESS, writable, 0);
}

/**
 * vfio_pci_config_bars_init() - what user space finds in the BARs
 * @vdev: device that is being opened
 *
 * A BAR that the host has not given an address is none to user space.
 *
 * Context: step lock held.
 */
void vfio_pci_config_bars_init(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	unsigned int i, pos;
	unsigned long flags;
	u64 mask, upper = 0;
	u32 kind;

	for (i = 0; i < ARRAY_SIZE(vfio_pci_config_bar_pos); i++) {
		pos = vfio_pci_config_bar_pos[i];
		config->bars[i] = vfio_pci_config_get(config->copy + pos, 4);
	}

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		pos = vfio_pci_config_bar_pos[i];
		mask = upper;
		kind = 0;
		if (!upper && pci_resource_start(vdev->pdev, i)) {
			flags = pci_resource_flags(vdev->pdev, i);
			mask = ~(pci_resource_len(vdev->pdev, i) - 1);
			kind = vfio_pci_config_bar_kind(flags);
		}
		vfio_pci_config_bar_set(config, pos, mask, kind);

		/* The next one is the address's upper half. */
		upper = kind & PCI_BASE_ADDRESS_MEM_TYPE_64 ? mask >> 32 : 0;
	}

	vfio_pci_config_rom_init(vdev);
}

/**
 * vfio_pci_config_bars_lost() - whether the device has other BARs than at open
 * @vdev: device
 *
 * Return: whether one differs; false if the device is closed or does not answer.
 * Context: step lock held.
 */
bool vfio_pci_config_bars_lost(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	unsigned int i;
	u32 val;

	if (!config)
		return false;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (!config->bars[i])
			continue;

		if (pci_read_config_dword(vdev->pdev,
					  vfio_pci_config_bar_pos[i], &val))
			return false;
		if (val != config->bars[i])
			return !PCI_POSSIBLE_ERROR(val);
	}

	return false;
}

/**
 * vfio_pci_config_bars_restore() - give the device back its BARs
 * @vdev: open device
 *
 * Context: step lock held.
 */
void vfio_pci_config_bars_restore(struct vfio_pci_device *vdev)
{
	unsigned int i;

	/* They are those of the physical function. */
	if (vdev->sriov.is_virtual)
		return;

	pci_info_ratelimited(vdev->pdev,
			     "has reset itself: its BARs are restored\n");

	for (i = 0; i < ARRAY_SIZE(vfio_pci_config_bar_pos); i++)
		pci_write_config_dword(vdev->pdev, vfio_pci_config_bar_pos[i],
				       vdev->config->bars[i]);
}
