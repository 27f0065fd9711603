// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space asks of a test driver: the regions, a reset, a zap.
 */
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "driver.h"
#include "uapi.h"

static long vfio_test_get_info(void __user *uarg)
{
	struct vfio_device_info info;
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);

	if (copy_from_user(&info, uarg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_TEST_REGIONS;
	info.num_irqs = 0;

	return copy_to_user(uarg, &info, minsz) ? -EFAULT : 0;
}

static long vfio_test_get_region_info(struct vfio_test_device *vdev,
				      void __user *uarg)
{
	struct vfio_region_info info;

	if (copy_from_user(&info, uarg, sizeof(info)))
		return -EFAULT;
	if (info.argsz < sizeof(info) || info.index >= VFIO_TEST_REGIONS)
		return -EINVAL;

	info.flags = VFIO_REGION_INFO_FLAG_MMAP;
	info.cap_offset = 0;
	info.size = vdev->regions[info.index].size;
	info.offset = vdev->regions[info.index].offset;

	return copy_to_user(uarg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* All of a reset but the hardware operation in its middle. */
static long vfio_test_reset(struct vfio_test_device *vdev)
{
	vfio_device_memory_update(&vdev->vfio, VFIO_MEMORY_RESETTING, 0);
	vfio_device_memory_update(&vdev->vfio, 0, VFIO_MEMORY_RESETTING);

	return 0;
}

/* Selects by what the device file's offsets say, that is by vm_pgoff. */
static long vfio_test_zap_region(struct vfio_test_device *vdev,
				 unsigned long index)
{
	if (index >= VFIO_TEST_REGIONS)
		return -EINVAL;

	unmap_mapping_range(vdev->vfio.inode->i_mapping,
			    vdev->regions[index].offset,
			    vdev->regions[index].size, true);

	return 0;
}

/**
 * vfio_test_ioctl() - every ioctl that the core leaves to the driver
 * @device: open device
 * @cmd: command
 * @arg: its argument
 *
 * Return: 0; -EINVAL if there is no such region; -EFAULT; -ENOTTY.
 * Context: may sleep.
 */
long vfio_test_ioctl(struct vfio_device *device, unsigned int cmd,
		     unsigned long arg)
{
	struct vfio_test_device *vdev = vfio_test_from_device(device);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vfio_test_get_info(uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_test_get_region_info(vdev, uarg);
	case VFIO_DEVICE_RESET:
		return vfio_test_reset(vdev);
	case VFIO_TEST_ZAP_REGION:
		return vfio_test_zap_region(vdev, arg);
	default:
		return -ENOTTY;
	}
}

/**
 * vfio_test_read() - read(2): regions can be mmapped only
 * @device: open device
 * @buf: unused
 * @count: unused
 * @ppos: unused
 *
 * Return: -EINVAL.
 */
ssize_t vfio_test_read(struct vfio_device *device, char __user *buf,
		       size_t count, loff_t *ppos)
{
	return -EINVAL;
}

/**
 * vfio_test_write() - write(2): regions can be mmapped only
 * @device: open device
 * @buf: unused
 * @count: unused
 * @ppos: unused
 *
 * Return: -EINVAL.
 */
ssize_t vfio_test_write(struct vfio_device *device, const char __user *buf,
			size_t count, loff_t *ppos)
{
	return -EINVAL;
}
