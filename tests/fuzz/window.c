// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses: what is mmapped, moved, touched and unmapped there.
 *
 * All of it happens in windows at fixed addresses, so that a run which is
 * repeated meets the same ones. A window holds pieces of RAM and of device memory
 * side by side, and holes. What exactly is where the fuzzer does not follow; only
 * what it needs to let go of a device, and not to write to registers. That is
 * known of a window as a whole and forgotten when all of it is unmapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "memory.h"
#include "pci.h"

#define ARENA	0x100000000000UL

static int prot_any(struct fuzzer *self)
{
	static const int rare[] = {
		PROT_READ, PROT_WRITE, PROT_NONE, PROT_READ | PROT_EXEC,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};

	return one_in(self, 4) ? PICK(self, rare) : PROT_READ | PROT_WRITE;
}

static __u64 window_va(struct fuzzer *self, const struct window *window)
{
	return ARENA + (window - self->windows) * WINDOW_SIZE;
}

static struct window *window_any(struct fuzzer *self)
{
	return &PICK(self, self->windows);
}

static struct window *window_used(struct fuzzer *self)
{
	struct window *window = window_any(self);

	for (int i = 0; i < 8 && !window->size; i++)
		window = window_any(self);

	return window;
}

/* Mostly small. At most that of a window. */
static size_t size_any(struct fuzzer *self)
{
	switch (below(self, 16)) {
	case 0:
		return MIB;
	case 1:
		return 2 * MIB;
	case 2:
		return 4 * MIB;
	case 3 ... 5:
		return PAGE * (1 + below(self, 64));
	default:
		return PAGE * (1 + below(self, 8));
	}
}

/* Part of what was mmapped last in the window. */
static struct range range_part(struct fuzzer *self, struct window *window)
{
	size_t pages = window->size / PAGE, first = 0, count = pages;

	if (pages && one_in(self, 3)) {
		first = below(self, pages);
		count = 1 + below(self, pages - first);
	}

	return (struct range){
		.window = window,
		.va = window_va(self, window) + window->start + first * PAGE,
		.size = count * PAGE,
	};
}

struct range range_any(struct fuzzer *self)
{
	struct window *window = window_used(self);
	struct range range = range_part(self, window);

	/* Into the neighbourhood, and into holes. */
	if (one_in(self, 12)) {
		range.va = window_va(self, window) +
			   below(self, WINDOW_SIZE / PAGE / 2) * PAGE;
		range.size = PAGE * (1 + below(self, 128));
	}

	return range;
}

void *pointer_any(struct fuzzer *self, bool writes)
{
	struct range range = range_any(self);

	if (one_in(self, 4))
		return NULL;
	/* The kernel's writes are not to reach registers either. */
	if (writes && range.window->registers)
		return (void *)-1L;

	return (void *)(range.va + below(self, PAGE));
}

/*
 * Where @size bytes are to go: behind what is there, so that one DMA mapping can
 * cover both, or anywhere in the window.
 */
static struct range place_any(struct fuzzer *self, size_t size)
{
	struct window *window = window_any(self);
	size_t at = window->start + window->size;

	if (!window->size || at + size > WINDOW_SIZE || one_in(self, 2))
		at = one_in(self, 2) ? 0 :
		     below(self, WINDOW_SIZE / PAGE / 2) * PAGE;

	return (struct range){
		.window = window,
		.va = window_va(self, window) + at,
		.size = size,
	};
}

/* There is something now. */
static void placed(struct fuzzer *self, const struct range *range)
{
	struct window *window = range->window;
	size_t at = range->va - window_va(self, window);

	if (!window->size || at != window->start + window->size) {
		window->start = at;
		window->size = 0;
	}
	window->size += range->size;
}

static void place(struct fuzzer *self, const struct range *range, int prot,
		  int flags, int fd, __u64 offset)
{
	void *va = (void *)range->va, *got;

	begin_call(self, CALL_MMAP,
		   "va %#llx size %#llx prot %d flags %#x fd %d offset %#llx",
		   range->va, range->size, prot, flags, fd, offset);
	got = mmap(va, range->size, prot, flags | MAP_FIXED, fd, offset);
	if (end_call(self, got == MAP_FAILED ? -1 : 0))
		return;
	if (got != va)
		fuzz_fail(self, "mmap at %p gives %p", va, got);
	placed(self, range);
}

void window_mmap_ram(struct fuzzer *self)
{
	size_t size = size_any(self);
	int flags = MAP_ANONYMOUS;
	struct range range;

	/* Pinning a lot takes long. */
	if (size > 64 * PAGE && !one_in(self, 8))
		size = PAGE;
	range = place_any(self, size);
	flags |= one_in(self, 4) ? MAP_SHARED : MAP_PRIVATE;
	if (size == 2 * MIB && one_in(self, 2))
		flags |= MAP_HUGETLB;
	place(self, &range, prot_any(self), flags, -1, 0);
}

/*
 * Part of the region; too much at times. Whatever comes of it, the window may
 * then hold memory of the device.
 */
static void mmap_region(struct fuzzer *self, const struct file *file,
			unsigned int index)
{
	struct target *target = &self->board->targets[file->target];
	size_t size = size_any(self), room = target->regions[index].size;
	__u64 offset = target->regions[index].offset;
	int flags = one_in(self, 16) ? MAP_PRIVATE : MAP_SHARED;
	struct range range;

	if (size > room && !one_in(self, 8))
		size = room & -PAGE ?: PAGE;
	if (room > size && one_in(self, 2))
		offset += below(self, (room - size) / PAGE + 1) * PAGE;
	if (one_in(self, 32))
		offset = prng_next(&self->prng) & -PAGE;
	if (one_in(self, 16))
		flags |= MAP_POPULATE;

	range = place_any(self, size);
	range.window->targets |= 1U << file->target;
	if (!target->memory || index != VFIO_PCI_BAR2_REGION_INDEX)
		range.window->registers = true;
	place(self, &range, prot_any(self), flags, file->fd, offset);
}

void window_mmap_region(struct fuzzer *self)
{
	struct file *file = file_find(self, FILE_DEVICE);
	unsigned int index = VFIO_PCI_BAR2_REGION_INDEX;

	if (!file)
		return;
	if (!self->board->targets[file->target].memory)
		index = VFIO_PCI_BAR0_REGION_INDEX;
	if (one_in(self, 16))
		index = below(self, TARGET_REGIONS);
	mmap_region(self, file, index);
}

/* Device memory by another way than vfio: type1 must not take it. */
void window_mmap_foreign(struct fuzzer *self)
{
	struct target *target = &self->board->targets[target_any(self)];
	struct range range;
	int fd;

	if (!target->memory)
		return;
	fd = open(pci_path(target->bdf, "resource2"), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	range = place_any(self, 4 * PAGE);
	range.window->foreign = true;
	place(self, &range, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
}

static void window_clear(struct fuzzer *self, struct window *window)
{
	__u64 va = window_va(self, window);

	begin_call(self, CALL_MUNMAP, "va %#llx size %#lx", va, WINDOW_SIZE);
	if (end_call(self, munmap((void *)va, WINDOW_SIZE)))
		fuzz_fail(self, "munmap of a whole window fails");
	*window = (struct window){};
}

void window_munmap(struct fuzzer *self)
{
	struct range range = range_any(self);

	if (range.window->foreign || one_in(self, 2)) {
		window_clear(self, range.window);
		return;
	}
	begin_call(self, CALL_MUNMAP, "va %#llx size %#llx", range.va,
		   range.size);
	end_call(self, munmap((void *)range.va, range.size));
}

/*
 * Not what is foreign: 6.1 warns of device memory that was moved, if it was all
 * mapped at once, which vfio's is not.
 */
void window_mremap(struct fuzzer *self)
{
	struct range from = range_any(self), to;
	size_t size = from.size;
	void *got;

	if (from.window->foreign)
		return;
	/* Device memory does not grow. */
	if (one_in(self, 8))
		size = size_any(self);
	to = place_any(self, size);
	to.window->targets |= from.window->targets;
	to.window->registers |= from.window->registers;
	if (to.window == from.window)
		return;

	begin_call(self, CALL_MREMAP, "va %#llx size %#llx to %#llx size %#llx",
		   from.va, from.size, to.va, to.size);
	got = mremap((void *)from.va, from.size, to.size,
		     MREMAP_MAYMOVE | MREMAP_FIXED, (void *)to.va);
	if (end_call(self, got == MAP_FAILED ? -1 : 0))
		return;
	placed(self, &to);
	if (from.size == from.window->size)
		from.window->size = 0;
}

void window_mprotect(struct fuzzer *self)
{
	struct range range = range_any(self);
	int prot = prot_any(self);

	begin_call(self, CALL_MPROTECT, "va %#llx size %#llx prot %d", range.va,
		   range.size, prot);
	end_call(self, mprotect((void *)range.va, range.size, prot));
}

void window_madvise(struct fuzzer *self)
{
	static const int advices[] = {
		MADV_DONTFORK, MADV_DOFORK, MADV_DONTNEED, MADV_WILLNEED,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLD, MADV_FREE,
	};
	struct range range = range_any(self);
	int advice = PICK(self, advices);

	begin_call(self, CALL_MADVISE, "va %#llx size %#llx advice %d",
		   range.va, range.size, advice);
	end_call(self, madvise((void *)range.va, range.size, advice));
}

void window_mlock(struct fuzzer *self)
{
	struct range range = range_any(self);

	begin_call(self, CALL_MLOCK, "va %#llx size %#llx", range.va,
		   range.size);
	if (one_in(self, 2))
		end_call(self, mlock((void *)range.va, range.size));
	else
		end_call(self, munlock((void *)range.va, range.size));
}

/* The signal that comes of it counts as an error: SIGBUS EIO, SIGSEGV EFAULT. */
void window_touch(struct fuzzer *self)
{
	struct range range = range_any(self);
	bool write = !range.window->registers && one_in(self, 2);
	char *byte = (char *)range.va;
	int number;

	if (!range.size)
		return;
	byte += below(self, range.size);
	begin_call(self, CALL_TOUCH, "%s va %p", write ? "write" : "read",
		   byte);
	number = write ? write_signal(byte) : read_signal(byte);
	errno = number == SIGBUS ? EIO : EFAULT;
	end_call(self, number ? -1 : 0);
}

void windows_release(struct fuzzer *self, unsigned int targets)
{
	for (size_t i = 0; i < WINDOWS; i++) {
		if (self->windows[i].targets & targets)
			window_clear(self, &self->windows[i]);
	}
}
