/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KVM looks up by name. Nothing in this module calls it.
 */
#ifndef VFIO_KVM_H
#define VFIO_KVM_H

#include <linux/types.h>

#include "compat.h"

struct file;
struct kvm;

bool VFIO_COMPAT_KVM_VALID(struct file *file);
bool vfio_file_enforced_coherent(struct file *file);
void vfio_file_set_kvm(struct file *file, struct kvm *kvm);

#endif /* VFIO_KVM_H */
