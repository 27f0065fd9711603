// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is not ready for seconds after its reset: accessors of it wait for
 * that long, and nothing else does.
 *
 * What has happened before the reset returned decides, not how long it took.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "call.h"
#include "module.h"
#include "pci.h"
#include "recovery.h"
#include "scene.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Suite reset has the resets on every strategy. */
SUITE_RUNS_ONCE;

/*
 * How long it is not ready, in milliseconds. The PCI core waits up to twice that,
 * as it doubles the time between two looks.
 */
#define NOT_READY	(rounds(100) < 100 ? 6000 : 20000)

/* Something of the device, which is the same for all accessors. */
#define OF_VFIO		"vfio_"

static int reset_by_user(void *data)
{
	struct scene *scene = data;

	return reset_by_ioctl(scene->device.fd);
}

static int reset_by_administrator(void *data)
{
	struct scene *scene = data;

	return reset_by_host(scene->device.bdf);
}

static void slow_set(int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", ms);
	expect_ok(file_write("/sys/module/slow_reset/parameters/ms", text));
}

static void reset_begin(struct call *reset, int (*make)(void *data),
			struct scene *scene)
{
	slow_set(NOT_READY);
	call_begin(reset, make, scene);
	expect_true(call_reaches(reset, IN_RESET));
}

/* @what has been done by now: before the end of the reset? */
static void expect_meanwhile(struct call *reset, const char *what)
{
	if (reset->over)
		ck_abort_msg("the reset is over: %s waited for that", what);
}

static int touch(void *bar)
{
	return read_signal(bar) ? -1 : 0;
}

/* A thread of this process waits in a fault. */
static void expect_fault(struct call *fault, char *bar)
{
	call_begin(fault, touch, bar);
	expect_true(call_reaches(fault, OF_VFIO));
}

/* A process waits in what it was asked for. */
static void expect_asked(struct viewer *viewer, struct call *reset)
{
	struct pollfd answer = { .fd = viewer->answer, .events = POLLIN };

	while (!task_is_in(viewer->pid, OF_VFIO)) {
		expect_eq(poll(&answer, 1, 1), 0);
		expect_true(!reset->over);
	}
}

/* This process, and its container. */
static void expect_process_goes_on(struct call *reset, int container, char *bytes)
{
	char *more = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect_true(more != MAP_FAILED);
	*more = 1;
	expect_ok(munmap(more, MIB));
	expect_meanwhile(reset, "an mmap");

	expect_ok(dma_map(container, 2 * IOVA, bytes, MIB));
	expect_eq(dma_unmap(container, 2 * IOVA, MIB), MIB);
	expect_meanwhile(reset, "MAP_DMA of RAM");
}

static void expect_shown(struct call *reset, pid_t pid)
{
	expect_ok(process_show(pid));
	expect_meanwhile(reset, "ps");
}

/* Its BAR was never touched before. */
static void expect_device_goes_on(struct call *reset, struct device *peer,
				  char *bar)
{
	expect_eq(write_signal(bar), 0);
	expect_ok(dma_map(peer->container, 2 * IOVA, bar, MIB));
	expect_eq(dma_unmap(peer->container, 2 * IOVA, MIB), MIB);
	memory_off(peer->fd);
	expect_eq(read_signal(bar), SIGBUS);
	memory_on(peer->fd);
	expect_eq(read_signal(bar), 0);
	expect_meanwhile(reset, "another device");
}

static void expect_host_goes_on(struct call *reset, const char *unbound,
				const struct plug *plug)
{
	expect_ok(pci_unbind(unbound));
	expect_ok(pci_bind(unbound, "vfio-pci"));
	expect_meanwhile(reset, "unbind of another device");

	expect_true(recovery_of_error(plug, AER_FATAL));
	expect_meanwhile(reset, "recovery from an error elsewhere");
}

/*
 * Two threads of this process wait in a fault, one where a large page would serve
 * and one where none would, as the kernel holds different locks then; and so does
 * a process of its own.
 */
static void expect_only_accessors_wait(int (*make)(void *data))
{
	struct scene scene = scene_open(need("flr"));
	int container = scene.device.container;
	struct plug plug = plug_find(need("reset"));
	struct device peer = device_open(container, need("peer"));
	char *bar = region_open(peer.fd, BAR2), *bytes = ram(MIB), *page;
	struct view view = scene_view(&scene);
	struct call reset, faults[2];
	struct viewer viewer;

	page = region_mmap(scene.device.fd, BAR2, PAGE, PAGE, PROT_READ);
	expect_true(page != MAP_FAILED);
	viewer_open(&viewer, &view);
	reset_begin(&reset, make, &scene);
	expect_fault(&faults[0], scene.bar);
	expect_fault(&faults[1], page);
	viewer_ask(&viewer, SEE);
	expect_asked(&viewer, &reset);

	expect_process_goes_on(&reset, container, bytes);
	expect_shown(&reset, getpid());
	expect_shown(&reset, viewer.pid);
	expect_device_goes_on(&reset, &peer, bar);
	expect_host_goes_on(&reset, need("nic"), &plug);

	/* They have waited all the time, and see the device in the end. */
	expect_true(!faults[0].over && !faults[1].over);
	expect_ok(call_end(&reset));
	/* That of the close is not to be slow, too. */
	slow_set(0);
	expect_ok(call_end(&faults[0]));
	expect_ok(call_end(&faults[1]));
	expect_eq(viewer_answer(&viewer), 0);
	expect_given_back(&scene);
}

/* The same for each of these processes, which each want something else of it. */
static const enum want wants[] = { SEE, READ, WRITE, CONFIG, MAP };

#define WANTS	(sizeof(wants) / sizeof(wants[0]))

static void ask(struct viewer *viewers, struct call *reset)
{
	for (unsigned int i = 0; i < WANTS; i++) {
		viewer_ask(&viewers[i], wants[i]);
		expect_asked(&viewers[i], reset);
	}
}

static void expect_accessors_are_interrupted(void)
{
	static const char * const names[] = {
		"a signal to a fault", "a signal to a read",
		"a signal to a write", "a signal to a read of config space",
		"a signal to MAP_DMA",
	};
	struct scene scene = scene_open(need("flr"));
	struct view view = scene_view(&scene);
	struct viewer viewers[WANTS];
	struct call reset;

	view.spare = IOVA + SPARE;
	for (unsigned int i = 0; i < WANTS; i++)
		viewer_open(&viewers[i], &view);
	reset_begin(&reset, reset_by_user, &scene);
	ask(viewers, &reset);
	for (unsigned int i = 0; i < WANTS; i++) {
		viewer_signal(&viewers[i], &reset.over);
		expect_meanwhile(&reset, names[i]);
	}

	/* The fault goes on; the others may have failed with EINTR. */
	for (unsigned int i = 0; i < WANTS; i++)
		viewer_close(&viewers[i]);
	expect_meanwhile(&reset, "a process that was killed");

	expect_ok(call_end(&reset));
	/* That of the close is not to be slow, too. */
	slow_set(0);
	expect_given_back(&scene);
}

static void with_slow_reset(void (*body)(void))
{
	char parameters[64];

	snprintf(parameters, sizeof(parameters), "device=%s", need("flr"));
	with_module("slow-reset", parameters, body, NULL);
}

static void during_reset_by_user(void)
{
	expect_only_accessors_wait(reset_by_user);
}

static void during_reset_by_host(void)
{
	expect_only_accessors_wait(reset_by_administrator);
}

TEST_WITHIN(user_resets_a_slow_device, 150)
{
	/*
	 * This test resets a slow device, with a thread and a process in a fault on
	 * its BAR: RAM is mapped, another device is used, unbound, recovered.
	 */
	with_slow_reset(during_reset_by_user);
}

TEST_WITHIN(host_resets_a_slow_device, 150)
{
	/* This test does so while the administrator resets it. */
	with_slow_reset(during_reset_by_host);
}

TEST_WITHIN(accessors_of_a_slow_device_take_signals, 150)
{
	/*
	 * This test sends signals to processes that wait for the end of a slow
	 * reset: each handles its signal meanwhile, and can be killed.
	 */
	with_slow_reset(expect_accessors_are_interrupted);
}
