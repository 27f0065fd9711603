// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap of the device file: which bytes the CPU sees, how they come there, and
 * what is refused.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "vfio.h"

#define RW	(PROT_READ | PROT_WRITE)

static struct device peer_open(void)
{
	return device_open(container_open(), need("peer"));
}

/* Reads eight bytes of BAR 2 without mmap. */
static __u64 bar_read(int fd, size_t at)
{
	__u64 value = 0;

	expect_eq(pread(fd, &value, 8, region_info(fd, BAR2).offset + at), 8);

	return value;
}

static void bar_write(int fd, size_t at, __u64 value)
{
	expect_eq(pwrite(fd, &value, 8, region_info(fd, BAR2).offset + at), 8);
}

TEST(mmap_shows_the_bar)
{
	/* This test writes by pwrite and reads by mmap, and the other way. */
	struct device peer = peer_open();
	volatile __u64 *va = (void *)region_open(peer.fd, BAR2);
	size_t size = region_size(peer.fd, BAR2);

	for (size_t at = 0; at < size; at += size / 16 + PAGE + 8) {
		bar_write(peer.fd, at, 0x1122334455667788 + at);
		expect_eq(va[at / 8], 0x1122334455667788 + at);
		va[at / 8] = ~at;
		expect_eq(bar_read(peer.fd, at), ~at);
	}
}

TEST(mmap_of_a_part)
{
	/* This test mmaps parts of a BAR, of a page and of some. */
	struct device peer = peer_open();
	size_t size = region_size(peer.fd, BAR2);
	char *va;

	bar_write(peer.fd, 7 * PAGE, 0x1111);
	bar_write(peer.fd, 9 * PAGE, 0x2222);
	bar_write(peer.fd, size - PAGE, 0x3333);
	va = region_mmap(peer.fd, BAR2, 7 * PAGE, 3 * PAGE, RW);
	expect_eq(*(__u64 *)va, 0x1111);
	expect_eq(*(__u64 *)(va + 2 * PAGE), 0x2222);
	va = region_mmap(peer.fd, BAR2, size - PAGE, PAGE, RW);
	expect_eq(*(__u64 *)va, 0x3333);
}

TEST(mmap_at_any_alignment)
{
	/*
	 * This test mmaps at addresses that suit huge pages and at others, and
	 * touches pages around the limits of huge pages.
	 */
	struct device peer = peer_open();
	size_t size = 8 * MIB;

	for (size_t shift = 0; shift <= 2 * PAGE; shift += PAGE) {
		for (size_t skipped = 0; skipped <= 2 * PAGE; skipped += PAGE) {
			char *va = reserve(size + MIB, 2 * MIB) + shift;

			region_mmap_at(va, peer.fd, BAR2, skipped, size);
			for (size_t at = 0; at < size; at += 2 * MIB - PAGE) {
				bar_write(peer.fd, skipped + at, at + shift);
				expect_eq(*(__u64 *)(va + at), at + shift);
			}
		}
	}
}

TEST(huge_fault_brings_two_mib)
{
	/* This test touches every page and counts the faults. */
	struct device peer = peer_open();
	char *va = reserve(8 * MIB, 2 * MIB);
	struct rusage before, after;
	struct utsname system;

	uname(&system);
	if (!strncmp(system.release, "6.1.", 4))
		skip("needs a kernel that has huge page frame maps: Linux 6.12");

	region_mmap_at(va, peer.fd, BAR2, 0, 8 * MIB);
	getrusage(RUSAGE_SELF, &before);
	for (size_t at = 0; at < 8 * MIB; at += PAGE)
		expect_eq(read_signal(va + at), 0);
	getrusage(RUSAGE_SELF, &after);
	/* Four, and a few more of the program itself; else 2048. */
	expect_true(after.ru_minflt - before.ru_minflt >= 4);
	expect_true(after.ru_minflt - before.ru_minflt < 64);
}

TEST(read_only_mmap)
{
	/* This test mmaps for reading, and reads and writes. */
	struct device peer = peer_open();
	char *va = region_mmap(peer.fd, BAR2, 0, 4 * PAGE, PROT_READ);

	bar_write(peer.fd, PAGE, 0x1234);
	expect_eq(*(__u64 *)(va + PAGE), 0x1234);
	expect_eq(write_signal(va + PAGE), SIGSEGV);
	expect_eq(write_signal(va), SIGSEGV);
	expect_eq(bar_read(peer.fd, PAGE), 0x1234);
	expect_ok(mprotect(va, 4 * PAGE, RW));
	expect_eq(write_signal(va + PAGE), 0);
	expect_eq(bar_read(peer.fd, PAGE), 0x1201);
}

TEST(mmap_without_access)
{
	/* This test mmaps without any access, then allows it. */
	struct device peer = peer_open();
	char *va = region_mmap(peer.fd, BAR2, 0, PAGE, PROT_NONE);

	expect_eq(read_signal(va), SIGSEGV);
	expect_ok(mprotect(va, PAGE, PROT_READ));
	expect_eq(read_signal(va), 0);
	expect_eq(write_signal(va), SIGSEGV);
}

static void expect_no_mmap(int fd, __u64 offset, size_t size)
{
	expect_errno((long)mmap(NULL, size, RW, MAP_SHARED, fd, offset), EINVAL);
	expect_errno((long)mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset),
		     EINVAL);
}

TEST(mmap_beyond_the_bar)
{
	/* This test mmaps more than there is. */
	struct device peer = peer_open();
	struct vfio_region_info info = region_info(peer.fd, BAR2);

	expect_no_mmap(peer.fd, info.offset, info.size + PAGE);
	expect_no_mmap(peer.fd, info.offset + PAGE, info.size);
	expect_no_mmap(peer.fd, info.offset + info.size - PAGE, 2 * PAGE);
	expect_no_mmap(peer.fd, info.offset + info.size, PAGE);
	expect_no_mmap(peer.fd, info.offset + (1UL << 39), PAGE);
	expect_no_mmap(peer.fd, 1UL << 60, PAGE);
}

TEST(mmap_of_what_has_no_mmap)
{
	/* This test mmaps config space, a ROM, I/O ports and BARs of no size. */
	int nic = device_open(container_open(), need("nic")).fd;
	struct device peer = peer_open();

	for (__u32 index = 0; index < VFIO_PCI_VGA_REGION_INDEX; index++) {
		struct vfio_region_info info = region_info(nic, index);

		if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
			expect_no_mmap(nic, info.offset, PAGE);
	}
	expect_no_mmap(nic, region_info(nic, 2).offset, PAGE);
	expect_no_mmap(nic, region_info(nic, VFIO_PCI_ROM_REGION_INDEX).offset, PAGE);
	expect_no_mmap(nic, region_info(nic, VFIO_PCI_CONFIG_REGION_INDEX).offset,
		       PAGE);
	expect_no_mmap(peer.fd, region_info(peer.fd, 5).offset, PAGE);
}

TEST(private_mmap)
{
	/* This test asks for a private copy of a BAR. */
	struct device peer = peer_open();
	__u64 offset = region_info(peer.fd, BAR2).offset;

	expect_errno((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, peer.fd, offset), EINVAL);
	expect_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, peer.fd, offset),
		     EINVAL);
}

TEST(mmaps_share_the_bar)
{
	/* This test mmaps a BAR often, by several files, in several places. */
	struct device peer = peer_open();
	char *va[20];

	for (int i = 0; i < 20; i++) {
		int fd = group_get_device(peer.group, peer.bdf);

		va[i] = region_mmap(fd, BAR2, i * PAGE, (20 - i) * PAGE, RW);
		expect_true(va[i] != MAP_FAILED);
		va[i][(19 - i) * PAGE] = i;
		expect_ok(close(fd));
		for (int j = 0; j <= i; j++)
			expect_eq(va[j][(19 - j) * PAGE], i);
	}
}

TEST(mmap_outlives_its_file)
{
	/* This test closes the device file: the mmap keeps the device in use. */
	struct device peer = peer_open();
	char *va = region_open(peer.fd, BAR2);

	expect_ok(close(peer.fd));
	expect_eq(write_signal(va), 0);
	expect_eq(read_signal(va + 20 * MIB), 0);
	expect_errno(group_unset_container(peer.group), EBUSY);
	expect_ok(munmap(va, 64 * MIB));
	expect_ok(group_unset_container(peer.group));
}

TEST(madvise_of_a_bar)
{
	/* This test gives advice that means nothing for device memory. */
	struct device peer = peer_open();
	char *va = region_open(peer.fd, BAR2);

	bar_write(peer.fd, PAGE, 0x1234);
	expect_eq(read_signal(va), 0);
	expect_errno(madvise(va, 4 * PAGE, MADV_DONTNEED), EINVAL);
	expect_errno(madvise(va, 4 * PAGE, MADV_FREE), EINVAL);
	expect_errno(madvise(va, 4 * PAGE, MADV_DOFORK), EINVAL);
	expect_ok(madvise(va, 4 * PAGE, MADV_WILLNEED));
	expect_eq(*(__u64 *)(va + PAGE), 0x1234);
	expect_ok(dma_map(peer.container, IOVA, va, 4 * PAGE));
}

TEST(madvise_keeps_a_bar_from_children)
{
	/* This test leaves a part of an mmap out of fork. */
	struct device peer = peer_open();
	char *va = region_open(peer.fd, BAR2);
	pid_t child;

	expect_ok(madvise(va + PAGE, PAGE, MADV_DONTFORK));
	child = child_fork();
	if (!child) {
		expect_eq(read_signal(va), 0);
		expect_eq(read_signal(va + PAGE), SIGSEGV);
		expect_eq(read_signal(va + 2 * PAGE), 0);
		child_exit();
	}
	child_join(child);
	expect_eq(read_signal(va + PAGE), 0);
}

TEST(bar_is_no_memory_to_the_kernel)
{
	/*
	 * This test lets system calls copy by way of /proc and of another
	 * process: an mmap that has no access method refuses it.
	 */
	struct device peer = peer_open();
	char *va = region_open(peer.fd, BAR2), byte;
	struct iovec local = { &byte, 1 }, remote = { va, 1 };
	int mem = expect_ok(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));

	expect_eq(read_signal(va), 0);
	expect_errno(pread(mem, &byte, 1, (long)va), EIO);
	expect_errno(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), EFAULT);
}

TEST(bar_as_a_buffer)
{
	/* This test has the kernel copy to and from a BAR as the user would. */
	struct device peer = peer_open();
	char *va = region_open(peer.fd, BAR2);
	int ends[2];

	expect_ok(pipe(ends));
	memcpy(va, "peer", 4);
	expect_eq(write(ends[1], va, 4), 4);
	expect_eq(read(ends[0], va + 20 * PAGE, 4), 4);
	expect_true(!memcmp(va + 20 * PAGE, "peer", 4));
}

TEST(small_bar_is_mmapped_with_its_page)
{
	/* This test mmaps a BAR of less than a page where that is offered. */
	struct device peer = peer_open();
	struct vfio_region_info info = region_info(peer.fd, 0);
	char *va = region_mmap(peer.fd, 0, 0, PAGE, RW);
	__u32 value;

	expect_true(info.size < PAGE);
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		expect_true(va == MAP_FAILED);
		return;
	}
	expect_true(va != MAP_FAILED);
	expect_eq(pread(peer.fd, &value, 4, info.offset + 8), 4);
	expect_eq(*(volatile __u32 *)(va + 8), value);
	expect_no_mmap(peer.fd, info.offset, 2 * PAGE);
	expect_no_mmap(peer.fd, info.offset + PAGE, PAGE);
}
