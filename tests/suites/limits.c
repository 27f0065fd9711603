// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: locked memory, and the number of mappings.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edu.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define NOBODY	65534

/* From here on the process may lock that much memory and is not root. */
static void become_nobody(size_t limit)
{
	struct rlimit rlimit = { .rlim_cur = limit, .rlim_max = limit };

	expect_ok(setrlimit(RLIMIT_MEMLOCK, &rlimit));
	expect_ok(setresuid(NOBODY, NOBODY, NOBODY));
}

TEST(memory_is_locked_while_mapped)
{
	/* This test counts locked memory as mappings come and go. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(16 * PAGE);

	expect_eq(locked_memory(), 0);
	expect_ok(dma_map(container, IOVA, va, 16 * PAGE));
	expect_eq(locked_memory(), 16 * PAGE);
	expect_ok(dma_map(container, 2 * IOVA, va, 4 * PAGE));
	expect_eq(locked_memory(), 20 * PAGE);
	expect_eq(dma_unmap(container, IOVA, 16 * PAGE), 16 * PAGE);
	expect_eq(locked_memory(), 4 * PAGE);
	device_close(&peer);
	expect_eq(locked_memory(), 0);
}

TEST(pages_are_pinned_while_mapped)
{
	/* This test counts pinned pages as mappings come and go. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	long long before = pinned_pages();
	char *va = ram(16 * PAGE);

	expect_ok(dma_map(container, IOVA, va, 16 * PAGE));
	expect_eq(pinned_pages() - before, 16);
	expect_ok(dma_map(container, 2 * IOVA, region_open(peer.fd, BAR2), MIB));
	expect_eq(pinned_pages() - before, 16);
	expect_eq(dma_unmap(container, IOVA, 16 * PAGE), 16 * PAGE);
	expect_eq(pinned_pages(), before);
}

TEST(locked_memory_limit_is_kept)
{
	/*
	 * This test maps as a user up to the limit, one page beyond it, and
	 * again after an unmap. What fails leaves nothing behind.
	 */
	int container = container_open();
	char *va = ram(64 * PAGE);

	device_open(container, need("peer"));
	become_nobody(16 * PAGE);
	expect_errno(dma_map(container, IOVA, va, 17 * PAGE), ENOMEM);
	expect_eq(locked_memory(), 0);
	expect_ok(dma_map(container, IOVA, va, 16 * PAGE));
	expect_errno(dma_map(container, 2 * IOVA, va + 32 * PAGE, PAGE), ENOMEM);
	expect_eq(locked_memory(), 16 * PAGE);
	expect_eq(dma_unmap(container, IOVA, 16 * PAGE), 16 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 15 * PAGE));
	expect_errno(dma_map(container, 2 * IOVA, va + 32 * PAGE, 2 * PAGE), ENOMEM);
	expect_ok(dma_map(container, 2 * IOVA, va + 32 * PAGE, PAGE));
	expect_eq(dma_avail(container), 65533);
}

TEST(locked_memory_limit_counts_every_mapping)
{
	/* This test maps the same pages at two IOVAs: they count twice. */
	int container = container_open();
	char *va = ram(16 * PAGE);

	device_open(container, need("peer"));
	become_nobody(16 * PAGE);
	expect_ok(dma_map(container, IOVA, va, 9 * PAGE));
	expect_errno(dma_map(container, 2 * IOVA, va, 8 * PAGE), ENOMEM);
	expect_ok(dma_map(container, 2 * IOVA, va, 7 * PAGE));
}

TEST(locked_memory_limit_binds_no_root)
{
	/* This test maps beyond the limit with CAP_IPC_LOCK. */
	struct rlimit limit = { .rlim_cur = PAGE, .rlim_max = PAGE };
	int container = container_open();

	device_open(container, need("peer"));
	expect_ok(setrlimit(RLIMIT_MEMLOCK, &limit));
	expect_ok(dma_map(container, IOVA, ram(16 * PAGE), 16 * PAGE));
	expect_eq(locked_memory(), 16 * PAGE);
}

TEST(device_memory_is_not_locked)
{
	/* This test maps a BAR, and RAM beside it, with next to no limit. */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(12 * PAGE);

	region_mmap_at(va + 2 * PAGE, peer.fd, BAR2, 0, 8 * PAGE);
	become_nobody(3 * PAGE);
	expect_errno(dma_map(container, IOVA, va, 12 * PAGE), ENOMEM);
	expect_eq(locked_memory(), 0);
	expect_ok(dma_map(container, IOVA, va + PAGE, 11 * PAGE));
	expect_eq(locked_memory(), 3 * PAGE);
	expect_eq(dma_unmap(container, IOVA, 11 * PAGE), 11 * PAGE);
	expect_eq(locked_memory(), 0);
}

TEST(huge_pages_are_locked_in_full)
{
	/* This test maps huge pages: each small page of them counts. */
	int container = container_open();
	char *va = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE,
			-1, 0);

	if (va == MAP_FAILED)
		skip("needs two huge pages: echo 8 > /proc/sys/vm/nr_hugepages");
	device_open(container, need("peer"));
	become_nobody(2 * MIB);
	expect_errno(dma_map(container, IOVA, va, 4 * MIB), ENOMEM);
	expect_eq(locked_memory(), 0);
	expect_ok(dma_map(container, IOVA, va + MIB, 2 * MIB));
	expect_eq(locked_memory(), 2 * MIB);
	expect_eq(dma_unmap(container, IOVA, 2 * MIB), 2 * MIB);
	expect_eq(locked_memory(), 0);
}

TEST(pages_never_written_are_mapped)
{
	/*
	 * This test maps memory for reading that was never written, so that
	 * zeroes shared by all stand for it, and counts what is left after.
	 */
	int container = container_open();
	char *va = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	device_open(container, need("peer"));
	expect_eq(read_signal(va), 0);
	expect_ok(dma_map_flags(container, IOVA, va, 16 * PAGE,
				VFIO_DMA_MAP_FLAG_READ));
	expect_eq(dma_unmap(container, IOVA, 16 * PAGE), 16 * PAGE);
	expect_eq(locked_memory(), 0);
}

/* An entry of eight bytes in a file of /proc. */
static __u64 entry(const char *path, __u64 index)
{
	__u64 value;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		skip("needs %s: a kernel with CONFIG_PROC_PAGE_MONITOR", path);
	expect_eq(pread(fd, &value, 8, index * 8), 8);
	close(fd);

	return value;
}

/* Pages of the process's memory for which the kernel's page of zeros stands. */
static unsigned int zero_pages(const char *va, unsigned int pages)
{
	const __u64 frame = (1ULL << 55) - 1, is_zero_page = 1ULL << 24;
	unsigned int count = 0;
	__u64 page;

	for (unsigned int i = 0; i < pages; i++) {
		page = entry("/proc/self/pagemap", (unsigned long)va / PAGE + i);
		expect_true(page >> 63);
		count += !!(entry("/proc/kpageflags", page & frame) & is_zero_page);
	}

	return count;
}

TEST(pages_of_zeros_are_not_locked)
{
	/*
	 * This test maps memory for reading that was never written. Newer kernels
	 * give the process pages of its own then; older ones map the page of zeros
	 * that all share, which counts for nobody.
	 */
	int container = container_open();
	char *va = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int zeros;

	device_open(container, need("peer"));
	expect_ok(madvise(va, 16 * PAGE, MADV_NOHUGEPAGE));
	expect_ok(dma_map_flags(container, IOVA, va, 16 * PAGE,
				VFIO_DMA_MAP_FLAG_READ));
	zeros = zero_pages(va, 16);
	note("%u pages of zeros of 16", zeros);
	expect_eq(locked_memory(), (16 - zeros) * PAGE);
	expect_eq(dma_unmap(container, IOVA, 16 * PAGE), 16 * PAGE);
	expect_eq(locked_memory(), 0);
}

/* Path of the parameter, of stock's type1 or of the strategy's module. */
static const char *limit_path(void)
{
	static char path[128];
	char module[64];

	snprintf(module, sizeof(module), "vfio_%s", strategy_name());
	for (char *c = module; *c; c++)
		*c = *c == '-' ? '_' : *c;
	if (!strcmp(strategy_name(), "stock"))
		strcpy(module, "vfio_iommu_type1");
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/dma_entry_limit",
		 module);

	return path;
}

static void set_limit(const char *text)
{
	int fd = expect_ok(open(limit_path(), O_WRONLY | O_CLOEXEC));

	expect_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

TEST(mappings_are_limited_in_number)
{
	/*
	 * This test allows containers three mappings: the fourth is refused,
	 * till one goes. A container that was there keeps its own limit.
	 */
	int old = container_open(), container;
	struct device peer = device_open(old, need("peer"));
	char *va = ram(PAGE);

	set_limit("3");
	container = container_open();
	device_open(container, need("edu"));
	set_limit("65535");

	expect_eq(dma_avail(container), 3);
	for (int i = 1; i <= 3; i++)
		expect_ok(dma_map(container, i * IOVA, va, PAGE));
	expect_errno(dma_map(container, 4 * IOVA, va, PAGE), ENOSPC);
	expect_errno(dma_map(container, IOVA, va, PAGE), EEXIST);
	expect_eq(dma_avail(container), 0);
	expect_eq(dma_unmap(container, 2 * IOVA, PAGE), PAGE);
	expect_ok(dma_map(container, 4 * IOVA, region_open(peer.fd, BAR2), PAGE));
	expect_errno(dma_map(container, 2 * IOVA, va, PAGE), ENOSPC);

	for (int i = 1; i <= 4; i++)
		expect_ok(dma_map(old, i * IOVA, va, PAGE));
}
