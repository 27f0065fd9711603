// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VF token: a secret that the user of a physical function and those of its
 * virtual functions share.
 *
 * Who has the physical function can do harm to who has a virtual one, and see
 * its data. So they must have agreed: whoever opens a virtual function must know
 * the token of the physical one, if vfio-pci has that, too. And as long as
 * virtual functions are open, a new user of the physical one must know it, so
 * that nobody gets between. Otherwise, a token that comes with the opening of
 * the physical function becomes its token. At first it is a random one, which
 * nobody knows.
 */
#include <linux/uuid.h>

#include "pci.h"
#include "sriov.h"
#include "vfio_lock_order.h"

/**
 * vfio_pci_token_exists() - whether a function has a token
 * @vdev: device
 *
 * Return: whether it is a physical function, one that can have virtual ones.
 */
bool vfio_pci_token_exists(struct vfio_pci_device *vdev)
{
	return vdev->sriov.is_physical;
}

/**
 * vfio_pci_token_init() - begin with a token that nobody knows
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_token_init(struct vfio_pci_device *vdev)
{
	mutex_init(&vdev->token_lock);
	vfio_lock_class(&vdev->token_lock, VFIO_LOCK_TOKEN);
	uuid_gen(&vdev->token);
}

/**
 * vfio_pci_token_exit() - undo vfio_pci_token_init()
 * @vdev: device none of whose virtual functions is open
 */
void vfio_pci_token_exit(struct vfio_pci_device *vdev)
{
	WARN_ON(vdev->token_users);
	mutex_destroy(&vdev->token_lock);
}

/**
 * vfio_pci_token_set() - change the token
 * @vdev: physical function
 * @token: the new one
 *
 * Who has a virtual function open keeps it.
 */
void vfio_pci_token_set(struct vfio_pci_device *vdev, const uuid_t *token)
{
	mutex_lock(&vdev->token_lock);
	uuid_copy(&vdev->token, token);
	mutex_unlock(&vdev->token_lock);
}

static int vfio_pci_token_check(struct vfio_pci_device *vdev,
				const uuid_t *token)
{
	lockdep_assert_held(&vdev->token_lock);

	return token && uuid_equal(token, &vdev->token) ? 0 : -EACCES;
}

static int vfio_pci_token_match_virtual(struct vfio_pci_device *vdev,
					const uuid_t *token)
{
	struct vfio_pci_device *physical = vdev->sriov.physical;
	int ret;

	/* The host's driver has the physical function: nobody to agree with. */
	if (!physical)
		return token ? -EINVAL : 0;

	mutex_lock(&physical->token_lock);
	ret = vfio_pci_token_check(physical, token);
	mutex_unlock(&physical->token_lock);

	return ret;
}

static int vfio_pci_token_match_physical(struct vfio_pci_device *vdev,
					 const uuid_t *token)
{
	int ret = 0;

	mutex_lock(&vdev->token_lock);
	if (vdev->token_users)
		ret = vfio_pci_token_check(vdev, token);
	else if (token)
		uuid_copy(&vdev->token, token);
	mutex_unlock(&vdev->token_lock);

	return ret;
}

/**
 * vfio_pci_token_match() - whether a function may be opened with a token
 * @device: registered device
 * @token: the token, or NULL if there is none
 *
 * Return: 0; -EACCES if another one is needed; -EINVAL if none is.
 * Context: may sleep, but not for a user.
 */
int vfio_pci_token_match(struct vfio_device *device, const uuid_t *token)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	int ret;

	if (vdev->sriov.is_virtual)
		ret = vfio_pci_token_match_virtual(vdev, token);
	else if (vfio_pci_token_exists(vdev))
		ret = vfio_pci_token_match_physical(vdev, token);
	else
		ret = token ? -EINVAL : 0;

	if (ret)
		pci_info_ratelimited(vdev->pdev, "not opened: %s\n",
				     ret == -EINVAL ? "it has no VF token" :
				     token ? "the VF token is another one" :
				     "it takes its VF token, as vf_token=UUID after its name");

	return ret;
}

/**
 * vfio_pci_token_opened() - a virtual function is open
 * @vdev: device; need not be one
 *
 * Context: open or close.
 */
void vfio_pci_token_opened(struct vfio_pci_device *vdev)
{
	struct vfio_pci_device *physical = vdev->sriov.physical;

	if (!physical)
		return;

	mutex_lock(&physical->token_lock);
	physical->token_users++;
	mutex_unlock(&physical->token_lock);
}

/**
 * vfio_pci_token_closed() - undo vfio_pci_token_opened()
 * @vdev: device; need not be a virtual function
 *
 * Context: close.
 */
void vfio_pci_token_closed(struct vfio_pci_device *vdev)
{
	struct vfio_pci_device *physical = vdev->sriov.physical;

	if (!physical)
		return;

	mutex_lock(&physical->token_lock);
	physical->token_users--;
	mutex_unlock(&physical->token_lock);
}
