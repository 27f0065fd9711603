// SPDX-License-Identifier: GPL-2.0-only
/*
 * Low power that is entered and exited, and virtual functions that come and go,
 * while others use the device, reset it, close it and unbind it.
 *
 * What must hold while it goes on: who maps memory of a device in low power is
 * refused, who touches it gets SIGBUS, and neither happens otherwise; who reads
 * or writes by the device file gets what is there. And in the end all that was
 * mapped is there, and nobody sleeps who should not.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "irq.h"
#include "low_power.h"
#include "mapped.h"
#include "pci.h"
#include "sides.h"
#include "sriov.h"
#include "test.h"
#include "transition.h"

/* Suites power and low_power have the events on every strategy. */
SUITE_RUNS_ONCE;

/* Rounds of what does not sleep, and of what does. */
#define ROUNDS		rounds(10000)
#define SLEEPING	rounds(200)

/* Where the mapping is that lasts from the start of a race to its end. */
#define KEPT		(2 * IOVA)
#define MAPPED		(4 * PAGE)

struct scene {
	int container;
	struct edu edu;
	struct device device;
	char *bar;
	int event;
	struct phase phase;
};

static struct scene *scene_open(const char *bdf)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container_open();
	s->edu = edu_open(s->container);
	s->device = device_open(s->container, bdf);
	s->bar = region_mmap(s->device.fd, BAR2, 0, MAPPED,
			     PROT_READ | PROT_WRITE);
	s->event = event_new();
	expect_ok(dma_map(s->container, KEPT, s->bar, MAPPED));

	return s;
}

static void expect_as_before(struct scene *s)
{
	expect_ok(low_power_exit(s->device.fd));
	expect_true(!is_asleep(s->device.bdf));
	/* One page is edu's own. */
	expect_mapped(.ram = 1, .live = MAPPED / PAGE);
	expect_eq(read_signal(s->bar), 0);
	for (size_t at = 0; at < MAPPED; at += PAGE)
		expect_dma(&s->edu, KEPT + at, s->bar + at);
	expect_eq(dma_unmap(s->container, KEPT, MAPPED), MAPPED);
	expect_mapped(.ram = 1);
}

static int low_power(void *data)
{
	struct scene *s = data;

	phase_next(&s->phase);
	expect_ok(low_power_enter(s->device.fd));
	phase_next(&s->phase);
	race_pause();
	phase_next(&s->phase);
	expect_ok(low_power_exit(s->device.fd));
	phase_next(&s->phase);

	return 0;
}

/* Where several do it: who comes late is refused, or has nothing to exit. */
static int low_power_blindly(void *data)
{
	struct scene *s = data;
	int ret;

	ret = race_random(2) ? low_power_enter(s->device.fd) :
			       low_power_enter_with_wakeup(s->device.fd, s->event);
	if (ret)
		return errno;
	race_pause();
	expect_ok(low_power_exit(s->device.fd));

	return 0;
}

static int map(void *data)
{
	struct scene *s = data;
	unsigned int then = phase_now(&s->phase);
	int error;

	error = dma_map(s->container, IOVA, s->bar, MAPPED) ? errno : 0;
	if (phase_expect(&s->phase, then, error, EFAULT))
		return error;
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, MAPPED), MAPPED);

	return 0;
}

static int touch(void *data)
{
	struct scene *s = data;
	char *byte = s->bar + race_random(MAPPED);
	unsigned int then = phase_now(&s->phase);
	int number;

	number = race_random(2) ? read_signal(byte) : write_signal(byte);
	if (number)
		expect_eq(number, SIGBUS);

	return phase_expect(&s->phase, then, number ? EFAULT : 0, EFAULT);
}

/* Always: it wakes. */
static int read_and_write(void *data)
{
	struct scene *s = data;
	__u64 offset = region_info(s->device.fd, BAR2).offset;
	char bytes[600] = "";

	if (race_random(2))
		expect_eq(pread(s->device.fd, bytes, 600, offset), 600);
	else
		expect_eq(pwrite(s->device.fd, bytes, 600, offset), 600);
	expect_eq(config_read(s->device.fd, PCI_VENDOR_ID, 4),
		  pci_config(s->device.bdf, PCI_VENDOR_ID, 4));

	return 0;
}

/* The host keeps it awake for a moment. */
static int wake(void *data)
{
	struct scene *s = data;

	host_wakes(s->device.bdf);
	race_pause();
	host_lets_sleep(s->device.bdf);

	return 0;
}

RACE(low_power_races_with_map_and_touch)
{
	/* This test maps and touches memory while low power comes and goes. */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("low power", low_power, s, ROUNDS),
	     SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("touch", touch, s, ROUNDS, .may_fail = { EFAULT }, .process = 1));
	expect_as_before(s);
}

RACE(low_power_races_with_sleep)
{
	/* This test does so with a device that really sleeps. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("low power", low_power, s, SLEEPING),
	     SIDE("read and write", read_and_write, s, SLEEPING),
	     SIDE("touch", touch, s, SLEEPING, .may_fail = { EFAULT }, .process = 1),
	     SIDE("wake", wake, s, SLEEPING));
	expect_as_before(s);
}

RACE(low_power_races_with_itself)
{
	/* This test has several enter and exit, with wake-up and without. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("low power", low_power_blindly, s, SLEEPING, .may_fail = { EINVAL }),
	     SIDE("another", low_power_blindly, s, SLEEPING, .may_fail = { EINVAL },
		  .process = 1),
	     SIDE("wake", wake, s, SLEEPING));
	expect_as_before(s);
}

RACE(low_power_races_with_reset)
{
	/* This test resets the device in every way meanwhile. */
	struct scene *s = scene_open(need("reset"));

	race(SIDE("low power", low_power_blindly, s, SLEEPING, .may_fail = { EINVAL }),
	     SIDE("reset", side_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN }),
	     SIDE("host's reset", side_host_reset, &s->device, SLEEPING,
		  .process = 1),
	     SIDE("bus reset", side_hot_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN, EBUSY }));
	expect_as_before(s);
}

RACE(low_power_races_with_memory_bit_and_d3hot)
{
	/* This test takes the memory away in other ways meanwhile. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("low power", low_power_blindly, s, SLEEPING, .may_fail = { EINVAL }),
	     SIDE("memory bit", side_memory_bit, &s->device, SLEEPING),
	     SIDE("D3hot", side_power_state, &s->device, SLEEPING,
		  .process = 1));
	memory_on(s->device.fd);
	power_set(s->device.fd, 0);
	expect_as_before(s);
}

/* Opened and closed by one, in low power as often as not. */
static int open_and_close(void *data)
{
	struct scene *s = data;
	struct device device;

	if (device_try_open(&device, s->container, s->device.bdf))
		return errno;
	if (race_random(2) && low_power_enter_with_wakeup(device.fd, s->event))
		expect_eq(errno, EINVAL);
	race_pause();
	if (race_random(2))
		expect_ok(low_power_exit(device.fd));
	device_close(&device);

	return 0;
}

static int unbind_and_bind(void *data)
{
	struct scene *s = data;

	if (pci_unbind(s->device.bdf))
		return errno;
	race_pause();
	expect_ok(pci_bind(s->device.bdf, "vfio-pci"));

	return 0;
}

RACE(low_power_races_with_close_and_unbind)
{
	/* This test closes and unbinds a device that may just sleep. */
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container_open();
	s->edu = edu_open(s->container);
	s->device.bdf = need("disk");
	s->event = event_new();
	race(SIDE("open", open_and_close, s, SLEEPING, .may_fail = { MAYBE_BOUND }),
	     SIDE("unbind", unbind_and_bind, s, SLEEPING),
	     SIDE("wake", wake, s, SLEEPING));
	expect_eq(open_and_close(s), 0);
	wait_asleep(s->device.bdf);
}

/*
 * Virtual functions.
 */

struct functions {
	const char *physical;
	int container;	/* with an IOMMU */
	sem_t settling;	/* had by who makes them, until sriov_set() returns */
};

static struct functions *functions_prepare(void)
{
	struct functions *f = shared_memory(sizeof(*f));

	expect_ok(sem_init(&f->settling, true, 1));
	f->physical = need("physical");
	f->container = container_open();
	edu_open(f->container);
	sriov_allow(true);

	return f;
}

/* If somebody has one open, this waits for them. */
static int make_functions(void *data)
{
	struct functions *f = data;
	int error;

	expect_ok(sem_wait(&f->settling));
	error = sriov_set(f->physical, VFS) ? errno : 0;
	expect_ok(sem_post(&f->settling));
	if (error)
		return error;
	race_pause();
	expect_ok(sriov_set(f->physical, 0));

	return 0;
}

/* There are some between two rounds, for others to open. */
static int replace_functions(void *data)
{
	struct functions *f = data;

	if (sriov_set(f->physical, 0))
		return errno;
	race_pause();
	expect_ok(sriov_set(f->physical, VFS));

	return 0;
}

static int open_with(struct functions *f, const char *bdf)
{
	int group = open(group_path(bdf), O_RDWR | O_CLOEXEC), fd, error;

	if (group < 0)
		return errno;
	error = group_set_container(group, f->container) ? errno : 0;
	if (!error) {
		fd = token_get_device(group, bdf, TOKEN_ONE);
		error = fd < 0 ? errno : 0;
	}
	if (!error) {
		race_pause();
		close(fd);
	}
	close(group);

	return error;
}

static int open_function(void *data)
{
	struct functions *f = data;
	char *bdf = sriov_function(f->physical, race_random(VFS));
	int error;

	/* There is none. */
	if (!bdf)
		return errno;
	error = open_with(f, bdf);
	free(bdf);

	return error;
}

/* Its token is one that nobody knows, as nobody has the physical function. */
static int try_function(void *data)
{
	int error = open_function(data);

	return error == EACCES ? 0 : error ?: EEXIST;
}

/* Not while they settle. */
static int rebind_physical(void *data)
{
	struct functions *f = data;
	int error;

	expect_ok(sem_wait(&f->settling));
	error = pci_unbind(f->physical) ? errno : 0;
	expect_ok(sem_post(&f->settling));
	if (error)
		return error;
	race_pause();
	expect_ok(pci_bind(f->physical, "vfio-pci"));

	return 0;
}

static int use_physical(void *data)
{
	struct functions *f = data;
	struct device device;

	if (device_try_open(&device, f->container, f->physical))
		return errno;
	power_set(device.fd, 3);
	if (low_power_enter(device.fd))
		expect_eq(errno, EINVAL);
	power_set(device.fd, 0);
	device_close(&device);

	return 0;
}

/* While they go, they have no group any more, or their files have another name. */
#define MAYBE_THERE	MAYBE_BOUND, EBUSY

RACE(functions_race_with_their_users)
{
	/* This test opens virtual functions that come and go. */
	struct functions *f = functions_prepare();
	int group = group_prepare(f->physical);

	expect_ok(token_get_device(group, f->physical, TOKEN_ONE));
	expect_ok(sriov_set(f->physical, VFS));
	race(SIDE("replace", replace_functions, f, SLEEPING),
	     SIDE("open", open_function, f, SLEEPING, .may_fail = { MAYBE_THERE }),
	     SIDE("another", open_function, f, SLEEPING, .process = 1,
		  .may_fail = { MAYBE_THERE }));
	expect_ok(sriov_set(f->physical, 0));
	sriov_allow(false);
}

RACE(functions_race_with_unbind)
{
	/* This test makes virtual functions while the physical one is unbound. */
	struct functions *f = functions_prepare();

	sriov_allow_report();
	expect_ok(pci_rebind(f->physical, "vfio-pci"));
	race(SIDE("make", make_functions, f, SLEEPING,
		  .may_fail = { ENOENT, EBUSY, ENODEV }),
	     SIDE("open", try_function, f, 0, .may_fail = { MAYBE_THERE }),
	     SIDE("unbind", rebind_physical, f, SLEEPING, .process = 1));
	expect_eq(make_functions(f), 0);
	sriov_allow(false);
	wait_asleep(f->physical);
}

RACE(functions_race_with_power)
{
	/* This test makes them while the physical one is opened, and to sleep. */
	struct functions *f = functions_prepare();

	race(SIDE("make", make_functions, f, SLEEPING),
	     SIDE("use", use_physical, f, SLEEPING, .may_fail = { EAGAIN }));
	expect_eq(make_functions(f), 0);
	sriov_allow(false);
	wait_asleep(f->physical);
}
