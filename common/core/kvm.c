// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual machines: what KVM asks of files, and which of them has a device.
 *
 * KVM is told by its user which files of vfio's a virtual machine uses, groups or
 * devices. It finds the functions below by their names, if vfio is loaded: these
 * are the names that the kernel's own vfio has, and nothing else in this module
 * may be called so. It learns whether the DMA behind a file always is coherent
 * with the caches, and if not, lets the guest flush them.
 *
 * It also says to which virtual machine a file belongs, and takes that back in
 * time. A device that is opened then has a reference to it until its last close.
 */
#include <linux/kvm_host.h>
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
 * Return: false if a device behind the file can do DMA that does. An IOMMU that
 * can be told to keep it from that is told by every container and iommufd.
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
 * vfio_file_set_kvm() - a file belongs to a virtual machine
 * @file: any file, referenced by the caller
 * @kvm: the virtual machine; NULL takes it back
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

/* This module does not need KVM; whoever has a virtual machine keeps that. */
static bool vfio_kvm_get(struct kvm *kvm)
{
	bool (*get)(struct kvm *kvm) = symbol_get(kvm_get_kvm_safe);
	bool got;

	if (!get)
		return false;

	got = get(kvm);
	symbol_put(kvm_get_kvm_safe);

	return got;
}

/**
 * vfio_device_get_kvm() - a device comes into the hands of a virtual machine
 * @device: device that is being opened
 * @link: of the file by which it is opened
 *
 * Context: device->open_lock held.
 */
void vfio_device_get_kvm(struct vfio_device *device, struct vfio_kvm *link)
{
	lockdep_assert_held(&device->open_lock);

	spin_lock(&link->lock);
	if (link->kvm && vfio_kvm_get(link->kvm))
		device->kvm = link->kvm;
	spin_unlock(&link->lock);
}

/**
 * vfio_device_put_kvm() - undo vfio_device_get_kvm()
 * @device: device that is closed
 *
 * Context: device->open_lock held; may sleep.
 */
void vfio_device_put_kvm(struct vfio_device *device)
{
	void (*put)(struct kvm *kvm);

	lockdep_assert_held(&device->open_lock);

	if (!device->kvm)
		return;

	/* Loaded, as a virtual machine is there. */
	put = symbol_get(kvm_put_kvm);
	if (!WARN_ON(!put)) {
		put(device->kvm);
		symbol_put(kvm_put_kvm);
	}
	device->kvm = NULL;
}
