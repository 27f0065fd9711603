// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a file that was opened by a device's node: BIND_IOMMUFD makes
 * it usable, ATTACH_IOMMUFD_PT and DETACH_IOMMUFD_PT say where the device's DMA
 * goes.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include <uapi/linux/vfio.h>

#include "compat.h"
#include "core/core.h"
#include "iommufd/iommufd.h"

static int vfio_iommufd_get_bind(struct vfio_device_bind_iommufd *bind,
				 struct vfio_device_bind_iommufd __user *arg)
{
	u32 size;
	int ret;

	if (get_user(size, &arg->argsz))
		return -EFAULT;
	if (size < offsetofend(struct vfio_device_bind_iommufd, out_devid))
		return -EINVAL;

	/* Fields of a later kernel must be 0. */
	ret = copy_struct_from_user(bind, sizeof(*bind), arg, size);
	if (ret)
		return ret;

	if (bind->iommufd < 0 || bind->flags & ~VFIO_COMPAT_BIND_FLAG_TOKEN)
		return -EINVAL;

	return 0;
}

static int vfio_iommufd_check_token(struct vfio_device *device,
				    const struct vfio_device_bind_iommufd *bind)
{
	uuid_t token;

	if (!(bind->flags & VFIO_COMPAT_BIND_FLAG_TOKEN))
		return vfio_device_match_token(device, NULL);

	if (copy_from_user(&token, vfio_compat_bind_token(bind), sizeof(token)))
		return -EFAULT;

	return vfio_device_match_token(device, &token);
}

/* Only one open file can be bound: a second one is refused. */
static int vfio_iommufd_open(struct vfio_device_file *df,
			     struct iommufd_ctx *iommufd)
{
	struct vfio_device *device = df->device;
	int ret = -EINVAL;

	mutex_lock(&device->open_lock);
	if (!device->open_count)
		ret = vfio_device_open(device, iommufd, &df->kvm);
	if (!ret)
		device->by_node = true;
	mutex_unlock(&device->open_lock);

	return ret;
}

/**
 * vfio_iommufd_close() - undo VFIO_DEVICE_BIND_IOMMUFD
 * @device: device that was opened by its node
 *
 * Context: takes device->open_lock and group->lock; may sleep.
 */
void vfio_iommufd_close(struct vfio_device *device)
{
	mutex_lock(&device->open_lock);
	vfio_device_close(device);
	device->by_node = false;
	mutex_unlock(&device->open_lock);

	vfio_group_unblock_open(device->group);
}

static int vfio_iommufd_bind_file(struct vfio_device_file *df,
				  const struct vfio_device_bind_iommufd *bind)
{
	struct iommufd_ctx *iommufd;
	int ret;

	if (vfio_device_file_usable(df))
		return -EINVAL;

	ret = vfio_iommufd_check_token(df->device, bind);
	if (ret)
		return ret;

	iommufd = iommufd_ctx_from_fd(bind->iommufd);
	if (IS_ERR(iommufd))
		return PTR_ERR(iommufd);

	ret = vfio_iommufd_open(df, iommufd);
	/* The device has a reference of its own. */
	iommufd_ctx_put(iommufd);

	return ret;
}

/*
 * The id is copied out before the file can be used, so that a bad address
 * undoes a bind that no other thread can have made use of.
 */
static long vfio_iommufd_ioctl_bind(struct vfio_device_file *df,
				    struct vfio_device_bind_iommufd __user *arg)
{
	struct vfio_device_bind_iommufd bind;
	int ret;

	ret = vfio_iommufd_get_bind(&bind, arg);
	if (ret)
		return ret;
	if (!df->by_node)
		return -EINVAL;

	ret = vfio_group_block_open(df->device->group);
	if (ret)
		return ret;

	ret = vfio_iommufd_bind_file(df, &bind);
	if (ret) {
		vfio_group_unblock_open(df->device->group);
		return ret;
	}

	if (put_user(df->device->iommufd_id, &arg->out_devid)) {
		vfio_iommufd_close(df->device);
		return -EFAULT;
	}

	/* Pairs with vfio_device_file_usable(). */
	smp_store_release(&df->usable, true);

	return 0;
}

/*
 * The PASID, if there is one, follows the fields that both structures, for
 * attach and detach, must have: argsz, flags and so on, @minsz in all.
 */
static int vfio_iommufd_get_pasid(void __user *uarg, u32 argsz, u32 flags,
				  size_t minsz, u32 *pasid)
{
	if (argsz < minsz || flags & ~VFIO_COMPAT_ATTACH_FLAG_PASID)
		return -EINVAL;

	*pasid = IOMMU_NO_PASID;
	if (!flags)
		return 0;
	if (argsz < minsz + sizeof(*pasid))
		return -EINVAL;

	if (copy_from_user(pasid, uarg + minsz, sizeof(*pasid)))
		return -EFAULT;

	/* That one goes without the flag. */
	return *pasid == IOMMU_NO_PASID ? -EINVAL : 0;
}

static void vfio_iommufd_detach_locked(struct vfio_device *device, u32 pasid)
{
	mutex_lock(&device->open_lock);
	vfio_iommufd_detach(device, pasid);
	mutex_unlock(&device->open_lock);
}

static long vfio_iommufd_ioctl_attach(struct vfio_device *device,
				      struct vfio_device_attach_iommufd_pt __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_attach_iommufd_pt, pt_id);
	struct vfio_device_attach_iommufd_pt attach;
	u32 pasid;
	int ret;

	if (copy_from_user(&attach, arg, minsz))
		return -EFAULT;
	ret = vfio_iommufd_get_pasid(arg, attach.argsz, attach.flags, minsz,
				     &pasid);
	if (ret)
		return ret;

	mutex_lock(&device->open_lock);
	ret = vfio_iommufd_attach(device, pasid, &attach.pt_id);
	mutex_unlock(&device->open_lock);
	if (ret)
		return ret;

	if (put_user(attach.pt_id, &arg->pt_id)) {
		vfio_iommufd_detach_locked(device, pasid);
		return -EFAULT;
	}

	return 0;
}

static long vfio_iommufd_ioctl_detach(struct vfio_device *device,
				      struct vfio_device_detach_iommufd_pt __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_detach_iommufd_pt, flags);
	struct vfio_device_detach_iommufd_pt detach;
	u32 pasid;
	int ret;

	if (copy_from_user(&detach, arg, minsz))
		return -EFAULT;
	ret = vfio_iommufd_get_pasid(arg, detach.argsz, detach.flags, minsz,
				     &pasid);
	if (ret)
		return ret;

	vfio_iommufd_detach_locked(device, pasid);

	return 0;
}

/**
 * vfio_iommufd_ioctl() - bind a device's file to an iommufd, attach, detach
 * @df: any open file of a device
 * @cmd: any ioctl
 * @uarg: its argument
 *
 * Return: -ENOIOCTLCMD if @cmd is none of these, or the file is not bound; 0;
 * -EINVAL for bad arguments, and for binding a file that was opened through a
 * group or while a file of the device is bound; -EBUSY while the group's file
 * is open; -EPERM if the group's DMA has another owner; -EACCES for a VF token
 * that is missing or wrong; -EBADF and -EBADFD for what is no iommufd; -E2BIG
 * for fields that this kernel does not know; -EIO if the device does not wake;
 * -ENOMEM; -EFAULT; or another errno of iommufd or the driver.
 * Context: may sleep.
 */
long vfio_iommufd_ioctl(struct vfio_device_file *df, unsigned int cmd,
			void __user *uarg)
{
	long ret;

	if (cmd == VFIO_DEVICE_BIND_IOMMUFD)
		return vfio_iommufd_ioctl_bind(df, uarg);

	if (cmd != VFIO_DEVICE_ATTACH_IOMMUFD_PT &&
	    cmd != VFIO_DEVICE_DETACH_IOMMUFD_PT)
		return -ENOIOCTLCMD;
	if (!df->by_node || !vfio_device_file_usable(df))
		return -ENOIOCTLCMD;

	/* The IOMMU's driver writes to config space, which must not sleep. */
	if (pm_runtime_resume_and_get(df->device->dev) < 0)
		return -EIO;

	ret = cmd == VFIO_DEVICE_ATTACH_IOMMUFD_PT ?
	      vfio_iommufd_ioctl_attach(df->device, uarg) :
	      vfio_iommufd_ioctl_detach(df->device, uarg);
	pm_runtime_put(df->device->dev);

	return ret;
}
