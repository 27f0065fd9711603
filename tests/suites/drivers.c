// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus drivers that do not do as vfio-pci does (tests/drivers), and what each
 * strategy makes of them. Where a strategy cannot serve one, tests/expected has
 * the reason.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drivers.h"
#include "edu.h"
#include "module.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

#include "../drivers/uapi.h"

#define RW	(PROT_READ | PROT_WRITE)

#define DENSE_TEST(name)	DRIVER_TEST(name, "vfio-test-dense")
#define OPTOUT_TEST(name)	DRIVER_TEST(name, "vfio-test-optout")
#define REMAP_TEST(name)	DRIVER_TEST(name, "vfio-test-remap")

/* How many vmas the open and close of vfio-test-optout have counted. */
static int vmas_counted(void)
{
	char path[128];
	int vmas = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/optout_vmas",
		 module_file_name(drivers_module()));
	file = fopen(path, "re");
	expect_true(file);
	expect_eq(fscanf(file, "%d", &vmas), 1);
	fclose(file);

	return vmas;
}

/* A DMA engine, and the peer in the same container. */
struct scene {
	int container;
	struct edu edu;
	struct device peer;
};

static struct scene scene_open(const char *bdf)
{
	struct scene scene = { .container = container_open() };

	scene.edu = edu_open(scene.container);
	scene.peer = device_open(scene.container, bdf);

	return scene;
}

/* Page faults that a look at a byte takes: 0 if its page is mapped. */
static long faults(const volatile char *byte)
{
	struct rusage before, after;

	expect_ok(getrusage(RUSAGE_THREAD, &before));
	(void)*byte;
	expect_ok(getrusage(RUSAGE_THREAD, &after));

	return after.ru_minflt - before.ru_minflt;
}

static void expect_refused(int container, const char *va, size_t size)
{
	expect_errno(dma_map(container, IOVA, va, size), EPERM);
	expect_errno(dma_map_flags(container, IOVA, va, size,
				   VFIO_DMA_MAP_FLAG_READ), EPERM);
	/* Nothing of it is left behind. */
	expect_eq(dma_unmap_flags(container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
}

/*
 * vfio-test-dense: region 0 is the last quarter of the BAR, region 1 what comes
 * before it; in the file region 1 begins where region 0 ends.
 */

DENSE_TEST(dense_regions_show_their_part_of_the_bar)
{
	/* This test looks at both regions through mmaps of each, and of both. */
	struct device peer = device_open(container_open(), bdf);
	struct vfio_region_info zero = region_info(peer.fd, 0);
	struct vfio_region_info one = region_info(peer.fd, 1);
	size_t step = zero.size / 4;
	char *va;

	expect_eq(zero.offset, 0);
	expect_eq(one.offset, zero.size);
	expect_eq(one.size, 3 * zero.size);

	va = region_open(peer.fd, 0);
	for (int i = 0; i < 4; i++)
		expect_eq(mark(va + i * step), 12 + i);
	va = region_open(peer.fd, 1);
	for (int i = 0; i < 12; i++)
		expect_eq(mark(va + i * step), i);
	va = region_mmap(peer.fd, 0, 0, 16 * step, RW);
	expect_true(va != MAP_FAILED);
	for (int i = 0; i < 16; i++)
		expect_eq(mark(va + i * step), (12 + i) % 16);
	expect_true(region_mmap(peer.fd, 0, PAGE, 16 * step, RW) == MAP_FAILED);
	expect_eq(errno, EINVAL);
}

DENSE_TEST(dense_first_region_is_reached_by_dma)
{
	/*
	 * This test maps region 0, which begins at offset 0: there, a dense
	 * layout and one by index are the same.
	 */
	struct scene s = scene_open(bdf);
	size_t size = region_size(s.peer.fd, 0);
	char *va = region_open(s.peer.fd, 0);

	expect_ok(dma_map(s.container, IOVA, va, size));
	expect_dma(&s.edu, IOVA, va);
	expect_dma(&s.edu, IOVA + size - PAGE, va + size - PAGE);
	expect_eq(dma_unmap(s.container, IOVA, size), size);
}

DENSE_TEST(dense_second_region_is_reached_by_dma)
{
	/* This test maps region 1, whole and a part that begins inside. */
	struct scene s = scene_open(bdf);
	size_t size = region_size(s.peer.fd, 1);
	char *va = region_open(s.peer.fd, 1);
	char *part = region_mmap(s.peer.fd, 1, 5 * PAGE, 8 * PAGE, RW);

	expect_ok(dma_map(s.container, IOVA, va, size));
	expect_dma(&s.edu, IOVA, va);
	expect_dma(&s.edu, IOVA + size - PAGE, va + size - PAGE);
	expect_ok(dma_map(s.container, 2 * IOVA, part, 8 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + PAGE, va + 6 * PAGE);
}

DENSE_TEST(dense_split_region_is_reached_by_dma)
{
	/* This test cuts a hole into an mmap of region 1 and maps what is left. */
	struct scene s = scene_open(bdf);
	char *all = region_open(s.peer.fd, 1);
	char *va = region_mmap(s.peer.fd, 1, 16 * PAGE, 16 * PAGE, RW);

	expect_ok(munmap(va + 4 * PAGE, 4 * PAGE));
	expect_ok(mprotect(va + 12 * PAGE, PAGE, PROT_READ));
	expect_ok(dma_map(s.container, IOVA, va, 4 * PAGE));
	expect_ok(dma_map_flags(s.container, 2 * IOVA, va + 8 * PAGE, 8 * PAGE,
				VFIO_DMA_MAP_FLAG_READ));
	expect_dma(&s.edu, IOVA + 3 * PAGE, all + 19 * PAGE);
	expect_eq(edu_read(&s.edu, 2 * IOVA, all + 24 * PAGE), PATTERN);
	expect_eq(edu_read(&s.edu, 2 * IOVA + 7 * PAGE, all + 31 * PAGE),
		  PATTERN);
}

DENSE_TEST(dense_mmap_over_two_regions_is_reached_by_dma)
{
	/*
	 * This test maps one vma that begins in region 0 and ends in region 1,
	 * whose page frames do not follow each other.
	 */
	struct scene s = scene_open(bdf);
	size_t end = region_size(s.peer.fd, 0);
	char *va = region_mmap(s.peer.fd, 0, end - 8 * PAGE, 16 * PAGE, RW);

	expect_true(va != MAP_FAILED);
	expect_ok(dma_map(s.container, IOVA, va, 16 * PAGE));
	expect_dma(&s.edu, IOVA + 7 * PAGE, va + 7 * PAGE);
	expect_dma(&s.edu, IOVA + 8 * PAGE, region_open(s.peer.fd, 1));
	expect_dma(&s.edu, IOVA + 8 * PAGE - PATTERN / 2,
		   va + 8 * PAGE - PATTERN / 2);
	expect_eq(dma_unmap(s.container, IOVA, 16 * PAGE), 16 * PAGE);
}

DENSE_TEST(dense_zap_selects_the_region)
{
	/*
	 * This test zaps one of two regions that lie side by side in the file:
	 * the page on the other side of the border stays.
	 */
	struct device peer = device_open(container_open(), bdf);
	size_t end = region_size(peer.fd, 0);
	char *va = region_mmap(peer.fd, 0, end - PAGE, 2 * PAGE, RW);

	expect_true(va != MAP_FAILED);
	for (int zapped = 0; zapped < 2; zapped++) {
		faults(va);
		faults(va + PAGE);
		expect_eq(faults(va) + faults(va + PAGE), 0);
		expect_ok(ioctl(peer.fd, VFIO_TEST_ZAP_REGION, zapped));
		expect_eq(faults(va + !zapped * PAGE), 0);
		expect_eq(faults(va + zapped * PAGE), 1);
	}
	expect_errno(ioctl(peer.fd, VFIO_TEST_ZAP_REGION, 2), EINVAL);
}

DENSE_TEST(dense_reset_gives_all_back)
{
	/*
	 * This test resets the device: CPU and DMA reach region 0 afterwards, in
	 * the process and in its child.
	 */
	struct scene s = scene_open(bdf);
	char *va = region_open(s.peer.fd, 0);
	struct turn touched = turn_new(), reset = turn_new();
	pid_t child;

	*va = 1;
	expect_ok(dma_map(s.container, IOVA, va, MIB));
	child = child_fork();
	if (!child) {
		*va = 2;
		turn_give(&touched);
		turn_wait(&reset);
		expect_eq(faults(va), 1);
		expect_eq(*va, 3);
		child_exit();
	}
	turn_wait(&touched);
	expect_eq(faults(va), 0);
	expect_ok(ioctl(s.peer.fd, VFIO_DEVICE_RESET));
	expect_eq(faults(va), 1);
	expect_dma(&s.edu, IOVA + PAGE, va + PAGE);
	*va = 3;
	turn_give(&reset);
	child_join(child);
}

/*
 * vfio-test-optout: vm_private_data is its own, nothing is declared for peers.
 */

OPTOUT_TEST(optout_keeps_its_own_private_data)
{
	/*
	 * This test uses, splits, forks, moves and unmaps an mmap whose fault
	 * handler goes by vm_private_data, and counts its vmas.
	 */
	struct device peer = device_open(container_open(), bdf);
	char *va = region_open(peer.fd, 1), *to = reserve(PAGE, PAGE);
	size_t size = region_size(peer.fd, 1), step = size / 8;
	pid_t child;

	expect_eq(vmas_counted(), 1);
	for (int i = 0; i < 8; i++)
		expect_eq(mark(va + i * step), 8 + i);
	expect_ok(munmap(va + PAGE, PAGE));
	expect_eq(vmas_counted(), 2);
	expect_ok(ioctl(peer.fd, VFIO_DEVICE_RESET));
	for (int i = 0; i < 8; i++)
		expect_eq(mark(va + i * step), 8 + i);

	child = child_fork();
	if (!child) {
		expect_eq(vmas_counted(), 4);
		expect_eq(mark(va + 3 * step), 11);
		expect_ok(munmap(va, PAGE));
		expect_eq(vmas_counted(), 3);
		child_exit();
	}
	child_join(child);
	expect_eq(vmas_counted(), 2);

	expect_true(mremap(va, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
		    to);
	expect_eq(vmas_counted(), 2);
	expect_eq(mark(to), 8);
	expect_ok(munmap(to, PAGE));
	expect_ok(munmap(va, size));
	expect_eq(vmas_counted(), 0);
}

OPTOUT_TEST(optout_is_never_mapped_for_dma)
{
	/*
	 * This test maps what was not declared for peers: each region, touched
	 * and not, split, in the middle of RAM, from a child.
	 */
	struct scene s = scene_open(bdf);
	char *va = ram(24 * PAGE);

	expect_eq(dma_unmap_flags(s.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL),
		  PAGE);
	for (int index = 0; index < 2; index++) {
		region_mmap_at(va + 8 * PAGE, s.peer.fd, index, 0, 8 * PAGE);
		expect_refused(s.container, va + 8 * PAGE, 8 * PAGE);
		expect_refused(s.container, va, 24 * PAGE);
		expect_eq(read_signal(va + 8 * PAGE), 0);
		expect_refused(s.container, va + 8 * PAGE, 8 * PAGE);
		expect_ok(munmap(va + 10 * PAGE, PAGE));
		expect_refused(s.container, va + 8 * PAGE, 2 * PAGE);
		expect_refused(s.container, va + 11 * PAGE, 5 * PAGE);
	}
	expect_eq(locked_memory(), 0);
}

OPTOUT_TEST(optout_stays_out_beside_what_is_mapped)
{
	/*
	 * This test maps a vma of vfio-pci together with one that opted out, then
	 * the first alone.
	 */
	struct scene s = scene_open(bdf);
	struct device other = device_open(s.container, need("reset"));
	char *va = reserve(8 * PAGE, PAGE);

	region_mmap_at(va, other.fd, BAR2, 0, 4 * PAGE);
	region_mmap_at(va + 4 * PAGE, s.peer.fd, 0, 0, 4 * PAGE);
	expect_errno(dma_map(s.container, IOVA, va, 8 * PAGE), EPERM);
	expect_no_dma(&s.edu, IOVA, va);
	expect_ok(dma_map(s.container, IOVA, va, 4 * PAGE));
	expect_dma(&s.edu, IOVA, va);
	expect_no_dma(&s.edu, IOVA + 4 * PAGE, va + 4 * PAGE);
}

/*
 * vfio-test-remap: the two halves of the BAR, mapped at mmap time. It has no
 * fault handler, so what is zapped raises SIGBUS until it is mmapped anew.
 */

REMAP_TEST(remap_is_reached_by_dma)
{
	/* This test maps both regions, whole and in part, untouched. */
	struct scene s = scene_open(bdf);

	for (int index = 0; index < 2; index++) {
		size_t size = region_size(s.peer.fd, index);
		char *va = region_open(s.peer.fd, index);
		char *part = region_mmap(s.peer.fd, index, 3 * PAGE, 8 * PAGE,
					 RW);

		expect_eq(faults(va), 0);
		expect_eq(mark(va), 8 * index);
		expect_ok(dma_map(s.container, IOVA, va, size));
		expect_dma(&s.edu, IOVA, va);
		expect_dma(&s.edu, IOVA + size - PAGE, va + size - PAGE);
		expect_ok(dma_map(s.container, 2 * IOVA, part, 8 * PAGE));
		expect_dma(&s.edu, 2 * IOVA + PAGE, va + 4 * PAGE);
		expect_eq(dma_unmap(s.container, IOVA, size), size);
		expect_eq(dma_unmap(s.container, 2 * IOVA, 8 * PAGE), 8 * PAGE);
	}
}

REMAP_TEST(remap_stays_unmapped_for_the_cpu_after_a_reset)
{
	/*
	 * This test resets the device: the mmaps of process and child are gone,
	 * DMA comes back, and so does the memory to a new mmap. The old mmap
	 * still tells whose memory it is.
	 */
	struct scene s = scene_open(bdf);
	char *va = region_open(s.peer.fd, 1), *again;
	struct turn touched = turn_new(), reset = turn_new();
	pid_t child;

	expect_ok(dma_map(s.container, IOVA, va, 16 * PAGE));
	child = child_fork();
	if (!child) {
		expect_eq(read_signal(va), 0);
		turn_give(&touched);
		turn_wait(&reset);
		expect_eq(read_signal(va), SIGBUS);
		child_exit();
	}
	turn_wait(&touched);
	expect_ok(ioctl(s.peer.fd, VFIO_DEVICE_RESET));
	turn_give(&reset);
	child_join(child);
	expect_eq(read_signal(va), SIGBUS);
	expect_eq(write_signal(va + 8 * PAGE), SIGBUS);

	again = region_open(s.peer.fd, 1);
	expect_dma(&s.edu, IOVA + 3 * PAGE, again + 3 * PAGE);
	expect_ok(dma_map(s.container, 2 * IOVA, va, 16 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + 4 * PAGE, again + 4 * PAGE);
	expect_eq(read_signal(va), SIGBUS);
}

REMAP_TEST(remap_zap_selects_the_region)
{
	/* This test zaps one of two regions for the CPU; DMA goes on in both. */
	struct scene s = scene_open(bdf);
	char *zero = region_open(s.peer.fd, 0), *one = region_open(s.peer.fd, 1);

	expect_ok(dma_map(s.container, IOVA, zero, 8 * PAGE));
	expect_ok(dma_map(s.container, 2 * IOVA, one, 8 * PAGE));
	expect_ok(ioctl(s.peer.fd, VFIO_TEST_ZAP_REGION, 1));
	expect_eq(read_signal(one), SIGBUS);
	expect_eq(read_signal(zero), 0);
	expect_eq(mark(zero), 0);
	expect_dma(&s.edu, IOVA, zero);
	expect_dma(&s.edu, 2 * IOVA, region_open(s.peer.fd, 1));
}

REMAP_TEST(remap_split_is_reached_by_dma)
{
	/* This test cuts holes into an mmap and maps the tail, then moves it. */
	struct scene s = scene_open(bdf);
	char *all = region_open(s.peer.fd, 1), *to = reserve(4 * PAGE, PAGE);
	char *va = region_mmap(s.peer.fd, 1, 16 * PAGE, 16 * PAGE, RW);

	expect_ok(munmap(va + 4 * PAGE, 4 * PAGE));
	expect_ok(dma_map(s.container, IOVA, va + 8 * PAGE, 8 * PAGE));
	expect_dma(&s.edu, IOVA + 7 * PAGE, all + 31 * PAGE);
	expect_true(mremap(va + 12 * PAGE, 4 * PAGE, 4 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_ok(dma_map(s.container, 2 * IOVA, to, 4 * PAGE));
	expect_dma(&s.edu, 2 * IOVA + PAGE, all + 29 * PAGE);
	expect_dma(&s.edu, 2 * IOVA + PAGE, to + PAGE);
}

/*
 * The life of the drivers' module and of its devices.
 */

DENSE_TEST(driver_stays_while_it_is_in_use)
{
	/*
	 * This test unloads the drivers: not while the device is open, nor while
	 * its memory is mmapped; but while it is only bound.
	 */
	struct device peer = device_open(container_open(), bdf);
	char *va = region_open(peer.fd, 0);
	size_t size = region_size(peer.fd, 0);

	expect_errno(drivers_unload(), EAGAIN);
	expect_ok(close(peer.fd));
	expect_errno(drivers_unload(), EAGAIN);
	expect_eq(read_signal(va), 0);
	expect_ok(munmap(va, size));
	expect_ok(drivers_unload());
	expect_ok(close(peer.group));
}

DENSE_TEST(dead_runs_outlive_their_driver)
{
	/*
	 * This test maps the device's memory, closes the device and unloads its
	 * driver. What was mapped is out of reach, is still there to be unmapped,
	 * and its IOVA is good for something else.
	 */
	struct scene s = scene_open(bdf);
	char *va = region_open(s.peer.fd, 0), *other = ram(4 * PAGE);
	size_t size = region_size(s.peer.fd, 0);

	expect_ok(dma_map(s.container, IOVA, va, 4 * PAGE));
	expect_ok(dma_map(s.container, 2 * IOVA, va, 4 * PAGE));
	expect_dma(&s.edu, IOVA, va);
	expect_ok(munmap(va, size));
	device_close(&s.peer);
	expect_ok(drivers_unload());

	expect_ok(pci_rebind(bdf, "vfio-pci"));
	s.peer = device_open(s.container, bdf);
	va = region_mmap(s.peer.fd, BAR2, 3 * size, size, RW);
	expect_no_dma(&s.edu, IOVA, va);
	expect_eq(dma_unmap(s.container, IOVA, 4 * PAGE), 4 * PAGE);
	expect_ok(dma_map(s.container, IOVA, other, 4 * PAGE));
	expect_dma(&s.edu, IOVA, other);
	/* The other dead one is left to the end of the container. */
}

static void *unbind(void *bdf)
{
	return pci_unbind(bdf) ? bdf : NULL;
}

DENSE_TEST(unbind_takes_the_memory_and_waits)
{
	/*
	 * This test unbinds the device while it is open: its memory is gone at
	 * once, and the unbinding ends when the device is closed.
	 */
	struct scene s = scene_open(bdf);
	char *va = region_open(s.peer.fd, 0);
	size_t size = region_size(s.peer.fd, 0);
	pthread_t thread;
	void *failed;

	expect_ok(dma_map(s.container, IOVA, va, 4 * PAGE));
	expect_eq(pthread_create(&thread, NULL, unbind, (void *)bdf), 0);
	while (!dma_map(s.container, 2 * IOVA, va, 4 * PAGE))
		expect_eq(dma_unmap(s.container, 2 * IOVA, 4 * PAGE), 4 * PAGE);
	expect_eq(errno, EPERM);
	expect_eq(read_signal(va), SIGBUS);
	/* A reset does not bring back what is gone. */
	expect_ok(ioctl(s.peer.fd, VFIO_DEVICE_RESET));
	expect_eq(read_signal(va), SIGBUS);
	expect_errno(dma_map(s.container, 2 * IOVA, va, 4 * PAGE), EPERM);
	expect_eq(pthread_tryjoin_np(thread, &failed), EBUSY);

	expect_ok(munmap(va, size));
	device_close(&s.peer);
	expect_eq(pthread_join(thread, &failed), 0);
	expect_true(!failed);
	expect_eq(dma_unmap(s.container, IOVA, 4 * PAGE), 4 * PAGE);
}
