// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM asks of files.
 *
 * KVM is told by its user process which files of vfio's a virtual machine uses,
 * groups or devices. It finds the functions below by their names, if vfio is
 * loaded: these are the names that the kernel's own vfio has, and nothing else
 * in this module may be called so. It learns whether the DMA behind a file
 * always is coherent with the caches, and if not, lets the guest flush them.
 *
 * It also says to which virtual machine a file belongs, and clears that before
 * the virtual machine is gone: see kvm.c for what becomes of it.
 */
#include <linux/module.h>

#include "core.h"
#include "kvm.h"

/**
 * VFIO_COMPAT_KVM_VALID() - whether KVM may be given a file
 * @file: any file, referenced by the caller
 *
 * Return: true if it is a group's or a device's.
 */
bool VFIO_COMPAT_KVM_VALID(struct file *file)
{
	return vfio_group_from_file(file) ||
	       (VFIO_COMPAT_KVM_TAKES_DEVICES && vfio_device_file_from(file));
}
EXPORT_SYMBOL_GPL(VFIO_COMPAT_KVM_VALID);

static bool vfio_group_enforces_coherency(struct vfio_group *group)
{
	struct vfio_device *device;
	bool enforces = true;

	mutex_lock(&group->device_lock);
	list_for_each_entry(device, &group->devices, group_next)
		enforces &= vfio_compat_enforces_coherency(device->dev);
	mutex_unlock(&group->device_lock);

	return enforces;
}

/**
 * vfio_file_enforced_coherent() - whether no DMA bypasses the caches
 * @file: any file, referenced by the caller
 *
 * Return: false if a device behind the file can do DMA that bypasses the
 * caches. An IOMMU that can prevent that is told to by every container and
 * iommufd.
 * Context: may sleep.
 */
bool vfio_file_enforced_coherent(struct file *file)
{
	struct vfio_device_file *df = vfio_device_file_from(file);
	struct vfio_group *group = vfio_group_from_file(file);

	if (group)
		return vfio_group_enforces_coherency(group);
	if (df)
		return vfio_compat_enforces_coherency(df->device->dev);

	return true;
}
EXPORT_SYMBOL_GPL(vfio_file_enforced_coherent);

/**
 * vfio_file_set_kvm() - note to which virtual machine a file belongs
 * @file: any file, referenced by the caller
 * @kvm: the virtual machine; NULL if it does not belong to one any more
 */
void vfio_file_set_kvm(struct file *file, struct kvm *kvm)
{
	struct vfio_device_file *df = vfio_device_file_from(file);
	struct vfio_group *group = vfio_group_from_file(file);
	struct vfio_kvm *link;

	if (group)
		link = &group->kvm;
	else if (df)
		link = &df->kvm;
	else
		return;

	spin_lock(&link->lock);
	link->kvm = kvm;
	spin_unlock(&link->lock);
}
EXPORT_SYMBOL_GPL(vfio_file_set_kvm);
