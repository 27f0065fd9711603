// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel without KVM: no device belongs to a virtual machine.
 */
#include "core.h"

void vfio_device_get_kvm(struct vfio_device *device, struct vfio_kvm *link)
{
}

void vfio_device_put_kvm(struct vfio_device *device)
{
}
