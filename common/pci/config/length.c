// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a capability is, where that differs between devices.
 *
 * Each is read from a register of the capability itself. A device that does
 * not answer gives all ones, thus some length; map.c clips it.
 */
#include <linux/bitfield.h>

#include "config.h"

static u8 vfio_pci_config_byte(struct pci_dev *pdev, unsigned int pos)
{
	u8 val;

	pci_read_config_byte(pdev, pos, &val);

	return val;
}

static u16 vfio_pci_config_word(struct pci_dev *pdev, unsigned int pos)
{
	u16 val;

	pci_read_config_word(pdev, pos, &val);

	return val;
}

static u32 vfio_pci_config_dword(struct pci_dev *pdev, unsigned int pos)
{
	u32 val;

	pci_read_config_dword(pdev, pos, &val);

	return val;
}

/**
 * vfio_pci_msi_is_64bit() - whether MSI has the longer address
 * @pdev: device
 * @start: of the capability
 *
 * Return: whether it has.
 */
bool vfio_pci_msi_is_64bit(struct pci_dev *pdev, unsigned int start)
{
	return vfio_pci_config_word(pdev, start + PCI_MSI_FLAGS) &
	       PCI_MSI_FLAGS_64BIT;
}

/**
 * vfio_pci_msi_length() - MSI: depends on its address and on mask bits
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_msi_length(struct pci_dev *pdev, unsigned int start)
{
	u16 flags = vfio_pci_config_word(pdev, start + PCI_MSI_FLAGS);
	unsigned int mask = PCI_MSI_MASK_32, data = PCI_MSI_DATA_32;

	if (flags & PCI_MSI_FLAGS_64BIT) {
		mask = PCI_MSI_MASK_64;
		data = PCI_MSI_DATA_64;
	}

	/* The pending bits follow those that mask. */
	return flags & PCI_MSI_FLAGS_MASKBIT ? mask + 8 : data + 2;
}

/**
 * vfio_pci_pcix_length() - PCI-X: later versions have error correction
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_pcix_length(struct pci_dev *pdev, unsigned int start)
{
	u16 cmd = vfio_pci_config_word(pdev, start + PCI_X_CMD);

	return PCI_X_CMD_VERSION(cmd) ? PCI_CAP_PCIX_SIZEOF_V2 :
					PCI_CAP_PCIX_SIZEOF_V0;
}

/**
 * vfio_pci_ht_length() - HyperTransport: depends on its kind
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_ht_length(struct pci_dev *pdev, unsigned int start)
{
	return vfio_pci_config_byte(pdev, start + 3) & HT_3BIT_CAP_MASK ?
	       HT_CAP_SIZEOF_SHORT : HT_CAP_SIZEOF_LONG;
}

/**
 * vfio_pci_vendor_length() - of the vendor's own: it says so
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_vendor_length(struct pci_dev *pdev, unsigned int start)
{
	return vfio_pci_config_byte(pdev, start + PCI_CAP_FLAGS);
}

/**
 * vfio_pci_express_length() - PCI Express: an integrated endpoint has no link
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_express_length(struct pci_dev *pdev, unsigned int start)
{
	u16 flags = vfio_pci_config_word(pdev, start + PCI_EXP_FLAGS);
	bool link = FIELD_GET(PCI_EXP_FLAGS_TYPE, flags) != PCI_EXP_TYPE_RC_END;

	if ((flags & PCI_EXP_FLAGS_VERS) == 1)
		return link ? PCI_CAP_EXP_ENDPOINT_SIZEOF_V1 :
			      PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V1;

	return link ? PCI_EXP_LNKSTA2 + 2 : PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V2;
}

/**
 * vfio_pci_sata_length() - SATA: its registers may be in a BAR
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_sata_length(struct pci_dev *pdev, unsigned int start)
{
	u8 where = vfio_pci_config_byte(pdev, start + PCI_SATA_REGS);

	return (where & PCI_SATA_REGS_MASK) == PCI_SATA_REGS_INLINE ?
	       PCI_SATA_SIZEOF_LONG : PCI_SATA_SIZEOF_SHORT;
}

/**
 * vfio_pci_vc_length() - virtual channels: as many as there are, then a table
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes; tables that only ports and bridges have are not counted.
 */
unsigned int vfio_pci_vc_length(struct pci_dev *pdev, unsigned int start)
{
	u32 cap1 = vfio_pci_config_dword(pdev, start + PCI_VC_PORT_CAP1);
	u32 cap2 = vfio_pci_config_dword(pdev, start + PCI_VC_PORT_CAP2);
	unsigned int phases = 0, length = PCI_CAP_VC_BASE_SIZEOF;

	length += (1 + (cap1 & PCI_VC_CAP1_EVCC)) * PCI_CAP_VC_PER_VC_SIZEOF;

	if (cap2 & PCI_VC_CAP2_128_PHASE)
		phases = 128;
	else if (cap2 & PCI_VC_CAP2_64_PHASE)
		phases = 64;
	else if (cap2 & PCI_VC_CAP2_32_PHASE)
		phases = 32;

	/* Four bits each, in a table that is aligned. */
	return phases ? round_up(length, 16) + phases / 2 : length;
}

/**
 * vfio_pci_ext_vendor_length() - of the vendor's own: they say so
 * @pdev: device
 * @start: of the capability, one of two that are alike
 *
 * Return: bytes.
 */
unsigned int vfio_pci_ext_vendor_length(struct pci_dev *pdev,
					unsigned int start)
{
	u32 head = vfio_pci_config_dword(pdev, start + PCI_VNDR_HEADER);

	return PCI_VNDR_HEADER_LEN(head);
}

/**
 * vfio_pci_acs_length() - access control: may have a bit for each function
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_acs_length(struct pci_dev *pdev, unsigned int start)
{
	unsigned int bits;

	if (!(vfio_pci_config_byte(pdev, start + PCI_ACS_CAP) & PCI_ACS_EC))
		return PCI_ACS_EGRESS_CTL_V;

	bits = vfio_pci_config_byte(pdev, start + PCI_ACS_EGRESS_BITS);

	return PCI_ACS_EGRESS_CTL_V + round_up(bits ?: 256, 32) / 8;
}

/**
 * vfio_pci_rebar_length() - resizable BARs: two registers each
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_rebar_length(struct pci_dev *pdev, unsigned int start)
{
	u8 ctrl = vfio_pci_config_byte(pdev, start + PCI_REBAR_CTRL);

	return 4 + 8 * FIELD_GET(PCI_REBAR_CTRL_NBAR_MASK, ctrl);
}

/**
 * vfio_pci_dpa_length() - dynamic power allocation: a byte for each substate
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_dpa_length(struct pci_dev *pdev, unsigned int start)
{
	u8 cap = vfio_pci_config_byte(pdev, start + PCI_DPA_CAP);

	return PCI_DPA_BASE_SIZEOF + (cap & PCI_DPA_CAP_SUBSTATE_MASK) + 1;
}

/**
 * vfio_pci_tph_length() - TLP processing hints: may have a table
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_tph_length(struct pci_dev *pdev, unsigned int start)
{
	u32 cap = vfio_pci_config_dword(pdev, start + PCI_TPH_CAP);

	if ((cap & PCI_TPH_CAP_LOC_MASK) != PCI_TPH_LOC_CAP)
		return PCI_TPH_BASE_SIZEOF;

	return PCI_TPH_BASE_SIZEOF +
	       2 * (FIELD_GET(PCI_TPH_CAP_ST_MASK, cap) + 1);
}
