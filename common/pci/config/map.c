// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which capability has each byte of config space.
 *
 * Two lists are walked as the device has them: that of capabilities, in the
 * first 256 bytes, and that of extended ones. The list that user space sees
 * leaves out hidden capabilities: it is ours, as every pointer to the next one
 * is virtual.
 *
 * The device may say anything. Each list is left at the first pointer that goes
 * nowhere or back. Where capabilities overlap, a dword belongs to the one of them
 * that begins last: the other one has the dwords before it and behind its end.
 * One that does not fit into its part of config space is treated as an unknown
 * one, since its function counts on its registers.
 */
#include "config.h"

/* A pointer's lowest bits are reserved. */
#define VFIO_PCI_CONFIG_NEXT_MASK	0xfc

/* Number and link, which each capability of the kind has. */
static const unsigned int vfio_pci_config_head[] = {
	[VFIO_PCI_CONFIG_HEADER] = PCI_STD_HEADER_SIZEOF,
	[VFIO_PCI_CONFIG_CAP] = PCI_CAP_FLAGS,
	[VFIO_PCI_CONFIG_EXT_CAP] = PCI_CAP_SIZEOF,
};

static int vfio_pci_config_device_dword(struct vfio_pci_device *vdev,
					unsigned int pos, u32 *val)
{
	return pcibios_err_to_errno(pci_read_config_dword(vdev->pdev, pos, val));
}

/* Where the part of config space ends that a capability lies in. */
static unsigned int vfio_pci_config_end(struct vfio_pci_config *config,
					unsigned int pos)
{
	return pos < PCI_CFG_SPACE_SIZE ? PCI_CFG_SPACE_SIZE : config->size;
}

/* Whether the walk has been here before. */
static bool vfio_pci_config_seen(struct vfio_pci_config *config,
				 unsigned int pos)
{
	return config->owner[pos] && config->start[pos / 4] == pos;
}

static void vfio_pci_config_own_byte(struct vfio_pci_config *config, u8 owner,
				     unsigned int pos)
{
	config->owner[pos] = owner;
	config->virtual[pos] = 0;
	config->writable[pos] = vfio_pci_config_rules[owner].raw ? 0xff : 0;
}

static void vfio_pci_config_own(struct vfio_pci_config *config, u8 owner,
				unsigned int start, unsigned int length)
{
	unsigned int i, pos;

	for (pos = start; pos < start + length; pos++) {
		u16 *of_dword = &config->start[pos / 4];

		if (*of_dword > start)
			continue;

		/* What another one had of this dword is nobody's then. */
		if (*of_dword < start)
			for (i = 0; i < 4; i++)
				vfio_pci_config_own_byte(config, 0,
							 round_down(pos, 4) + i);

		*of_dword = start;
		vfio_pci_config_own_byte(config, owner, pos);
	}
}

/* Only of bytes that the capability has: others may begin inside of it. */
static void vfio_pci_config_allow(struct vfio_pci_config *config, u8 owner,
				  unsigned int start,
				  const struct vfio_pci_config_register *reg)
{
	unsigned int i, pos = start + reg->pos;

	for (i = 0; i < reg->width; i++, pos++) {
		if (config->owner[pos] != owner ||
		    config->start[pos / 4] != start)
			continue;

		config->virtual[pos] = reg->virtual >> (8 * i);
		config->writable[pos] = reg->writable >> (8 * i);
	}
}

/* Our copy begins with the device's own bits. */
static int vfio_pci_config_fill(struct vfio_pci_device *vdev,
				unsigned int start, unsigned int length)
{
	struct vfio_pci_config *config = vdev->config;
	unsigned int pos;
	u32 val;
	int ret;

	/* Another one that begins inside of it has been filled already. */
	for (pos = start; pos < start + length; pos += 4) {
		if (config->start[pos / 4] != start ||
		    !vfio_pci_config_get(config->virtual + pos, 4))
			continue;

		ret = vfio_pci_config_device_dword(vdev, pos, &val);
		if (ret)
			return ret;
		vfio_pci_config_set(config->copy + pos, 4, val);
	}

	return 0;
}

/* Tells which rule it is that the bytes are given to, in @owner. */
static int vfio_pci_config_claim(struct vfio_pci_device *vdev,
				 enum vfio_pci_config_kind kind, u16 id,
				 unsigned int start, u8 *owner)
{
	/* The pointer to the next capability, in the header of each kind. */
	static const struct vfio_pci_config_register links[] = {
		[VFIO_PCI_CONFIG_CAP] = {
			PCI_CAP_LIST_NEXT, 1, VFIO_PCI_CONFIG_ALL, 0
		},
		[VFIO_PCI_CONFIG_EXT_CAP] = {
			0, 4, VFIO_PCI_CONFIG_ALL, 0
		},
	};
	struct vfio_pci_config *config = vdev->config;
	unsigned int left = vfio_pci_config_end(config, start) - start;
	u8 index = vfio_pci_config_rule_find(vdev->pdev, kind, id, start);
	const struct vfio_pci_config_rule *rule = &vfio_pci_config_rules[index];
	const struct vfio_pci_config_register *reg;
	unsigned int length = rule->length;
	int ret;

	if (rule->length_of)
		length = rule->length_of(vdev->pdev, start);

	if (length > left && !rule->raw) {
		index = vfio_pci_config_rule_find(vdev->pdev, kind,
						  VFIO_PCI_CONFIG_ANY_ID,
						  start);
		rule = &vfio_pci_config_rules[index];
		length = 0;
	}
	/* Of one whose length is not known, its header; more comes later. */
	length = clamp_t(unsigned int, length, vfio_pci_config_head[kind], left);
	*owner = index;

	vfio_pci_config_own(config, index, start, length);
	if (kind != VFIO_PCI_CONFIG_HEADER)
		vfio_pci_config_allow(config, index, start, &links[kind]);
	for (reg = rule->registers; reg && reg->width; reg++)
		if (reg->pos + reg->width <= length)
			vfio_pci_config_allow(config, index, start, reg);

	ret = vfio_pci_config_fill(vdev, start, length);
	if (ret)
		return ret;

	if (rule->init)
		rule->init(vdev, start);

	return 0;
}

static int vfio_pci_config_map_caps(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	u8 *link = config->copy + PCI_CAPABILITY_LIST;
	unsigned int pos = *link & VFIO_PCI_CONFIG_NEXT_MASK;
	bool found = false;
	u8 owner;
	u32 head;
	int ret;

	if (!(config->copy[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return 0;

	while (pos >= PCI_STD_HEADER_SIZEOF &&
	       !vfio_pci_config_seen(config, pos)) {
		ret = vfio_pci_config_device_dword(vdev, pos, &head);
		if (ret)
			return ret;

		ret = vfio_pci_config_claim(vdev, VFIO_PCI_CONFIG_CAP,
					    head & 0xff, pos, &owner);
		if (ret)
			return ret;

		if (!vfio_pci_config_rules[owner].hidden) {
			*link = pos;
			link = config->copy + pos + PCI_CAP_LIST_NEXT;
			found = true;
		}
		pos = head >> 8 & VFIO_PCI_CONFIG_NEXT_MASK;
	}

	*link = 0;
	if (!found)
		config->copy[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;

	return 0;
}

static void vfio_pci_config_ext_link(struct vfio_pci_config *config,
				     unsigned int pos, unsigned int next)
{
	u32 head = vfio_pci_config_get(config->copy + pos, 4);

	vfio_pci_config_set(config->copy + pos, 4,
			    (head & GENMASK(19, 0)) | next << 20);
}

/*
 * The list begins at a place that cannot be chosen. A hidden capability there
 * is shown as one without a number, which only leads to the next.
 */
static int vfio_pci_config_map_ext_caps(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	unsigned int pos = PCI_CFG_SPACE_SIZE, link = pos;
	u8 owner;
	u32 head;
	int ret;

	while (pos >= PCI_CFG_SPACE_SIZE && pos < config->size &&
	       !vfio_pci_config_seen(config, pos)) {
		ret = vfio_pci_config_device_dword(vdev, pos, &head);
		if (ret)
			return ret;
		if (!head || PCI_POSSIBLE_ERROR(head))
			break;

		ret = vfio_pci_config_claim(vdev, VFIO_PCI_CONFIG_EXT_CAP,
					    PCI_EXT_CAP_ID(head), pos, &owner);
		if (ret)
			return ret;

		if (!vfio_pci_config_rules[owner].hidden) {
			if (pos != link)
				vfio_pci_config_ext_link(config, link, pos);
			link = pos;
		} else if (pos == PCI_CFG_SPACE_SIZE) {
			vfio_pci_config_set(config->copy + pos, 4, 0);
		}
		pos = PCI_EXT_CAP_NEXT(head);
	}

	if (config->size > PCI_CFG_SPACE_SIZE)
		vfio_pci_config_ext_link(config, link, 0);

	return 0;
}

/*
 * What belongs to nobody may be registers of one whose length is not known. So it
 * is only behind such a one that nobody's bytes are lost to user space.
 */
static void vfio_pci_config_extend_unknown(struct vfio_pci_config *config)
{
	const struct vfio_pci_config_rule *rule;
	unsigned int pos;

	for (pos = PCI_STD_HEADER_SIZEOF; pos < config->size; pos++) {
		rule = &vfio_pci_config_rules[config->owner[pos - 1]];
		if (config->owner[pos] || pos == PCI_CFG_SPACE_SIZE ||
		    !config->owner[pos - 1] || rule->length || rule->length_of)
			continue;

		config->start[pos / 4] = config->start[(pos - 1) / 4];
		vfio_pci_config_own_byte(config, config->owner[pos - 1], pos);
	}
}

/**
 * vfio_pci_config_map() - find out to whom each byte belongs
 * @vdev: device that is being opened
 *
 * Return: 0 or the errno of the bus.
 * Context: step lock held.
 */
int vfio_pci_config_map(struct vfio_pci_device *vdev)
{
	struct vfio_pci_config *config = vdev->config;
	u8 owner;
	int ret;

	/* At first, all of it belongs to nobody. */
	vfio_pci_config_own(config, 0, 0, config->size);

	ret = vfio_pci_config_claim(vdev, VFIO_PCI_CONFIG_HEADER, 0, 0, &owner);
	if (ret)
		return ret;

	ret = vfio_pci_config_map_caps(vdev);
	if (ret)
		return ret;

	ret = vfio_pci_config_map_ext_caps(vdev);
	if (ret)
		return ret;

	vfio_pci_config_extend_unknown(config);

	return 0;
}
