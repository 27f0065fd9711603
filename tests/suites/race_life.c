// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that come and go, opened and closed, bound and unbound, while others
 * use them.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "mapped.h"
#include "pci.h"
#include "race.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Rounds of what does not sleep, and of what does. */
#define ROUNDS		rounds(10000)
#define SLEEPING	rounds(200)
/* Unbinding sleeps until nobody has the device any more. */
#define WAITING		rounds(2000)

#define SIZE	(4 * PAGE)

/*
 * A container with edu in it, and the group of another device, which nobody has
 * open. Shared with all of a race's processes; where addresses are used, they
 * were reserved before.
 */
struct scene {
	int container;
	struct edu edu;
	const char *bdf;
	int group;
	char *va;
	atomic_int fd;
	atomic_int used;	/* how often */
	int event;
};

static struct scene *scene_open(const char *bdf)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container_open();
	s->edu = edu_open(s->container);
	s->bdf = strdup(bdf);
	s->va = reserve(SIZE, PAGE);
	s->fd = -1;

	return s;
}

static struct scene *scene_with_group(const char *bdf)
{
	struct scene *s = scene_open(bdf);

	s->group = group_open(bdf);
	expect_ok(group_set_container(s->group, s->container));

	return s;
}

/* Nothing is mapped, nobody has the device, and it is good for use. */
static void expect_free(struct scene *s)
{
	struct device device;
	char *bar;

	expect_mapped(.ram = 1);
	if (s->group)
		expect_ok(close(s->group));
	device = device_open(s->container, s->bdf);
	bar = region_open(device.fd, BAR2);
	expect_ok(dma_map(s->container, IOVA, bar, SIZE));
	expect_mapped(.ram = 1, .live = SIZE / PAGE);
	expect_dma(&s->edu, IOVA + PAGE, bar + PAGE);
	expect_eq(dma_unmap(s->container, IOVA, SIZE), SIZE);
	expect_mapped(.ram = 1);
}

/*
 * Closing.
 */

/* The mmap outlasts the file's descriptor: its end is the last close. */
static void open_and_mmap(struct scene *s)
{
	int fd = expect_ok(group_get_device(s->group, s->bdf));

	region_mmap_at(s->va, fd, BAR2, 0, SIZE);
	expect_ok(close(fd));
	expect_eq(read_signal(s->va), 0);
}

static int close_and_open(void *data)
{
	struct scene *s = data;

	vacate(s->va, SIZE);
	race_pause();
	open_and_mmap(s);

	return 0;
}

/* Unmapped whole, whether the device is still there or not. */
static int map(void *data)
{
	struct scene *s = data;

	if (dma_map(s->container, IOVA, s->va, SIZE))
		return errno;
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, SIZE), SIZE);

	return 0;
}

RACE(map_races_with_close)
{
	/*
	 * This test maps an mmap that is the last thing to keep its device open.
	 * A map is refused only if the mmap is gone.
	 */
	struct scene *s = scene_with_group(need("peer"));

	open_and_mmap(s);
	race(SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("close", close_and_open, s, ROUNDS));
	vacate(s->va, SIZE);
	expect_free(s);
}

/* Everything with the device from open to close, at an IOVA of its own. */
static int use(void *data)
{
	struct scene *s = data;
	__u64 iova = 2 * IOVA + getpid() * SIZE;
	int fd = group_get_device(s->group, s->bdf);

	if (fd < 0)
		return errno;
	region_mmap_at(s->va, fd, BAR2, 0, SIZE);
	expect_ok(dma_map(s->container, iova, s->va, SIZE));
	expect_eq(write_signal(s->va + PAGE), 0);
	race_pause();
	vacate(s->va, SIZE);
	expect_ok(close(fd));
	race_pause();
	expect_eq(dma_unmap(s->container, iova, SIZE), SIZE);

	return 0;
}

RACE(closes_race_in_processes)
{
	/* This test has three processes open, use and close one device. */
	struct scene *s = scene_with_group(need("peer"));

	race(SIDE("one", use, s, ROUNDS, .process = 1),
	     SIDE("two", use, s, ROUNDS, .process = 2),
	     SIDE("three", use, s, ROUNDS, .process = 3));
	expect_free(s);
}

static int host_reset(void *data)
{
	struct scene *s = data;

	/* Others are to come in between: on a debug kernel a reset takes a second. */
	usleep(race_random(2000000));

	return reset_by_host(s->bdf) ? errno : 0;
}

RACE(closes_race_with_resets)
{
	/*
	 * This test opens and closes, each with a reset in it, while the host
	 * resets. An open does not wait for the host.
	 */
	struct scene *s = scene_with_group(need("disk"));

	race(SIDE("one", use, s, SLEEPING, .process = 1, .may_fail = { EAGAIN }),
	     SIDE("two", use, s, SLEEPING, .process = 2, .may_fail = { EAGAIN }),
	     SIDE("host's reset", host_reset, s, SLEEPING));
	expect_free(s);
}

/*
 * Unbinding.
 */

/* Others may be just about to use it, or look whether it is open. */
static void close_lent(struct scene *s, struct device *device)
{
	s->fd = -1;
	device_close(device);
}

/* Uses the device until it is taken away, and a little longer. */
static int use_bound(void *data)
{
	struct scene *s = data;
	struct device device;
	int number, error;

	if (device_try_open(&device, s->container, s->bdf))
		return errno;
	s->fd = device.fd;
	region_mmap_at(s->va, device.fd, BAR2, 0, SIZE);
	race_pause();
	number = write_signal(s->va);
	if (number)
		expect_eq(number, SIGBUS);
	error = dma_map(s->container, IOVA, s->va, SIZE) ? errno : 0;
	race_pause();
	vacate(s->va, SIZE);
	close_lent(s, &device);
	race_pause();
	if (!error)
		expect_eq(dma_unmap(s->container, IOVA, SIZE), SIZE);

	return error;
}

static int rebind(void *data)
{
	struct scene *s = data;

	expect_ok(pci_unbind(s->bdf));
	race_pause();
	expect_ok(pci_bind(s->bdf, "vfio-pci"));
	/* There is more to race with if it is open. */
	for (int i = 0; i < 100 && s->fd < 0; i++)
		race_pause();

	return 0;
}

/*
 * The same where opening, resetting and closing take a tenth of a second each, and
 * whoever resets keeps the others out: once somebody has it open, or nobody can.
 */
static int rebind_slowly(void *data)
{
	struct scene *s = data;

	for (int i = 0; i < 2000 && s->fd < 0; i++)
		usleep(1000);
	usleep(race_random(400000));

	return rebind(data);
}

RACE(map_races_with_unbind)
{
	/*
	 * This test unbinds and binds a device whose user maps it. A map is
	 * refused only once the device is gone.
	 */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("map", use_bound, s, WAITING, .process = 1,
		  .may_fail = { MAYBE_BOUND, EPERM }),
	     SIDE("unbind", rebind, s, WAITING));
	expect_free(s);
}

/* For another thread to use, which may find it closed. */
static int lend(void *data)
{
	struct scene *s = data;
	struct device device;
	int used = s->used;

	if (device_try_open(&device, s->container, s->bdf))
		return errno;
	s->fd = device.fd;
	for (int i = 0; i < 4; i++)
		race_pause();
	/* Every second time it is used for certain, if somebody is there. */
	if (race_random(2)) {
		for (int ms = 0; ms < 20 && s->used == used; ms++)
			usleep(1000);
	}
	close_lent(s, &device);

	return 0;
}

/* What a file may answer that is no device's, or none at all. */
#define MAYBE_CLOSED	EBADF, ENOTTY, EINVAL
/* A call of another thread's keeps the file open, and thereby the group. */
#define MAYBE_LENT	MAYBE_BOUND, EBUSY

static int set_request(int fd, __s32 event)
{
	struct {
		struct vfio_irq_set set;
		__s32 event;
	} request = {
		.set = {
			.argsz = sizeof(request),
			.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
				 VFIO_IRQ_SET_DATA_EVENTFD,
			.index = VFIO_PCI_REQ_IRQ_INDEX,
			.count = 1,
		},
		.event = event,
	};

	return ioctl(fd, VFIO_DEVICE_SET_IRQS, &request);
}

static int request(void *data)
{
	struct scene *s = data;

	if (set_request(s->fd, s->event))
		return errno;
	s->used++;
	race_pause();

	return set_request(s->fd, -1) ? errno : 0;
}

RACE(request_races_with_unbind)
{
	/* This test sets and ends the eventfd by which unbinding asks. */
	struct scene *s = scene_open(need("peer"));

	s->event = expect_ok(eventfd(0, EFD_NONBLOCK));
	race(SIDE("open", lend, s, WAITING, .process = 1,
		  .may_fail = { MAYBE_LENT }),
	     SIDE("eventfd", request, s, SLEEPING, .process = 1,
		  .may_fail = { MAYBE_CLOSED }),
	     SIDE("unbind", rebind, s, WAITING));
	expect_free(s);
}

/* Mostly, who unbinds has the device's lock by now, or the host's reset has. */
static int lend_and_reset(void *data)
{
	struct scene *s = data;
	struct device device;

	if (device_try_open(&device, s->container, s->bdf))
		return errno;
	s->fd = device.fd;
	if (reset_by_ioctl(device.fd))
		expect_eq(errno, EAGAIN);
	close_lent(s, &device);

	return 0;
}

static int reset(void *data)
{
	struct scene *s = data;

	/* Who asks all the time makes all others slower. */
	usleep(race_random(2000));

	return reset_by_ioctl(s->fd) ? errno : 0;
}

RACE(reset_races_with_unbind)
{
	/*
	 * This test unbinds and binds what its user and the host reset. The user's
	 * reset does not wait for who unbinds.
	 */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("open, reset", lend_and_reset, s, SLEEPING, .process = 1,
		  .may_fail = { MAYBE_LENT }),
	     SIDE("reset", reset, s, 0, .process = 1,
		  .may_fail = { MAYBE_CLOSED, EAGAIN }),
	     SIDE("host's reset", host_reset, s, SLEEPING),
	     SIDE("unbind", rebind_slowly, s, SLEEPING));
	expect_free(s);
}
