/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured: a VFIO device in a container of its own, through the uapi
 * that every VFIO has, or the same with the kernel's iommufd in place of the
 * container, or the floor module in place of both.
 *
 * A benchmark that cannot do what it was asked has nothing to report: every
 * failure ends the program with a message.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/**
 * struct target - an open device
 * @floor: it is the floor module, which knows DMA mappings only
 * @iommufd: it is iommufd
 * @container: the container, or /dev/iommu, or /dev/vfio-floor
 * @ioas: on iommufd, the address space
 * @group: the group; on iommufd, none
 * @device: the device file
 * @dmabuf: on iommufd, the device's BAR as a dma-buf
 * @bdf: its PCI address
 * @bar: index of the BAR to work on
 * @bar_size: bytes of it
 * @bar_offset: where it starts in the device file
 * @config_size: bytes of config space
 * @config_offset: where that starts in the device file
 * @fit: leave out what the device lacks
 */
struct target {
	bool floor;
	bool iommufd;
	int container;
	__u32 ioas;
	int group;
	int device;
	int dmabuf;
	const char *bdf;
	__u32 bar;
	__u64 bar_size;
	__u64 bar_offset;
	__u64 config_size;
	__u64 config_offset;
	bool fit;
};

/*
 * Open what the PCI device is bound to, by the door that @floor and @iommufd say.
 * Of @t, floor, iommufd, bdf, bar and fit are set.
 */
void target_open(struct target *t);
/* The same in the container of @first. */
void target_open_beside(struct target *t, const struct target *first,
			const char *bdf);
void target_close(struct target *t);

/* @t's container and @owner's BAR, to map the one for the other; not to close. */
struct target target_with_bar(const struct target *t,
			      const struct target *owner);

/* Maps BAR 0, until the process ends. */
volatile __u32 *target_registers(struct target *t);
/* Sets those bits of a register of config space, of two bytes. */
void target_config_set(struct target *t, unsigned int pos, __u16 bits);

/* All that follow return how long it took, in ticks. */

/* An access to config space, by one call. */
__u64 target_config_read(struct target *t, unsigned int pos, void *value,
			 size_t size);
__u64 target_config_write(struct target *t, unsigned int pos, const void *value,
			  size_t size);

/* @va is at @offset of the BAR, if it is the BAR. The floor ignores both. */
__u64 target_map_bar(struct target *t, void *va, __u64 offset, __u64 iova,
		     size_t size);
__u64 target_map(struct target *t, void *va, __u64 iova, size_t size);
__u64 target_unmap(struct target *t, __u64 iova, size_t size);

/* On the floor only: a bare call for each of @count pages, @stride apart. */
__u64 target_floor_map(struct target *t, __u64 iova, size_t stride,
		       size_t count);
__u64 target_floor_unmap(struct target *t, __u64 iova, size_t stride,
			 size_t count);

/* The write to the command register that turns the memory on, or off. */
__u64 target_memory(struct target *t, bool on);

/* Closes the device, which nothing else keeps open, and opens it again. */
__u64 target_close_device(struct target *t);

#endif /* TARGET_H */
