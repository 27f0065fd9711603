/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own iommufd in place of a container: an address space (IOAS), a
 * device opened by its node and attached to it, and the device's BAR as a
 * dma-buf, which is how iommufd maps one.
 */
#ifndef IOMMUFD_H
#define IOMMUFD_H

#include <linux/types.h>
#include <stddef.h>

__u32 ioas_new(int iommufd);

/* Opens the device by its node, and attaches it. */
int iommufd_device(int iommufd, __u32 ioas, const char *bdf);

/* So many bytes of a device's BAR, from its start, as a dma-buf. */
int dmabuf_of_bar(int device, __u32 bar, __u64 size);

/* Like the ioctls. */
int ioas_map(int iommufd, __u32 ioas, __u64 iova, const void *va, size_t size);
int ioas_map_file(int iommufd, __u32 ioas, __u64 iova, int file, __u64 offset,
		  size_t size);
int ioas_unmap(int iommufd, __u32 ioas, __u64 iova, size_t *size);

#endif /* IOMMUFD_H */
