// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../floor/vfio-floor.h"
#include "target.h"
#include "ticks.h"

#define BAR	2

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);

	return fd;
}

static int open_group(const char *bdf)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		err(1, "%s", path);
	link[len] = 0;

	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(link));

	return open_file(path);
}

void target_open(struct target *t, const char *bdf, size_t size)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = VFIO_PCI_BAR0_REGION_INDEX + BAR,
	};

	if (t->floor) {
		t->container = open_file("/dev/vfio-floor");
		return;
	}

	t->container = open_file("/dev/vfio/vfio");
	t->group = open_group(bdf);
	if (ioctl(t->group, VFIO_GROUP_SET_CONTAINER, &t->container))
		err(1, "VFIO_GROUP_SET_CONTAINER");
	if (ioctl(t->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		err(1, "VFIO_SET_IOMMU");
	t->device = ioctl(t->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (t->device < 0)
		err(1, "VFIO_GROUP_GET_DEVICE_FD %s", bdf);

	if (ioctl(t->device, VFIO_DEVICE_GET_REGION_INFO, &region))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");
	if (region.size < size)
		errx(1, "BAR %d of %s has only %llu bytes", BAR, bdf,
		     region.size);
	t->bar_offset = region.offset;
}

void target_close(struct target *t)
{
	if (!t->floor) {
		close(t->device);
		close(t->group);
	}
	close(t->container);
}

static __u64 floor_call(struct target *t, unsigned long call, __u64 iova,
			size_t size)
{
	struct vfio_floor_range range = {
		.iova = iova,
		.size = size,
		.bar = BAR,
	};

	if (ioctl(t->container, call, &range))
		err(1, "the floor module");

	return range.ticks;
}

__u64 target_map(struct target *t, void *va, __u64 iova, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (unsigned long)va,
		.iova = iova,
		.size = size,
	};
	__u64 start, end;
	int ret;

	if (t->floor)
		return floor_call(t, VFIO_FLOOR_MAP, iova, size);

	start = ticks();
	ret = ioctl(t->container, VFIO_IOMMU_MAP_DMA, &map);
	end = ticks();
	if (ret)
		err(1, "VFIO_IOMMU_MAP_DMA");

	return end - start;
}

__u64 target_unmap(struct target *t, __u64 iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};
	__u64 start, end;
	int ret;

	if (t->floor)
		return floor_call(t, VFIO_FLOOR_UNMAP, iova, size);

	start = ticks();
	ret = ioctl(t->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	end = ticks();
	if (ret || unmap.size != size)
		err(1, "VFIO_IOMMU_UNMAP_DMA");

	return end - start;
}
