/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers, groups, devices and DMA mappings, as a client of VFIO has them.
 *
 * What has "open" in its name must work and ends the test otherwise. What a
 * test may want to see fail is like a system call: a result, or -1 and errno.
 */
#ifndef TEST_VFIO_H
#define TEST_VFIO_H

#include <linux/types.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A device in a container that has a type1 version 2 IOMMU; or one that was
 * opened by its own node: see iommufd.h.
 */
struct device {
	const char *bdf;
	int container;
	int group;
	int fd;
	bool by_node;
};

int container_open(void);
/* One that has an IOMMU, as the device is open in it. */
int container_open_with(const char *bdf);
int container_set_iommu(int container, unsigned long type);

/* /dev/vfio/<group> of the device; in a buffer that the thread's next call reuses. */
const char *group_path(const char *bdf);
int group_open(const char *bdf);
int group_set_container(int group, int container);
int group_unset_container(int group);
__u32 group_flags(int group);
int group_get_device(int group, const char *bdf);

/* The device's group joins the container, which gets an IOMMU if it has none. */
struct device device_open(int container, const char *bdf);
void device_close(struct device *device);
/* Another file of it; by a node there is but one, so a copy of that. */
int device_open_again(const struct device *device);

/*
 * The same where it may fail: 0, or -1 and errno. What may come of it while the
 * device is being bound and unbound: there is no group, or one that is going; no
 * device in it; its lock is held by who unbinds.
 */
int device_try_open(struct device *device, int container, const char *bdf);
#define MAYBE_BOUND	ENOENT, ENXIO, ENODEV, EAGAIN

struct vfio_region_info region_info(int fd, __u32 index);

/* mmap of part of a region; an address, or MAP_FAILED and errno. */
char *region_mmap(int fd, __u32 index, size_t offset, size_t size, int prot);
/* mmap of the whole region, readable and writable. */
char *region_open(int fd, __u32 index);
size_t region_size(int fd, __u32 index);

#define BAR2	VFIO_PCI_BAR2_REGION_INDEX

/* Config space by way of VFIO. Both must work. */
__u32 config_read(int fd, unsigned int pos, unsigned int size);
void config_write(int fd, unsigned int pos, unsigned int size, __u32 value);
void command_set(int fd, __u16 bits);
void command_clear(int fd, __u16 bits);

#define DMA_RW	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

int dma_map_flags(int container, __u64 iova, const void *va, __u64 size,
		  __u32 flags);
int dma_map(int container, __u64 iova, const void *va, __u64 size);

/* Number of bytes that were unmapped, or -1. */
long long dma_unmap_flags(int container, __u64 iova, __u64 size, __u32 flags);
long long dma_unmap(int container, __u64 iova, __u64 size);

/* GET_INFO with room for all capabilities; free() it. */
struct vfio_iommu_type1_info *iommu_info(int container);
/* The capability, or NULL. */
struct vfio_info_cap_header *iommu_cap(struct vfio_iommu_type1_info *info,
				       __u16 id);
/* Number of DMA mappings that the container can still take. */
__u32 dma_avail(int container);

#endif /* TEST_VFIO_H */
