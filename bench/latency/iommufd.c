// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not every kernel's headers have what this takes, so it is declared here as the
 * kernel's documentation of its interface has it.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommufd.h"

#define IOMMU(number)	_IO(';', number)

#define IOAS_ALLOC	IOMMU(0x81)
#define IOAS_MAP	IOMMU(0x85)
#define IOAS_UNMAP	IOMMU(0x86)
#define IOAS_MAP_FILE	IOMMU(0x8f)

#define MAP_FIXED_IOVA	1
#define MAP_WRITE	2
#define MAP_READ	4

#define DEVICE_BIND	_IO(VFIO_TYPE, VFIO_BASE + 18)
#define DEVICE_ATTACH	_IO(VFIO_TYPE, VFIO_BASE + 19)

#define FEATURE_DMABUF	11

__u32 ioas_new(int iommufd)
{
	struct {
		__u32 size, flags, id;
	} arg = { .size = sizeof(arg) };

	if (ioctl(iommufd, IOAS_ALLOC, &arg))
		err(1, "an IOAS");

	return arg.id;
}

static int open_node(const char *bdf)
{
	char path[128], name[32] = "";
	struct dirent *entry;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(name, sizeof(name), "%.31s", entry->d_name);
	closedir(dir);

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);

	return fd;
}

int iommufd_device(int iommufd, __u32 ioas, const char *bdf)
{
	struct {
		__u32 argsz, flags;
		__s32 iommufd;
		__u32 id;
	} bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	struct {
		__u32 argsz, flags, ioas;
	} attach = { .argsz = sizeof(attach), .ioas = ioas };
	int device = open_node(bdf);

	if (ioctl(device, DEVICE_BIND, &bind))
		err(1, "binding %s to iommufd", bdf);
	if (ioctl(device, DEVICE_ATTACH, &attach))
		err(1, "attaching %s to an IOAS", bdf);

	return device;
}

int dmabuf_of_bar(int device, __u32 bar, __u64 size)
{
	struct {
		__u32 argsz, feature;
		__u32 bar, open_flags, flags, count;
		__u64 offset, size;
	} arg = {
		.argsz = sizeof(arg),
		.feature = VFIO_DEVICE_FEATURE_GET | FEATURE_DMABUF,
		.bar = bar,
		.open_flags = O_RDWR | O_CLOEXEC,
		.count = 1,
		.size = size,
	};
	int dmabuf = ioctl(device, VFIO_DEVICE_FEATURE, &arg);

	if (dmabuf < 0)
		err(1, "BAR %u as a dma-buf", bar);

	return dmabuf;
}

int ioas_map(int iommufd, __u32 ioas, __u64 iova, const void *va, size_t size)
{
	struct {
		__u32 size, flags, ioas, reserved;
		__u64 va, length, iova;
	} arg = {
		.size = sizeof(arg),
		.flags = MAP_FIXED_IOVA | MAP_READ | MAP_WRITE,
		.ioas = ioas,
		.va = (unsigned long)va,
		.length = size,
		.iova = iova,
	};

	return ioctl(iommufd, IOAS_MAP, &arg);
}

int ioas_map_file(int iommufd, __u32 ioas, __u64 iova, int file, __u64 offset,
		  size_t size)
{
	struct {
		__u32 size, flags, ioas;
		__s32 file;
		__u64 offset, length, iova;
	} arg = {
		.size = sizeof(arg),
		.flags = MAP_FIXED_IOVA | MAP_READ | MAP_WRITE,
		.ioas = ioas,
		.file = file,
		.offset = offset,
		.length = size,
		.iova = iova,
	};

	return ioctl(iommufd, IOAS_MAP_FILE, &arg);
}

int ioas_unmap(int iommufd, __u32 ioas, __u64 iova, size_t *size)
{
	struct {
		__u32 size, ioas;
		__u64 iova, length;
	} arg = {
		.size = sizeof(arg),
		.ioas = ioas,
		.iova = iova,
		.length = *size,
	};
	int ret = ioctl(iommufd, IOAS_UNMAP, &arg);

	*size = arg.length;

	return ret;
}
