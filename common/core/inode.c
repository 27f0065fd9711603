// SPDX-License-Identifier: GPL-2.0-only
/*
 * One inode per device, in a file system that cannot be mounted.
 *
 * All files of a device share this inode's address space, so that every mmap
 * of the device, through whichever file and in whichever process, hangs in one
 * i_mmap tree and unmap_mapping_range() reaches them all. anon_inode files
 * share a single inode among all of the kernel's users and cannot serve.
 * (Proposed by Christoph Hellwig and Jason Gunthorpe on the kvm list, 2021.)
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "core.h"

#define VFIO_FS_MAGIC	0x5646334d	/* "VF3M", shown by fstatfs only */

static struct vfsmount *vfio_fs_mount;
static int vfio_fs_count;

static int vfio_fs_init_context(struct fs_context *fc)
{
	return init_pseudo(fc, VFIO_FS_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No owner: a mount would hold the module as long as a device is bound, but it
 * is unloading that unbinds the devices. Every inode goes before that is done.
 */
static struct file_system_type vfio_fs_type = {
	.name = "vfio",
	.init_fs_context = vfio_fs_init_context,
	.kill_sb = kill_anon_super,
};

/**
 * vfio_inode_new() - allocate an inode with an address space of its own
 *
 * Return: the inode, for vfio_inode_put(), or ERR_PTR(-ENOMEM).
 * Context: may sleep.
 */
struct inode *vfio_inode_new(void)
{
	struct inode *inode;
	int ret;

	ret = simple_pin_fs(&vfio_fs_type, &vfio_fs_mount, &vfio_fs_count);
	if (ret)
		return ERR_PTR(ret);

	inode = alloc_anon_inode(vfio_fs_mount->mnt_sb);
	if (IS_ERR(inode))
		simple_release_fs(&vfio_fs_mount, &vfio_fs_count);

	return inode;
}

/**
 * vfio_inode_put() - release an inode of vfio_inode_new()
 * @inode: no vma refers to it any more
 *
 * Context: may sleep.
 */
void vfio_inode_put(struct inode *inode)
{
	iput(inode);
	simple_release_fs(&vfio_fs_mount, &vfio_fs_count);
}
