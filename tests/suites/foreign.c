// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page frames that are mapped into a process but are not VFIO's to give: they
 * are refused, not looked up in page tables.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

/* Maps, touched by the CPU before or not, for each kind of access. */
static void expect_refused(int container, char *va, size_t size)
{
	expect_errno(dma_map_flags(container, IOVA, va, size,
				   VFIO_DMA_MAP_FLAG_READ), EPERM);
	expect_eq(read_signal(va), 0);
	expect_errno(dma_map_flags(container, IOVA, va, size,
				   VFIO_DMA_MAP_FLAG_READ), EPERM);
	expect_eq(dma_avail(container), 65535);
	expect_eq(locked_memory(), 0);
}

/* mmap of a BAR, of a device that nobody has opened, by way of sysfs. */
static char *resource_mmap(const char *bdf, size_t size)
{
	int fd = expect_ok(open(pci_path(bdf, "resource2"), O_RDWR | O_CLOEXEC));
	char *va = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	expect_true(va != MAP_FAILED);

	return va;
}

TEST(resource_file_is_refused)
{
	/* This test maps a BAR that was mmapped by way of sysfs. */
	char *va = resource_mmap(need("reset"), 4 * PAGE);

	expect_refused(container_open_with(need("peer")), va, 4 * PAGE);
}

TEST(resource_file_of_the_same_bar_is_refused)
{
	/* This test maps a BAR by way of sysfs that VFIO would give as well. */
	int container = container_open();
	char *va = resource_mmap(need("peer"), 4 * PAGE);
	struct device peer = device_open(container, need("peer"));

	expect_refused(container, va, 4 * PAGE);
	expect_ok(dma_map(container, IOVA, region_open(peer.fd, BAR2), 4 * PAGE));
}

TEST(dev_mem_is_refused)
{
	/* This test maps a BAR that was mmapped by way of /dev/mem. */
	int fd = expect_ok(open("/dev/mem", O_RDWR | O_CLOEXEC));
	char *va = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			pci_resource(need("reset"), 2).start);

	expect_true(va != MAP_FAILED);
	expect_refused(container_open_with(need("peer")), va, 4 * PAGE);
}

/* Where the clock's page is in this process; *page_frame: as a bare page frame. */
static unsigned long find_vvar(bool *page_frame)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long start = 0, end;
	char line[256];

	expect_true(file);
	while (fgets(line, sizeof(line), file)) {
		if (!start && strstr(line, "[vvar]") &&
		    sscanf(line, "%lx-%lx", &start, &end) != 2)
			start = 0;
		if (start && !strncmp(line, "VmFlags:", 8))
			break;
	}
	fclose(file);
	expect_true(start);
	*page_frame = strstr(line, " pf ");

	return start;
}

TEST(vvar_is_refused)
{
	/* This test maps the clock's page, which every process has. */
	bool page_frame;
	unsigned long start = find_vvar(&page_frame);

	if (!page_frame)
		skip("needs a kernel that maps the clock's page without its struct page: Linux 6.12");
	expect_refused(container_open_with(need("peer")), (char *)start, PAGE);
}

TEST(foreign_pages_between_others_are_refused)
{
	/* This test maps RAM, a foreign BAR and RAM as one: nothing stays. */
	int container = container_open();
	struct edu edu = edu_open(container);
	char *va = ram(12 * PAGE);
	char *foreign = resource_mmap(need("reset"), 4 * PAGE);

	expect_true(mremap(foreign, 4 * PAGE, 4 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, va + 4 * PAGE) ==
		    va + 4 * PAGE);
	expect_errno(dma_map(container, IOVA, va, 12 * PAGE), EPERM);
	expect_eq(locked_memory(), PAGE);
	expect_no_dma(&edu, IOVA, va);
	expect_ok(dma_map(container, IOVA, va, 4 * PAGE));
	expect_dma(&edu, IOVA, va);
}

TEST(foreign_pages_after_a_bar_are_refused)
{
	/* This test maps a BAR of VFIO and a foreign one as one. */
	int container = container_open();
	struct edu edu = edu_open(container);
	struct device peer = device_open(container, need("peer"));
	char *va = reserve(8 * PAGE, PAGE);
	char *foreign = resource_mmap(need("reset"), 4 * PAGE);

	region_mmap_at(va, peer.fd, BAR2, 0, 4 * PAGE);
	expect_true(mremap(foreign, 4 * PAGE, 4 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, va + 4 * PAGE) ==
		    va + 4 * PAGE);
	expect_errno(dma_map(container, IOVA, va, 8 * PAGE), EPERM);
	expect_no_dma(&edu, IOVA, va);
	expect_ok(dma_map(container, IOVA, va, 4 * PAGE));
	expect_dma(&edu, IOVA, va);
}
