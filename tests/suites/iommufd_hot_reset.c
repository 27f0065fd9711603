// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset by ownership: who has a device by its node need not prove that the
 * others of the bus or slot are his, too. It is known which his iommufd has.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "blocked.h"
#include "iommufd.h"
#include "pci.h"
#include "sriov.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* As the uapi has them. */
#define BY_NUMBER	1
#define ALL_OWNED	2
#define OWNED		0
#define NOT_OWNED	-1

struct set {
	struct vfio_pci_hot_reset_info head;
	struct {
		__s32 id;
		__u16 segment;
		__u8 bus;
		__u8 devfn;
	} devices[3];
};

/* In a buffer that the next call reuses. */
static const struct set *set_of(int fd)
{
	static struct set set;

	set = (struct set){ .head.argsz = sizeof(set) };
	expect_ok(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &set));

	return &set;
}

TEST(info_tells_the_numbers)
{
	/* This test asks for the set, with its devices open, closed and unbound. */
	const char *twin = need("twin"), *other_twin = need("other-twin");
	int iommufd = iommufd_open();
	int one = node_open(twin), other = node_open(other_twin);
	int id = expect_ok(node_bind(one, iommufd)), other_id;
	const struct set *set = set_of(one);

	expect_eq(set->head.count, 2);
	expect_eq(set->head.flags, BY_NUMBER | ALL_OWNED);
	expect_eq(set->devices[0].id, id);
	expect_eq(set->devices[1].id, OWNED);
	expect_eq(set->devices[0].devfn, 0);
	expect_eq(set->devices[1].devfn, 1);

	other_id = expect_ok(node_bind(other, iommufd));
	set = set_of(other);
	expect_eq(set->head.flags, BY_NUMBER | ALL_OWNED);
	expect_eq(set->devices[0].id, id);
	expect_eq(set->devices[1].id, other_id);

	expect_ok(close(other));
	expect_ok(pci_unbind(other_twin));
	set = set_of(one);
	expect_eq(set->head.flags, BY_NUMBER);
	expect_eq(set->devices[0].id, id);
	expect_eq(set->devices[1].id, NOT_OWNED);
	expect_errno(hot_reset(one, 0, NULL), EINVAL);
	expect_ok(pci_bind(other_twin, "vfio-pci"));
	expect_ok(hot_reset(one, 0, NULL));
}

TEST(device_of_another_iommufd)
{
	/*
	 * This test asks for a set of which another iommufd has a device, and a
	 * group the third: they are three groups.
	 */
	int one = iommufd_open(), other = iommufd_open(), fd, other_fd, id;
	const struct set *set;
	struct sriov sriov;

	node_need_tokens(one);
	sriov = sriov_begin();
	expect_ok(close(token_get_device(sriov.group, sriov.physical,
					 TOKEN_ONE)));
	fd = node_open(sriov.functions[0]);
	id = expect_ok(node_bind_token(fd, one, TOKEN_ONE_BYTES));
	other_fd = node_open(sriov.functions[1]);
	expect_ok(node_bind_token(other_fd, other, TOKEN_ONE_BYTES));

	set = set_of(fd);
	expect_eq(set->head.count, 3);
	expect_eq(set->head.flags, BY_NUMBER);
	expect_eq(set->devices[0].id, NOT_OWNED);
	expect_eq(set->devices[1].id, id);
	expect_eq(set->devices[2].id, NOT_OWNED);
	expect_errno(hot_reset(fd, 0, NULL), EINVAL);

	expect_ok(close(fd));
	expect_ok(close(other_fd));
	sriov_end(&sriov);
	/* Then its token is a new one. */
	expect_ok(pci_unbind(sriov.physical));
	expect_ok(pci_bind(sriov.physical, "vfio-pci"));
}

TEST(hot_reset_misuse)
{
	/* This test asks in the way of groups, and as one who has no node. */
	const char *twin = need("twin");
	int iommufd = iommufd_open(), fd = node_open(twin);
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset), .flags = 1 };
	struct vfio_pci_hot_reset_info info = { .argsz = sizeof(info) };
	struct device device;
	int node;

	expect_errno(hot_reset(fd, 0, NULL), EINVAL);
	expect_ok(node_bind(fd, iommufd));
	expect_errno(ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, &reset), EINVAL);
	expect_errno(hot_reset(fd, 1, &fd), EINVAL);
	expect_errno(hot_reset(fd, 1, &iommufd), EINVAL);
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info),
		     ENOSPC);
	expect_eq(info.count, 2);
	expect_ok(hot_reset(fd, 0, NULL));
	expect_ok(close(fd));

	/* Through a group, an iommufd is no proof either. */
	device = device_open(iommufd, twin);
	expect_errno(hot_reset(device.fd, 0, NULL), EINVAL);
	expect_eq(set_of(device.fd)->head.flags, 0);
	expect_ok(hot_reset(device.fd, 1, &device.group));
	device_close(&device);

	/* On a root bus there is none. */
	node = node_open(need("peer"));
	expect_ok(node_bind(node, iommufd));
	expect_errno(hot_reset(node, 0, NULL), ENODEV);
}

static int reset_all(void *data)
{
	struct device *device = data;

	return hot_reset(device->fd, 0, NULL);
}

TEST(hot_reset_of_a_set)
{
	/* This test asks one of two devices for the reset and looks at the other. */
	int iommufd = iommufd_open(), container = container_open();
	struct scene one = { .edu = edu_open(container) };
	struct device other;

	need("other-twin");
	scene_use(&one, node_device_open(iommufd, container, need("twin")),
		  IOVA);
	other = node_device_open(iommufd, container, need("other-twin"));
	scene_watch(&one);
	expect_blocked_during_each(&one, reset_all, &other);
}

TEST(hot_reset_with_a_closed_device)
{
	/* This test resets two devices, one of which nobody has open. */
	int iommufd = iommufd_open(), container = container_open();
	struct scene one = { .edu = edu_open(container) };

	need("other-twin");
	scene_use(&one, node_device_open(iommufd, container, need("twin")),
		  IOVA);
	expect_ok(reset_all(&one.device));
	expect_given_back(&one);
}
