// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes of config space.
 *
 * An access of any size and alignment is cut into pieces of 1, 2 or 4 bytes
 * that are aligned and have one owner. For each, one look-up in the masks says
 * which bits the device answers for and which our copy; see config.h.
 *
 * The device is accessed by pci_user_*(), which wait while a reset goes on. So
 * no lock is held here; and as a signal does not end that waiting, a reset is
 * waited for before. What needs the step lock takes it in the function of its
 * capability.
 *
 * Where a device does not answer, a read of config space gives all ones. Then a
 * register is read that cannot have that value, to tell them apart: a device that
 * answers no more is an error to user space, not ones.
 */
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "config.h"

static bool vfio_pci_config_contains(struct vfio_pci_config *config,
				     size_t count, u64 pos)
{
	return pos < config->size && count <= config->size - pos;
}

/* Width of the first piece of an access. Inline: most accesses are one piece. */
static __always_inline unsigned int
vfio_pci_config_width(struct vfio_pci_config *config, unsigned int pos,
		      size_t count)
{
	const u8 *owner = config->owner + pos;

	if (count == 1 || !IS_ALIGNED(pos, 2))
		return 1;
	if (count >= 4 && IS_ALIGNED(pos, 4) &&
	    vfio_pci_config_get(owner, 4) == owner[0] * 0x01010101u)
		return 4;

	return owner[0] == owner[1] ? 2 : 1;
}

static int vfio_pci_config_device_read(struct pci_dev *pdev, unsigned int pos,
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

/* To be asked where a read gave nothing but ones, which is rare. */
static noinline int vfio_pci_config_expect_answer(struct pci_dev *pdev)
{
	u32 command;
	int ret;

	ret = pci_user_read_config_dword(pdev, PCI_COMMAND, &command);
	if (!ret && PCI_POSSIBLE_ERROR(command))
		ret = -EIO;

	return ret;
}

static int vfio_pci_config_device_write(struct pci_dev *pdev, unsigned int pos,
					unsigned int width, u32 val)
{
	switch (width) {
	case 4:
		return pci_user_write_config_dword(pdev, pos, val);
	case 2:
		return pci_user_write_config_word(pdev, pos, val);
	default:
		return pci_user_write_config_byte(pdev, pos, val);
	}
}

/*
 * Writes the bits of @mask. Bytes without any are left alone where they are a
 * half of the access: to write back there what was read could clear what one
 * clears by writing ones.
 */
static int vfio_pci_config_device_put(struct pci_dev *pdev, unsigned int pos,
				      unsigned int width, u32 val, u32 mask)
{
	u32 low, old, all;
	int ret;

	for (; width > 1; mask &= low, val &= low) {
		low = vfio_pci_config_mask(width / 2);
		if (mask & low && mask & ~low)
			break;

		width /= 2;
		if (!(mask & low)) {
			pos += width;
			mask >>= 8 * width;
			val >>= 8 * width;
		}
	}

	all = vfio_pci_config_mask(width);
	if (mask != all) {
		ret = vfio_pci_config_device_read(pdev, pos, width, &old);
		if (!ret && old == all)
			ret = vfio_pci_config_expect_answer(pdev);
		if (ret)
			return ret;
		val = (old & ~mask) | (val & mask);
	}

	return vfio_pci_config_device_write(pdev, pos, width, val);
}

/* By width: copies of any size would be most of what an access costs. */
static int vfio_pci_config_from_user(const char __user *ubuf,
				     unsigned int width, u32 *val)
{
	__le32 dword;
	__le16 word;
	u8 byte;

	switch (width) {
	case 4:
		if (get_user(dword, (__le32 __user *)ubuf))
			return -EFAULT;
		*val = le32_to_cpu(dword);
		return 0;
	case 2:
		if (get_user(word, (__le16 __user *)ubuf))
			return -EFAULT;
		*val = le16_to_cpu(word);
		return 0;
	default:
		if (get_user(byte, (u8 __user *)ubuf))
			return -EFAULT;
		*val = byte;
		return 0;
	}
}

static int vfio_pci_config_to_user(char __user *ubuf, unsigned int width,
				   u32 val)
{
	switch (width) {
	case 4:
		return put_user(cpu_to_le32(val), (__le32 __user *)ubuf);
	case 2:
		return put_user(cpu_to_le16(val), (__le16 __user *)ubuf);
	default:
		return put_user(val, (u8 __user *)ubuf);
	}
}

static void vfio_pci_config_copy_bits(struct vfio_pci_config *config,
				      unsigned int pos, unsigned int width,
				      u32 val, u32 mask)
{
	u32 old = vfio_pci_config_copy_get(config->copy + pos, width);

	vfio_pci_config_copy_set(config->copy + pos, width,
				 (old & ~mask) | (val & mask));
}

/**
 * vfio_pci_config_copy_put() - write what our copy answers for
 * @config: config space
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Context: any.
 */
void vfio_pci_config_copy_put(struct vfio_pci_config *config, unsigned int pos,
			      unsigned int width, u32 val)
{
	u32 mask = vfio_pci_config_get(config->virtual + pos, width) &
		   vfio_pci_config_get(config->writable + pos, width);

	vfio_pci_config_copy_bits(config, pos, width, val, mask);
}

/**
 * vfio_pci_config_put() - write whatever bits may be written
 * @vdev: open device
 * @pos: position
 * @width: bytes
 * @val: what the user writes
 *
 * Return: 0; -EIO if the device answers no more; or the errno of the bus.
 * Context: step lock not held; may sleep as long as a reset takes.
 */
int vfio_pci_config_put(struct vfio_pci_device *vdev, unsigned int pos,
			unsigned int width, u32 val)
{
	struct vfio_pci_config *config = vdev->config;
	u32 writable = vfio_pci_config_get(config->writable + pos, width);
	u32 virtual = vfio_pci_config_get(config->virtual + pos, width);

	if (writable & virtual)
		vfio_pci_config_copy_bits(config, pos, width, val,
					  writable & virtual);
	if (!(writable & ~virtual))
		return 0;

	return vfio_pci_config_device_put(vdev->pdev, pos, width, val,
					  writable & ~virtual);
}

static int vfio_pci_config_read_piece(struct vfio_pci_device *vdev,
				      unsigned int pos, unsigned int width,
				      u32 *val)
{
	struct vfio_pci_config *config = vdev->config;
	u32 virtual = vfio_pci_config_get(config->virtual + pos, width);
	u32 all = vfio_pci_config_mask(width);
	int ret;

	if (virtual == all) {
		*val = vfio_pci_config_copy_get(config->copy + pos, width);
		return 0;
	}

	ret = vfio_pci_config_device_read(vdev->pdev, pos, width, val);
	if (!ret && *val == all)
		ret = vfio_pci_config_expect_answer(vdev->pdev);
	if (ret || !virtual)
		return ret;

	*val &= ~virtual;
	*val |= vfio_pci_config_copy_get(config->copy + pos, width) & virtual;

	return 0;
}

/**
 * vfio_pci_config_read() - read config space
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, of any number and alignment
 * @pos: position in config space
 *
 * Return: @count; -EFAULT if not all of it lies in config space, or for a bad
 * buffer; -EIO if the device answers no more; -ERESTARTSYS for a signal; or the
 * errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
ssize_t vfio_pci_config_read(struct vfio_pci_device *vdev, char __user *ubuf,
			     size_t count, u64 pos)
{
	unsigned int width;
	size_t done;
	u32 val;
	int ret;

	if (!vfio_pci_config_contains(vdev->config, count, pos))
		return -EFAULT;

	ret = vfio_pci_reset_wait(vdev);
	if (ret)
		return ret;

	pos = array_index_nospec(pos, vdev->config->size);

	for (done = 0; done < count; done += width) {
		width = vfio_pci_config_width(vdev->config, pos + done,
					      count - done);
		ret = vfio_pci_config_read_piece(vdev, pos + done, width, &val);
		if (ret)
			return ret;

		if (vfio_pci_config_to_user(ubuf + done, width, val))
			return -EFAULT;
	}

	return count;
}

static int vfio_pci_config_write_piece(struct vfio_pci_device *vdev,
				       unsigned int pos, unsigned int width,
				       u32 val)
{
	struct vfio_pci_config *config = vdev->config;
	const struct vfio_pci_config_rule *rule;

	rule = &vfio_pci_config_rules[config->owner[pos]];
	if (!rule->write)
		return vfio_pci_config_put(vdev, pos, width, val);

	return rule->write(vdev, config->start[pos / 4], pos, width, val);
}

/**
 * vfio_pci_config_write() - write config space
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, of any number and alignment
 * @pos: position in config space
 *
 * Return: @count; -EFAULT if not all of it lies in config space, or for a bad
 * buffer; -EIO if the device answers no more and a part of a register had to be
 * kept; -ERESTARTSYS for a signal; or the errno of the bus.
 * Context: may sleep as long as a reset takes.
 */
ssize_t vfio_pci_config_write(struct vfio_pci_device *vdev,
			      const char __user *ubuf, size_t count, u64 pos)
{
	unsigned int width;
	size_t done;
	u32 val;
	int ret;

	if (!vfio_pci_config_contains(vdev->config, count, pos))
		return -EFAULT;

	ret = vfio_pci_reset_wait(vdev);
	if (ret)
		return ret;

	pos = array_index_nospec(pos, vdev->config->size);

	for (done = 0; done < count; done += width) {
		width = vfio_pci_config_width(vdev->config, pos + done,
					      count - done);
		if (vfio_pci_config_from_user(ubuf + done, width, &val))
			return -EFAULT;

		ret = vfio_pci_config_write_piece(vdev, pos + done, width, val);
		if (ret)
			return ret;
	}

	return count;
}

/**
 * vfio_pci_config_answers() - whether the device answers at all
 * @vdev: device, awake
 *
 * The command and status registers have bits that are always zero, those of a
 * virtual function too, whose vendor id reads as all ones.
 *
 * Return: whether it does.
 * Context: no reset goes on: in the probe, or with the step lock held.
 */
bool vfio_pci_config_answers(struct vfio_pci_device *vdev)
{
	u32 command;

	return !pci_read_config_dword(vdev->pdev, PCI_COMMAND, &command) &&
	       !PCI_POSSIBLE_ERROR(command);
}

/**
 * vfio_pci_config_open() - begin with config space as the device has it
 * @vdev: device that is being opened; its interrupts are counted
 *
 * Return: 0; -ENOMEM; -EIO if the device does not answer; or the errno of the bus.
 * Context: step lock held.
 */
int vfio_pci_config_open(struct vfio_pci_device *vdev)
{
	unsigned int size = vdev->pdev->cfg_size;
	struct vfio_pci_config *config;
	u8 *bytes;
	int ret;

	/*
	 * Four arrays with an element for each byte, one for each dword. Not
	 * charged: a process above its memory.high would sleep under the lock.
	 */
	config = kvzalloc(sizeof(*config) + 4 * size +
			  size / 4 * sizeof(*config->start), GFP_KERNEL);
	if (!config)
		return -ENOMEM;

	bytes = (u8 *)(config + 1);
	config->size = size;
	config->owner = bytes;
	config->virtual = bytes + size;
	config->writable = bytes + 2 * size;
	config->copy = bytes + 3 * size;
	config->start = (u16 *)(bytes + 4 * size);

	vdev->config = config;
	ret = vfio_pci_config_map(vdev);
	/* Last: if it answers now, then what was read before are no errors. */
	if (!ret && !vfio_pci_config_answers(vdev))
		ret = -EIO;
	if (ret)
		vfio_pci_config_close(vdev);

	return ret;
}

/**
 * vfio_pci_config_close() - forget what user space wrote to our copy
 * @vdev: device that no file is open of
 *
 * Context: step lock held.
 */
void vfio_pci_config_close(struct vfio_pci_device *vdev)
{
	vdev->command.mask = 0;
	kvfree(vdev->config);
	vdev->config = NULL;
}
