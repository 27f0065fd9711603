// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who decides whether a byte of config space may be written: these tables.
 *
 * Each register is listed with the bits that are virtual and those that are
 * writable, see config.h; what is not listed, the device answers and nobody
 * writes, but for what the vendor defines. A capability without registers is
 * read-only. One without a rule is hidden and read-only, up to the next one.
 *
 * So a rule without registers is worth having if it says how long a capability
 * is: what lies behind its end is writable. There is none for what only ports
 * and bridges have, nor for CompactPCI's central resource, AGP 3 and secure
 * devices, of whose length the kernel knows nothing.
 */
#include "config.h"

#define NONE	VFIO_PCI_CONFIG_NONE
#define ALL	VFIO_PCI_CONFIG_ALL

#define VFIO_PCI_PM_STATE_BYTE	0xff

static const struct vfio_pci_config_register header[] = {
	/* position, width, virtual, writable */

	/* A virtual function has none of its own. */
	{ PCI_VENDOR_ID, 2, ALL, NONE },
	{ PCI_DEVICE_ID, 2, ALL, NONE },
	/* Where there is no memory bit, header.c makes that one virtual too. */
	{ PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE, ALL },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, PCI_STATUS_ERROR_BITS },
	{ PCI_CACHE_LINE_SIZE, 1, NONE, ALL },
	{ PCI_LATENCY_TIMER, 1, NONE, ALL },
	{ PCI_BIST, 1, NONE, ALL },
	/* bars.c adds which bits are writable: they tell the BAR's size. */
	{ PCI_BASE_ADDRESS_0, 4, ALL, NONE },
	{ PCI_BASE_ADDRESS_1, 4, ALL, NONE },
	{ PCI_BASE_ADDRESS_2, 4, ALL, NONE },
	{ PCI_BASE_ADDRESS_3, 4, ALL, NONE },
	{ PCI_BASE_ADDRESS_4, 4, ALL, NONE },
	{ PCI_BASE_ADDRESS_5, 4, ALL, NONE },
	{ PCI_ROM_ADDRESS, 4, ALL, NONE },
	{ PCI_CAPABILITY_LIST, 1, ALL, NONE },
	{ PCI_INTERRUPT_LINE, 1, ALL, ALL },
	{ PCI_INTERRUPT_PIN, 1, ALL, NONE },
	{}
};

/*
 * pm.c clears what is virtual: PME is the host's. It sets the power state, whose
 * byte nobody else writes: a state that was read before another one was set must
 * not be written back.
 */
static const struct vfio_pci_config_register power_management[] = {
	{ PCI_PM_PMC, 2, PCI_PM_CAP_PME_MASK, NONE },
	{
		PCI_PM_CTRL, 4,
		PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS,
		~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS |
		  VFIO_PCI_PM_STATE_BYTE)
	},
	{}
};

/* vpd.c */
static const struct vfio_pci_config_register vpd[] = {
	{ PCI_VPD_ADDR, 2, ALL, ALL },
	{ PCI_VPD_DATA, 4, ALL, ALL },
	{}
};

/*
 * The message is the host's, the user's is shown to the user only. msi.c keeps
 * the control register possible. A function without mask bits ends before them.
 */
static const struct vfio_pci_config_register msi_32bit[] = {
	{ PCI_MSI_FLAGS, 1, ALL, ALL },
	{ PCI_MSI_ADDRESS_LO, 4, ALL, ALL },
	{ PCI_MSI_DATA_32, 2, ALL, ALL },
	{ PCI_MSI_MASK_32, 4, NONE, ALL },
	{ PCI_MSI_PENDING_32, 4, NONE, ALL },
	{}
};

static const struct vfio_pci_config_register msi_64bit[] = {
	{ PCI_MSI_FLAGS, 1, ALL, ALL },
	{ PCI_MSI_ADDRESS_LO, 4, ALL, ALL },
	{ PCI_MSI_ADDRESS_HI, 4, ALL, ALL },
	{ PCI_MSI_DATA_64, 2, ALL, ALL },
	{ PCI_MSI_MASK_64, 4, NONE, ALL },
	{ PCI_MSI_PENDING_64, 4, NONE, ALL },
	{}
};

static const struct vfio_pci_config_register pcix[] = {
	{ PCI_X_CMD, 2, NONE, ALL },
	{ PCI_X_ECC_CSR, 4, NONE, ALL },
	{}
};

/*
 * Phantom functions would confuse the IOMMU, the payload size concerns other
 * devices, and alternative routing is set up at boot. express.c resets the
 * function and sets the read request size.
 */
static const struct vfio_pci_config_register express[] = {
	{
		PCI_EXP_DEVCTL, 2,
		PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD |
		PCI_EXP_DEVCTL_READRQ,
		(u16)~PCI_EXP_DEVCTL_PHANTOM
	},
	{ PCI_EXP_DEVCTL2, 2, NONE, (u16)~PCI_EXP_DEVCTL2_ARI },
	{}
};

/* af.c */
static const struct vfio_pci_config_register advanced_features[] = {
	{ PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR, PCI_AF_CTRL_FLR },
	{}
};

#define UNCORRECTABLE							\
	(PCI_ERR_UNC_UND | PCI_ERR_UNC_DLP | PCI_ERR_UNC_SURPDN |	\
	 PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP |			\
	 PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT |		\
	 PCI_ERR_UNC_UNX_COMP | PCI_ERR_UNC_RX_OVER |			\
	 PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | PCI_ERR_UNC_UNSUP |	\
	 PCI_ERR_UNC_ACSV | PCI_ERR_UNC_INTN | PCI_ERR_UNC_MCBTLP |	\
	 PCI_ERR_UNC_ATOMEG | PCI_ERR_UNC_TLPPRE)

#define CORRECTABLE							\
	(PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP |	\
	 PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER |			\
	 PCI_ERR_COR_ADV_NFAT | PCI_ERR_COR_INTERNAL |			\
	 PCI_ERR_COR_LOG_OVER)

static const struct vfio_pci_config_register error_reporting[] = {
	{ PCI_ERR_UNCOR_STATUS, 4, NONE, UNCORRECTABLE },
	{ PCI_ERR_UNCOR_MASK, 4, NONE, UNCORRECTABLE },
	{ PCI_ERR_UNCOR_SEVER, 4, NONE, UNCORRECTABLE },
	{ PCI_ERR_COR_STATUS, 4, NONE, CORRECTABLE },
	{ PCI_ERR_COR_MASK, 4, NONE, CORRECTABLE },
	{
		PCI_ERR_CAP, 4,
		NONE, PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE
	},
	{}
};

/* What the data register tells is chosen by writing the select register. */
static const struct vfio_pci_config_register power_budgeting[] = {
	{ PCI_PWR_DSR, 1, NONE, ALL },
	{}
};

#define CAP(name)		.kind = VFIO_PCI_CONFIG_CAP,		\
				.id = PCI_CAP_ID_##name
#define EXT_CAP(name)		.kind = VFIO_PCI_CONFIG_EXT_CAP,	\
				.id = PCI_EXT_CAP_ID_##name

/* Numbers that not all of the kernels' headers have. */
#define VFIO_PCI_CAP_NULL		0x00

#define VFIO_PCI_EXT_CAP_NULL		0x00
#define VFIO_PCI_EXT_CAP_LN		0x1c
#define VFIO_PCI_EXT_CAP_FRS		0x21
#define VFIO_PCI_EXT_CAP_RTR		0x22
#define VFIO_PCI_EXT_CAP_VF_REBAR	0x24
#define VFIO_PCI_EXT_CAP_MARGINING	0x27
#define VFIO_PCI_EXT_CAP_NPEM		0x29
#define VFIO_PCI_EXT_CAP_PHY_32GT	0x2a
#define VFIO_PCI_EXT_CAP_DEVICE_3	0x2f
#define VFIO_PCI_EXT_CAP_PHY_64GT	0x31

#define NEW_EXT_CAP(name)	.kind = VFIO_PCI_CONFIG_EXT_CAP,	\
				.id = VFIO_PCI_EXT_CAP_##name

/*
 * The first one whose kind and number fit and that applies is taken. Bytes that
 * nobody has are writable: some devices hide registers there that their drivers
 * need.
 */
const struct vfio_pci_config_rule vfio_pci_config_rules[] = {
	{ .kind = VFIO_PCI_CONFIG_UNASSIGNED, .raw = true },
	{
		.kind = VFIO_PCI_CONFIG_HEADER,
		.length = PCI_STD_HEADER_SIZEOF, .registers = header,
		.init = vfio_pci_header_init, .write = vfio_pci_header_write,
	},

	/* It has no registers, but for its number and its link. */
	{
		.kind = VFIO_PCI_CONFIG_CAP, .id = VFIO_PCI_CAP_NULL,
		.length = PCI_CAP_FLAGS, .hidden = true,
	},
	{
		CAP(PM), .length = PCI_PM_SIZEOF, .registers = power_management,
		.init = vfio_pci_pm_init, .write = vfio_pci_pm_write,
	},
	{ CAP(AGP), .length = PCI_AGP_SIZEOF },
	{
		CAP(VPD), .length = PCI_CAP_VPD_SIZEOF, .registers = vpd,
		.write = vfio_pci_vpd_write,
	},
	{ CAP(SLOTID), .length = 4, .hidden = true },
	{
		CAP(MSI), .applies = vfio_pci_msi_is_64bit,
		.length_of = vfio_pci_msi_length, .registers = msi_64bit,
		.write = vfio_pci_msi_write,
	},
	{
		CAP(MSI),
		.length_of = vfio_pci_msi_length, .registers = msi_32bit,
		.write = vfio_pci_msi_write,
	},
	{ CAP(CHSWP), .length = 4, .hidden = true },
	{ CAP(PCIX), .length_of = vfio_pci_pcix_length, .registers = pcix },
	{ CAP(HT), .length_of = vfio_pci_ht_length },
	{
		CAP(VNDR), .applies = vfio_pci_vendor_has_length,
		.length_of = vfio_pci_vendor_length, .raw = true,
	},
	/* One that says that it has no bytes has those that say so. */
	{ CAP(VNDR), .length = PCI_CAP_FLAGS + 1, .hidden = true },
	{ CAP(DBG), .length = 4, .hidden = true },
	{ CAP(SHPC), .length = 8, .hidden = true },
	{ CAP(SSVID), .length = 8, .hidden = true },
	{
		CAP(EXP),
		.length_of = vfio_pci_express_length, .registers = express,
		.write = vfio_pci_express_write,
	},
	{ CAP(MSIX), .length = PCI_CAP_MSIX_SIZEOF },
	{ CAP(SATA), .length_of = vfio_pci_sata_length },
	{
		CAP(AF), .length = PCI_CAP_AF_SIZEOF,
		.registers = advanced_features, .write = vfio_pci_af_write,
	},
	{ CAP(EA), .length_of = vfio_pci_ea_length, .hidden = true },
	{
		.kind = VFIO_PCI_CONFIG_CAP, .id = VFIO_PCI_CONFIG_ANY_ID,
		.hidden = true,
	},

	{ NEW_EXT_CAP(NULL), .length = PCI_CAP_SIZEOF, .hidden = true },
	{
		EXT_CAP(ERR), .length = PCI_ERR_ROOT_COMMAND,
		.registers = error_reporting,
	},
	{ EXT_CAP(VC), .length_of = vfio_pci_vc_length },
	{ EXT_CAP(DSN), .length = PCI_EXT_CAP_DSN_SIZEOF },
	{
		EXT_CAP(PWR), .length = PCI_EXT_CAP_PWR_SIZEOF,
		.registers = power_budgeting,
	},
	{ EXT_CAP(RCLD), .length_of = vfio_pci_links_length, .hidden = true },
	{ EXT_CAP(RCILC), .length = 12, .hidden = true },
	{
		EXT_CAP(RCEC), .length_of = vfio_pci_collector_length,
		.hidden = true,
	},
	{ EXT_CAP(MFVC), .length_of = vfio_pci_vc_length },
	{ EXT_CAP(VC9), .length_of = vfio_pci_vc_length },
	{
		EXT_CAP(VNDR), .applies = vfio_pci_ext_vendor_has_length,
		.length_of = vfio_pci_ext_vendor_length, .raw = true,
	},
	{ EXT_CAP(VNDR), .length = PCI_VNDR_HEADER + 4, .hidden = true },
	{ EXT_CAP(ACS), .length_of = vfio_pci_acs_length },
	{ EXT_CAP(ARI), .length = PCI_EXT_CAP_ARI_SIZEOF },
	{ EXT_CAP(ATS), .length = PCI_EXT_CAP_ATS_SIZEOF },
	{ EXT_CAP(SRIOV), .length = PCI_EXT_CAP_SRIOV_SIZEOF },
	{ EXT_CAP(MCAST), .length = PCI_EXT_CAP_MCAST_ENDPOINT_SIZEOF },
	{ EXT_CAP(PRI), .length = PCI_EXT_CAP_PRI_SIZEOF },
	{ EXT_CAP(REBAR), .length_of = vfio_pci_rebar_length },
	{ EXT_CAP(DPA), .length_of = vfio_pci_dpa_length },
	{ EXT_CAP(TPH), .length_of = vfio_pci_tph_length },
	{ EXT_CAP(LTR), .length = PCI_EXT_CAP_LTR_SIZEOF },
	{
		EXT_CAP(SECPCI), .length_of = vfio_pci_secondary_length,
		.hidden = true,
	},
	{ EXT_CAP(PASID), .length = PCI_EXT_CAP_PASID_SIZEOF, .hidden = true },
	{ NEW_EXT_CAP(LN), .length = 8, .hidden = true },
	{ EXT_CAP(L1SS), .length = PCI_L1SS_CTL2 + 4, .hidden = true },
	{ EXT_CAP(PTM), .length = PCI_PTM_CTRL + 4, .hidden = true },
	{ NEW_EXT_CAP(FRS), .length = 16, .hidden = true },
	{ NEW_EXT_CAP(RTR), .length = 12, .hidden = true },
	{
		EXT_CAP(DVSEC), .applies = vfio_pci_ext_vendor_has_length,
		.length_of = vfio_pci_ext_vendor_length, .raw = true,
	},
	{ EXT_CAP(DVSEC), .length = PCI_VNDR_HEADER + 4, .hidden = true },
	{
		NEW_EXT_CAP(VF_REBAR), .length_of = vfio_pci_rebar_length,
		.hidden = true,
	},
	{ EXT_CAP(DLF), .length = 12, .hidden = true },
	{ EXT_CAP(PL_16GT), .length_of = vfio_pci_phy_length, .hidden = true },
	{
		NEW_EXT_CAP(MARGINING), .length_of = vfio_pci_margining_length,
		.hidden = true,
	},
	{ NEW_EXT_CAP(NPEM), .length = 16, .hidden = true },
	{
		NEW_EXT_CAP(PHY_32GT), .length_of = vfio_pci_phy_length,
		.hidden = true,
	},
	{ EXT_CAP(DOE), .length = PCI_DOE_READ + 4, .hidden = true },
	{ NEW_EXT_CAP(DEVICE_3), .length = 16, .hidden = true },
	{
		NEW_EXT_CAP(PHY_64GT), .length_of = vfio_pci_phy_64gt_length,
		.hidden = true,
	},
	{
		.kind = VFIO_PCI_CONFIG_EXT_CAP, .id = VFIO_PCI_CONFIG_ANY_ID,
		.hidden = true,
	},
};

/**
 * vfio_pci_config_rule_find() - the rule for a capability
 * @pdev: device
 * @kind: where it is
 * @id: its number, 0 for the header
 * @start: where it begins
 *
 * Return: index into vfio_pci_config_rules.
 * Context: may read config space.
 */
u8 vfio_pci_config_rule_find(struct pci_dev *pdev,
			     enum vfio_pci_config_kind kind, u16 id,
			     unsigned int start)
{
	const struct vfio_pci_config_rule *rule;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(vfio_pci_config_rules) > U8_MAX);

	/* The last one of a kind fits every number. */
	for (i = 0; i < ARRAY_SIZE(vfio_pci_config_rules) - 1; i++) {
		rule = &vfio_pci_config_rules[i];
		if (rule->kind != kind)
			continue;
		if (rule->id != id && rule->id != VFIO_PCI_CONFIG_ANY_ID)
			continue;
		if (!rule->applies || rule->applies(pdev, start))
			break;
	}

	return i;
}
