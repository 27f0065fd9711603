// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers: their backend, and DMA mappings.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "memory.h"

void container_open_any(struct fuzzer *self)
{
	int fd;

	begin_call(self, CALL_OPEN_CONTAINER, "/dev/vfio/vfio");
	fd = end_call(self, open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
	if (fd < 0)
		fuzz_fail(self, "no container can be opened");
	file_add(self, FILE_CONTAINER, fd, -1);
}

struct file *container_waiting(struct fuzzer *self)
{
	for (int i = 0; i < self->file_count; i++) {
		struct file *group = &self->files[i];

		if (group->kind != FILE_GROUP || !group->joined)
			continue;
		for (int j = 0; j < self->file_count; j++) {
			if (self->files[j].id == group->joined &&
			    !self->files[j].ready)
				return &self->files[j];
		}
	}

	return NULL;
}

void container_set_type(struct fuzzer *self)
{
	static const unsigned long junk[] = {
		0, VFIO_SPAPR_TCE_IOMMU, VFIO_DMA_CC_IOMMU, VFIO_UNMAP_ALL,
		VFIO_NOIOMMU_IOMMU, 1000, -1,
	};
	struct file *waiting = container_waiting(self);
	struct file *file = waiting ? : file_find(self, FILE_CONTAINER);
	unsigned long type;
	bool good = !one_in(self, 10);

	if (!file)
		return;
	type = file->v1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU;
	if (!good)
		type = PICK(self, junk);

	begin_call(self, CALL_SET_IOMMU, "%d type %ld", file->fd, type);
	/* -EINVAL for a good one: another process has done it. */
	if (end_call(self, ioctl(file->fd, VFIO_SET_IOMMU, type))) {
		if (good && errno == EINVAL && waiting)
			file_set_ready(self, file->id, true);
		return;
	}
	if (!good)
		fuzz_fail(self, "SET_IOMMU takes type %ld", type);
	file_set_ready(self, file->id, true);
}

void container_version(struct fuzzer *self)
{
	struct file *file = file_find(self, FILE_CONTAINER);

	if (!file)
		return;
	begin_call(self, CALL_API_VERSION, "%d", file->fd);
	if (end_call(self, ioctl(file->fd, VFIO_GET_API_VERSION)))
		fuzz_fail(self, "the API has another version");
}

void container_extension(struct fuzzer *self)
{
	struct file *file = file_find(self, FILE_CONTAINER);
	unsigned long extension = below(self, 14);
	long ret;

	if (!file)
		return;
	if (one_in(self, 10))
		extension = prng_next(&self->prng);
	begin_call(self, CALL_CHECK_EXTENSION, "%d extension %ld", file->fd,
		   extension);
	ret = end_call(self, ioctl(file->fd, VFIO_CHECK_EXTENSION, extension));
	if (ret != 0 && ret != 1)
		fuzz_fail(self, "extension %ld is %ld", extension, ret);
	if (extension == VFIO_TYPE1_IOMMU && !ret)
		fuzz_fail(self, "there is no type 1");
}

void container_info(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_CONTAINER);
	union {
		struct vfio_iommu_type1_info info;
		char room[INFO_MAX];
	} data = {};

	if (!file)
		return;
	if (ioctl_info(self, CALL_IOMMU_INFO, file->fd, VFIO_IOMMU_GET_INFO,
		       &data, offsetof(struct vfio_iommu_type1_info,
				       cap_offset))) {
		if (errno == EINVAL && file->kind == FILE_CONTAINER)
			file_set_ready(self, file->id, false);
		return;
	}
	if (file->kind != FILE_CONTAINER)
		return;
	file_set_ready(self, file->id, true);
	if (!(data.info.iova_pgsizes & PAGE))
		fuzz_fail(self, "the IOMMU has page sizes %#llx",
			  data.info.iova_pgsizes);
}

/* Places of their own for most, so that not too many meet. */
static __u64 iova_any(struct fuzzer *self, __u64 va)
{
	__u64 iova = (256 + below(self, 1024)) * WINDOW_SIZE;

	/* As far from a multiple of large pages as the address. */
	if (one_in(self, 2))
		return iova + va % WINDOW_SIZE;
	if (one_in(self, 2))
		return iova + below(self, 1024) * PAGE;

	return iova;
}

static __u64 edge_any(struct fuzzer *self)
{
	static const __u64 edges[] = {
		0, 1, PAGE - 1, PAGE, 0xfee00000, 1ULL << 32, 1ULL << 38,
		(1ULL << 39) - PAGE, 1ULL << 39, 1ULL << 47, 1ULL << 48,
		1ULL << 63, (1ULL << 63) + PAGE, -1ULL, -PAGE, -2 * PAGE,
	};

	return one_in(self, 8) ? prng_next(&self->prng) : PICK(self, edges);
}

static void spoil_map(struct fuzzer *self, struct vfio_iommu_type1_dma_map *map)
{
	switch (below(self, 8)) {
	case 0:
		map->argsz = below(self, 64);
		break;
	case 1:
		map->flags = below(self, 8);
		break;
	case 2:
		map->flags = prng_next(&self->prng);
		break;
	case 3:
		map->iova = edge_any(self);
		break;
	case 4:
		map->vaddr = edge_any(self);
		break;
	case 5:
		map->size = edge_any(self);
		break;
	case 6:
		map->iova += below(self, PAGE);
		map->size += below(self, PAGE);
		break;
	case 7:
		map->vaddr += below(self, PAGE);
		break;
	}
}

static void check_mapped(struct fuzzer *self,
			 const struct vfio_iommu_type1_dma_map *map)
{
	__u32 known = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE |
		      VFIO_DMA_MAP_FLAG_VADDR;

	if (!map->size || (map->size | map->iova | map->vaddr) % PAGE ||
	    map->iova + map->size - 1 < map->iova || map->flags & ~known)
		fuzz_fail(self, "MAP_DMA takes iova %#llx va %#llx size %#llx flags %#x",
			  map->iova, map->vaddr, map->size, map->flags);
}

void container_map(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_CONTAINER);
	struct range range = range_any(self);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ,
		.vaddr = range.va,
		.iova = iova_any(self, range.va),
		.size = range.size,
	};
	void *arg = &map;

	if (!file)
		return;
	if (!range.size) {
		window_mmap_ram(self);
		return;
	}
	if (!file->ready && !one_in(self, 8))
		return;
	if (!one_in(self, 4))
		map.flags |= VFIO_DMA_MAP_FLAG_WRITE;
	if (one_in(self, 6))
		spoil_map(self, &map);
	if (one_in(self, 100))
		arg = pointer_any(self, false);

	begin_call(self, CALL_MAP_DMA,
		   "%d iova %#llx va %#llx size %#llx flags %#x argsz %u%s",
		   file->fd, map.iova, map.vaddr, map.size, map.flags,
		   map.argsz, arg == &map ? "" : " at a bad address");
	if (end_call(self, ioctl(file->fd, VFIO_IOMMU_MAP_DMA, arg)) ||
	    arg != &map || file->kind != FILE_CONTAINER)
		return;

	check_mapped(self, &map);
	self->mappings[self->mapping_next++ % MAPPINGS_MAX] =
		(struct mapping){ file->id, map.iova, map.size };
}

/* One that was made in the container, if one is found. */
static struct mapping mapping_any(struct fuzzer *self, __u64 id)
{
	for (int i = 0; i < 16; i++) {
		struct mapping *mapping = &PICK(self, self->mappings);
		struct mapping found = *mapping;

		if (mapping->id == id && mapping->size) {
			if (!one_in(self, 4))
				mapping->size = 0;
			return found;
		}
	}

	return (struct mapping){ id, iova_any(self, 0), PAGE };
}

static void spoil_unmap(struct fuzzer *self,
			struct vfio_iommu_type1_dma_unmap *unmap)
{
	switch (below(self, 8)) {
	case 0:
		unmap->argsz = below(self, 64);
		break;
	case 1:
		unmap->flags = prng_next(&self->prng) & below(self, 16);
		break;
	case 2:
		unmap->flags = VFIO_DMA_UNMAP_FLAG_ALL;
		unmap->iova = 0;
		unmap->size = 0;
		break;
	case 3:
		unmap->iova = edge_any(self);
		break;
	case 4:
		unmap->size = edge_any(self);
		break;
	case 5:
		unmap->iova = 0;
		unmap->size = 1ULL << 38;
		break;
	case 6:
		unmap->iova += below(self, 4) * PAGE;
		break;
	case 7:
		unmap->size += below(self, 5) * PAGE - 2 * PAGE;
		break;
	}
}

void container_unmap(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_CONTAINER);
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap) };
	struct mapping mapping;
	__u64 size;

	if (!file || (!file->ready && !one_in(self, 8)))
		return;
	mapping = mapping_any(self, file->id);
	unmap.iova = mapping.iova;
	unmap.size = mapping.size;
	if (one_in(self, 5))
		spoil_unmap(self, &unmap);
	size = unmap.size;

	begin_call(self, CALL_UNMAP_DMA,
		   "%d iova %#llx size %#llx flags %#x argsz %u", file->fd,
		   unmap.iova, size, unmap.flags, unmap.argsz);
	if (end_call(self, ioctl(file->fd, VFIO_IOMMU_UNMAP_DMA, &unmap)) ||
	    file->kind != FILE_CONTAINER)
		return;

	/* Of version 1, a mapping goes whole if its begin does. */
	if (unmap.size % PAGE ||
	    (unmap.size > size && !file->v1 &&
	     !(unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL)))
		fuzz_fail(self, "UNMAP_DMA of %#llx bytes at iova %#llx unmaps %#llx",
			  size, unmap.iova, unmap.size);
}
