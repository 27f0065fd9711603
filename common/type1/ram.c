// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page frames of a DMA mapping's RAM: see ram.h.
 *
 * Entries lie in blocks of up to a page, which are appended and never move, so a
 * cursor stays good while no entry goes.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "ram.h"

/* Up to this many pages are counted exactly. */
#define VFIO_RAM_EXACT	128UL

/* Of what is longer, an entry takes a power of two: 1 << 8 at least. */
#define VFIO_RAM_LONG	(2 * VFIO_RAM_EXACT)
#define VFIO_RAM_ORDER	(VFIO_RAM_EXACT - 8)

/**
 * struct vfio_ram_block - some of the entries
 * @next: the next block; that of the last is the first
 * @count: entries
 * @room: entries that there is room for
 * @entry: the entries
 */
struct vfio_ram_block {
	struct vfio_ram_block *next;
	u16 count;
	u16 room;
	struct vfio_ram_entry entry[];
};

#define VFIO_RAM_ROOM(bytes)						\
	(((bytes) - offsetof(struct vfio_ram_block, entry)) /		\
	 sizeof(struct vfio_ram_entry))

/* How many pages of a stretch one entry can take. */
static unsigned long vfio_ram_piece(unsigned long npages)
{
	if (npages < VFIO_RAM_LONG)
		return min(npages, VFIO_RAM_EXACT);

	return rounddown_pow_of_two(npages);
}

static unsigned int vfio_ram_count(unsigned long npages)
{
	unsigned int count = 0;

	for (; npages; npages -= vfio_ram_piece(npages))
		count++;

	return count;
}

static struct vfio_ram_entry vfio_ram_pack(unsigned long pfn,
					   unsigned long npages)
{
	unsigned long n = npages <= VFIO_RAM_EXACT ? npages - 1 :
			  ilog2(npages) + VFIO_RAM_ORDER;

	return (struct vfio_ram_entry) {
		.word = { pfn, pfn >> 16, (pfn >> 32 & 0xff) | n << 8 },
	};
}

static unsigned long vfio_ram_pfn(const struct vfio_ram_entry *entry)
{
	return entry->word[0] | (unsigned long)entry->word[1] << 16 |
	       (unsigned long)(entry->word[2] & 0xff) << 32;
}

static unsigned long vfio_ram_npages(const struct vfio_ram_entry *entry)
{
	unsigned long n = entry->word[2] >> 8;

	return n < VFIO_RAM_EXACT ? n + 1 : 1UL << (n - VFIO_RAM_ORDER);
}

/**
 * vfio_ram_make_room() - have vfio_ram_append() succeed
 * @ram: RAM
 * @npages: pages of the stretch that will be appended
 * @more: pages that are likely to be appended after it
 *
 * Return: 0 or -ENOMEM.
 * Context: the user's own: the memory is charged, and the charge may put the
 * process to sleep.
 */
int vfio_ram_make_room(struct vfio_ram *ram, unsigned long npages,
		       unsigned long more)
{
	struct vfio_ram_block *block, *last = ram->last;
	unsigned int count = vfio_ram_count(npages);
	size_t size;

	if (!last ? count == 1 && !ram->filled :
		    count <= last->room - last->count)
		return 0;

	size = min(struct_size(block, entry, count + min(more, PAGE_SIZE)),
		   PAGE_SIZE);
	block = kmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!block)
		return -ENOMEM;

	block->count = 0;
	block->room = VFIO_RAM_ROOM(size);
	if (last) {
		block->next = last->next;
		last->next = block;
	} else {
		block->next = block;
	}
	ram->last = block;

	return 0;
}

/**
 * vfio_ram_append() - add a stretch at the end
 * @ram: RAM, with room made
 * @pfn: first frame, of 40 bits
 * @npages: pages, not 0
 */
void vfio_ram_append(struct vfio_ram *ram, unsigned long pfn,
		     unsigned long npages)
{
	struct vfio_ram_block *last = ram->last;
	unsigned long piece;

	if (!last) {
		ram->first = vfio_ram_pack(pfn, npages);
		ram->filled = true;
		return;
	}

	for (; npages; npages -= piece, pfn += piece) {
		piece = vfio_ram_piece(npages);
		last->entry[last->count++] = vfio_ram_pack(pfn, piece);
	}
}

/**
 * vfio_ram_free() - forget all frames
 * @ram: RAM, unpinned
 */
void vfio_ram_free(struct vfio_ram *ram)
{
	struct vfio_ram_block *block, *next;

	if (!ram->last)
		return;

	for (block = ram->last->next; block != ram->last; block = next) {
		next = block->next;
		kfree(block);
	}
	kfree(block);
}

/* The entry at the cursor, or NULL behind the last; steps into the next block. */
static struct vfio_ram_entry *vfio_ram_entry(struct vfio_ram_cursor *cursor)
{
	struct vfio_ram *ram = cursor->ram;

	if (!cursor->block) {
		if (!cursor->index && ram->filled)
			return &ram->first;
		if (!ram->last)
			return NULL;
		cursor->block = ram->last->next;
		cursor->index = 0;
	}

	while (cursor->index == cursor->block->count) {
		if (cursor->block == ram->last)
			return NULL;
		cursor->block = cursor->block->next;
		cursor->index = 0;
	}

	return &cursor->block->entry[cursor->index];
}

/**
 * vfio_ram_next() - find the next stretch
 * @cursor: where to go on; tells afterwards what was found
 * @most: pages up to the next device run; no entry crosses that
 *
 * Return: false if there is none.
 */
bool vfio_ram_next(struct vfio_ram_cursor *cursor, unsigned long most)
{
	struct vfio_ram_entry *entry = vfio_ram_entry(cursor);

	if (!entry)
		return false;

	cursor->pfn = vfio_ram_pfn(entry);
	cursor->npages = 0;
	do {
		cursor->npages += vfio_ram_npages(entry);
		cursor->index++;
		if (cursor->npages >= most)
			break;
		entry = vfio_ram_entry(cursor);
	} while (entry && vfio_ram_pfn(entry) == cursor->pfn + cursor->npages);

	return true;
}
