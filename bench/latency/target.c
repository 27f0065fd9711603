// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../floor/vfio-floor.h"
#include "iommufd.h"
#include "target.h"
#include "ticks.h"

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

static struct vfio_region_info region_info(struct target *t, __u32 index)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = index,
	};

	if (ioctl(t->device, VFIO_DEVICE_GET_REGION_INFO, &region))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");

	return region;
}

/* A line a BAR: where it starts, where it ends, its flags. */
static __u64 sysfs_bar_size(struct target *t)
{
	unsigned long long start = 0, end = 0, flags = 0;
	char path[PATH_MAX];
	FILE *file;
	__u32 i;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource",
		 t->bdf);
	file = fopen(path, "r");
	if (!file)
		err(1, "%s", path);
	for (i = 0; i <= t->bar; i++)
		if (fscanf(file, "%llx %llx %llx", &start, &end, &flags) != 3)
			errx(1, "%s has no BAR %u", path, t->bar);
	fclose(file);

	return end ? end - start + 1 : 0;
}

static void open_device(struct target *t)
{
	struct vfio_region_info region;

	if (t->iommufd) {
		t->device = iommufd_device(t->container, t->ioas, t->bdf);
		region = region_info(t, VFIO_PCI_BAR0_REGION_INDEX + t->bar);
		t->dmabuf = dmabuf_of_bar(t->device, t->bar, region.size);
		return;
	}

	t->device = ioctl(t->group, VFIO_GROUP_GET_DEVICE_FD, t->bdf);
	if (t->device < 0)
		err(1, "VFIO_GROUP_GET_DEVICE_FD %s", t->bdf);
}

static void open_regions(struct target *t)
{
	struct vfio_region_info region;

	region = region_info(t, VFIO_PCI_BAR0_REGION_INDEX + t->bar);
	t->bar_size = region.size;
	t->bar_offset = region.offset;
	region = region_info(t, VFIO_PCI_CONFIG_REGION_INDEX);
	t->config_size = region.size;
	t->config_offset = region.offset;
}

static void join_container(struct target *t)
{
	t->group = open_group(t->bdf);
	if (ioctl(t->group, VFIO_GROUP_SET_CONTAINER, &t->container))
		err(1, "VFIO_GROUP_SET_CONTAINER");
}

void target_open(struct target *t)
{
	if (t->floor) {
		t->container = open_file("/dev/vfio-floor");
		t->bar_size = sysfs_bar_size(t);
		return;
	}

	if (t->iommufd) {
		t->container = open_file("/dev/iommu");
		t->ioas = ioas_new(t->container);
	} else {
		t->container = open_file("/dev/vfio/vfio");
		join_container(t);
		if (ioctl(t->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
			err(1, "VFIO_SET_IOMMU");
	}
	open_device(t);
	open_regions(t);
}

void target_open_beside(struct target *t, const struct target *first,
			const char *bdf)
{
	*t = *first;
	t->bdf = bdf;
	t->container = fcntl(first->container, F_DUPFD_CLOEXEC, 0);
	if (t->container < 0)
		err(1, "a container");
	if (!t->iommufd)
		join_container(t);
	open_device(t);
	open_regions(t);
}

struct target target_with_bar(const struct target *t,
			      const struct target *owner)
{
	struct target both = *t;

	both.device = owner->device;
	both.bar_offset = owner->bar_offset;
	both.dmabuf = owner->dmabuf;

	return both;
}

void target_close(struct target *t)
{
	if (t->iommufd)
		close(t->dmabuf);
	if (!t->floor)
		close(t->device);
	if (!t->floor && !t->iommufd)
		close(t->group);
	close(t->container);
}

static __u64 floor_call(struct target *t, unsigned long call, __u64 iova,
			size_t size, size_t stride, size_t count)
{
	struct vfio_floor_ranges ranges = {
		.iova = iova,
		.size = size,
		.stride = stride,
		.bar = t->bar,
		.count = count,
	};

	if (ioctl(t->container, call, &ranges))
		err(1, "the floor module");

	return ranges.ticks;
}

__u64 target_floor_map(struct target *t, __u64 iova, size_t stride,
		       size_t count)
{
	return floor_call(t, VFIO_FLOOR_MAP, iova, getpagesize(), stride,
			  count);
}

__u64 target_floor_unmap(struct target *t, __u64 iova, size_t stride,
			 size_t count)
{
	return floor_call(t, VFIO_FLOOR_UNMAP, iova, getpagesize(), stride,
			  count);
}

static __u64 iommufd_map(struct target *t, void *va, __u64 iova, size_t size)
{
	__u64 start, end;
	int ret;

	start = ticks();
	ret = ioas_map(t->container, t->ioas, iova, va, size);
	end = ticks();
	if (ret)
		err(1, "IOMMU_IOAS_MAP");

	return end - start;
}

static __u64 iommufd_unmap(struct target *t, __u64 iova, size_t size)
{
	size_t unmapped = size;
	__u64 start, end;
	int ret;

	start = ticks();
	ret = ioas_unmap(t->container, t->ioas, iova, &unmapped);
	end = ticks();
	if (ret || unmapped != size)
		err(1, "IOMMU_IOAS_UNMAP");

	return end - start;
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
		return floor_call(t, VFIO_FLOOR_MAP, iova, size, 0, 1);
	if (t->iommufd)
		return iommufd_map(t, va, iova, size);

	start = ticks();
	ret = ioctl(t->container, VFIO_IOMMU_MAP_DMA, &map);
	end = ticks();
	if (ret)
		err(1, "VFIO_IOMMU_MAP_DMA");

	return end - start;
}

__u64 target_map_bar(struct target *t, void *va, __u64 offset, __u64 iova,
		     size_t size)
{
	__u64 start, end;
	int ret;

	if (!t->iommufd)
		return target_map(t, va, iova, size);

	start = ticks();
	ret = ioas_map_file(t->container, t->ioas, iova, t->dmabuf, offset,
			    size);
	end = ticks();
	if (ret)
		err(1, "IOMMU_IOAS_MAP_FILE");

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
		return floor_call(t, VFIO_FLOOR_UNMAP, iova, size, 0, 1);
	if (t->iommufd)
		return iommufd_unmap(t, iova, size);

	start = ticks();
	ret = ioctl(t->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	end = ticks();
	if (ret || unmap.size != size)
		err(1, "VFIO_IOMMU_UNMAP_DMA");

	return end - start;
}

volatile __u32 *target_registers(struct target *t)
{
	struct vfio_region_info region;
	void *registers;

	region = region_info(t, VFIO_PCI_BAR0_REGION_INDEX);
	registers = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 t->device, region.offset);
	if (registers == MAP_FAILED)
		err(1, "mmap of the registers of %s", t->bdf);

	return registers;
}

__u64 target_config_read(struct target *t, unsigned int pos, void *value,
			 size_t size)
{
	__u64 start, end;
	ssize_t ret;

	start = ticks();
	ret = pread(t->device, value, size, t->config_offset + pos);
	end = ticks();
	if (ret != (ssize_t)size)
		err(1, "reading config space at %#x", pos);

	return end - start;
}

__u64 target_config_write(struct target *t, unsigned int pos, const void *value,
			  size_t size)
{
	__u64 start, end;
	ssize_t ret;

	start = ticks();
	ret = pwrite(t->device, value, size, t->config_offset + pos);
	end = ticks();
	if (ret != (ssize_t)size)
		err(1, "writing config space at %#x", pos);

	return end - start;
}

void target_config_set(struct target *t, unsigned int pos, __u16 bits)
{
	__u16 value;

	target_config_read(t, pos, &value, sizeof(value));
	value |= bits;
	target_config_write(t, pos, &value, sizeof(value));
}

__u64 target_memory(struct target *t, bool on)
{
	__u16 command;

	target_config_read(t, PCI_COMMAND, &command, sizeof(command));
	if (on)
		command |= PCI_COMMAND_MEMORY;
	else
		command &= ~PCI_COMMAND_MEMORY;

	return target_config_write(t, PCI_COMMAND, &command, sizeof(command));
}

__u64 target_close_device(struct target *t)
{
	__u64 start, end;
	int ret;

	start = ticks();
	ret = close(t->device);
	end = ticks();
	if (ret)
		err(1, "closing the device");
	if (t->iommufd)
		close(t->dmabuf);
	open_device(t);

	return end - start;
}
