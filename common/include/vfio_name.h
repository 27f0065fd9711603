/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modules that have the names of the kernel's own, as the module with the code
 * knows them: see common/core/name.c and common/names/.
 */
#ifndef VFIO_NAME_H
#define VFIO_NAME_H

#include <linux/list.h>
#include <linux/types.h>

struct module;

/**
 * struct vfio_name - a module without code
 * @module: the module
 * @next: in the list of names
 * @held: there is a reference to it, as a device is open
 */
struct vfio_name {
	struct module *module;
	struct list_head next;
	bool held;
};

int vfio_name_register(struct vfio_name *name);
void vfio_name_unregister(struct vfio_name *name);

#endif /* VFIO_NAME_H */
