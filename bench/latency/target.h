/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured: a VFIO device in a container of its own, through the uapi
 * that every VFIO has, or the floor module in place of both.
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
 * @container: the container, or /dev/vfio-floor
 * @group: the group
 * @device: the device file
 * @bar_offset: where its BAR starts in the device file
 */
struct target {
	bool floor;
	int container;
	int group;
	int device;
	__u64 bar_offset;
};

/* Open what PCI device @bdf is bound to. Its BAR has at least @size bytes. */
void target_open(struct target *t, const char *bdf, size_t size);
void target_close(struct target *t);

/* Both return how long it took, in ticks. The floor ignores @va. */
__u64 target_map(struct target *t, void *va, __u64 iova, size_t size);
__u64 target_unmap(struct target *t, __u64 iova, size_t size);

#endif /* TARGET_H */
