// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA engine of QEMU's edu device.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"

/* Registers of BAR 0. */
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_TARGET		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		0x1
#define EDU_DMA_TO_MEMORY	0x2

/* The engine's name for its buffer. QEMU 7.2 dies of using all 4 KiB of it. */
#define EDU_BUFFER		0x40000

static __u64 get(struct edu *edu, unsigned int reg)
{
	return *(volatile __u64 *)(edu->registers + reg);
}

static void set(struct edu *edu, unsigned int reg, __u64 value)
{
	*(volatile __u64 *)(edu->registers + reg) = value;
}

static void transfer_end(struct edu *edu)
{
	while (edu_busy(edu))
		usleep(1000);
}

struct edu edu_use(struct device device)
{
	struct edu edu = {
		.device = device,
		/* Shared, so that a test's children use the same page. */
		.scratch = shared_memory(PAGE),
	};

	edu.registers = region_open(edu.device.fd, 0);
	/* Who had it before may have been killed: a busy engine takes no orders. */
	transfer_end(&edu);
	command_set(edu.device.fd, PCI_COMMAND_MASTER);

	return edu;
}

struct edu edu_open(int container)
{
	struct edu edu = edu_use(device_open(container, need("edu")));

	expect_ok(dma_map(container, SCRATCH_IOVA, edu.scratch, PAGE));

	return edu;
}

static void transfer_begin(struct edu *edu, __u64 from, __u64 to, __u64 command)
{
	set(edu, EDU_DMA_SOURCE, from);
	set(edu, EDU_DMA_TARGET, to);
	set(edu, EDU_DMA_COUNT, PATTERN);
	set(edu, EDU_DMA_COMMAND, command | EDU_DMA_START);
}

static void transfer(struct edu *edu, __u64 from, __u64 to, __u64 command)
{
	transfer_begin(edu, from, to, command);
	transfer_end(edu);
}

static void load(struct edu *edu, __u64 iova)
{
	transfer(edu, iova, EDU_BUFFER, 0);
}

static void store(struct edu *edu, __u64 iova)
{
	transfer(edu, EDU_BUFFER, iova, EDU_DMA_TO_MEMORY);
}

void edu_fill(struct edu *edu)
{
	load(edu, SCRATCH_IOVA);
}

void edu_put_begin(struct edu *edu, __u64 iova)
{
	edu_fill(edu);
	transfer_begin(edu, EDU_BUFFER, iova, EDU_DMA_TO_MEMORY);
}

void edu_put_end(struct edu *edu)
{
	transfer_end(edu);
}

void edu_put(struct edu *edu, __u64 iova)
{
	edu_put_begin(edu, iova);
	edu_put_end(edu);
}

void edu_get_begin(struct edu *edu, __u64 iova)
{
	transfer_begin(edu, iova, EDU_BUFFER, 0);
}

void edu_get_end(struct edu *edu)
{
	transfer_end(edu);
	store(edu, SCRATCH_IOVA);
}

void edu_get(struct edu *edu, __u64 iova)
{
	edu_get_begin(edu, iova);
	edu_get_end(edu);
}

bool edu_busy(struct edu *edu)
{
	return get(edu, EDU_DMA_COMMAND) & EDU_DMA_START;
}

size_t edu_write(struct edu *edu, __u64 iova, char *target)
{
	unsigned int seed = pattern_new();

	pattern_fill_inverse(target, seed);
	pattern_fill(edu->scratch, seed);
	edu_put(edu, iova);

	return pattern_count(target, seed);
}

size_t edu_read(struct edu *edu, __u64 iova, char *target)
{
	unsigned int seed = pattern_new();

	/* Whatever a lost transfer leaves in the buffer is not the pattern. */
	pattern_fill_inverse(edu->scratch, seed);
	edu_fill(edu);
	memset(edu->scratch, 0, PATTERN);

	pattern_fill(target, seed);
	edu_get(edu, iova);

	return pattern_count(edu->scratch, seed);
}

/*
 * What is written is the pattern, what is read the inverse. So whatever a read
 * that is lost leaves in the buffer, the pattern or nothing, is not it.
 */
void edu_try_begin(struct edu *edu, unsigned int seed, char *target)
{
	pattern_fill_inverse(target, seed);
	pattern_fill_inverse(target + PATTERN, seed);
	pattern_fill(edu->scratch, seed);
}

void edu_try(struct edu *edu, __u64 iova)
{
	edu_put(edu, iova);
	edu_get(edu, EDU_TRY_GET(iova));
}

static const char *arrived(size_t written, size_t read, size_t want)
{
	static char text[96];

	if (written == want && read == want)
		return NULL;
	snprintf(text, sizeof(text),
		 "%zu bytes written and %zu read arrive, expected %zu each",
		 written, read, want);

	return text;
}

const char *edu_try_end(struct edu *edu, unsigned int seed, const char *target)
{
	return arrived(pattern_count(target, seed),
		       pattern_count_inverse(edu->scratch, seed), 0);
}

static const char *both_ways(struct edu *edu, __u64 iova, char *target,
			     size_t want)
{
	unsigned int seed = pattern_new();
	size_t written;

	pattern_fill_inverse(target, seed);
	pattern_fill(edu->scratch, seed);
	edu_put(edu, iova);
	written = pattern_count(target, seed);
	pattern_fill_inverse(target, seed);
	edu_get(edu, iova);

	return arrived(written, pattern_count_inverse(edu->scratch, seed), want);
}

const char *edu_dma(struct edu *edu, __u64 iova, char *target)
{
	return both_ways(edu, iova, target, PATTERN);
}

const char *edu_no_dma(struct edu *edu, __u64 iova, char *target)
{
	allow_iommu_faults();

	return both_ways(edu, iova, target, 0);
}
