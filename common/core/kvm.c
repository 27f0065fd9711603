// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual machine that a device belongs to.
 *
 * A file is given to a virtual machine in kvm_file.c. A device that is opened
 * by that file then has a reference to the virtual machine until its last
 * close.
 */
#include <linux/kvm_host.h>
#include <linux/module.h>

#include "core.h"

/* This module does not depend on KVM's: a virtual machine keeps that loaded. */
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
 * vfio_device_get_kvm() - have a device keep its file's virtual machine, if any
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

	/* KVM is loaded, as there is a virtual machine. */
	put = symbol_get(kvm_put_kvm);
	if (!WARN_ON(!put)) {
		put(device->kvm);
		symbol_put(kvm_put_kvm);
	}
	device->kvm = NULL;
}
