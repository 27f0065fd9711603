// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may follow a device's name when user space asks for the device:
 *
 *	0000:04:10.0 vf_token=bd8d9d2b-5a5f-4f5a-a211-f591514ba1f3
 *
 * A token, at most once, with any number of spaces around it. The driver knows
 * what the token permits.
 */
#include <linux/string.h>
#include <linux/uuid.h>

#include "core.h"

#define VFIO_TOKEN_ARG	"vf_token="

/**
 * vfio_device_match_token() - whether a device may be opened with a token
 * @device: registered device
 * @token: the token, or NULL if there is none
 *
 * Return: 0; -EINVAL for a token that the device has no use for; or the errno
 * of the driver.
 * Context: may sleep, but never waits for user memory.
 */
int vfio_device_match_token(struct vfio_device *device, const uuid_t *token)
{
	if (device->ops->match_token)
		return device->ops->match_token(device, token);

	return token ? -EINVAL : 0;
}

/**
 * vfio_device_match_args() - whether arguments permit to open a device
 * @device: registered device, of that name
 * @args: what follows the name, or NULL
 *
 * Return: 0; -EINVAL for what is no token, or a second one; or what
 * vfio_device_match_token() returns.
 * Context: may sleep, but never waits for user memory.
 */
int vfio_device_match_args(struct vfio_device *device, const char *args)
{
	bool found = false;
	uuid_t token;

	/* Only a space separates: other white space is -EINVAL. */
	for (; args && *args; args++) {
		if (*args == ' ')
			continue;

		if (found || !str_has_prefix(args, VFIO_TOKEN_ARG))
			return -EINVAL;

		args += strlen(VFIO_TOKEN_ARG);
		if (strlen(args) < UUID_STRING_LEN || uuid_parse(args, &token))
			return -EINVAL;

		found = true;
		args += UUID_STRING_LEN - 1;
	}

	return vfio_device_match_token(device, found ? &token : NULL);
}
