// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual machines: what KVM is told of groups and devices, and what it keeps.
 * KVM looks vfio's functions up by their names.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "iommufd.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

/* As KVM's vfio device has them; a group was all that it took once. */
#define FILES		1
#define FILE_ADD	1
#define FILE_DEL	2

struct machine {
	int fd;
	int vfio;
	char path[128];
};

static struct machine machine_new(void)
{
	struct kvm_create_device vfio = { .type = KVM_DEV_TYPE_VFIO };
	struct machine machine;
	int kvm;

	if (access("/dev/kvm", F_OK))
		(void)!system("modprobe -a kvm_amd kvm_intel 2> /dev/null");
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		skip("needs KVM in the guest, which no debug kernel has, and a processor with SVM or VMX");
	machine.fd = expect_ok(ioctl(kvm, KVM_CREATE_VM, 0));
	close(kvm);
	expect_ok(ioctl(machine.fd, KVM_CREATE_DEVICE, &vfio));
	machine.vfio = vfio.fd;
	snprintf(machine.path, sizeof(machine.path),
		 "/sys/kernel/debug/kvm/%d-%d", getpid(), machine.fd);

	return machine;
}

static void machine_close(struct machine *machine)
{
	expect_ok(close(machine->vfio));
	expect_ok(close(machine->fd));
}

/* The kernel has it: its own files or a device's have a hold of it. */
static bool machine_is_there(const struct machine *machine)
{
	return !access(machine->path, F_OK);
}

static int attribute(const struct machine *machine, __u64 attr, __s32 file)
{
	struct kvm_device_attr arg = {
		.group = FILES,
		.attr = attr,
		.addr = (unsigned long)&file,
	};

	return ioctl(machine->vfio, KVM_SET_DEVICE_ATTR, &arg);
}

/* KVM takes files of devices as well. */
static bool takes_devices(void)
{
	unsigned int major, minor;
	struct utsname name;

	expect_ok(uname(&name));
	expect_eq(sscanf(name.release, "%u.%u", &major, &minor), 2);

	return major > 6 || minor >= 6;
}

TEST(files_of_a_machine)
{
	/* This test gives files to a machine and takes them back. */
	struct machine machine = machine_new();
	struct device peer = device_open(container_open(), need("peer"));

	expect_ok(attribute(&machine, FILE_ADD, peer.group));
	expect_errno(attribute(&machine, FILE_ADD, peer.group), EEXIST);
	expect_ok(attribute(&machine, FILE_DEL, peer.group));
	expect_errno(attribute(&machine, FILE_DEL, peer.group), ENOENT);

	expect_errno(attribute(&machine, FILE_ADD, -1), EBADF);
	expect_errno(attribute(&machine, FILE_ADD, peer.container), EINVAL);
	expect_errno(attribute(&machine, FILE_ADD, machine.fd), EINVAL);
	if (takes_devices())
		expect_ok(attribute(&machine, FILE_ADD, peer.fd));
	else
		expect_errno(attribute(&machine, FILE_ADD, peer.fd), EINVAL);
	machine_close(&machine);
	expect_true(!machine_is_there(&machine));
}

TEST(machine_keeps_its_files)
{
	/* This test closes a group that a machine has. */
	struct machine machine = machine_new();
	int group = group_open(need("peer"));

	expect_ok(attribute(&machine, FILE_ADD, group));
	expect_ok(close(group));
	expect_errno(open(group_path(need("peer")), O_RDWR), EBUSY);
	machine_close(&machine);
	expect_ok(open(group_path(need("peer")), O_RDWR));
}

TEST(open_device_keeps_its_machine)
{
	/* This test closes a machine that a device was opened for. */
	struct machine machine = machine_new();
	int group = group_open(need("peer")), container = container_open(), fd;

	if (access("/sys/kernel/debug/kvm", F_OK))
		skip("needs debugfs of KVM");
	expect_true(machine_is_there(&machine));
	expect_ok(attribute(&machine, FILE_ADD, group));
	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	fd = expect_ok(group_get_device(group, need("peer")));
	machine_close(&machine);
	expect_true(machine_is_there(&machine));
	expect_ok(close(group_get_device(group, need("peer"))));
	expect_true(machine_is_there(&machine));
	expect_ok(close(fd));
	expect_true(!machine_is_there(&machine));

	/* The next one is nobody's. */
	fd = expect_ok(group_get_device(group, need("peer")));
	expect_ok(config_read(fd, 0, 2));
}

TEST(device_opened_before_its_group_is_given)
{
	/* This test gives a group whose device is open: no hold of the machine. */
	struct machine machine = machine_new();
	struct device peer = device_open(container_open(), need("peer"));

	expect_ok(attribute(&machine, FILE_ADD, peer.group));
	machine_close(&machine);
	expect_true(!machine_is_there(&machine));
	expect_ok(config_read(peer.fd, 0, 2));
}

TEST(bound_device_keeps_its_machine)
{
	/* This test gives a machine the file of a node, then binds it. */
	struct machine machine = machine_new();
	int iommufd = iommufd_open(), fd = node_open(need("peer"));

	expect_ok(attribute(&machine, FILE_ADD, fd));
	expect_ok(node_bind(fd, iommufd));
	machine_close(&machine);
	expect_true(machine_is_there(&machine));
	expect_ok(close(fd));
	expect_true(!machine_is_there(&machine));
}
