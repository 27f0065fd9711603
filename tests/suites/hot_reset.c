// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset: a bus or slot with all devices on it, by the user of them all.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "blocked.h"
#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

#define SET_MAX	8

static int hot_reset_info(int fd, struct vfio_pci_hot_reset_info **info)
{
	size_t size = sizeof(**info) + SET_MAX * sizeof((*info)->devices[0]);

	*info = calloc(1, size);
	(*info)->argsz = size;

	return ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, *info);
}

static int hot_reset_device(void *data)
{
	struct device *device = data;

	return hot_reset(device->fd, 1, &device->group);
}

TEST(hot_reset_info)
{
	/* This test asks which devices a hot reset would reach. */
	const char *twins[2];
	struct device device = device_open(container_open(), need("reset"));
	struct vfio_pci_hot_reset_info *info;
	char name[16];

	twins[0] = need("twin");
	twins[1] = need("other-twin");
	expect_ok(hot_reset_info(device.fd, &info));
	expect_eq(info->count, 1);
	expect_eq(info->flags, 0);
	expect_eq(info->devices[0].group_id, pci_group(device.bdf));

	device = device_open(container_open(), twins[0]);
	expect_ok(hot_reset_info(device.fd, &info));
	expect_eq(info->count, 2);
	for (int i = 0; i < 2; i++) {
		expect_eq(info->devices[i].group_id, pci_group(twins[i]));
		snprintf(name, sizeof(name), "%04x:%02x:%02x.%x",
			 info->devices[i].segment, info->devices[i].bus,
			 info->devices[i].devfn >> 3,
			 info->devices[i].devfn & 7);
		expect_eq(strcmp(name, twins[i]), 0);
	}

	/* No room: how many there are. */
	info->argsz = sizeof(*info) + sizeof(info->devices[0]);
	info->count = 0;
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info),
		     ENOSPC);
	expect_eq(info->count, 2);

	info->argsz = sizeof(*info) - 1;
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info),
		     EINVAL);
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, NULL),
		     EFAULT);

	/* On a root bus there is none. */
	device = device_open(container_open(), need("peer"));
	expect_errno(hot_reset_info(device.fd, &info), ENODEV);
	expect_errno(hot_reset(device.fd, 1, &device.group), ENODEV);
}

TEST(hot_reset_misuse)
{
	/* This test asks for hot resets that must be refused. */
	struct device peer = device_open(container_open(), need("peer"));
	struct device device = device_open(container_open(), need("twin"));
	__s32 groups[4] = { device.group, device.group, device.group };
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) - 1 };
	const char *twin = need("other-twin");

	expect_errno(ioctl(device.fd, VFIO_DEVICE_PCI_HOT_RESET, &reset), EINVAL);
	expect_errno(ioctl(device.fd, VFIO_DEVICE_PCI_HOT_RESET, NULL), EFAULT);
	reset.argsz = sizeof(reset);
	reset.flags = 1;
	reset.count = 1;
	expect_errno(ioctl(device.fd, VFIO_DEVICE_PCI_HOT_RESET, &reset), EINVAL);

	expect_errno(hot_reset(device.fd, 0, groups), EINVAL);
	expect_errno(hot_reset(device.fd, 3, groups), EINVAL);
	groups[0] = -1;
	expect_errno(hot_reset(device.fd, 1, groups), EBADF);
	groups[0] = device.container;
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);
	groups[0] = device.fd;
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);
	/* Another's group. */
	groups[0] = peer.group;
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);

	/* A device that nobody watches over. */
	groups[0] = device.group;
	expect_ok(pci_unbind(twin));
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);
	expect_ok(pci_bind(twin, "vfio-pci"));
	expect_ok(hot_reset(device.fd, 1, groups));
}

TEST(hot_reset_of_one)
{
	/* This test resets the slot of a device: it is blocked meanwhile. */
	struct scene scene = scene_open(need("reset"));

	scene_watch(&scene);
	expect_blocked_during_each(&scene, hot_reset_device, &scene.device);
}

/* The other twin beside the scene's, at another IOVA. */
static struct scene other_twin(const struct scene *scene)
{
	struct scene twin = { .edu = scene->edu };
	struct device device = scene->device;

	device.bdf = need("other-twin");
	device.fd = expect_ok(group_get_device(device.group, device.bdf));
	scene_use(&twin, device, 2 * IOVA);

	return twin;
}

TEST(hot_reset_of_a_set)
{
	/*
	 * This test asks one device for the reset and looks at the other, either
	 * way: the memory of both is blocked meanwhile.
	 */
	struct scene one = scene_open(need("twin"));
	struct scene other = other_twin(&one);

	scene_watch(&one);
	expect_blocked_during_each(&one, hot_reset_device, &other.device);
	expect_blocked_during_each(&other, hot_reset_device, &one.device);
}

TEST(hot_reset_with_a_closed_device)
{
	/* This test resets two devices, one of which nobody has open. */
	struct scene one = scene_open(need("twin"));
	struct scene other = other_twin(&one);

	expect_ok(munmap(other.bar, other.size));
	expect_ok(close(other.device.fd));
	expect_ok(hot_reset_device(&one.device));
	expect_given_back(&one);
}

TEST(hot_reset_keeps_disabled_memory_disabled)
{
	/* This test clears the memory bit before: after is as before. */
	struct scene scene = scene_open(need("reset"));

	memory_off(scene.device.fd);
	expect_eq(read_signal(scene.bar), SIGBUS);
	expect_ok(hot_reset_device(&scene.device));
	expect_eq(read_signal(scene.bar), SIGBUS);
	expect_errno(dma_map(scene.device.container, 2 * IOVA, scene.bar,
			     scene.size), EFAULT);
	memory_on(scene.device.fd);
	expect_given_back(&scene);
}
