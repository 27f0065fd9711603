// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device file: its ioctls, in and out of shape.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define UNKNOWN_IOCTL	_IO(VFIO_TYPE, VFIO_BASE + 99)

/* Opens a device whose group may have others. */
static int open_fd(const char *bdf)
{
	return device_open(container_open(), bdf).fd;
}

static void expect_device_info(const char *bdf)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd = open_fd(bdf);
	struct stat status;
	bool resettable = !stat(pci_path(bdf, "reset_method"), &status);

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, &info));
	expect_eq(info.flags & (VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET),
		  VFIO_DEVICE_FLAGS_PCI |
		  (resettable ? VFIO_DEVICE_FLAGS_RESET : 0));
	expect_eq(info.num_regions, VFIO_PCI_NUM_REGIONS);
	expect_eq(info.num_irqs, VFIO_PCI_NUM_IRQS);
}

TEST(device_info)
{
	/* This test compares what a device says of itself with sysfs. */
	expect_device_info(need("peer"));
	expect_device_info(need("edu"));
	expect_device_info(need("reset"));
	expect_device_info(need("nic"));
}

TEST(device_info_misuse)
{
	/* This test asks for device information with bad sizes and pointers. */
	struct vfio_device_info *info = (void *)ram(PAGE);
	size_t least = offsetof(struct vfio_device_info, cap_offset);
	int fd = open_fd(need("peer"));

	info->argsz = 0;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_INFO, info), EINVAL);
	info->argsz = least - 1;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_INFO, info), EINVAL);
	expect_eq(info->num_regions, 0);
	info->argsz = least;
	info->cap_offset = 12345;
	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, info));
	expect_eq(info->num_regions, VFIO_PCI_NUM_REGIONS);
	expect_eq(info->cap_offset, 12345);
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_INFO, NULL), EFAULT);
	expect_ok(mprotect(info, PAGE, PROT_READ));
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_INFO, info), EFAULT);
}

static void expect_bars(const char *bdf)
{
	__u32 data = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	int fd = open_fd(bdf);

	for (unsigned int bar = 0; bar < 6; bar++) {
		struct pci_resource resource = pci_resource(bdf, bar);
		struct vfio_region_info info = region_info(fd, bar);

		expect_eq(info.size, resource.size);
		if (!resource.size)
			expect_eq(info.flags, 0);
		else if (resource.flags & PCI_RESOURCE_IO)
			expect_eq(info.flags, data);
		else if (resource.size >= PAGE)
			expect_eq(info.flags & ~VFIO_REGION_INFO_FLAG_CAPS,
				  data | VFIO_REGION_INFO_FLAG_MMAP);
		else
			expect_eq(info.flags & data, data);
	}
}

TEST(region_info_of_bars)
{
	/* This test compares size and kind of every BAR with sysfs. */
	expect_bars(need("peer"));
	expect_bars(need("edu"));
	expect_bars(need("reset"));
	expect_bars(need("nic"));
}

TEST(region_info_of_config_space)
{
	/* This test asks for config space, of conventional PCI and of PCIe. */
	static const char * const roles[] = { "edu", "nic" };
	__u32 data = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	struct vfio_region_info info;

	for (int i = 0; i < 2; i++) {
		const char *bdf = need(roles[i]);

		info = region_info(open_fd(bdf), VFIO_PCI_CONFIG_REGION_INDEX);
		expect_eq(info.size, pci_config_size(bdf));
		expect_eq(info.flags, data);
	}
}

TEST(region_info_of_the_rom)
{
	/* This test asks for the ROM, where there is one and where not. */
	struct vfio_region_info info;
	const char *nic = need("nic");

	info = region_info(open_fd(need("peer")), VFIO_PCI_ROM_REGION_INDEX);
	expect_eq(info.size, 0);
	expect_eq(info.flags, 0);

	info = region_info(open_fd(nic), VFIO_PCI_ROM_REGION_INDEX);
	if (!pci_resource(nic, 6).size)
		skip("needs a NIC with an expansion ROM: install the package ipxe-qemu");
	expect_eq(info.size, pci_resource(nic, 6).size);
	expect_eq(info.flags, VFIO_REGION_INFO_FLAG_READ);
}

TEST(regions_do_not_overlap)
{
	/* This test looks for two regions with an offset in common. */
	struct vfio_region_info infos[VFIO_PCI_NUM_REGIONS];
	int fd = open_fd(need("nic"));

	for (int i = 0; i < VFIO_PCI_VGA_REGION_INDEX; i++) {
		infos[i] = region_info(fd, i);
		if (infos[i].flags & VFIO_REGION_INFO_FLAG_MMAP)
			expect_eq(infos[i].offset % PAGE, 0);
		for (int j = 0; j < i; j++)
			expect_true(!infos[i].size || !infos[j].size ||
				    infos[i].offset >= infos[j].offset + infos[j].size ||
				    infos[j].offset >= infos[i].offset + infos[i].size);
	}
}

TEST(region_info_misuse)
{
	/* This test asks for regions with bad sizes, pointers and numbers. */
	struct vfio_region_info *info = (void *)ram(PAGE);
	int fd = open_fd(need("peer"));

	info->index = BAR2;
	info->argsz = 0;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info), EINVAL);
	info->argsz = sizeof(*info) - 1;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info), EINVAL);
	expect_eq(info->size, 0);

	info->argsz = sizeof(*info);
	info->index = VFIO_PCI_VGA_REGION_INDEX;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info), EINVAL);
	info->index = VFIO_PCI_NUM_REGIONS;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info), EINVAL);
	info->index = -1;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info), EINVAL);

	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, NULL), EFAULT);
	info->index = BAR2;
	expect_ok(mprotect(info, PAGE, PROT_READ));
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info), EFAULT);
}

static struct vfio_irq_info irq_info(int fd, __u32 index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, &info));
	expect_true(info.flags & VFIO_IRQ_INFO_EVENTFD);

	return info;
}

TEST(irq_info)
{
	/*
	 * This test asks for interrupts: edu has INTx and one MSI, ivshmem-plain
	 * none at all, e1000e also five MSI-X and errors of PCIe.
	 */
	__u32 level = VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	struct vfio_irq_info info;
	int edu = open_fd(need("edu")), peer = open_fd(need("peer"));
	int nic = open_fd(need("nic"));

	info = irq_info(edu, VFIO_PCI_INTX_IRQ_INDEX);
	expect_eq(info.count, 1);
	expect_eq(info.flags & level, level);
	info = irq_info(edu, VFIO_PCI_MSI_IRQ_INDEX);
	expect_eq(info.count, 1);
	expect_eq(info.flags & level, 0);
	expect_true(info.flags & VFIO_IRQ_INFO_NORESIZE);
	expect_eq(irq_info(edu, VFIO_PCI_MSIX_IRQ_INDEX).count, 0);
	expect_eq(irq_info(edu, VFIO_PCI_REQ_IRQ_INDEX).count, 1);

	expect_eq(irq_info(peer, VFIO_PCI_INTX_IRQ_INDEX).count, 0);
	expect_eq(irq_info(peer, VFIO_PCI_MSI_IRQ_INDEX).count, 0);

	expect_eq(irq_info(nic, VFIO_PCI_MSIX_IRQ_INDEX).count, 5);
	expect_eq(irq_info(nic, VFIO_PCI_ERR_IRQ_INDEX).count, 1);
}

TEST(irq_info_misuse)
{
	/* This test asks for interrupts with bad sizes, pointers and numbers. */
	struct vfio_irq_info *info = (void *)ram(PAGE);
	int fd = open_fd(need("edu"));

	info->argsz = sizeof(*info) - 1;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info), EINVAL);
	info->argsz = 0;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info), EINVAL);

	info->argsz = sizeof(*info);
	info->index = VFIO_PCI_NUM_IRQS;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info), EINVAL);
	info->index = -1;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info), EINVAL);
	/* Conventional PCI has no errors to report. */
	info->index = VFIO_PCI_ERR_IRQ_INDEX;
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info), EINVAL);

	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, NULL), EFAULT);
	info->index = VFIO_PCI_INTX_IRQ_INDEX;
	expect_ok(mprotect(info, PAGE, PROT_READ));
	expect_errno(ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info), EFAULT);
}

TEST(reset_without_a_method)
{
	/* This test resets a device that cannot be reset. */
	struct stat status;
	const char *bdf = need("peer");

	expect_errno(stat(pci_path(bdf, "reset_method"), &status), ENOENT);
	expect_errno(ioctl(open_fd(bdf), VFIO_DEVICE_RESET), EINVAL);
}

TEST(feature_misuse)
{
	/* This test asks for features in bad shape, and for unknown ones. */
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature) - 1,
		.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET | 999,
	};
	int fd = open_fd(need("peer"));

	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, NULL), EFAULT);
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, &feature), EINVAL);
	feature.argsz = sizeof(feature);
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, &feature), ENOTTY);
	feature.flags |= 1U << 31;
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, &feature), EINVAL);
	feature.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET | 999;
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, &feature), EINVAL);
}

TEST(unknown_ioctl_of_a_device)
{
	/* This test sends ioctls that a device does not have. */
	int fd = open_fd(need("peer"));

	expect_errno(ioctl(fd, UNKNOWN_IOCTL, NULL), ENOTTY);
	expect_errno(ioctl(fd, VFIO_GET_API_VERSION), ENOTTY);
	expect_errno(ioctl(fd, VFIO_GROUP_GET_STATUS, NULL), ENOTTY);
	expect_errno(ioctl(fd, VFIO_GROUP_GET_DEVICE_FD, NULL), ENOTTY);
}

TEST(device_file_has_no_position)
{
	/* This test seeks in a device file. */
	int fd = open_fd(need("peer"));

	expect_errno(lseek(fd, 0, SEEK_SET), ESPIPE);
}

TEST(device_opens_many_times)
{
	/* This test opens one device several times: all files are as good. */
	struct device peer = device_open(container_open(), need("peer"));
	char *first = region_open(peer.fd, BAR2), *last = NULL;

	for (int i = 0; i < 10; i++) {
		int fd = expect_ok(group_get_device(peer.group, peer.bdf));

		last = region_open(fd, BAR2);
		if (i % 2)
			expect_ok(close(fd));
	}
	expect_ok(close(peer.fd));
	strcpy(first + 5 * PAGE, "written here");
	expect_true(!strcmp(last + 5 * PAGE, "written here"));
}
