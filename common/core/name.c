// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules that have the names of the kernel's own are in use while a device
 * is open.
 *
 * Nothing calls them, see common/names/. Without this, modprobe -r vfio_pci would
 * unload them all, leave the module with the code, which the open device keeps,
 * and report success; the kernel's own vfio_pci is refused as in use then.
 */
#include <linux/module.h>
#include <linux/mutex.h>

#include "core.h"
#include "vfio_lock_order.h"
#include "vfio_name.h"

static struct vfio_names {
	struct mutex lock;
	struct list_head list;
	unsigned int devices;	/* that are open */
} vfio_names;

/* A name that is just being unloaded is left alone. */
static void vfio_name_hold(struct vfio_name *name)
{
	name->held = try_module_get(name->module);
}

static void vfio_name_release(struct vfio_name *name)
{
	if (name->held)
		module_put(name->module);
	name->held = false;
}

/**
 * vfio_names_get() - a device is being opened: names are in use
 *
 * Context: may sleep.
 */
void vfio_names_get(void)
{
	struct vfio_name *name;

	mutex_lock(&vfio_names.lock);
	if (!vfio_names.devices++)
		list_for_each_entry(name, &vfio_names.list, next)
			vfio_name_hold(name);
	mutex_unlock(&vfio_names.lock);
}

/**
 * vfio_names_put() - undo vfio_names_get()
 *
 * Context: may sleep.
 */
void vfio_names_put(void)
{
	struct vfio_name *name;

	mutex_lock(&vfio_names.lock);
	if (!--vfio_names.devices)
		list_for_each_entry(name, &vfio_names.list, next)
			vfio_name_release(name);
	mutex_unlock(&vfio_names.lock);
}

/**
 * vfio_name_register() - a module with a name of the kernel's own is loaded
 * @name: the module, that of the caller
 *
 * Return: 0.
 * Context: init of that module, which cannot fail any more; may sleep.
 */
int vfio_name_register(struct vfio_name *name)
{
	mutex_lock(&vfio_names.lock);
	list_add_tail(&name->next, &vfio_names.list);
	if (vfio_names.devices)
		vfio_name_hold(name);
	mutex_unlock(&vfio_names.lock);

	return 0;
}
EXPORT_SYMBOL_GPL(vfio_name_register);

/**
 * vfio_name_unregister() - undo vfio_name_register()
 * @name: the module
 *
 * Context: exit of that module; may sleep.
 */
void vfio_name_unregister(struct vfio_name *name)
{
	mutex_lock(&vfio_names.lock);
	list_del(&name->next);
	mutex_unlock(&vfio_names.lock);
}
EXPORT_SYMBOL_GPL(vfio_name_unregister);

/**
 * vfio_names_init() - there are no names yet
 *
 * Context: module init.
 */
void vfio_names_init(void)
{
	mutex_init(&vfio_names.lock);
	vfio_lock_class(&vfio_names.lock, VFIO_LOCK_NAMES);
	INIT_LIST_HEAD(&vfio_names.list);
}
