// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core calls through operations: the IOMMU backend behind containers,
 * and, where the kernel has it, iommufd.
 *
 * Both register before the first file can be opened and unregister after the
 * last one is closed, so their operations are read without a lock.
 */
#include <linux/err.h>

#include "core.h"

const struct vfio_backend_ops *vfio_backend_ops __read_mostly;
const struct vfio_iommufd_ops *vfio_iommufd_ops __read_mostly;

/**
 * vfio_backend_register() - name the operations of the IOMMU backend
 * @ops: operations, all of them set
 *
 * Context: module init, before there is a container or a device.
 */
void vfio_backend_register(const struct vfio_backend_ops *ops)
{
	vfio_backend_ops = ops;
}

/**
 * vfio_backend_unregister() - undo vfio_backend_register()
 *
 * Context: module exit, when there is no container and no device any more.
 */
void vfio_backend_unregister(void)
{
	vfio_backend_ops = NULL;
}

/**
 * vfio_iommufd_register() - name the operations of iommufd
 * @ops: operations, all of them set
 *
 * Context: module init, before there is a group or a device.
 */
void vfio_iommufd_register(const struct vfio_iommufd_ops *ops)
{
	vfio_iommufd_ops = ops;
}

/**
 * vfio_iommufd_unregister() - undo vfio_iommufd_register()
 *
 * Context: module exit, when there is no group and no device any more.
 */
void vfio_iommufd_unregister(void)
{
	vfio_iommufd_ops = NULL;
}

/**
 * vfio_backend_create() - make a backend with one user
 * @type: argument of VFIO_SET_IOMMU
 *
 * Return: the backend for vfio_backend_put(), or the ERR_PTR() of its @create.
 * Context: as its @create.
 */
struct vfio_backend *vfio_backend_create(unsigned long type)
{
	struct vfio_backend *backend = vfio_backend_ops->create(type);

	if (!IS_ERR(backend))
		refcount_set(&backend->users, 1);

	return backend;
}

/**
 * vfio_backend_put() - drop a user; the last one destroys the backend
 * @backend: backend
 *
 * Context: the calling user process; no lock of the core held; may wait for a
 * user's mmap_lock.
 */
void vfio_backend_put(struct vfio_backend *backend)
{
	if (refcount_dec_and_test(&backend->users))
		vfio_backend_ops->destroy(backend);
}

/*
 * Three calls from revokers, as struct vfio_backend_ops says. A revoker
 * holds the memory lock for write, so nothing adds a run meanwhile: a list that
 * is empty stays so, and most devices have no runs.
 */

void vfio_runs_suspend(struct vfio_device *device)
{
	if (!list_empty(&device->live_runs))
		vfio_backend_ops->runs_suspend(device);
}

void vfio_runs_resume(struct vfio_device *device)
{
	if (!list_empty(&device->suspended_runs))
		vfio_backend_ops->runs_resume(device);
}

void vfio_runs_kill(struct vfio_device *device)
{
	if (!list_empty(&device->live_runs) ||
	    !list_empty(&device->suspended_runs))
		vfio_backend_ops->runs_kill(device);
}

/**
 * vfio_device_id_for() - the iommufd id of a device in another one's iommufd
 * @device: the device whose id is asked for
 * @asker: open device
 *
 * Return: an id above 0 if @device is bound to the iommufd that @asker is bound
 * to; -ENOENT if @device is not bound, but that iommufd owns the DMA of its
 * group, so that nothing else can bind it; otherwise -ENODEV.
 * Context: may sleep. The caller keeps @device from being bound or unbound
 * meanwhile.
 */
int vfio_device_id_for(struct vfio_device *device, struct vfio_device *asker)
{
	return vfio_iommufd_ops ? vfio_iommufd_ops->id_for(device, asker) :
				  -ENODEV;
}
