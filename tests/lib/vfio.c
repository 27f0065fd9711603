// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers, groups, devices and DMA mappings.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pci.h"
#include "test.h"
#include "vfio.h"

int container_open(void)
{
	return expect_ok(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
}

int container_open_with(const char *bdf)
{
	return device_open(container_open(), bdf).container;
}

int container_set_iommu(int container, unsigned long type)
{
	return ioctl(container, VFIO_SET_IOMMU, type);
}

const char *group_path(const char *bdf)
{
	static __thread char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", pci_group(bdf));

	return path;
}

int group_open(const char *bdf)
{
	return expect_ok(open(group_path(bdf), O_RDWR | O_CLOEXEC));
}

int group_set_container(int group, int container)
{
	return ioctl(group, VFIO_GROUP_SET_CONTAINER, &container);
}

int group_unset_container(int group)
{
	return ioctl(group, VFIO_GROUP_UNSET_CONTAINER);
}

__u32 group_flags(int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	expect_ok(ioctl(group, VFIO_GROUP_GET_STATUS, &status));

	return status.flags;
}

int group_get_device(int group, const char *bdf)
{
	return ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
}

struct device device_open(int container, const char *bdf)
{
	struct device device = {
		.bdf = bdf,
		.container = container,
		.group = group_open(bdf),
	};

	expect_ok(group_set_container(device.group, container));
	/* -EINVAL: another group came first. */
	if (container_set_iommu(container, VFIO_TYPE1v2_IOMMU))
		expect_eq(errno, EINVAL);
	device.fd = expect_ok(group_get_device(device.group, bdf));

	return device;
}

int device_try_open(struct device *device, int container, const char *bdf)
{
	int error;

	*device = (struct device){ .bdf = bdf, .container = container };
	device->group = open(group_path(bdf), O_RDWR | O_CLOEXEC);
	if (device->group < 0)
		return -1;

	device->fd = -1;
	if (!group_set_container(device->group, container))
		device->fd = group_get_device(device->group, bdf);
	if (device->fd >= 0)
		return 0;

	error = errno;
	close(device->group);
	errno = error;

	return -1;
}

void device_close(struct device *device)
{
	expect_ok(close(device->fd));
	expect_ok(close(device->group));
}

int device_open_again(const struct device *device)
{
	if (device->by_node)
		return expect_ok(fcntl(device->fd, F_DUPFD_CLOEXEC, 0));

	return expect_ok(group_get_device(device->group, device->bdf));
}

struct vfio_region_info region_info(int fd, __u32 index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info));

	return info;
}

char *region_mmap(int fd, __u32 index, size_t offset, size_t size, int prot)
{
	struct vfio_region_info info = region_info(fd, index);

	return mmap(NULL, size, prot, MAP_SHARED, fd, info.offset + offset);
}

char *region_open(int fd, __u32 index)
{
	char *va = region_mmap(fd, index, 0, region_size(fd, index),
			       PROT_READ | PROT_WRITE);

	expect_true(va != MAP_FAILED);

	return va;
}

size_t region_size(int fd, __u32 index)
{
	return region_info(fd, index).size;
}

__u32 config_read(int fd, unsigned int pos, unsigned int size)
{
	__u64 offset = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	__u32 value = 0;

	expect_eq(pread(fd, &value, size, offset + pos), size);

	return value;
}

void config_write(int fd, unsigned int pos, unsigned int size, __u32 value)
{
	__u64 offset = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;

	expect_eq(pwrite(fd, &value, size, offset + pos), size);
}

void command_set(int fd, __u16 bits)
{
	config_write(fd, PCI_COMMAND, 2,
		     config_read(fd, PCI_COMMAND, 2) | bits);
}

void command_clear(int fd, __u16 bits)
{
	config_write(fd, PCI_COMMAND, 2,
		     config_read(fd, PCI_COMMAND, 2) & ~bits);
}

int dma_map_flags(int container, __u64 iova, const void *va, __u64 size,
		  __u32 flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (unsigned long)va,
		.iova = iova,
		.size = size,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map);
}

int dma_map(int container, __u64 iova, const void *va, __u64 size)
{
	return dma_map_flags(container, iova, va, size, DMA_RW);
}

long long dma_unmap_flags(int container, __u64 iova, __u64 size, __u32 flags)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = flags,
		.iova = iova,
		.size = size,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -1;

	return unmap.size;
}

long long dma_unmap(int container, __u64 iova, __u64 size)
{
	return dma_unmap_flags(container, iova, size, 0);
}

struct vfio_iommu_type1_info *iommu_info(int container)
{
	struct vfio_iommu_type1_info *info = calloc(1, 4096);

	expect_true(info);
	info->argsz = 4096;
	expect_ok(ioctl(container, VFIO_IOMMU_GET_INFO, info));

	return info;
}

struct vfio_info_cap_header *iommu_cap(struct vfio_iommu_type1_info *info,
				       __u16 id)
{
	struct vfio_info_cap_header *cap;
	__u32 offset;

	if (!(info->flags & VFIO_IOMMU_INFO_CAPS))
		return NULL;

	for (offset = info->cap_offset; offset; offset = cap->next) {
		cap = (void *)info + offset;
		if (cap->id == id)
			return cap;
	}

	return NULL;
}

__u32 dma_avail(int container)
{
	struct vfio_iommu_type1_info *info = iommu_info(container);
	struct vfio_iommu_type1_info_dma_avail *cap;
	__u32 avail;

	cap = (void *)iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
	expect_true(cap);
	avail = cap->avail;
	free(info);

	return avail;
}
