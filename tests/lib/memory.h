/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the test's process: getting it, touching it safely, and patterns
 * that tell what arrived.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <sys/mman.h>

#define PAGE	4096UL
#define MIB	(1UL << 20)
#define GIB	(1UL << 30)

/* Zeroed private memory, its pages there already. */
char *ram(size_t size);

/* The same, as much as there may be, where hardly any two page frames are adjacent. */
char *ram_without_neighbours(size_t size);

/* Zeroed memory that the test's child processes share. */
void *shared_memory(size_t size);

/* Addresses without access, @size of them from a multiple of @align on. */
char *reserve(size_t size, size_t align);
/* Takes away what is mapped there: reserved again, nothing else can come there. */
void vacate(char *va, size_t size);

/* Puts an mmap of the region at addresses that are reserved. */
void region_mmap_at(char *va, int fd, unsigned int index, size_t offset,
		    size_t size);

/* Reads or writes one byte: 0, or the signal that this raises. In any thread. */
int read_signal(const volatile char *byte);
int write_signal(volatile char *byte);

/* VmLck in /proc/self/status: locked memory, in bytes. */
long long locked_memory(void);

/*
 * Patterns: PATTERN bytes that depend on a seed. No byte is 0 or 0xff, and the
 * inverse differs in each, so what has not arrived is told from what has.
 */
#define PATTERN	2048

unsigned int pattern_new(void);
void pattern_fill(char *at, unsigned int seed);
void pattern_fill_inverse(char *at, unsigned int seed);
/* How many bytes there are the pattern's, or the inverse's. */
size_t pattern_count(const char *at, unsigned int seed);
size_t pattern_count_inverse(const char *at, unsigned int seed);

#endif /* MEMORY_H */
