// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups that join and leave containers, containers that map each other's
 * devices, and the module that all of them keep.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "mapped.h"
#include "module.h"
#include "sides.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Rounds of what does not sleep, and of what does. */
#define ROUNDS		rounds(10000)
#define SLEEPING	rounds(200)

#define SIZE	(4 * PAGE)

/* A device, and a container that maps it: its own or another one. */
struct scene {
	int container;
	struct device device;
	char *bar;
	char *va;
	struct phase phase;
	/* A group that joins and leaves. */
	int group;
};

static struct scene *scene_open(int container, int home, const char *bdf)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container;
	s->device = device_open(home, strdup(bdf));
	s->bar = region_mmap(s->device.fd, BAR2, 0, SIZE,
			     PROT_READ | PROT_WRITE);
	expect_true(s->bar != MAP_FAILED);

	return s;
}

static int map(void *data)
{
	struct scene *s = data;
	unsigned int then = phase_now(&s->phase);
	int error;

	error = dma_map(s->container, IOVA, s->bar, SIZE) ? errno : 0;
	if (phase_expect(&s->phase, then, error, EFAULT))
		return error;
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, SIZE), SIZE);

	return 0;
}

static int memory_bit(void *data)
{
	struct scene *s = data;

	memory_off_and_on(s->device.fd, &s->phase);

	return 0;
}

/*
 * Joining and leaving.
 */

static int join_and_leave(void *data)
{
	struct scene *s = data;

	expect_ok(group_set_container(s->group, s->container));
	race_pause();
	expect_ok(group_unset_container(s->group));

	return 0;
}

RACE(joining_races_with_memory_bit)
{
	/*
	 * This test has a group join and leave while runs are suspended and
	 * resumed. In the end its device reaches what is live, and no more.
	 */
	int container = container_open();
	struct scene *s = scene_open(container, container, need("peer"));
	char *mixed = ram(3 * PAGE);
	struct edu edu;

	s->group = group_open(need("edu"));
	region_mmap_at(mixed + PAGE, s->device.fd, BAR2, 0, PAGE);
	expect_ok(dma_map(container, 2 * IOVA, mixed, 3 * PAGE));
	race(SIDE("join", join_and_leave, s, ROUNDS),
	     SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("memory bit", memory_bit, s, ROUNDS));
	expect_mapped(.ram = 2, .live = 1);

	expect_ok(close(s->group));
	memory_off(s->device.fd);
	edu = edu_open(container);
	expect_mapped(.ram = 3, .suspended = 1);
	expect_dma(&edu, 2 * IOVA, mixed);
	allow_iommu_faults();
	edu_put(&edu, 2 * IOVA + PAGE);
	memory_on(s->device.fd);
	expect_true(mixed[PAGE] == s->bar[0]);
	expect_dma(&edu, 2 * IOVA + PAGE, mixed + PAGE);
	expect_dma(&edu, 2 * IOVA + 2 * PAGE, mixed + 2 * PAGE);
	expect_eq(dma_unmap(container, 2 * IOVA, 3 * PAGE), 3 * PAGE);
	expect_mapped(.ram = 1);
}

/* The only group: with it the container's backend comes and goes. */
static int go_and_come(void *data)
{
	struct scene *s = data;

	expect_ok(group_unset_container(s->group));
	race_pause();
	expect_ok(group_set_container(s->group, s->container));
	expect_ok(container_set_iommu(s->container, VFIO_TYPE1v2_IOMMU));

	return 0;
}

/* What was mapped may be gone with the backend, or be another one's by now. */
static int map_if_there_is_one(void *data)
{
	struct scene *s = data;
	long long unmapped;

	if (dma_map(s->container, IOVA, s->va, SIZE) && errno != EEXIST)
		return errno;
	race_pause();
	unmapped = dma_unmap(s->container, IOVA, SIZE);
	if (unmapped < 0)
		return errno;
	expect_true(!unmapped || unmapped == SIZE);

	return 0;
}

static int look(void *data)
{
	struct pages pages = mapped();

	(void)data;
	expect_eq(pages.suspended, 0);

	return 0;
}

RACE(map_races_with_last_group)
{
	/*
	 * This test has the last group leave and a new one come while two map RAM
	 * and a BAR of a device that is elsewhere. Stock's ioctls use a backend that
	 * nothing holds: it is freed under them, and the kernel hangs or panics.
	 */
	int container = container_open();
	struct scene *s;
	char *bar;

	need_a_strategy();
	s = scene_open(container, container_open(), need("peer"));
	bar = s->bar;
	s->group = group_open(need("edu"));
	s->va = ram(SIZE);
	region_mmap_at(s->va + PAGE, s->device.fd, BAR2, 0, PAGE);
	expect_ok(group_set_container(s->group, s->container));
	expect_ok(container_set_iommu(s->container, VFIO_TYPE1v2_IOMMU));
	race(SIDE("last group", go_and_come, s, ROUNDS),
	     SIDE("map", map_if_there_is_one, s, ROUNDS, .may_fail = { EINVAL }),
	     SIDE("map, too", map_if_there_is_one, s, ROUNDS,
		  .may_fail = { EINVAL }),
	     SIDE("look", look, s, SLEEPING));
	expect_ok(group_unset_container(s->group));
	expect_mapped();

	expect_eq(locked_memory(), 0);
	expect_ok(group_set_container(s->group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	expect_ok(dma_map(container, IOVA, bar, SIZE));
	expect_mapped(.live = SIZE / PAGE);
	expect_eq(dma_avail(container), 65534);
}

/*
 * Two containers, in two processes: what one does to its device, the other has
 * mapped.
 */

static void expect_both_mapped(struct edu *edu, struct scene *one,
			       struct scene *two)
{
	expect_mapped(.ram = 1);
	expect_ok(dma_map(one->container, IOVA, one->bar, SIZE));
	expect_ok(dma_map(two->container, IOVA, two->bar, SIZE));
	expect_mapped(.ram = 1, .live = 2 * SIZE / PAGE);
	expect_dma(edu, IOVA + PAGE, one->bar + PAGE);
	expect_eq(dma_unmap(two->container, IOVA, SIZE), SIZE);
	expect_eq(dma_unmap(one->container, IOVA, SIZE), SIZE);
	expect_mapped(.ram = 1);
}

RACE(containers_race_with_memory_bits)
{
	/* This test has two containers map each other's device, turned off and on. */
	int first = container_open(), second = container_open();
	struct edu edu = edu_open(first);
	struct scene *one = scene_open(first, second, need("peer"));
	struct scene *two = scene_open(second, first, need("big"));

	race(SIDE("map one", map, one, ROUNDS, .process = 1,
		  .may_fail = { EFAULT }),
	     SIDE("memory bit of two", memory_bit, two, ROUNDS, .process = 1),
	     SIDE("map two", map, two, ROUNDS, .process = 2,
		  .may_fail = { EFAULT }),
	     SIDE("memory bit of one", memory_bit, one, ROUNDS, .process = 2));
	expect_both_mapped(&edu, one, two);
}

RACE(containers_race_with_resets)
{
	/* This test has two containers map each other's device, which is reset. */
	int first = container_open(), second = container_open();
	struct edu edu = edu_open(first);
	struct scene *one = scene_open(first, second, need("reset"));
	struct scene *two = scene_open(second, first, need("disk"));

	race(SIDE("map one", map, one, SLEEPING, .process = 1),
	     SIDE("reset of two", side_reset, &two->device, SLEEPING,
		  .process = 1),
	     SIDE("map two", map, two, SLEEPING, .process = 2),
	     SIDE("reset of one", side_reset, &one->device, SLEEPING,
		  .process = 2));
	expect_both_mapped(&edu, one, two);
}

/* Opens the device, maps it where it does not belong, turns it off and on. */
static int open_and_map(void *data)
{
	struct scene *s = data;
	int fd = expect_ok(group_get_device(s->device.group,
						   s->device.bdf));
	char *va = region_mmap(fd, BAR2, 0, SIZE, PROT_READ | PROT_WRITE);

	expect_true(va != MAP_FAILED);
	expect_ok(dma_map(s->container, IOVA, va, SIZE));
	memory_off(fd);
	race_pause();
	memory_on(fd);
	expect_ok(munmap(va, SIZE));
	expect_ok(close(fd));
	expect_eq(dma_unmap(s->container, IOVA, SIZE), SIZE);

	return 0;
}

/* The other process may have turned it off. */
static int open_and_touch(void *data)
{
	struct scene *s = data;
	int fd = expect_ok(group_get_device(s->device.group, s->device.bdf));
	char *va = region_mmap(fd, BAR2, 0, SIZE, PROT_READ | PROT_WRITE);

	expect_true(va != MAP_FAILED);
	read_signal(va);
	race_pause();
	expect_ok(close(fd));
	read_signal(va);
	expect_ok(munmap(va, SIZE));

	return 0;
}

RACE(containers_race_with_closes)
{
	/* This test has two containers map each other's device, which is closed. */
	int first = container_open(), second = container_open();
	struct edu edu = edu_open(first);
	struct scene *one = scene_open(first, second, need("peer"));
	struct scene *two = scene_open(second, first, need("big"));
	struct scene *scenes[] = { one, two };

	for (int i = 0; i < 2; i++) {
		expect_ok(munmap(scenes[i]->bar, SIZE));
		expect_ok(close(scenes[i]->device.fd));
	}
	race(SIDE("map one", open_and_map, one, ROUNDS, .process = 1),
	     SIDE("close two", open_and_touch, two, ROUNDS, .process = 1),
	     SIDE("map two", open_and_map, two, ROUNDS, .process = 2),
	     SIDE("close one", open_and_touch, one, ROUNDS, .process = 2));
	for (int i = 0; i < 2; i++) {
		struct device *device = &scenes[i]->device;

		device->fd = expect_ok(group_get_device(device->group,
							device->bdf));
		scenes[i]->bar = region_open(device->fd, BAR2);
	}
	expect_both_mapped(&edu, one, two);
}

/*
 * The module.
 */

/* Refused, as somebody always has a container. */
static int unload(void *data)
{
	(void)data;
	expect_errno(module_delete(), EAGAIN);

	return 0;
}

static int load_again(void *data)
{
	(void)data;
	expect_errno(module_insert(strategy_name(), ""), EEXIST);

	return 0;
}

static int open_and_close(void *data)
{
	struct scene *s = data;
	struct device device = device_open(s->container, s->device.bdf);
	char *va = region_mmap(device.fd, BAR2, 0, SIZE, PROT_READ | PROT_WRITE);

	expect_true(va != MAP_FAILED);
	expect_ok(dma_map(s->container, IOVA, va, SIZE));
	device_close(&device);
	expect_ok(munmap(va, SIZE));

	return 0;
}

RACE(module_stays_while_in_use)
{
	/* This test unloads and loads the module while all of it is in use. */
	struct scene *s = shared_memory(sizeof(*s));

	need_a_strategy();
	s->container = container_open();
	s->device.bdf = need("peer");
	race(SIDE("open", open_and_close, s, ROUNDS),
	     SIDE("unload", unload, NULL, ROUNDS),
	     SIDE("load", load_again, NULL, SLEEPING));
	expect_mapped();
}
