// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space.
 *
 * All of it reads as the device gives it, but for what a virtual function does
 * not implement itself.
 *
 * A write has one of a few effects, each of which hangs on a single byte: of
 * the command register, the memory and bus-master bits are written through; the
 * power state is set and the function reset by way of the PCI core. Every other
 * write is dropped, as a write to read-only bytes is.
 *
 * Reads take no lock and use pci_user_*(), which wait while a reset goes on.
 * Writes that have an effect are transitions, see transition.c.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pci.h"

static bool vfio_pci_config_contains(struct vfio_pci_device *vdev, size_t count,
				     u64 pos)
{
	u64 size = vdev->pdev->cfg_size;

	return pos < size && count <= size - pos;
}

/* What user space sees instead of, or beside, what the device gives. */
static u32 vfio_pci_config_virtual(struct vfio_pci_device *vdev, u32 val,
				   unsigned int pos)
{
	struct pci_dev *pdev = vdev->pdev;

	if (pdev->is_virtfn && pos < PCI_COMMAND)
		return (pdev->vendor | (u32)pdev->device << 16) >> (8 * pos);

	if (pdev->no_command_memory && pos == PCI_COMMAND &&
	    READ_ONCE(vdev->memory_bit))
		return val | PCI_COMMAND_MEMORY;

	return val;
}

static int vfio_pci_config_get(struct pci_dev *pdev, unsigned int pos,
			       unsigned int width, u32 *val)
{
	u16 word;
	u8 byte;
	int ret;

	switch (width) {
	case 4:
		return pci_user_read_config_dword(pdev, pos, val);
	case 2:
		ret = pci_user_read_config_word(pdev, pos, &word);
		*val = word;
		return ret;
	default:
		ret = pci_user_read_config_byte(pdev, pos, &byte);
		*val = byte;
		return ret;
	}
}

/**
 * vfio_pci_config_read() - read config space
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, of any number and alignment
 * @pos: position in config space
 *
 * Return: @count; -EFAULT if not all of it lies in config space, or for a bad
 * buffer; or the errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
ssize_t vfio_pci_config_read(struct vfio_pci_device *vdev, char __user *ubuf,
			     size_t count, u64 pos)
{
	unsigned int w;
	size_t done;
	__le32 le;
	u32 val;
	int ret;

	if (!vfio_pci_config_contains(vdev, count, pos))
		return -EFAULT;

	for (done = 0; done < count; done += w) {
		w = 4;
		while (w > count - done || !IS_ALIGNED(pos + done, w))
			w /= 2;

		ret = vfio_pci_config_get(vdev->pdev, pos + done, w, &val);
		if (ret)
			return ret;

		le = cpu_to_le32(vfio_pci_config_virtual(vdev, val,
							 pos + done));
		if (copy_to_user(ubuf + done, &le, w))
			return -EFAULT;
	}

	return count;
}

/* Both bits lie in the register's low byte. */
static void vfio_pci_command_write(struct vfio_pci_device *vdev, u8 val)
{
	struct pci_dev *pdev = vdev->pdev;
	u16 mask = PCI_COMMAND_MASTER;
	u16 cmd;

	vfio_pci_transition_begin(vdev);
	vdev->memory_bit = val & PCI_COMMAND_MEMORY;
	if (!vfio_pci_memory_enabled(vdev))
		vfio_device_memory_revoke(&vdev->vfio);
	if (!pdev->no_command_memory)
		mask |= PCI_COMMAND_MEMORY;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	cmd = (cmd & ~mask) | (val & mask);
	pci_write_config_word(pdev, PCI_COMMAND, cmd);
	vfio_pci_transition_end(vdev);
}

static void (* const vfio_pci_config_effects[])(struct vfio_pci_device *vdev,
						u8 val) = {
	[VFIO_PCI_CONFIG_COMMAND] = vfio_pci_command_write,
	[VFIO_PCI_CONFIG_POWER] = vfio_pci_power_write,
	[VFIO_PCI_CONFIG_EXP_FLR] = vfio_pci_exp_flr_write,
	[VFIO_PCI_CONFIG_AF_FLR] = vfio_pci_af_flr_write,
};

/**
 * vfio_pci_config_init() - find out which writes will have an effect
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_config_init(struct vfio_pci_device *vdev)
{
	u8 af = pci_find_capability(vdev->pdev, PCI_CAP_ID_AF);
	u16 *effects = vdev->config_effects;
	struct pci_dev *pdev = vdev->pdev;
	u8 needed = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	u32 exp_cap;
	u8 af_cap;

	effects[VFIO_PCI_CONFIG_COMMAND] = PCI_COMMAND;

	if (pdev->pm_cap)
		effects[VFIO_PCI_CONFIG_POWER] = pdev->pm_cap + PCI_PM_CTRL;

	pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP, &exp_cap);
	if (exp_cap & PCI_EXP_DEVCAP_FLR)
		effects[VFIO_PCI_CONFIG_EXP_FLR] = pci_pcie_cap(pdev) +
						   PCI_EXP_DEVCTL + 1;

	if (!af)
		return;

	pci_read_config_byte(pdev, af + PCI_AF_CAP, &af_cap);
	if ((af_cap & needed) == needed)
		effects[VFIO_PCI_CONFIG_AF_FLR] = af + PCI_AF_CTRL;
}

/**
 * vfio_pci_config_write() - write config space
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, of any number and alignment
 * @pos: position in config space
 *
 * Return: @count; -EFAULT if not all of it lies in config space, or for a bad
 * buffer; -ENOMEM.
 * Context: may sleep as long as a transition takes.
 */
ssize_t vfio_pci_config_write(struct vfio_pci_device *vdev,
			      const char __user *ubuf, size_t count, u64 pos)
{
	unsigned int i, at;
	u8 *buf;

	if (!vfio_pci_config_contains(vdev, count, pos))
		return -EFAULT;

	buf = memdup_user(ubuf, count);
	if (IS_ERR(buf))
		return PTR_ERR(buf);

	for (i = 0; i < VFIO_PCI_CONFIG_EFFECTS; i++) {
		at = vdev->config_effects[i];
		if (at && pos <= at && count > at - pos)
			vfio_pci_config_effects[i](vdev, buf[at - pos]);
	}

	kfree(buf);

	return count;
}
