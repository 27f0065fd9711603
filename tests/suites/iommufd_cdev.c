// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices opened by nodes of their own, /dev/vfio/devices, and bound to the
 * kernel's iommufd.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "iommufd.h"
#include "irq.h"
#include "low_power.h"
#include "pci.h"
#include "sriov.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define RW	(PROT_READ | PROT_WRITE)

TEST(entry_in_sysfs)
{
	/* This test looks for a device in sysfs, where every kernel has it. */
	struct stat status;

	expect_ok(stat(device_entry(need("peer"), "uevent"), &status));
	expect_ok(pci_unbind(need("peer")));
	expect_errno(stat(pci_path(need("peer"), "vfio-dev"), &status), ENOENT);
	expect_ok(pci_bind(need("peer"), "vfio-pci"));
}

TEST(number_is_not_used_again_at_once)
{
	/*
	 * This test binds a device twice: a node that somebody has made for the
	 * first number opens nothing afterwards.
	 */
	const char *bdf = need("peer");
	char *first;

	/* So that both find the same numbers free. */
	expect_ok(pci_rebind(bdf, "vfio-pci"));
	first = strdup(device_entry(bdf, ""));
	expect_true(first);
	expect_ok(pci_rebind(bdf, "vfio-pci"));
	expect_true(strcmp(first, device_entry(bdf, "")));
	free(first);
}

TEST(node_is_told_by_sysfs)
{
	/* This test looks for the node's number in sysfs, with one and without. */
	const char *bdf = need("peer");
	struct stat status;
	char dev[32] = {}, want[32];
	int fd;

	if (access("/dev/vfio/devices", F_OK)) {
		expect_errno(stat(device_entry(bdf, "dev"), &status), ENOENT);
		return;
	}
	expect_ok(stat(device_node(bdf), &status));
	expect_eq(status.st_mode, S_IFCHR | 0600);
	snprintf(want, sizeof(want), "%u:%u\n", major(status.st_rdev),
		 minor(status.st_rdev));
	fd = expect_ok(open(device_entry(bdf, "dev"), O_RDONLY | O_CLOEXEC));
	expect_ok(read(fd, dev, sizeof(dev) - 1));
	expect_true(!strcmp(dev, want));
}

/*
 * Binding.
 */

TEST(unbound_file_can_do_nothing)
{
	/* This test uses a file that is not bound: all is refused. */
	int fd = node_open(need("peer"));
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_device_feature feature = { .argsz = sizeof(feature) };
	char byte = 0;

	expect_errno(ioctl(fd, VFIO_DEVICE_GET_INFO, &info), EINVAL);
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_INFO, NULL), EINVAL);
	expect_errno(ioctl(fd, VFIO_DEVICE_RESET), EINVAL);
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, &feature), EINVAL);
	expect_errno(ioctl(fd, VFIO_GROUP_GET_STATUS, &info), EINVAL);
	expect_errno(node_attach(fd, 1), EINVAL);
	expect_errno(node_detach(fd), EINVAL);
	expect_errno(pread(fd, &byte, 1, 0), EINVAL);
	expect_errno(pwrite(fd, &byte, 1, 0), EINVAL);
	expect_true(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0) == MAP_FAILED);
	expect_eq(errno, EINVAL);
}

struct bind_row {
	const char *what;
	struct bind bind;
	int error;
};

TEST(bind_misuse)
{
	/* This test binds with arguments that are wrong, then with right ones. */
	int iommufd = iommufd_open(), fd = node_open(need("peer"));
	int container = container_open();
	const struct bind_row rows[] = {
		{ "no size", { 0, 0, iommufd, 0, 0 }, EINVAL },
		{ "too small", { BIND_MIN - 1, 0, iommufd, 0, 0 }, EINVAL },
		{ "an unknown flag", { BIND_MIN, 2, iommufd, 0, 0 }, EINVAL },
		{ "all flags", { BIND_MIN, ~0u, iommufd, 0, 0 }, EINVAL },
		{ "fd -1", { BIND_MIN, 0, -1, 0, 0 }, EINVAL },
		{ "fd of the least", { BIND_MIN, 0, -2147483647 - 1, 0, 0 }, EINVAL },
		{ "a closed fd", { BIND_MIN, 0, 1000, 0, 0 }, EBADF },
		{ "an fd of the most", { BIND_MIN, 0, 2147483647, 0, 0 }, EBADF },
		{ "a container", { BIND_MIN, 0, container, 0, 0 }, EBADFD },
		{ "itself", { BIND_MIN, 0, fd, 0, 0 }, EBADFD },
	};
	struct bind bind;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bind = rows[i].bind;
		errno = 0;
		if (ioctl(fd, DEVICE_BIND, &bind) != -1 || errno != rows[i].error)
			ck_abort_msg("%s: errno %s", rows[i].what,
				     errno_name(errno));
		/* Each leaves the group to whoever wants it. */
		expect_ok(close(group_open(need("peer"))));
	}
	expect_errno(ioctl(fd, DEVICE_BIND, NULL), EFAULT);
	expect_ok(node_bind(fd, iommufd));
}

TEST(bind_of_a_later_kernel)
{
	/* This test binds with a larger structure: what is not known must be 0. */
	int iommufd = iommufd_open();
	struct {
		struct bind bind;
		__u64 later;
	} arg = { .bind = { .argsz = sizeof(arg), .iommufd = iommufd }, .later = 1 };
	int fd = node_open(need("peer"));

	expect_errno(ioctl(fd, DEVICE_BIND, &arg), E2BIG);
	arg.later = 0;
	expect_ok(ioctl(fd, DEVICE_BIND, &arg));
}

TEST(bind_with_a_token)
{
	/* This test gives a token of virtual functions for one that has none. */
	int iommufd = iommufd_open(), fd = node_open(need("peer"));
	char token[16] = "a token of some";
	struct bind bind = {
		.argsz = sizeof(bind),
		.flags = BIND_TOKEN,
		.iommufd = iommufd,
		.token = (unsigned long)token,
	};

	expect_errno(ioctl(fd, DEVICE_BIND, &bind), EINVAL);
	bind.token = 8;
	expect_errno(ioctl(fd, DEVICE_BIND, &bind), EFAULT);
	expect_ok(node_bind(fd, iommufd));
}

TEST(virtual_function_needs_the_token)
{
	/* This test binds a virtual function with every kind of token. */
	int iommufd = iommufd_open(), fd;
	unsigned char wrong[16];
	struct sriov sriov;

	node_need_tokens(iommufd);
	sriov = sriov_begin();
	expect_ok(close(token_get_device(sriov.group, sriov.physical,
					 TOKEN_ONE)));
	fd = node_open(sriov.functions[0]);
	expect_errno(node_bind(fd, iommufd), EACCES);
	memset(wrong, 1, sizeof(wrong));
	expect_errno(node_bind_token(fd, iommufd, wrong), EACCES);
	expect_ok(node_bind_token(fd, iommufd, TOKEN_ONE_BYTES));
	expect_eq(config_read(fd, PCI_COMMAND, 2) & PCI_COMMAND_MASTER, 0);
	/* As long as it is open, the physical function needs it, too. */
	expect_errno(token_get_device(sriov.group, sriov.physical, NULL),
		     EACCES);
	expect_ok(close(fd));
	sriov_end(&sriov);
}

TEST(bind_whose_number_cannot_be_told)
{
	/* This test binds with memory that cannot be written: not bound. */
	int iommufd = iommufd_open(), fd = node_open(need("peer"));
	struct bind *bind = (struct bind *)ram(PAGE);

	*bind = (struct bind){ .argsz = BIND_MIN, .iommufd = iommufd };
	expect_ok(mprotect(bind, PAGE, PROT_READ));
	expect_errno(ioctl(fd, DEVICE_BIND, bind), EFAULT);
	expect_errno(ioctl(fd, VFIO_DEVICE_RESET), EINVAL);
	expect_ok(close(group_open(need("peer"))));
	expect_ok(node_bind(fd, iommufd));
}

TEST(bind_twice)
{
	/* This test binds a file twice, and another one of the same device. */
	int iommufd = iommufd_open(), other = iommufd_open();
	int fd = node_open(need("peer")), second = node_open(need("peer"));

	expect_true(expect_ok(node_bind(fd, iommufd)) > 0);
	expect_errno(node_bind(fd, iommufd), EINVAL);
	expect_errno(node_bind(fd, other), EINVAL);
	expect_errno(node_bind(second, iommufd), EINVAL);
	expect_errno(node_bind(second, other), EINVAL);
	expect_ok(close(fd));
	expect_ok(node_bind(second, other));
}

TEST(bound_file_is_like_any_other)
{
	/* This test binds a file and does with it what files of a group can. */
	struct device peer = node_device_open(iommufd_open(), -1, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	expect_eq(config_read(peer.fd, 0, 4), pci_config(peer.bdf, 0, 4));
	expect_eq(region_size(peer.fd, BAR2), 64 * MIB);
	expect_eq(write_signal(bar), 0);
	expect_errno(ioctl(peer.fd, VFIO_GROUP_GET_STATUS, NULL), ENOTTY);
}

/*
 * Group or node.
 */

TEST(group_or_node)
{
	/* This test opens a group and its device by the node: one of them. */
	const char *bdf = need("peer");
	int iommufd = iommufd_open(), fd = node_open(bdf);
	int group = group_open(bdf);

	/* The group is open, in a container or not. */
	expect_errno(node_bind(fd, iommufd), EBUSY);
	expect_errno(node_bind(fd, -1), EINVAL);
	expect_errno(node_bind(fd, 1000), EBUSY);
	expect_ok(group_set_container(group, container_open()));
	expect_errno(node_bind(fd, iommufd), EBUSY);
	expect_ok(close(group));

	expect_ok(node_bind(fd, iommufd));
	expect_errno(open(group_path(bdf), O_RDWR), EBUSY);
	expect_ok(close(fd));
	device_open(container_open(), bdf);
}

TEST(file_of_a_group_is_not_bound)
{
	/* This test binds the file that a group gave. */
	int iommufd = iommufd_open();
	struct device peer = device_open(container_open(), need("peer"));

	expect_errno(node_bind(peer.fd, iommufd), EINVAL);
	expect_errno(ioctl(peer.fd, DEVICE_BIND, NULL), EFAULT);
	expect_errno(node_attach(peer.fd, 1), ENOTTY);
	expect_errno(node_detach(peer.fd), ENOTTY);
	expect_ok(config_read(peer.fd, 0, 2));
}

TEST(group_belongs_to_one_iommufd)
{
	/* This test binds two devices of a group, to one iommufd and to two. */
	int iommufd = iommufd_open(), other = iommufd_open();
	int pair = node_open(need("pair")), disk = node_open(need("disk"));

	expect_ok(node_bind(pair, iommufd));
	expect_errno(node_bind(disk, other), EPERM);
	expect_ok(node_bind(disk, iommufd));
	expect_ok(close(pair));
	expect_errno(open(group_path(need("disk")), O_RDWR), EBUSY);
	expect_ok(close(disk));
	disk = node_open(need("disk"));
	expect_ok(node_bind(disk, other));
}

TEST(group_with_a_driver_of_the_host)
{
	/* This test binds a device whose neighbour has a driver of the host. */
	int iommufd = iommufd_open();

	if (!access("/sys/bus/pci/drivers/nvme", F_OK) ||
	    !system("modprobe nvme 2> /dev/null")) {
		expect_ok(pci_rebind(need("disk"), "nvme"));
		expect_errno(node_bind(node_open(need("pair")), iommufd), EPERM);
		expect_ok(pci_rebind(need("disk"), "vfio-pci"));
		return;
	}
	skip("needs the kernel's nvme module");
}

/*
 * Address spaces.
 */

struct attach_row {
	const char *what;
	struct attach attach;
	int error;
};

TEST(attach_misuse)
{
	/* This test attaches with arguments that are wrong. */
	int iommufd = iommufd_open(), fd = node_open(need("peer"));
	__u32 ioas = ioas_new(iommufd);
	__u32 id = expect_ok(node_bind(fd, iommufd));
	const struct attach_row rows[] = {
		{ "no size", { 0, 0, ioas, 0 }, EINVAL },
		{ "too small", { ATTACH_MIN - 1, 0, ioas, 0 }, EINVAL },
		{ "an unknown flag", { ATTACH_MIN, 2, ioas, 0 }, EINVAL },
		{ "all flags", { ATTACH_MIN, ~0u, ioas, 0 }, EINVAL },
		{ "no address space", { ATTACH_MIN, 0, 0, 0 }, ENOENT },
		{ "an unknown one", { ATTACH_MIN, 0, 1000, 0 }, ENOENT },
		{ "a device", { ATTACH_MIN, 0, id, 0 }, EINVAL },
	};
	struct attach attach, *read_only;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		attach = rows[i].attach;
		errno = 0;
		if (ioctl(fd, DEVICE_ATTACH, &attach) != -1 ||
		    errno != rows[i].error)
			ck_abort_msg("%s: errno %s", rows[i].what,
				     errno_name(errno));
	}
	expect_errno(ioctl(fd, DEVICE_ATTACH, NULL), EFAULT);
	expect_errno(ioctl(fd, DEVICE_DETACH, NULL), EFAULT);
	attach = (struct attach){ .argsz = DETACH_MIN - 1 };
	expect_errno(ioctl(fd, DEVICE_DETACH, &attach), EINVAL);
	attach = (struct attach){ .argsz = DETACH_MIN, .flags = 2 };
	expect_errno(ioctl(fd, DEVICE_DETACH, &attach), EINVAL);

	/* What it got cannot be told: it gets nothing. */
	read_only = (struct attach *)ram(PAGE);
	*read_only = (struct attach){ .argsz = ATTACH_MIN, .pt = ioas };
	expect_ok(mprotect(read_only, PAGE, PROT_READ));
	expect_errno(ioctl(fd, DEVICE_ATTACH, read_only), EFAULT);
	expect_ok(object_destroy(iommufd, ioas));

	/* Nothing is there to be detached. */
	expect_ok(node_detach(fd));
	expect_errno(object_destroy(iommufd, id), EBUSY);
}

TEST(device_without_pasids)
{
	/* This test attaches with PASIDs, which no device here has. */
	int iommufd = iommufd_open(), fd = node_open(need("peer"));
	__u32 ioas = ioas_new(iommufd);
	struct attach attach = {
		.argsz = sizeof(attach),
		.flags = ATTACH_PASID,
		.pt = ioas,
		.pasid = 1,
	};
	__u32 detach[] = { 12, ATTACH_PASID, 1 };

	expect_ok(node_bind(fd, iommufd));
	expect_errno(ioctl(fd, DEVICE_ATTACH, &attach), EINVAL);
	attach.argsz = ATTACH_MIN;
	expect_errno(ioctl(fd, DEVICE_ATTACH, &attach), EINVAL);
	expect_ok(node_attach(fd, ioas));
	/* There is none; what is attached without one stays. */
	expect_ok(ioctl(fd, DEVICE_DETACH, detach));
	expect_errno(object_destroy(iommufd, ioas), EBUSY);
	detach[0] = DETACH_MIN;
	expect_errno(ioctl(fd, DEVICE_DETACH, detach), EINVAL);

	/* Nor is no PASID one. */
	attach = (struct attach){
		.argsz = sizeof(attach),
		.flags = ATTACH_PASID,
		.pt = ioas_new(iommufd),
	};
	expect_eq(ioctl(fd, DEVICE_ATTACH, &attach), -1);
	expect_errno(object_destroy(iommufd, ioas), EBUSY);
}

TEST(attach_and_detach_wake)
{
	/* This test attaches and detaches a device that sleeps in low power. */
	int iommufd = iommufd_open(), event = event_new();
	__u32 ioas = ioas_new(iommufd);
	struct device disk = node_device_open(iommufd, -1, need("disk"));

	expect_ok(low_power_enter_with_wakeup(disk.fd, event));
	wait_asleep(disk.bdf);
	expect_no_event(event);
	expect_ok(node_attach(disk.fd, ioas));
	expect_eq(event_count(event), 1);

	expect_ok(low_power_enter_with_wakeup(disk.fd, event));
	wait_asleep(disk.bdf);
	expect_ok(node_detach(disk.fd));
	expect_eq(event_count(event), 1);
}

TEST(attach_tells_the_page_table)
{
	/* This test attaches, and is told a page table that another one can have. */
	int iommufd = iommufd_open();
	__u32 ioas = ioas_new(iommufd);
	struct device peer = node_device_open(iommufd, -1, need("peer"));
	struct device reset = node_device_open(iommufd, -1, need("reset"));
	struct attach attach = { .argsz = ATTACH_MIN, .pt = ioas };

	expect_ok(ioctl(peer.fd, DEVICE_ATTACH, &attach));
	expect_true(attach.pt != ioas);
	expect_ok(node_attach(reset.fd, attach.pt));
	expect_errno(object_destroy(iommufd, ioas), EBUSY);
	expect_ok(node_detach(peer.fd));
	expect_errno(object_destroy(iommufd, ioas), EBUSY);
	expect_ok(node_detach(reset.fd));
	expect_ok(object_destroy(iommufd, ioas));
}

TEST(dma_of_ram)
{
	/* This test maps RAM, in an address space that is there or comes later. */
	int iommufd = iommufd_open();
	__u32 ioas = ioas_new(iommufd);
	struct edu edu;
	char *va = ram(4 * PAGE);

	expect_ok(ioas_map(iommufd, ioas, IOVA, va, 2 * PAGE));
	edu = node_edu_open(iommufd, ioas);
	expect_dma(&edu, IOVA, va);
	expect_ok(ioas_map(iommufd, ioas, 2 * IOVA, va + 2 * PAGE, 2 * PAGE));
	expect_dma(&edu, 2 * IOVA + PAGE, va + 3 * PAGE);
	expect_eq(ioas_unmap(iommufd, ioas, IOVA, 2 * PAGE), 2 * PAGE);
	expect_no_dma(&edu, IOVA, va);
	expect_dma(&edu, 2 * IOVA, va + 2 * PAGE);
}

TEST(no_dma_when_detached)
{
	/* This test detaches a device and attaches it again. */
	int iommufd = iommufd_open();
	__u32 ioas = ioas_new(iommufd);
	struct edu edu = node_edu_open(iommufd, ioas);
	unsigned int seed = pattern_new();
	char *va = ram(PAGE);

	allow_iommu_faults();
	expect_ok(ioas_map(iommufd, ioas, IOVA, va, PAGE));
	expect_dma(&edu, IOVA, va);
	edu_try_begin(&edu, seed, va);
	expect_ok(node_detach(edu.device.fd));
	iommu_faults();
	edu_try(&edu, IOVA);
	expect_true(iommu_faulted());
	expect_ok(node_attach(edu.device.fd, ioas));
	expect_fine(edu_try_end(&edu, seed, va));
	expect_dma(&edu, IOVA, va);
}

TEST(attach_elsewhere)
{
	/* This test takes a device from one address space to another one. */
	int iommufd = iommufd_open();
	__u32 one = ioas_new(iommufd), other = ioas_new(iommufd);
	struct edu edu = node_edu_open(iommufd, one);
	char *va = ram(2 * PAGE);

	expect_ok(ioas_map(iommufd, one, IOVA, va, PAGE));
	expect_ok(ioas_map(iommufd, other, IOVA, va + PAGE, PAGE));
	expect_ok(ioas_map(iommufd, other, SCRATCH_IOVA, edu.scratch, PAGE));
	expect_dma(&edu, IOVA, va);
	expect_ok(node_attach(edu.device.fd, other));
	expect_dma(&edu, IOVA, va + PAGE);
	expect_errno(node_attach(edu.device.fd, 1000), ENOENT);
	expect_dma(&edu, IOVA, va + PAGE);
	expect_ok(object_destroy(iommufd, one));
}

TEST(device_memory_is_not_mapped_by_an_iommufd)
{
	/* This test maps BARs of a device of the iommufd's and of another one. */
	int iommufd = iommufd_open();
	__u32 ioas = ioas_new(iommufd);
	struct edu edu = node_edu_open(iommufd, ioas);
	struct device reset = node_device_open(iommufd, -1, need("reset"));
	struct device peer = device_open(container_open(), need("peer"));
	char *va = ram(3 * PAGE);

	expect_errno(ioas_map(iommufd, ioas, IOVA, region_open(reset.fd, BAR2),
			      PAGE), EFAULT);
	expect_errno(ioas_map(iommufd, ioas, IOVA, region_open(peer.fd, BAR2),
			      MIB), EFAULT);
	region_mmap_at(va + PAGE, peer.fd, BAR2, 0, PAGE);
	expect_errno(ioas_map(iommufd, ioas, IOVA, va, 3 * PAGE), EFAULT);
	expect_ok(ioas_map(iommufd, ioas, IOVA, va, PAGE));
	expect_dma(&edu, IOVA, va);
}

/*
 * Closing.
 */

/* All is closed: anybody can have the device, and no page is pinned. */
static void expect_closed(const char *bdf, long long pins)
{
	int group = group_open(bdf);

	expect_eq(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	expect_eq(pinned_pages(), pins);
	expect_ok(close(group));
}

TEST(close_in_any_order)
{
	/* This test closes a device and its iommufd, either first. */
	long long pins = pinned_pages();

	for (int i = 0; i < 2; i++) {
		int iommufd = iommufd_open();
		__u32 ioas = ioas_new(iommufd);
		struct device peer = node_device_open(iommufd, -1, need("peer"));

		expect_ok(node_attach(peer.fd, ioas));
		expect_ok(ioas_map(iommufd, ioas, IOVA, ram(PAGE), PAGE));
		expect_ok(close(peer.group));
		expect_ok(close(i ? peer.fd : iommufd));
		if (!i)
			expect_errno(open(group_path(peer.bdf), O_RDWR), EBUSY);
		expect_ok(close(i ? iommufd : peer.fd));
		expect_closed(peer.bdf, pins);
	}
}

TEST(dma_without_the_iommufd)
{
	/* This test closes the iommufd: its device goes on. */
	int iommufd = iommufd_open();
	__u32 ioas = ioas_new(iommufd);
	struct edu edu = node_edu_open(iommufd, ioas);
	char *va = ram(PAGE);

	expect_ok(ioas_map(iommufd, ioas, IOVA, va, PAGE));
	expect_ok(close(edu.device.group));
	expect_ok(close(iommufd));
	expect_dma(&edu, IOVA, va);
}

TEST(mmap_keeps_the_device)
{
	/* This test closes a file that is mmapped: the device is open still. */
	int iommufd = iommufd_open();
	struct device peer = node_device_open(iommufd, -1, need("peer"));
	char *bar = region_open(peer.fd, BAR2);

	device_close(&peer);
	expect_eq(write_signal(bar), 0);
	expect_errno(open(group_path(peer.bdf), O_RDWR), EBUSY);
	expect_errno(node_bind(node_open(peer.bdf), iommufd), EINVAL);
	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(node_bind(node_open(peer.bdf), iommufd));
}

TEST(no_dma_of_a_closed_device)
{
	/* This test closes the device that does DMA: it is no longer a master. */
	int iommufd = iommufd_open();
	__u32 ioas = ioas_new(iommufd);
	struct edu edu = node_edu_open(iommufd, ioas);

	expect_ok(munmap((char *)edu.registers, MIB));
	device_close(&edu.device);
	expect_eq(pci_config(edu.device.bdf, PCI_COMMAND, 2) &
		  PCI_COMMAND_MASTER, 0);
	expect_ok(object_destroy(iommufd, ioas));
}

TEST(killed_with_everything_open)
{
	/* This test kills a process that has a device by its node, at work. */
	long long pins = pinned_pages();
	struct turn ready = turn_new();
	pid_t child = child_fork();

	if (!child) {
		int iommufd = iommufd_open();
		__u32 ioas = ioas_new(iommufd);
		struct edu edu = node_edu_open(iommufd, ioas);
		char *va = ram(MIB);

		expect_ok(ioas_map(iommufd, ioas, IOVA, va, MIB));
		edu_put_begin(&edu, IOVA);
		turn_give(&ready);
		pause();
	}
	need_iommufd();
	turn_wait(&ready);
	expect_ok(kill(child, SIGKILL));
	expect_eq(waitpid(child, NULL, 0), child);
	expect_closed(need("edu"), pins);
}
