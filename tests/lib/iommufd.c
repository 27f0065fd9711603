// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices opened by their own nodes, and the kernel's iommufd.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "iommufd.h"
#include "pci.h"
#include "test.h"

#define IOMMU(number)	_IO(';', number)

#define IOMMU_DESTROY	IOMMU(0x80)
#define IOAS_ALLOC	IOMMU(0x81)
#define IOAS_MAP	IOMMU(0x85)
#define IOAS_UNMAP	IOMMU(0x86)
#define VFIO_IOAS	IOMMU(0x88)

#define MAP_FIXED_IOVA	1
#define MAP_WRITE	2
#define MAP_READ	4

#define VFIO_IOAS_GET	0
#define VFIO_IOAS_CLEAR	2

bool have_iommufd(void)
{
	return !access("/dev/iommu", F_OK) && !access("/dev/vfio/devices", F_OK);
}

void need_iommufd(void)
{
	if (!have_iommufd())
		skip("needs a kernel with iommufd: use --kernel 7.3");
}

int iommufd_open(void)
{
	need_iommufd();

	return expect_ok(open("/dev/iommu", O_RDWR | O_CLOEXEC));
}

int ioas_try_new(int iommufd)
{
	struct {
		__u32 size, flags, id;
	} arg = { .size = sizeof(arg) };

	return ioctl(iommufd, IOAS_ALLOC, &arg) ? -1 : (int)arg.id;
}

__u32 ioas_new(int iommufd)
{
	return expect_ok(ioas_try_new(iommufd));
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

long long ioas_unmap(int iommufd, __u32 ioas, __u64 iova, size_t size)
{
	struct {
		__u32 size, ioas;
		__u64 iova, length;
	} arg = {
		.size = sizeof(arg),
		.ioas = ioas,
		.iova = iova,
		.length = size,
	};

	return ioctl(iommufd, IOAS_UNMAP, &arg) ? -1 : (long long)arg.length;
}

int object_destroy(int iommufd, __u32 id)
{
	struct {
		__u32 size, id;
	} arg = { .size = sizeof(arg), .id = id };

	return ioctl(iommufd, IOMMU_DESTROY, &arg);
}

struct vfio_ioas {
	__u32 size, ioas;
	__u16 op, reserved;
};

__u32 ioas_of_container(int iommufd)
{
	struct vfio_ioas arg = { .size = sizeof(arg), .op = VFIO_IOAS_GET };

	expect_ok(ioctl(iommufd, VFIO_IOAS, &arg));

	return arg.ioas;
}

int ioas_of_container_clear(int iommufd)
{
	struct vfio_ioas arg = { .size = sizeof(arg), .op = VFIO_IOAS_CLEAR };

	return ioctl(iommufd, VFIO_IOAS, &arg);
}

/* vfio<number>, in a buffer that the thread's next call reuses. */
static const char *device_name(const char *bdf)
{
	static __thread char name[32];
	struct dirent *entry;
	DIR *dir = opendir(pci_path(bdf, "vfio-dev"));

	name[0] = 0;
	if (!dir)
		return name;
	while ((entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(name, sizeof(name), "%.31s", entry->d_name);
	}
	closedir(dir);

	return name;
}

const char *device_entry(const char *bdf, const char *file)
{
	static __thread char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/%s/%s",
		 bdf, device_name(bdf), file);

	return path;
}

const char *device_node(const char *bdf)
{
	static __thread char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", device_name(bdf));

	return path;
}

int node_open(const char *bdf)
{
	need_iommufd();

	return expect_ok(open(device_node(bdf), O_RDWR | O_CLOEXEC));
}

int node_bind(int fd, int iommufd)
{
	struct bind bind = { .argsz = BIND_MIN, .iommufd = iommufd };

	return ioctl(fd, DEVICE_BIND, &bind) ? -1 : (int)bind.id;
}

int node_bind_token(int fd, int iommufd, const void *token)
{
	struct bind bind = {
		.argsz = sizeof(bind),
		.flags = BIND_TOKEN,
		.iommufd = iommufd,
		.token = (unsigned long)token,
	};

	return ioctl(fd, DEVICE_BIND, &bind) ? -1 : (int)bind.id;
}

void node_need_tokens(int iommufd)
{
	static const char none[16];
	int fd = node_open(need("peer"));

	/* That has no virtual functions. */
	expect_true(node_bind_token(fd, iommufd, none) < 0);
	if (errno == E2BIG)
		skip("needs a kernel whose VFIO_DEVICE_BIND_IOMMUFD takes tokens: Linux 6.17");
	expect_ok(close(fd));
}

int node_attach(int fd, __u32 pt)
{
	struct attach attach = { .argsz = ATTACH_MIN, .pt = pt };

	return ioctl(fd, DEVICE_ATTACH, &attach);
}

int node_detach(int fd)
{
	struct attach detach = { .argsz = DETACH_MIN };

	return ioctl(fd, DEVICE_DETACH, &detach);
}

struct device node_device_open(int iommufd, int container, const char *bdf)
{
	struct device device = {
		.bdf = bdf,
		.container = container,
		.group = expect_ok(fcntl(iommufd, F_DUPFD_CLOEXEC, 0)),
		.fd = node_open(bdf),
		.by_node = true,
	};

	expect_ok(node_bind(device.fd, iommufd));

	return device;
}

struct edu node_edu_open(int iommufd, __u32 ioas)
{
	struct edu edu = edu_use(node_device_open(iommufd, -1, need("edu")));

	expect_ok(node_attach(edu.device.fd, ioas));
	expect_ok(ioas_map(iommufd, ioas, SCRATCH_IOVA, edu.scratch, PAGE));

	return edu;
}
