// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vfio-pci does for the core: read and write by region, ioctls by table.
 *
 * An ioctl's structure begins with argsz, the size that the caller knows. Its
 * first part, which every caller must know, is copied in and checked here; the
 * handler copies out.
 *
 * Each of these calls has the function awake for as long as it lasts: its user
 * may have let it sleep, see low_power.c.
 */
#include <linux/nospec.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>

#include "pci.h"
#include "region.h"
#include "reset.h"
#include "sriov.h"
#include "vfio_pgoff.h"
#include "vfio_strategy_pci.h"

struct vfio_pci_ioctl {
	unsigned int cmd;
	size_t size;
	long (*handler)(struct vfio_pci_device *vdev, void *data,
			void __user *uarg);
};

/* In the order in which they are looked for: what unmasks interrupts is first. */
static const struct vfio_pci_ioctl vfio_pci_ioctls[] = {
	{
		VFIO_DEVICE_SET_IRQS,
		offsetofend(struct vfio_irq_set, count),
		vfio_pci_ioctl_set_irqs,
	}, {
		VFIO_DEVICE_GET_INFO,
		offsetofend(struct vfio_device_info, num_irqs),
		vfio_pci_ioctl_get_info,
	}, {
		VFIO_DEVICE_GET_REGION_INFO,
		offsetofend(struct vfio_region_info, offset),
		vfio_pci_ioctl_get_region_info,
	}, {
		VFIO_DEVICE_GET_IRQ_INFO,
		offsetofend(struct vfio_irq_info, count),
		vfio_pci_ioctl_get_irq_info,
	}, {
		VFIO_DEVICE_RESET,
		0,
		vfio_pci_ioctl_reset,
	}, {
		VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
		offsetofend(struct vfio_pci_hot_reset_info, count),
		vfio_pci_ioctl_hot_reset_info,
	}, {
		VFIO_DEVICE_PCI_HOT_RESET,
		offsetofend(struct vfio_pci_hot_reset, count),
		vfio_pci_ioctl_hot_reset,
	}, {
		VFIO_DEVICE_IOEVENTFD,
		offsetofend(struct vfio_device_ioeventfd, fd),
		vfio_pci_ioctl_ioeventfd,
	},
};

static long vfio_pci_ioctl_awake(struct vfio_pci_device *vdev,
				 unsigned int cmd, void __user *uarg)
{
	const struct vfio_pci_ioctl *ioctl = vfio_pci_ioctls;
	union {
		u32 argsz;
		struct vfio_device_info device_info;
		struct vfio_region_info region_info;
		struct vfio_irq_info irq_info;
		struct vfio_irq_set irq_set;
		struct vfio_pci_hot_reset_info hot_reset_info;
		struct vfio_pci_hot_reset hot_reset;
		struct vfio_device_ioeventfd ioeventfd;
	} data = {};

	while (ioctl->cmd != cmd)
		if (++ioctl == vfio_pci_ioctls + ARRAY_SIZE(vfio_pci_ioctls))
			return -ENOTTY;

	if (ioctl->size) {
		if (copy_from_user(&data, uarg, ioctl->size))
			return -EFAULT;
		if (data.argsz < ioctl->size)
			return -EINVAL;
	}

	return ioctl->handler(vdev, &data, uarg);
}

static long vfio_pci_ioctl(struct vfio_device *device, unsigned int cmd,
			   unsigned long arg)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	long ret;

	if (pm_runtime_resume_and_get(device->dev) < 0)
		return -EIO;

	ret = vfio_pci_ioctl_awake(vdev, cmd, (void __user *)arg);
	pm_runtime_put(device->dev);

	return ret;
}

static int vfio_pci_ops_feature(struct vfio_device *device, u32 flags,
				void __user *data, size_t size)
{
	int ret;

	if (pm_runtime_resume_and_get(device->dev) < 0)
		return -EIO;

	ret = vfio_pci_feature(vfio_pci_from_device(device), flags, data, size);
	pm_runtime_put(device->dev);

	return ret;
}

static ssize_t vfio_pci_rw_awake(struct vfio_pci_device *vdev,
				 char __user *ubuf, u64 index, u64 pos,
				 size_t count, bool write)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		return vfio_pci_bar_rw(vdev, index, ubuf, count, pos, write);
	case VFIO_PCI_ROM_REGION_INDEX:
		if (write)
			return -EINVAL;
		return vfio_pci_rom_read(vdev, ubuf, count, pos);
	case VFIO_PCI_CONFIG_REGION_INDEX:
		if (write)
			return vfio_pci_config_write(vdev, ubuf, count, pos);
		return vfio_pci_config_read(vdev, ubuf, count, pos);
	case VFIO_PCI_VGA_REGION_INDEX:
		return vfio_pci_vga_rw(vdev, ubuf, count, pos, write);
	default:
		return -EINVAL;
	}
}

static ssize_t vfio_pci_rw(struct vfio_device *device, char __user *ubuf,
			   size_t count, loff_t *ppos, bool write)
{
	u64 pos = vfio_pgoff_position(*ppos);
	u64 index = vfio_pgoff_region(*ppos);
	ssize_t done;

	if (!count)
		return 0;
	if (index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;

	index = array_index_nospec(index, VFIO_PCI_NUM_REGIONS);

	if (pm_runtime_resume_and_get(device->dev) < 0)
		return -EIO;

	done = vfio_pci_rw_awake(vfio_pci_from_device(device), ubuf, index, pos,
				 count, write);
	pm_runtime_put(device->dev);

	if (done > 0)
		*ppos += done;

	return done;
}

static ssize_t vfio_pci_read(struct vfio_device *device, char __user *ubuf,
			     size_t count, loff_t *ppos)
{
	return vfio_pci_rw(device, ubuf, count, ppos, false);
}

static ssize_t vfio_pci_write(struct vfio_device *device,
			      const char __user *ubuf, size_t count,
			      loff_t *ppos)
{
	return vfio_pci_rw(device, (char __user *)ubuf, count, ppos, true);
}

static void vfio_pci_request(struct vfio_device *device, unsigned int count)
{
	vfio_pci_request_signal(vfio_pci_from_device(device), count);
}

const struct vfio_device_ops vfio_pci_ops = {
	.name = "vfio-pci",
	.flags = VFIO_DEVICE_OPS_PEER_TO_PEER,
	.strategy = &vfio_strategy_pci_ops,
	.open_device = vfio_pci_open_device,
	.close_device = vfio_pci_close_device,
	.read = vfio_pci_read,
	.write = vfio_pci_write,
	.ioctl = vfio_pci_ioctl,
	.feature = vfio_pci_ops_feature,
	.mmap = vfio_pci_mmap,
	.match_token = vfio_pci_token_match,
	.request = vfio_pci_request,
};
