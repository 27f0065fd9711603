// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a capability is, where that differs between devices.
 *
 * Most are read from a register of the capability itself. A device that does
 * not answer gives all ones, thus some length, which map.c clips, and is not
 * opened.
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
 * vfio_pci_vendor_has_length() - whether the vendor's own has registers
 * @pdev: device
 * @start: of the capability
 *
 * Return: whether it says how many bytes they are.
 */
bool vfio_pci_vendor_has_length(struct pci_dev *pdev, unsigned int start)
{
	return vfio_pci_vendor_length(pdev, start);
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
 * vfio_pci_ea_length() - enhanced allocation: entries, each of its own length
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_ea_length(struct pci_dev *pdev, unsigned int start)
{
	u8 entries = vfio_pci_config_byte(pdev, start + PCI_EA_NUM_ENT) &
		     PCI_EA_NUM_ENT_MASK;
	unsigned int pos = start + PCI_EA_FIRST_ENT;
	u8 dwords;

	for (; entries && pos < PCI_CFG_SPACE_SIZE; entries--) {
		/* Those behind the first. */
		dwords = vfio_pci_config_byte(pdev, pos) & PCI_EA_ES;
		pos += 4 * (1 + dwords);
	}

	return pos - start;
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
 * vfio_pci_links_length() - declaration of links of the root complex
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_links_length(struct pci_dev *pdev, unsigned int start)
{
	/* The second byte of what the element says of itself. */
	return 16 + 16 * vfio_pci_config_byte(pdev, start + 5);
}

/**
 * vfio_pci_collector_length() - collector of events: later versions are longer
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_collector_length(struct pci_dev *pdev,
				       unsigned int start)
{
	u32 head = vfio_pci_config_dword(pdev, start);

	return PCI_EXT_CAP_VER(head) >= PCI_RCEC_BUSN_REG_VER ?
	       PCI_RCEC_BUSN + 4 : PCI_RCEC_RCIEP_BITMAP + 4;
}

/**
 * vfio_pci_ext_vendor_has_length() - as vfio_pci_vendor_has_length()
 * @pdev: device
 * @start: of the capability, one of two that are alike
 *
 * Return: whether it says how many bytes it has.
 */
bool vfio_pci_ext_vendor_has_length(struct pci_dev *pdev, unsigned int start)
{
	return vfio_pci_ext_vendor_length(pdev, start);
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

/* What each lane has is padded to a dword, behind @base. */
static unsigned int vfio_pci_lanes_length(struct pci_dev *pdev,
					  unsigned int base,
					  unsigned int bytes_per_lane)
{
	unsigned int lanes;
	u32 cap;

	pcie_capability_read_dword(pdev, PCI_EXP_LNKCAP, &cap);
	lanes = FIELD_GET(PCI_EXP_LNKCAP_MLW, cap);

	/* One without a link says nothing of its width: the widest there is. */
	return base + round_up((lanes ?: 32) * bytes_per_lane, 4);
}

/**
 * vfio_pci_secondary_length() - secondary PCI Express: equalization by lane
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_secondary_length(struct pci_dev *pdev,
				       unsigned int start)
{
	return vfio_pci_lanes_length(pdev, 0x0c, 2);
}

/**
 * vfio_pci_phy_length() - physical layer of 16 and 32 GT/s: the same
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_phy_length(struct pci_dev *pdev, unsigned int start)
{
	return vfio_pci_lanes_length(pdev, PCI_PL_16GT_LE_CTRL, 1);
}

/**
 * vfio_pci_phy_64gt_length() - physical layer of 64 GT/s: the same
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_phy_64gt_length(struct pci_dev *pdev,
				      unsigned int start)
{
	return vfio_pci_lanes_length(pdev, 0x10, 1);
}

/**
 * vfio_pci_margining_length() - margining at the receiver: two registers each
 * @pdev: device
 * @start: of the capability
 *
 * Return: bytes.
 */
unsigned int vfio_pci_margining_length(struct pci_dev *pdev,
				       unsigned int start)
{
	return vfio_pci_lanes_length(pdev, 8, 4);
}
