// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the test's process.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "test.h"
#include "vfio.h"

char *ram(size_t size)
{
	char *va = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	expect_true(va != MAP_FAILED);

	return va;
}

/* No page of it is there yet. */
static char *small_ram(size_t size)
{
	char *va = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect_true(va != MAP_FAILED);
	expect_ok(madvise(va, size, MADV_NOHUGEPAGE));

	return va;
}

char *ram_without_neighbours(size_t size)
{
	char *va = small_ram(size), *between = small_ram(size);

	for (size_t at = 0; at < size; at += PAGE) {
		va[at] = 1;
		between[at] = 1;
	}
	expect_ok(munmap(between, size));

	return va;
}

void *shared_memory(size_t size)
{
	void *va = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	expect_true(va != MAP_FAILED);

	return va;
}

char *reserve(size_t size, size_t align)
{
	char *va = mmap(NULL, size + align, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect_true(va != MAP_FAILED);

	return (char *)(((unsigned long)va + align - 1) & ~(align - 1));
}

void vacate(char *va, size_t size)
{
	expect_true(mmap(va, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_NORESERVE | MAP_FIXED, -1, 0) == va);
}

void region_mmap_at(char *va, int fd, unsigned int index, size_t offset,
		    size_t size)
{
	struct vfio_region_info info = region_info(fd, index);

	expect_true(mmap(va, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, info.offset + offset) == va);
}

/* Where to go on after a signal, while the thread expects one. */
static __thread sigjmp_buf jump;
static __thread volatile sig_atomic_t expecting;

static void on_signal(int number)
{
	if (expecting)
		siglongjmp(jump, number);
	/* The instruction is repeated, and that ends the test. */
	signal(number, SIG_DFL);
}

/* For good, as another thread may be just about to need it. */
static void catch(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	expect_ok(sigaction(SIGBUS, &action, NULL));
	expect_ok(sigaction(SIGSEGV, &action, NULL));
}

int read_signal(const volatile char *byte)
{
	int number;

	catch();
	number = sigsetjmp(jump, 1);
	expecting = !number;
	if (!number)
		(void)*byte;
	expecting = false;

	return number;
}

int write_signal(volatile char *byte)
{
	int number;

	catch();
	number = sigsetjmp(jump, 1);
	expecting = !number;
	if (!number)
		*byte = 1;
	expecting = false;

	return number;
}

long long locked_memory(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	long long kib = -1;
	char line[256];

	expect_true(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "VmLck: %lld kB", &kib) == 1)
			break;
	}
	fclose(file);
	expect_true(kib >= 0);

	return kib * 1024;
}

/* Shared by all processes of a test, as they never run at the same time. */
unsigned int pattern_new(void)
{
	static unsigned int seed;

	return getpid() * 1000 + ++seed;
}

static unsigned char pattern_byte(unsigned int seed, unsigned int i)
{
	unsigned int mixed = (seed * 2654435761u) ^ (i * 40503u);

	mixed ^= mixed >> 13;
	mixed *= 2246822519u;
	mixed ^= mixed >> 16;

	return 1 + mixed % 254;
}

void pattern_fill(char *at, unsigned int seed)
{
	for (unsigned int i = 0; i < PATTERN; i++)
		at[i] = pattern_byte(seed, i);
}

void pattern_fill_inverse(char *at, unsigned int seed)
{
	for (unsigned int i = 0; i < PATTERN; i++)
		at[i] = 255 - pattern_byte(seed, i);
}

size_t pattern_count(const char *at, unsigned int seed)
{
	size_t count = 0;

	for (unsigned int i = 0; i < PATTERN; i++)
		count += (unsigned char)at[i] == pattern_byte(seed, i);

	return count;
}

size_t pattern_count_inverse(const char *at, unsigned int seed)
{
	size_t count = 0;

	for (unsigned int i = 0; i < PATTERN; i++)
		count += (unsigned char)at[i] == 255 - pattern_byte(seed, i);

	return count;
}
