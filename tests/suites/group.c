// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/<group>: its ioctls, its status, and who may use it when.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define UNKNOWN_IOCTL	_IO(VFIO_TYPE, VFIO_BASE + 99)
#define IN_CONTAINER	(VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET)

TEST(group_node_is_private)
{
	/* This test looks at the mode of the node: the right to the device. */
	struct stat status;

	expect_ok(stat(group_path(need("peer")), &status));
	expect_true(S_ISCHR(status.st_mode));
	expect_eq(status.st_mode & 07777, 0600);
	expect_eq(status.st_uid, 0);
}

TEST(group_opens_once)
{
	/* This test opens a group twice. A copied file is no second open. */
	const char *bdf = need("peer");
	int group = group_open(bdf), copy;

	expect_errno(open(group_path(bdf), O_RDWR), EBUSY);
	copy = expect_ok(dup(group));
	expect_ok(close(group));
	expect_errno(open(group_path(bdf), O_RDWR), EBUSY);
	expect_ok(close(copy));
	group_open(bdf);
}

TEST(group_status_follows_the_container)
{
	/* This test asks for the status before, in and after a container. */
	int container = container_open();
	int group = group_open(need("peer"));

	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	expect_ok(group_set_container(group, container));
	expect_eq(group_flags(group), IN_CONTAINER);
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	expect_eq(group_flags(group), IN_CONTAINER);
	expect_ok(group_unset_container(group));
	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
}

TEST(group_status_misuse)
{
	/* This test asks for the status with bad sizes and pointers. */
	struct vfio_group_status status = { .argsz = sizeof(status) - 1 };
	int group = group_open(need("peer"));

	expect_errno(ioctl(group, VFIO_GROUP_GET_STATUS, &status), EINVAL);
	status.argsz = 0;
	expect_errno(ioctl(group, VFIO_GROUP_GET_STATUS, &status), EINVAL);
	status.argsz = 4000;
	status.flags = -1;
	expect_ok(ioctl(group, VFIO_GROUP_GET_STATUS, &status));
	expect_eq(status.argsz, 4000);
	expect_eq(status.flags, VFIO_GROUP_FLAGS_VIABLE);
	expect_errno(ioctl(group, VFIO_GROUP_GET_STATUS, NULL), EFAULT);
}

TEST(group_status_into_read_only_memory)
{
	/* This test has the status written where the process cannot write. */
	struct vfio_group_status *status = (void *)ram(PAGE);
	int group = group_open(need("peer"));

	status->argsz = sizeof(*status);
	expect_ok(mprotect(status, PAGE, PROT_READ));
	expect_errno(ioctl(group, VFIO_GROUP_GET_STATUS, status), EFAULT);
}

TEST(set_container_misuse)
{
	/* This test hands a group bad pointers and closed files. */
	int group = group_open(need("peer"));

	expect_errno(ioctl(group, VFIO_GROUP_SET_CONTAINER, NULL), EFAULT);
	expect_errno(group_set_container(group, -1), EBADF);
	expect_errno(group_set_container(group, 12345), EBADF);
	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
}

TEST(set_container_of_another_file)
{
	/* This test hands a group files that are no container. */
	int group = group_open(need("peer"));
	int null = expect_ok(open("/dev/null", O_RDWR));

	expect_errno(group_set_container(group, null), EBADFD);
	expect_errno(group_set_container(group, group), EBADFD);
	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
}

TEST(group_joins_one_container)
{
	/* This test puts a group into a container twice, then into another. */
	int first = container_open(), second = container_open();
	int group = group_open(need("peer"));

	expect_ok(group_set_container(group, first));
	expect_errno(group_set_container(group, first), EINVAL);
	expect_errno(group_set_container(group, second), EINVAL);
	expect_ok(group_unset_container(group));
	expect_ok(group_set_container(group, second));
}

TEST(unset_container_needs_one)
{
	/* This test takes a group out of a container that it is not in. */
	int group = group_open(need("peer"));

	expect_errno(group_unset_container(group), EINVAL);
	expect_ok(group_set_container(group, container_open()));
	expect_ok(group_unset_container(group));
	expect_errno(group_unset_container(group), EINVAL);
}

TEST(unset_container_waits_for_devices)
{
	/* This test takes a group out while its device is open: refused. */
	struct device peer = device_open(container_open(), need("peer"));
	int copy = expect_ok(dup(peer.fd));

	expect_errno(group_unset_container(peer.group), EBUSY);
	expect_ok(close(peer.fd));
	expect_errno(group_unset_container(peer.group), EBUSY);
	expect_ok(close(copy));
	expect_ok(group_unset_container(peer.group));
}

TEST(device_needs_a_container_with_an_iommu)
{
	/* This test asks for the device at each step of the way there. */
	const char *bdf = need("peer");
	int container = container_open();
	int group = group_open(bdf);

	expect_errno(group_get_device(group, bdf), EINVAL);
	expect_ok(group_set_container(group, container));
	expect_errno(group_get_device(group, bdf), EINVAL);
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	expect_ok(group_get_device(group, bdf));
}

TEST(device_of_a_name_that_is_not_there)
{
	/* This test asks for devices that the group does not have. */
	const char *bdf = need("peer");
	int group = device_open(container_open(), bdf).group;
	char name[64], *page = ram(2 * PAGE);

	expect_errno(group_get_device(group, NULL), EFAULT);
	expect_errno(group_get_device(group, ""), ENODEV);
	expect_errno(group_get_device(group, "0000:ff:1f.7"), ENODEV);
	expect_errno(group_get_device(group, need("edu")), ENODEV);

	snprintf(name, sizeof(name), "%s0", bdf);
	expect_errno(group_get_device(group, name), ENODEV);
	snprintf(name, sizeof(name), "%.11s", bdf);
	expect_errno(group_get_device(group, name), ENODEV);

	memset(page, 'x', 2 * PAGE);
	expect_errno(group_get_device(group, page), EINVAL);
	expect_ok(munmap(page + PAGE, PAGE));
	expect_errno(group_get_device(group, page + PAGE - 4), EFAULT);
}

TEST(device_of_a_name_with_arguments)
{
	/* This test adds to the name what vfio-pci takes as arguments. */
	const char *bdf = need("peer");
	int group = device_open(container_open(), bdf).group;
	char name[96];

	snprintf(name, sizeof(name), "%s ", bdf);
	expect_ok(group_get_device(group, name));
	snprintf(name, sizeof(name), "%s nonsense", bdf);
	expect_errno(group_get_device(group, name), EINVAL);
	snprintf(name, sizeof(name),
		 "%s vf_token=00112233-4455-6677-8899-aabbccddeeff", bdf);
	expect_errno(group_get_device(group, name), EINVAL);
}

TEST(device_file_is_closed_on_exec)
{
	/* This test looks at the flags of a new device file. */
	struct device peer = device_open(container_open(), need("peer"));

	expect_eq(fcntl(peer.fd, F_GETFD), FD_CLOEXEC);
	expect_eq(fcntl(peer.fd, F_GETFL) & O_ACCMODE, O_RDWR);
}

TEST(unknown_ioctl_of_a_group)
{
	/* This test sends ioctls that a group does not have. */
	int group = device_open(container_open(), need("peer")).group;

	expect_errno(ioctl(group, UNKNOWN_IOCTL, NULL), ENOTTY);
	expect_errno(ioctl(group, VFIO_GET_API_VERSION), ENOTTY);
	expect_errno(ioctl(group, VFIO_IOMMU_MAP_DMA, NULL), ENOTTY);
	expect_errno(ioctl(group, VFIO_DEVICE_GET_INFO, NULL), ENOTTY);
}

TEST(group_holds_no_data)
{
	/* This test reads, writes and mmaps the group. */
	int group = group_open(need("peer"));
	char byte = 0;

	expect_errno(read(group, &byte, 1), EINVAL);
	expect_errno(write(group, &byte, 1), EINVAL);
	expect_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, group, 0),
		     ENODEV);
}

TEST(groups_share_a_container)
{
	/* This test puts two groups into one container and takes one out. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	struct device edu = device_open(container, need("edu"));
	char *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_ok(close(peer.fd));
	expect_ok(group_unset_container(peer.group));
	expect_eq(group_flags(peer.group), VFIO_GROUP_FLAGS_VIABLE);
	expect_eq(group_flags(edu.group), IN_CONTAINER);

	/* The other group keeps the backend and its mappings. */
	expect_errno(dma_map(container, IOVA, va, PAGE), EEXIST);
	expect_ok(group_set_container(peer.group, container));
	expect_eq(dma_unmap(container, IOVA, PAGE), PAGE);
}

TEST(group_of_two_devices)
{
	/* This test opens both devices of a group; it is in use till both close. */
	const char *a = need("pair"), *b = need("disk");
	int container = container_open(), group = group_open(a);
	int fd_a, fd_b;

	expect_eq(pci_group(a), pci_group(b));
	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	fd_a = expect_ok(group_get_device(group, a));
	fd_b = expect_ok(group_get_device(group, b));
	expect_eq(config_read(fd_a, 0, 4), pci_config(a, 0, 4));
	expect_eq(config_read(fd_b, 0, 4), pci_config(b, 0, 4));
	expect_true(pci_config(a, 0, 4) != pci_config(b, 0, 4));

	expect_ok(close(fd_a));
	expect_errno(group_unset_container(group), EBUSY);
	expect_ok(close(fd_b));
	expect_ok(group_unset_container(group));
}

static void load_host_driver(void)
{
	if (system("modprobe nvme"))
		skip("needs the kernel's nvme module");
}

TEST(group_is_not_viable_beside_a_host_driver)
{
	/*
	 * This test gives one device of a group to a driver of the host, which
	 * does DMA of its own: the other cannot be used until it is taken back.
	 */
	const char *pair = need("pair"), *disk = need("disk");
	int container = container_open(), group;

	load_host_driver();
	expect_ok(pci_rebind(disk, "nvme"));
	group = group_open(pair);
	expect_eq(group_flags(group), 0);
	expect_errno(group_set_container(group, container), EPERM);
	expect_eq(group_flags(group), 0);

	expect_ok(pci_rebind(disk, "vfio-pci"));
	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	expect_ok(group_set_container(group, container));
}

TEST(host_driver_stays_out_of_a_group_in_use)
{
	/* This test binds a host driver beside a device that a user has. */
	const char *disk = need("disk");
	struct device pair = device_open(container_open(), need("pair"));

	load_host_driver();
	expect_ok(pci_unbind(disk));
	expect_eq(pci_bind(disk, "nvme"), -1);
	expect_eq(group_flags(pair.group), IN_CONTAINER);
	expect_ok(pci_bind(disk, "vfio-pci"));
	expect_ok(group_get_device(pair.group, disk));
}

TEST(group_beside_a_device_without_driver)
{
	/* This test uses a group while one of its devices has no driver. */
	const char *disk = need("disk");
	int group;

	expect_ok(pci_unbind(disk));
	group = device_open(container_open(), need("pair")).group;
	expect_errno(group_get_device(group, disk), ENODEV);
	expect_ok(pci_bind(disk, "vfio-pci"));
	expect_ok(group_get_device(group, disk));
}

TEST(group_node_comes_and_goes_with_the_driver)
{
	/* This test unbinds a group's only device, and its two devices in turn. */
	const char *peer = need("peer"), *pair = need("pair"), *disk = need("disk");
	struct stat status;

	expect_ok(pci_unbind(peer));
	expect_errno(stat(group_path(peer), &status), ENOENT);
	expect_ok(pci_bind(peer, "vfio-pci"));
	expect_ok(stat(group_path(peer), &status));

	expect_ok(pci_unbind(pair));
	expect_ok(stat(group_path(pair), &status));
	expect_ok(pci_unbind(disk));
	expect_errno(stat(group_path(pair), &status), ENOENT);
	expect_ok(pci_bind(disk, "vfio-pci"));
	expect_ok(pci_bind(pair, "vfio-pci"));
	expect_ok(stat(group_path(pair), &status));
}

TEST(open_group_outlives_its_devices)
{
	/*
	 * This test unbinds the last device of a group whose file stays open,
	 * in a container: the group has left it, and is of no more use.
	 */
	const char *bdf = need("peer");
	int container = container_open(), group = group_open(bdf);
	struct vfio_group_status status = { .argsz = sizeof(status) };

	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	expect_ok(pci_unbind(bdf));

	expect_errno(ioctl(group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	expect_errno(group_set_container(group, container), ENODEV);
	expect_errno(group_unset_container(group), EINVAL);
	expect_errno(group_get_device(group, bdf), ENODEV);
	expect_errno(dma_map(container, 2 * IOVA, ram(PAGE), PAGE), EINVAL);

	/* The device's return makes a new group of the same name. */
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_errno(ioctl(group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	device_open(container, bdf);
	expect_ok(close(group));
}

static dev_t group_number(const char *bdf)
{
	struct stat status;

	expect_ok(stat(group_path(bdf), &status));
	expect_true(S_ISCHR(status.st_mode));

	return status.st_rdev;
}

TEST(stale_node_opens_nothing)
{
	/*
	 * This test keeps a node of a group, as a container may do, while the
	 * group goes and another one comes: the node does not open that one.
	 */
	const char *peer = need("peer"), *reset = need("reset");
	static const char node[] = "/tmp/stale-node";
	dev_t number;

	/* So that both find the same minors free. */
	expect_ok(pci_unbind(reset));
	expect_ok(pci_unbind(peer));
	expect_ok(pci_bind(peer, "vfio-pci"));
	number = group_number(peer);
	unlink(node);
	expect_ok(mknod(node, S_IFCHR | 0600, number));
	expect_ok(pci_unbind(peer));
	expect_ok(pci_bind(reset, "vfio-pci"));
	expect_ok(pci_bind(peer, "vfio-pci"));

	expect_true(group_number(reset) != number);
	expect_true(group_number(peer) != number);
	expect_errno(open(node, O_RDWR), ENXIO);
	expect_ok(unlink(node));
}
