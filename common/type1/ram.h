/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page frames of a DMA mapping's RAM, in IOVA order, in little memory.
 *
 * Adjacent frames are one stretch. A stretch is kept as entries of 6 bytes: where
 * it begins, and how long it is. So a single page takes 6 bytes, a huge page, too.
 * The IOVA is not kept: RAM fills a DMA mapping from its first IOVA on, around the
 * mapping's device runs.
 */
#ifndef VFIO_TYPE1_RAM_H
#define VFIO_TYPE1_RAM_H

#include <linux/types.h>

struct vfio_ram_block;

/**
 * struct vfio_ram_entry - adjacent page frames
 * @word: 40 bits of frame number, least significant first; above them 8 bits for
 *	the number of pages: n < 128 stands for n + 1 pages, n >= 128 for
 *	1 << (n - 120)
 */
struct vfio_ram_entry {
	u16 word[3];
};

/**
 * struct vfio_ram - the page frames
 * @last: the last block of a ring, or NULL; the first block follows it
 * @first: the first entry, which needs no block
 * @filled: whether @first is one
 */
struct vfio_ram {
	struct vfio_ram_block *last;
	struct vfio_ram_entry first;
	u16 filled;
};

/**
 * struct vfio_ram_cursor - a place in the RAM of a DMA mapping
 * @ram: the RAM
 * @block: the block, NULL for @ram->first
 * @index: of the next entry in it
 * @pfn: first frame of the stretch that vfio_ram_next() found
 * @npages: its length
 */
struct vfio_ram_cursor {
	struct vfio_ram *ram;
	struct vfio_ram_block *block;
	unsigned int index;
	unsigned long pfn;
	unsigned long npages;
};

int vfio_ram_make_room(struct vfio_ram *ram, unsigned long npages,
		       unsigned long more);
void vfio_ram_append(struct vfio_ram *ram, unsigned long pfn,
		     unsigned long npages);
void vfio_ram_free(struct vfio_ram *ram);

static inline void vfio_ram_begin(struct vfio_ram_cursor *cursor,
				  struct vfio_ram *ram)
{
	cursor->ram = ram;
	cursor->block = NULL;
	cursor->index = 0;
}

bool vfio_ram_next(struct vfio_ram_cursor *cursor, unsigned long most);

#endif /* VFIO_TYPE1_RAM_H */
