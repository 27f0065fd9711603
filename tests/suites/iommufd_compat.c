// SPDX-License-Identifier: GPL-2.0-only
/*
 * An iommufd in a container's place: VFIO_GROUP_SET_CONTAINER of a /dev/iommu,
 * which then answers as a type1 container does.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "iommufd.h"
#include "pci.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

TEST(dma_of_ram)
{
	/* This test maps RAM by the ioctls of a container. */
	int iommufd = iommufd_open();
	struct edu edu = edu_open(iommufd);
	char *va = ram(4 * PAGE);

	expect_ok(dma_map(iommufd, IOVA, va, 4 * PAGE));
	expect_dma(&edu, IOVA + PAGE, va + PAGE);
	expect_errno(dma_map(iommufd, IOVA, va, PAGE), EEXIST);
	expect_eq(dma_unmap(iommufd, IOVA, 4 * PAGE), 4 * PAGE);
	expect_no_dma(&edu, IOVA, va);
	expect_ok(dma_map(iommufd, IOVA, va, PAGE));
	expect_dma(&edu, IOVA, va);
}

TEST(mapped_before_the_device_is_opened)
{
	/* This test maps RAM, opens, closes and opens the device. */
	int iommufd = iommufd_open(), group = group_open(need("edu"));
	struct edu edu;
	char *va = ram(PAGE);

	expect_ok(group_set_container(group, iommufd));
	expect_ok(dma_map(iommufd, IOVA, va, PAGE));
	for (int i = 0; i < 2; i++) {
		edu = edu_use((struct device){
			.bdf = need("edu"),
			.container = iommufd,
			.group = group,
			.fd = expect_ok(group_get_device(group, need("edu"))),
		});
		expect_ok(dma_map(iommufd, SCRATCH_IOVA, edu.scratch, PAGE));
		expect_dma(&edu, IOVA, va);
		expect_eq(dma_unmap(iommufd, SCRATCH_IOVA, PAGE), PAGE);
		expect_ok(munmap((char *)edu.registers, MIB));
		expect_ok(close(edu.device.fd));
	}
}

TEST(group_says_that_it_has_a_container)
{
	/* This test puts a group behind an iommufd and takes it out. */
	int iommufd = iommufd_open(), group = group_open(need("peer"));

	expect_ok(group_set_container(group, iommufd));
	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE |
		  VFIO_GROUP_FLAGS_CONTAINER_SET);
	expect_errno(group_set_container(group, iommufd), EINVAL);
	expect_errno(group_set_container(group, container_open()), EINVAL);
	expect_ok(group_unset_container(group));
	expect_errno(group_unset_container(group), EINVAL);
	expect_errno(group_get_device(group, need("peer")), EINVAL);
	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	expect_ok(group_set_container(group, container_open()));
}

TEST(open_device_keeps_the_iommufd)
{
	/* This test takes the group of an open device out: the device goes on. */
	int iommufd = iommufd_open();
	struct edu edu = edu_open(iommufd);
	char *va = ram(PAGE);

	expect_ok(dma_map(iommufd, IOVA, va, PAGE));
	expect_ok(group_unset_container(edu.device.group));
	expect_ok(close(iommufd));
	expect_dma(&edu, IOVA, va);
	expect_errno(group_get_device(edu.device.group, edu.device.bdf), EINVAL);
	/* Its DMA has an owner. */
	expect_errno(group_set_container(edu.device.group, container_open()),
		     EPERM);
	expect_ok(group_set_container(edu.device.group, iommufd_open()));
	expect_ok(group_get_device(edu.device.group, edu.device.bdf));
	expect_dma(&edu, IOVA, va);
}

TEST(opened_twice)
{
	/* This test opens a device twice through its group, and closes one. */
	int iommufd = iommufd_open();
	struct edu edu = edu_open(iommufd);
	int second = expect_ok(group_get_device(edu.device.group, edu.device.bdf));
	char *va = ram(PAGE);

	expect_ok(dma_map(iommufd, IOVA, va, PAGE));
	expect_ok(close(second));
	expect_dma(&edu, IOVA, va);
}

TEST(two_groups)
{
	/* This test has the groups of two devices behind one iommufd. */
	int iommufd = iommufd_open();
	struct edu edu = edu_open(iommufd);
	struct device peer = device_open(iommufd, need("peer"));
	char *va = ram(PAGE);

	expect_ok(dma_map(iommufd, IOVA, va, PAGE));
	device_close(&peer);
	expect_dma(&edu, IOVA, va);
}

TEST(open_without_its_address_space)
{
	/* This test forgets the address space: the device cannot be opened. */
	int iommufd = iommufd_open(), group = group_open(need("peer"));
	__u32 ioas;

	expect_ok(group_set_container(group, iommufd));
	ioas = ioas_of_container(iommufd);
	expect_ok(ioas_of_container_clear(iommufd));
	expect_errno(group_get_device(group, need("peer")), ENODEV);
	expect_ok(object_destroy(iommufd, ioas));
	expect_ok(group_unset_container(group));
	expect_ok(group_set_container(group, iommufd));
	expect_ok(group_get_device(group, need("peer")));
}

TEST(container_of_a_device_and_node_of_another)
{
	/* This test opens one device by a group, one by its node, in one iommufd. */
	int iommufd = iommufd_open();
	struct device peer = device_open(iommufd, need("peer"));
	struct edu edu;
	char *va = ram(PAGE);

	edu = node_edu_open(iommufd, ioas_of_container(iommufd));
	expect_ok(dma_map(iommufd, IOVA, va, PAGE));
	expect_dma(&edu, IOVA, va);
	device_close(&peer);
	expect_dma(&edu, IOVA, va);
}

TEST(device_memory_is_not_mapped_by_an_iommufd)
{
	/* This test maps a BAR by the ioctl of a container. */
	int iommufd = iommufd_open();
	struct device peer = device_open(iommufd, need("peer"));

	expect_errno(dma_map(iommufd, IOVA, region_open(peer.fd, BAR2), MIB),
		     EFAULT);
}

TEST(close_in_any_order)
{
	/* This test closes iommufd, group and device in all six orders. */
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	long long pins = pinned_pages();

	for (int i = 0; i < 6; i++) {
		int iommufd = iommufd_open();
		struct device peer = device_open(iommufd, need("peer"));
		int fds[3] = { iommufd, peer.group, peer.fd };

		expect_ok(dma_map(iommufd, IOVA, ram(4 * PAGE), 4 * PAGE));
		for (int j = 0; j < 3; j++)
			expect_ok(close(fds[orders[i][j]]));
		expect_eq(pinned_pages(), pins);
	}
}

TEST(group_is_not_opened_twice)
{
	/* This test closes the group of an open device: it is not to be had. */
	struct device peer = device_open(iommufd_open(), need("peer"));
	int iommufd = iommufd_open(), node = node_open(peer.bdf);

	expect_errno(node_bind(node, iommufd), EBUSY);
	expect_ok(close(peer.group));
	expect_errno(open(group_path(peer.bdf), O_RDWR), EBUSY);
	expect_errno(node_bind(node, iommufd), EBUSY);
	expect_ok(close(peer.fd));
	expect_ok(node_bind(node, iommufd));
}

TEST(unbind_of_a_group_behind_an_iommufd)
{
	/* This test unbinds a device that is closed, its group left behind. */
	int iommufd = iommufd_open(), group = group_open(need("peer"));

	expect_ok(group_set_container(group, iommufd));
	expect_ok(close(group_get_device(group, need("peer"))));
	expect_ok(pci_unbind(need("peer")));
	expect_errno(group_get_device(group, need("peer")), ENODEV);
	expect_ok(close(group));
	expect_ok(pci_bind(need("peer"), "vfio-pci"));
	device_open(iommufd, need("peer"));
}
