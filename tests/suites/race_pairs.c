// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever may happen to a device, each against each: a test for every pair.
 *
 * The device is open, and all of its BAR 0 is mapped for DMA. In the end, what is
 * there to be mapped is mapped, and the device answers to a CPU and to DMA.
 *
 * The device's file and its group's have numbers that no other files ever get, as
 * they may be closed and opened while others use them: then these fail with EBADF.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu.h"
#include "irq.h"
#include "low_power.h"
#include "mapped.h"
#include "nvme.h"
#include "pci.h"
#include "recovery.h"
#include "sides.h"
#include "sriov.h"
#include "test.h"
#include "transition.h"

/*
 * What meets is common code. A strategy has its turn where a side opens the device
 * anew and maps it: race_life has that race with the rest, over every strategy.
 */
SUITE_RUNS_ONCE;

/* Rounds of what does not sleep, if neither of a pair does. */
#define ROUNDS		10000

/* Where the BAR is mapped, and what numbers the files have. */
#define MAPPED_IOVA	(2 * IOVA)
#define FD		500
#define GROUP		501

/**
 * struct scene - the device that everything happens to
 * @edu: what reaches it by DMA, in @device.container
 * @device: the device; its file is FD, its group's GROUP
 * @plug: where errors occur that are not fatal: in the device's port, mostly
 * @fatal_plug: the same for errors that are
 * @hotplug: another device
 * @bar: mmap of BAR 0, or NULL
 * @size: of BAR 0
 * @mapped: it is mapped for DMA
 * @control: offset of the power management register in the device file
 * @doorbell: offset of a register that may be written
 * @event: an eventfd
 * @identity: what the first registers say, which never changes
 */
struct scene {
	struct edu edu;
	struct device device;
	struct plug plug;
	struct plug fatal_plug;
	struct hotplug hotplug;
	char *bar;
	size_t size;
	bool mapped;
	__u64 control;
	__u64 doorbell;
	int event;
	__u64 identity;
	sem_t settling;		/* taken until new virtual functions have settled */
};

/* How often opening and binding are tried again where another side is in the way. */
#define ATTEMPTS	500

static void file_move(int *fd, int number)
{
	expect_eq(dup2(*fd, number), number);
	expect_ok(close(*fd));
	*fd = number;
}

static int device_enter(struct scene *s)
{
	int error = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		error = device_try_open(&s->device, s->device.container,
					s->device.bdf) ? errno : 0;
		if (!error)
			break;
		usleep(10000);
	}
	if (error)
		return error;
	file_move(&s->device.fd, FD);
	file_move(&s->device.group, GROUP);

	/* Another side may just have put it to sleep. */
	s->bar = region_mmap(FD, 0, 0, s->size, PROT_READ | PROT_WRITE);
	expect_true(s->bar != MAP_FAILED);
	s->mapped = !dma_map(s->device.container, MAPPED_IOVA, s->bar, s->size);
	if (!s->mapped)
		expect_eq(errno, EFAULT);

	return 0;
}

static void device_leave(struct scene *s)
{
	expect_ok(munmap(s->bar, s->size));
	device_close(&s->device);
	if (s->mapped)
		expect_eq(dma_unmap(s->device.container, MAPPED_IOVA, s->size),
			  s->size);
	s->mapped = false;
}

/*
 * What happens.
 */

static int state_write(struct scene *s, __u8 state)
{
	return pwrite(FD, &state, 1, s->control) == 1 ? 0 : errno;
}

static int d3hot(void *data)
{
	int error = state_write(data, 3);

	race_pause();

	return error ?: state_write(data, 0);
}

static int low_power(void *data)
{
	(void)data;
	if (low_power_enter(FD))
		return errno;
	race_pause();

	return low_power_exit(FD) ? errno : 0;
}

static int reset(void *data)
{
	(void)data;
	return reset_by_ioctl(FD) ? errno : 0;
}

static int bus_reset(void *data)
{
	static const __s32 group = GROUP;

	(void)data;
	return hot_reset(FD, 1, &group) ? errno : 0;
}

static int host_reset(void *data)
{
	struct scene *s = data;

	return reset_by_host(s->device.bdf) ? errno : 0;
}

static int not_fatal(void *data)
{
	struct scene *s = data;

	return side_error_not_fatal(&s->plug);
}

static int fatal(void *data)
{
	struct scene *s = data;

	return side_error_fatal(&s->fatal_plug);
}

static int hotplug(void *data)
{
	struct scene *s = data;

	return side_hotplug(&s->hotplug);
}

static void *unbind(void *bdf)
{
	expect_ok(pci_unbind(bdf));

	return NULL;
}

/*
 * The host begins to unbind it while it is open. Not while virtual functions settle:
 * they go with the driver, and the kernel may die of that, see sriov_set().
 */
static int rebind(void *data)
{
	struct scene *s = data;
	pthread_t thread;
	int error = 0;

	expect_ok(sem_wait(&s->settling));
	expect_eq(pthread_create(&thread, NULL, unbind,
				 (void *)s->device.bdf), 0);
	race_pause();
	device_leave(s);
	expect_eq(pthread_join(thread, NULL), 0);
	expect_ok(sem_post(&s->settling));
	race_pause();
	for (int i = 0; i < ATTEMPTS; i++) {
		error = pci_bind(s->device.bdf, "vfio-pci") ? errno : 0;
		if (!error)
			break;
		usleep(10000);
	}

	return error ?: device_enter(s);
}

static int reopen(void *data)
{
	device_leave(data);
	race_pause();

	return device_enter(data);
}

/* Where the side that unbinds closes the file itself. */
static int open_another(void *data)
{
	struct scene *s = data;
	int fd = group_get_device(GROUP, s->device.bdf);

	if (fd < 0)
		return errno;
	race_pause();
	expect_ok(close(fd));

	return 0;
}

static int msix(void *data)
{
	struct scene *s = data;

	if (irq_trigger(FD, MSIX, 0, s->event))
		return errno;
	race_pause();

	return irq_end(FD, MSIX) ? errno : 0;
}

/* Unmasks no interrupt: the register takes ones only. */
static int ioeventfd(void *data)
{
	struct scene *s = data;
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = 4,
		.offset = s->doorbell,
		.fd = s->event,
	};

	if (ioctl(FD, VFIO_DEVICE_IOEVENTFD, &arg))
		return errno;
	event_signal(s->event);
	arg.fd = -1;

	return ioctl(FD, VFIO_DEVICE_IOEVENTFD, &arg) ? errno : 0;
}

static int sriov(void *data)
{
	struct scene *s = data;
	int error;

	expect_ok(sem_wait(&s->settling));
	error = sriov_set(s->device.bdf, VFS) ? errno : 0;
	expect_ok(sem_post(&s->settling));
	if (error)
		return error;
	race_pause();

	return sriov_set(s->device.bdf, 0) ? errno : 0;
}

#define OWN_MAX		2
#define OTHERS_MAX	5

/**
 * struct happening - one of what a pair is made of
 * @name: of half a test
 * @round: does it once
 * @sleeps: how often in a thorough run, unless it does not sleep
 * @may_fail: errors that it may have whatever else happens
 * @fails_others: errors that others may have because of it
 */
struct happening {
	const char *name;
	int (*round)(void *data);
	int sleeps;
	int may_fail[OWN_MAX];
	int fails_others[OTHERS_MAX];
};

#define FAILS(...)	.may_fail = { __VA_ARGS__ }
#define HINDERS(...)	.fails_others = { __VA_ARGS__ }

static const struct happening happenings[] = {
	{ .name = "d3hot", .round = d3hot, .sleeps = 100, HINDERS(EINVAL) },
	{ .name = "low_power", .round = low_power, .sleeps = 100 },
	{ .name = "reset", .round = reset, .sleeps = 50, FAILS(EAGAIN) },
	{ .name = "hot_reset", .round = bus_reset, .sleeps = 50,
	  FAILS(EAGAIN, EBUSY) },
	{ .name = "host_reset", .round = host_reset, .sleeps = 50 },
	{ .name = "error_not_fatal", .round = not_fatal, .sleeps = 100 },
	{ .name = "error_fatal", .round = fatal, .sleeps = 50,
	  HINDERS(EIO, ENOTTY) },
	{ .name = "hotplug", .round = hotplug, .sleeps = 50 },
	{ .name = "unbind", .round = rebind, .sleeps = 50,
	  HINDERS(EBADF, ENODEV, ENOENT, EINVAL, EIO) },
	{ .name = "close", .round = reopen, .sleeps = 50, FAILS(EAGAIN),
	  HINDERS(EBADF) },
	{ .name = "msix", .round = msix },
	{ .name = "ioeventfd", .round = ioeventfd },
	{ .name = "sriov", .round = sriov, .sleeps = 50, FAILS(EBUSY),
	  HINDERS(EINVAL) },
};

#define COUNT	((int)(sizeof(happenings) / sizeof(happenings[0])))

/*
 * Before and after.
 */

/* Where the BAR is, and that the device answers there. */
static void expect_registers(struct scene *s)
{
	const char *bdf = s->device.bdf;

	expect_true(!registers_are_lost(bdf, 0));
	expect_true(pci_config(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
}

static struct scene scene_new(void)
{
	struct scene s = {
		.device.bdf = need("physical"),
		.plug = plug_find(need("physical")),
		.fatal_plug = plug_find(need("physical")),
		.hotplug = hotplug_new(need("reset")),
		.event = event_new(),
	};

	s.device.container = container_open();
	s.edu = edu_open(s.device.container);
	s.size = pci_resource(s.device.bdf, 0).size;
	sriov_allow(true);
	sriov_allow_report();
	expect_eq(device_enter(&s), 0);
	expect_true(s.mapped);
	s.control = region_info(FD, VFIO_PCI_CONFIG_REGION_INDEX).offset +
		    capability(FD, PCI_CAP_ID_PM) + PCI_PM_CTRL;
	s.doorbell = region_info(FD, 0).offset + NVME_INTMS;
	expect_registers(&s);
	s.identity = *(volatile __u64 *)s.bar;

	return s;
}

/* What DMA reads of the device's registers. */
static __u64 identity_by_dma(struct scene *s)
{
	edu_get(&s->edu, MAPPED_IOVA);

	return *(volatile __u64 *)s->edu.scratch;
}

static void expect_works(struct scene *s)
{
	expect_registers(s);
	expect_eq(read_signal(s->bar), 0);
	expect_eq(*(volatile __u64 *)s->bar, s->identity);
	expect_mapped(.ram = 1, .live = s->size / PAGE);
	expect_eq(identity_by_dma(s), s->identity);
}

static void expect_all_is_well(struct scene *s)
{
	sriov_set(s->device.bdf, 0);
	sriov_allow(false);
	expect_ok(low_power_exit(FD));
	power_change(FD, 0);
	memory_on(FD);
	if (!s->mapped)
		expect_ok(dma_map(s->device.container, MAPPED_IOVA, s->bar,
				  s->size));
	s->mapped = true;
	expect_works(s);
	device_leave(s);
	hotplug_end(&s->hotplug);
}

static struct side side_of(const struct happening *one,
			   const struct happening *other, struct scene *s)
{
	struct side side = {
		.name = one->name,
		.round = one->round,
		.data = s,
		.rounds = rounds(one->sleeps ?: other->sleeps ?: ROUNDS),
	};
	int count = 0;

	if (one->round == reopen && other->round == rebind)
		side.round = open_another;
	for (int i = 0; i < OWN_MAX && one->may_fail[i]; i++)
		side.may_fail[count++] = one->may_fail[i];
	for (int i = 0; i < OTHERS_MAX && other->fails_others[i]; i++)
		side.may_fail[count++] = other->fails_others[i];

	return side;
}

/*
 * Errors that would not meet what they are to race with occur in another port.
 * Those of one port are handled one after the other. And of those in a port below
 * which virtual functions come and go, the kernel dies: it waits for the lock of
 * the physical function with pci_bus_sem held, and makes virtual functions in the
 * opposite order.
 */
static void keep_apart(struct scene *s, const struct happening *one,
		       const struct happening *other)
{
	bool functions = one->round == sriov || other->round == sriov;

	if (functions)
		s->plug = plug_find(need("reset"));
	if (functions || (one->round == not_fatal && other->round == fatal))
		s->fatal_plug = plug_find(need("reset"));
}

/*
 * A device without driver when the port was reset has lost its registers, and the
 * next driver does not know what they were.
 */
static void registers_find(struct scene *s)
{
	device_leave(s);
	if (registers_are_lost(s->device.bdf, 0))
		find_anew(s->device.bdf);
	expect_eq(device_enter(s), 0);
}

static void pair_race(int number)
{
	const struct happening *one = &happenings[number / COUNT];
	const struct happening *other = &happenings[number % COUNT];
	struct scene s;

	need_bus_resets();
	s = scene_new();
	expect_ok(sem_init(&s.settling, 0, 1));

	keep_apart(&s, one, other);
	race(side_of(one, other, &s), side_of(other, one, &s));
	if (one->round == fatal && other->round == rebind)
		registers_find(&s);
	expect_all_is_well(&s);
	exit(EXIT_SUCCESS);
}

/* d3hot_and_reset, and so on. */
__attribute__((constructor)) static void pairs_add(void)
{
	static struct test tests[COUNT * COUNT];
	static char names[COUNT * COUNT][64];

	for (int i = 0; i < COUNT * COUNT; i++) {
		const char *one = happenings[i / COUNT].name;
		const char *other = happenings[i % COUNT].name;

		if (i / COUNT >= i % COUNT)
			continue;
		snprintf(names[i], sizeof(names[i]), "%s_and_%s", one, other);
		tests[i] = (struct test){
			.check = { names[i], pair_race, __FILE__, __LINE__ },
			.index = i,
			.seconds = 3600,
		};
		test_add(&tests[i]);
	}
}
