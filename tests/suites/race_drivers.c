// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races of the test drivers, whose reset is a transition with nothing in it: what
 * a device's reset races with, by the thousand. What the mmaps of each driver are
 * is in tests/drivers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers.h"
#include "edu.h"
#include "mapped.h"
#include "pci.h"
#include "sides.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

#define RW	(PROT_READ | PROT_WRITE)

/* Rounds of what does not sleep, and of loading a module, which does. */
#define ROUNDS		rounds(10000)
#define SLEEPING	rounds(200)
/* Unbinding sleeps until nobody has the device any more. */
#define WAITING		rounds(2000)

#define DENSE		"vfio-test-dense"
#define REMAP		"vfio-test-remap"
#define DENSE_RACE(name)	DRIVER_TEST_WITHIN(name, DENSE, 3600)
#define REMAP_RACE(name)	DRIVER_TEST_WITHIN(name, REMAP, 3600)

#define SIZE	(4 * PAGE)

/*
 * A DMA engine, a container that has it and one that has not, and a device that
 * is open or not; a page of RAM, four of the device, a page of RAM.
 */
struct scene {
	int container;
	int other;
	struct edu edu;
	struct device peer;
	int group;
	char *va;
	size_t size;
};

static struct scene *scene_prepare(const char *bdf)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container_open();
	s->edu = edu_open(s->container);
	s->other = container_open();
	s->peer.bdf = bdf;
	s->size = SIZE + 2 * PAGE;
	s->va = ram(s->size);

	return s;
}

static struct scene *scene_open(const char *bdf)
{
	struct scene *s = scene_prepare(bdf);

	s->peer = device_open(s->container, bdf);
	region_mmap_at(s->va + PAGE, s->peer.fd, 0, 0, SIZE);

	return s;
}

/* Nothing is mapped but edu's own page, and all can be. */
static void expect_nothing_left(struct scene *s)
{
	char *bar;

	expect_mapped(.ram = 1);
	bar = region_open(s->peer.fd, 0);
	expect_ok(dma_map(s->container, IOVA, s->va, s->size));
	expect_dma(&s->edu, IOVA, s->va);
	expect_dma(&s->edu, IOVA + 2 * PAGE, bar + PAGE);
	expect_dma(&s->edu, IOVA + s->size - PAGE, s->va + s->size - PAGE);
	expect_eq(dma_unmap(s->container, IOVA, s->size), s->size);
}

/* Neither may ever fail. */
static int map(void *data)
{
	struct scene *s = data;

	expect_ok(dma_map(s->container, IOVA, s->va, s->size));
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, s->size), s->size);

	return 0;
}

DENSE_RACE(dense_map_races_with_reset)
{
	/* This test maps and unmaps RAM, BAR, RAM while resets go on. */
	struct scene *s = scene_open(bdf);

	race(SIDE("map", map, s, ROUNDS),
	     SIDE("reset", side_reset, &s->peer, ROUNDS));
	expect_nothing_left(s);
}

REMAP_RACE(remap_map_races_with_reset)
{
	/* This test maps and unmaps RAM, BAR, RAM while resets go on. */
	struct scene *s = scene_open(bdf);

	race(SIDE("map", map, s, ROUNDS),
	     SIDE("reset", side_reset, &s->peer, ROUNDS));
	/* What was zapped stays so for the CPU. */
	region_mmap_at(s->va + PAGE, s->peer.fd, 0, 0, SIZE);
	expect_nothing_left(s);
}

DENSE_RACE(dense_resets_race_with_each_other)
{
	/* This test keeps a mapping of many pieces through two's resets. */
	struct scene *s = scene_open(bdf);
	char *va = ram(64 * PAGE), *bar = region_open(s->peer.fd, 0);

	for (int i = 0; i < 64; i += 2)
		region_mmap_at(va + i * PAGE, s->peer.fd, 0, i * PAGE, PAGE);
	expect_ok(dma_map(s->container, 2 * IOVA, va, 64 * PAGE));
	race(SIDE("reset", side_reset, &s->peer, ROUNDS),
	     SIDE("reset, too", side_reset, &s->peer, ROUNDS));
	expect_mapped(.ram = 33, .live = 32);
	expect_dma(&s->edu, 2 * IOVA, bar);
	expect_dma(&s->edu, 2 * IOVA + 61 * PAGE, va + 61 * PAGE);
	expect_dma(&s->edu, 2 * IOVA + 62 * PAGE, bar + 62 * PAGE);
	expect_eq(dma_unmap(s->container, 2 * IOVA, 64 * PAGE), 64 * PAGE);
	expect_nothing_left(s);
}

static int touch(void *data)
{
	struct scene *s = data;

	for (size_t at = 0; at < s->size; at += PAGE)
		expect_eq(write_signal(s->va + at), 0);

	return 0;
}

DENSE_RACE(dense_fault_races_with_reset)
{
	/* This test touches pages while resets go on: a fault waits, no more. */
	struct scene *s = scene_open(bdf);

	race(SIDE("touch", touch, s, ROUNDS),
	     SIDE("reset", side_reset, &s->peer, ROUNDS));
	expect_nothing_left(s);
}

static int mmap_and_map(void *data)
{
	struct scene *s = data;
	char *va = region_mmap(s->peer.fd, 0, PAGE, SIZE, RW);

	/* This driver maps in mmap itself, where it cannot wait for a reset. */
	if (va == MAP_FAILED)
		return errno;
	expect_ok(dma_map(s->container, 2 * IOVA, va, SIZE));
	expect_ok(munmap(va, SIZE));
	expect_eq(dma_unmap(s->container, 2 * IOVA, SIZE), SIZE);

	return 0;
}

REMAP_RACE(remap_mmap_races_with_reset)
{
	/* This test mmaps, maps and munmaps while resets go on. */
	struct scene *s = scene_open(bdf);

	race(SIDE("mmap", mmap_and_map, s, ROUNDS, .may_fail = { EAGAIN }),
	     SIDE("reset", side_reset, &s->peer, ROUNDS));
	region_mmap_at(s->va + PAGE, s->peer.fd, 0, 0, SIZE);
	expect_nothing_left(s);
}

/* What is left of an mmap with a hole, mapped here, touched in a child. */
static int split_and_fork(void *data)
{
	struct scene *s = data;
	char *va = region_mmap(s->peer.fd, 0, PAGE, SIZE, RW);
	pid_t child;

	expect_true(va != MAP_FAILED);
	expect_eq(write_signal(va), 0);
	expect_ok(munmap(va + PAGE, PAGE));
	expect_ok(dma_map(s->container, 2 * IOVA, va + 2 * PAGE, 2 * PAGE));
	child = child_fork();
	if (!child) {
		expect_eq(write_signal(va), 0);
		expect_eq(write_signal(va + 3 * PAGE), 0);
		child_exit();
	}
	expect_ok(munmap(va, SIZE));
	expect_eq(dma_unmap(s->container, 2 * IOVA, 2 * PAGE), 2 * PAGE);
	child_join(child);

	return 0;
}

DENSE_RACE(dense_split_and_fork_race_with_reset)
{
	/* This test splits, maps, forks and munmaps while resets go on. */
	struct scene *s = scene_open(bdf);

	race(SIDE("split, fork", split_and_fork, s, ROUNDS),
	     SIDE("reset", side_reset, &s->peer, ROUNDS));
	expect_nothing_left(s);
}

/*
 * What comes and goes.
 */

/* Whether it is the last close, others decide. */
static int open_and_close(void *data)
{
	struct scene *s = data;
	__u64 iova = 2 * IOVA + getpid() * SIZE;
	int fd = expect_ok(group_get_device(s->group, s->peer.bdf));
	char *va = region_mmap(fd, 0, 0, SIZE, RW);

	expect_true(va != MAP_FAILED);
	expect_ok(dma_map(s->container, iova, va, SIZE));
	expect_ok(close(fd));
	expect_ok(munmap(va, SIZE));
	expect_eq(dma_unmap(s->container, iova, SIZE), SIZE);

	return 0;
}

static int open_and_reset(void *data)
{
	struct scene *s = data;
	int fd = expect_ok(group_get_device(s->group, s->peer.bdf));

	expect_ok(reset_by_ioctl(fd));
	race_pause();
	expect_ok(close(fd));

	return 0;
}

DENSE_RACE(dense_close_races_with_reset)
{
	/* This test has processes open, map, reset and close one device. */
	struct scene *s = scene_prepare(bdf);

	s->group = group_open(bdf);
	expect_ok(group_set_container(s->group, s->container));
	race(SIDE("close", open_and_close, s, ROUNDS, .process = 1),
	     SIDE("close, too", open_and_close, s, ROUNDS, .process = 2),
	     SIDE("reset", open_and_reset, s, ROUNDS, .process = 3));
	s->peer.fd = expect_ok(group_get_device(s->group, bdf));
	region_mmap_at(s->va + PAGE, s->peer.fd, 0, 0, SIZE);
	expect_nothing_left(s);
}

static int join_and_map(void *data)
{
	struct scene *s = data;

	expect_ok(group_set_container(s->group, s->other));
	if (container_set_iommu(s->other, VFIO_TYPE1v2_IOMMU))
		return errno;
	expect_ok(dma_map(s->other, IOVA, s->va, s->size));
	race_pause();
	/* With the last group goes what is mapped. */
	if (race_random(2))
		expect_eq(dma_unmap(s->other, IOVA, s->size), s->size);
	expect_ok(group_unset_container(s->group));

	return 0;
}

DENSE_RACE(dense_containers_race_with_reset)
{
	/*
	 * This test maps the device in its own container, and in another one that
	 * comes and goes, while resets go on.
	 */
	struct scene *s = scene_open(bdf);

	s->group = group_open(need("big"));
	race(SIDE("map", map, s, ROUNDS),
	     SIDE("join, map", join_and_map, s, ROUNDS),
	     SIDE("reset", side_reset, &s->peer, ROUNDS));
	/* Whoever uses the container next ends what its last group left. */
	dma_unmap(s->other, IOVA, s->size);
	expect_nothing_left(s);
}

/* Refused once the device is gone, be it by reset or by map. */
static int use_bound(void *data)
{
	struct scene *s = data;
	struct device device;
	int error;
	char *va;

	if (device_try_open(&device, s->container, s->peer.bdf))
		return errno;
	va = region_mmap(device.fd, 0, 0, SIZE, RW);
	expect_true(va != MAP_FAILED);
	expect_ok(reset_by_ioctl(device.fd));
	error = dma_map(s->container, 2 * IOVA, va, SIZE) ? errno : 0;
	expect_ok(reset_by_ioctl(device.fd));
	expect_ok(munmap(va, SIZE));
	device_close(&device);
	if (!error)
		expect_eq(dma_unmap(s->container, 2 * IOVA, SIZE), SIZE);

	return error;
}

static int rebind(void *data)
{
	struct scene *s = data;

	expect_ok(pci_unbind(s->peer.bdf));
	race_pause();
	expect_ok(pci_bind(s->peer.bdf, DENSE));
	for (int i = 0; i < 20; i++)
		race_pause();

	return 0;
}

static void expect_usable(struct scene *s)
{
	s->peer = device_open(s->container, s->peer.bdf);
	region_mmap_at(s->va + PAGE, s->peer.fd, 0, 0, SIZE);
	expect_nothing_left(s);
}

DENSE_RACE(dense_unbind_races_with_reset)
{
	/* This test unbinds and binds a device whose user resets and maps it. */
	struct scene *s = scene_prepare(bdf);

	race(SIDE("map, reset", use_bound, s, WAITING, .process = 1,
		  .may_fail = { MAYBE_BOUND, EPERM }),
	     SIDE("unbind", rebind, s, WAITING));
	expect_usable(s);
}

/* The driver takes its device again as soon as it is loaded. */
static int reload(void *data)
{
	(void)data;
	if (drivers_unload())
		return errno;
	race_pause();
	expect_ok(drivers_load());
	for (int i = 0; i < 20; i++)
		race_pause();

	return 0;
}

DENSE_RACE(dense_driver_goes_while_it_is_opened)
{
	/* This test unloads the driver whenever nobody has its device open. */
	struct scene *s = scene_prepare(bdf);

	race(SIDE("use", use_bound, s, SLEEPING, .process = 1,
		  .may_fail = { MAYBE_BOUND, EPERM }),
	     SIDE("unload", reload, s, SLEEPING, .may_fail = { EAGAIN }));
	expect_usable(s);
}
