/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Config space as user space sees it.
 *
 * Model. Each byte belongs to the header, to a capability, or to nobody.
 * map.c finds out which when the device is opened, and copies the rule of its
 * owner, as rules.c has it, into two masks. They alone decide about a bit:
 *
 *	virtual	writable
 *	   0	   0	the device answers reads; writes are dropped
 *	   0	   1	the device answers reads and takes writes
 *	   1	   0	our copy answers reads; writes are dropped
 *	   1	   1	our copy answers reads and takes writes
 *
 * A few capabilities do more when written than change bits: such a rule has a
 * function, in the file named after the capability.
 *
 * Invariants. Masks and owners do not change from open to close. No write
 * makes a device do what the host must know of except by way of the PCI core:
 * move its memory, change its power state, reset, signal by MSI. The copy is
 * shown to nobody but who may write it, so it has no lock: two writes at once
 * are for user space to put in order. An access of it is whole by its width.
 *
 * Words. Position: of a byte in config space. Start: of the capability that has
 * the byte. Width: bytes of one access that the device sees, 1, 2 or 4.
 */
#ifndef VFIO_PCI_CONFIG_H
#define VFIO_PCI_CONFIG_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include "pci/pci.h"

#define VFIO_PCI_CONFIG_NONE	0
#define VFIO_PCI_CONFIG_ALL	0xffffffff

/**
 * struct vfio_pci_config_register - what user space may do with a register
 * @pos: position in the capability
 * @width: bytes
 * @virtual: bits that our copy answers for
 * @writable: bits that user space may write
 */
struct vfio_pci_config_register {
	u16 pos;
	u8 width;
	u32 virtual;
	u32 writable;
};

/**
 * enum vfio_pci_config_kind - what a rule is for
 * @VFIO_PCI_CONFIG_UNASSIGNED: bytes that belong to nobody
 * @VFIO_PCI_CONFIG_HEADER: the first 64 bytes
 * @VFIO_PCI_CONFIG_CAP: a capability below 256
 * @VFIO_PCI_CONFIG_EXT_CAP: an extended capability
 */
enum vfio_pci_config_kind {
	VFIO_PCI_CONFIG_UNASSIGNED,
	VFIO_PCI_CONFIG_HEADER,
	VFIO_PCI_CONFIG_CAP,
	VFIO_PCI_CONFIG_EXT_CAP,
};

/* The rule of a capability that no other rule is for. */
#define VFIO_PCI_CONFIG_ANY_ID	0xffff

/**
 * struct vfio_pci_config_rule - what user space may do with a capability
 * @kind: what the rule is for
 * @id: number of the capability, or VFIO_PCI_CONFIG_ANY_ID
 * @hidden: user space does not find it in the list of capabilities
 * @raw: what is in no register is writable; otherwise it is read-only
 * @length: bytes; 0 if it is not known, then up to the next capability
 * @length_of: tells the length where it differs between devices, or NULL
 * @applies: whether the rule is for this one of its @id; NULL if for every one
 * @registers: the registers, ended by one without a width; or NULL
 * @init: sets what the table cannot say, or NULL. Context: as the open.
 * @write: writes, or NULL for vfio_pci_config_put(), which it calls itself for
 *	what is not special. Return: 0 or -errno.
 */
struct vfio_pci_config_rule {
	enum vfio_pci_config_kind kind;
	u16 id;
	bool hidden;
	bool raw;
	u16 length;
	unsigned int (*length_of)(struct pci_dev *pdev, unsigned int start);
	bool (*applies)(struct pci_dev *pdev, unsigned int start);
	const struct vfio_pci_config_register *registers;
	void (*init)(struct vfio_pci_device *vdev, unsigned int start);
	int (*write)(struct vfio_pci_device *vdev, unsigned int start,
		     unsigned int pos, unsigned int width, u32 val);
};

/**
 * struct vfio_pci_config - config space of an open device
 * @size: bytes
 * @owner: of each byte, index into vfio_pci_config_rules
 * @virtual: of each byte, bits that @copy answers for
 * @writable: of each byte, bits that user space may write
 * @copy: of each byte, the virtual bits
 * @start: of each dword, where the capability begins that has it
 * @bars: the device's own BARs at open, and its ROM's
 */
struct vfio_pci_config {
	unsigned int size;
	u8 *owner;
	u8 *virtual;
	u8 *writable;
	u8 *copy;
	u16 *start;
	u32 bars[PCI_STD_NUM_BARS + 1];
};

/* Config space is little-endian, and so are the arrays. */
static inline u32 vfio_pci_config_get(const u8 *bytes, unsigned int width)
{
	switch (width) {
	case 4:
		return le32_to_cpup((const __le32 *)bytes);
	case 2:
		return le16_to_cpup((const __le16 *)bytes);
	default:
		return *bytes;
	}
}

static inline void vfio_pci_config_set(u8 *bytes, unsigned int width, u32 val)
{
	switch (width) {
	case 4:
		*(__le32 *)bytes = cpu_to_le32(val);
		break;
	case 2:
		*(__le16 *)bytes = cpu_to_le16(val);
		break;
	default:
		*bytes = val;
	}
}

/* Another thread of the user process may access the copy at the same time. */
static inline u32 vfio_pci_config_copy_get(const u8 *copy, unsigned int width)
{
	switch (width) {
	case 4:
		return le32_to_cpu(READ_ONCE(*(const __le32 *)copy));
	case 2:
		return le16_to_cpu(READ_ONCE(*(const __le16 *)copy));
	default:
		return READ_ONCE(*copy);
	}
}

static inline void vfio_pci_config_copy_set(u8 *copy, unsigned int width,
					    u32 val)
{
	switch (width) {
	case 4:
		WRITE_ONCE(*(__le32 *)copy, cpu_to_le32(val));
		break;
	case 2:
		WRITE_ONCE(*(__le16 *)copy, cpu_to_le16(val));
		break;
	default:
		WRITE_ONCE(*copy, val);
	}
}

static inline u32 vfio_pci_config_mask(unsigned int width)
{
	static const u32 masks[] = {
		[1] = GENMASK(7, 0),
		[2] = GENMASK(15, 0),
		[4] = GENMASK(31, 0),
	};

	return masks[width];
}

/* Whether an access reaches the byte at @at. */
static inline bool vfio_pci_config_covers(unsigned int pos, unsigned int width,
					  unsigned int at)
{
	return pos <= at && at < pos + width;
}

/*
 * Whether the capability that begins at @start has the byte at @pos: another one
 * may begin in between, and then has it.
 */
static inline bool vfio_pci_config_has(const struct vfio_pci_config *config,
				       unsigned int start, unsigned int pos)
{
	return config->start[pos / 4] == start &&
	       config->owner[pos] == config->owner[start];
}

/* rules.c */
extern const struct vfio_pci_config_rule vfio_pci_config_rules[];
u8 vfio_pci_config_rule_find(struct pci_dev *pdev,
			     enum vfio_pci_config_kind kind, u16 id,
			     unsigned int start);

/* map.c */
int vfio_pci_config_map(struct vfio_pci_device *vdev);

/* config.c */
void vfio_pci_config_copy_put(struct vfio_pci_config *config, unsigned int pos,
			      unsigned int width, u32 val);
int vfio_pci_config_put(struct vfio_pci_device *vdev, unsigned int pos,
			unsigned int width, u32 val);

/* length.c */
unsigned int vfio_pci_msi_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_pcix_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_ht_length(struct pci_dev *pdev, unsigned int start);
bool vfio_pci_vendor_has_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_vendor_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_express_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_sata_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_ea_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_vc_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_links_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_collector_length(struct pci_dev *pdev,
				       unsigned int start);
bool vfio_pci_ext_vendor_has_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_ext_vendor_length(struct pci_dev *pdev,
					unsigned int start);
unsigned int vfio_pci_acs_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_rebar_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_dpa_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_tph_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_secondary_length(struct pci_dev *pdev,
				       unsigned int start);
unsigned int vfio_pci_phy_length(struct pci_dev *pdev, unsigned int start);
unsigned int vfio_pci_phy_64gt_length(struct pci_dev *pdev,
				      unsigned int start);
unsigned int vfio_pci_margining_length(struct pci_dev *pdev,
				       unsigned int start);

/* header.c */
void vfio_pci_header_init(struct vfio_pci_device *vdev, unsigned int start);
int vfio_pci_header_write(struct vfio_pci_device *vdev, unsigned int start,
			  unsigned int pos, unsigned int width, u32 val);

/* command.c */
void vfio_pci_command_init(struct vfio_pci_device *vdev);
int vfio_pci_command_write(struct vfio_pci_device *vdev, unsigned int pos,
			   unsigned int width, u32 val);

/* bars.c */
void vfio_pci_config_bars_init(struct vfio_pci_device *vdev);
bool vfio_pci_config_bars_lost(struct vfio_pci_device *vdev);
void vfio_pci_config_bars_restore(struct vfio_pci_device *vdev);

/* pm.c */
void vfio_pci_pm_init(struct vfio_pci_device *vdev, unsigned int start);
int vfio_pci_pm_write(struct vfio_pci_device *vdev, unsigned int start,
		      unsigned int pos, unsigned int width, u32 val);

/* vpd.c */
int vfio_pci_vpd_write(struct vfio_pci_device *vdev, unsigned int start,
		       unsigned int pos, unsigned int width, u32 val);

/* msi.c */
bool vfio_pci_msi_is_64bit(struct pci_dev *pdev, unsigned int start);
int vfio_pci_msi_write(struct vfio_pci_device *vdev, unsigned int start,
		       unsigned int pos, unsigned int width, u32 val);

/* express.c */
int vfio_pci_express_write(struct vfio_pci_device *vdev, unsigned int start,
			   unsigned int pos, unsigned int width, u32 val);

/* af.c */
int vfio_pci_af_write(struct vfio_pci_device *vdev, unsigned int start,
		      unsigned int pos, unsigned int width, u32 val);

#endif /* VFIO_PCI_CONFIG_H */
