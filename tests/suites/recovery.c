// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host recovers from an error of PCI Express, or sleeps. An error that is not
 * fatal leaves memory in reach; after a fatal one, and in system sleep, it is
 * blocked until the host is done, for as long as that takes.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "blocked.h"
#include "log.h"
#include "pci.h"
#include "recovery.h"
#include "test.h"
#include "vfio.h"

/*
 * Recovery from its beginning to its end, before and after which all is well.
 */
static void expect_recovery(const char *error)
{
	struct plug plug = plug_find(need("reset"));
	struct scene scene;
	int log;

	if (registers_are_lost(plug.bdf, 2))
		find_anew(plug.bdf);
	scene = scene_open(plug.bdf);
	log = log_open();
	scene_watch(&scene);
	plug_error(&plug, error);
	log_wait(log, AER_RECOVERED);
	expect_given_back(&scene);
}

TEST(error_that_is_not_fatal)
{
	/* This test has the host recover from an error without a reset. */
	expect_recovery(AER_NOT_FATAL);
}

TEST(error_that_is_fatal)
{
	/* This test has the host recover from an error by a reset. */
	expect_recovery(AER_FATAL);
}

/* Recovery by a reset, which that device outlives though nobody has it open. */
static void expect_closed_device_to_recover(const char *closed,
					    const struct plug *plug)
{
	int log = log_open();
	__u32 before[16];

	for (int i = 0; i < 16; i++)
		before[i] = pci_config(closed, 4 * i, 4);
	plug_error(plug, AER_FATAL);
	log_wait(log, AER_RECOVERED);
	for (int i = 0; i < 16; i++)
		expect_eq(pci_config(closed, 4 * i, 4), before[i]);
}

TEST(error_that_is_fatal_to_a_closed_device)
{
	/* This test has a reset hit a device that nobody has open, nor any other. */
	struct plug plug = plug_find(need("reset"));
	struct scene scene;

	expect_closed_device_to_recover(plug.bdf, &plug);
	scene = scene_open(plug.bdf);
	scene_watch(&scene);
	expect_given_back(&scene);
}

TEST(error_that_is_fatal_to_an_open_and_a_closed_device)
{
	/* This test has it hit one that is open as well. */
	struct plug plug = plug_find(need("twin"));
	struct scene scene = scene_open(plug.bdf);

	expect_closed_device_to_recover(need("other-twin"), &plug);
	expect_given_back(&scene);
}

/*
 * Recovery that stands still in the middle.
 */
/* In this order, as the kernel then tells their drivers of errors in this order. */
static void find_twins_anew(void)
{
	find_anew(need("twin"));
	find_anew(need("other-twin"));
}

/* Both twins as they should be, whatever a test before this has left of them. */
static struct scene twin_open(void)
{
	if (registers_are_lost(need("twin"), 2) ||
	    registers_are_lost(need("other-twin"), 2))
		find_twins_anew();

	return scene_open(need("twin"));
}

static struct recovery recovery_of(const struct scene *scene,
				   const char *error, bool succeeds)
{
	return recovery_new(scene->device.bdf, need("other-twin"),
			    scene->device.group, error, succeeds);
}

TEST(memory_is_in_reach_in_recovery)
{
	/*
	 * This test looks into the middle of a recovery from an error that is not
	 * fatal: everything goes on.
	 */
	struct scene scene = twin_open();
	struct recovery recovery;

	scene_watch(&scene);
	recovery = recovery_of(&scene, AER_NOT_FATAL, true);
	recovery_begin(&recovery);
	scene_ask(&scene);
	expect_answers(&scene);
	expect_dma(&scene.edu, scene.iova, scene.bar);
	recovery_end(&recovery);
	expect_given_back(&scene);
}

TEST(memory_is_blocked_in_recovery_with_a_reset)
{
	/* This test looks into the middle of a recovery that is by a reset. */
	struct scene scene = twin_open();
	struct recovery recovery;

	scene_watch(&scene);
	recovery = recovery_of(&scene, AER_FATAL, true);
	expect_blocked_between(&scene, recovery_begin, recovery_end, &recovery);
}

static volatile bool never;

/* All come to wait, and a signal that one of them handles reaches it meanwhile. */
static void expect_signals_handled(struct scene *scene)
{
	expect_true(scene_comes_to_wait(scene));
	for (int i = 0; i < scene->viewer_count; i++)
		expect_true(viewer_signal(&scene->viewers[i], &never));
}

/* A viewer's call either failed with EINTR or was repeated and did well. */
static void expect_interrupted(struct scene *scene)
{
	for (int i = 0; i < scene->viewer_count; i++) {
		int answer = viewer_answer(&scene->viewers[i]);

		if (answer)
			expect_eq(answer, EINTR);
	}
}

TEST(signals_are_handled_in_recovery)
{
	/*
	 * This test sends signals to processes that wait in a fault, in a read and
	 * in a MAP_DMA until a recovery is over: they handle them meanwhile.
	 */
	struct scene scene = twin_open();
	struct recovery recovery;

	scene_watch(&scene);
	recovery = recovery_of(&scene, AER_FATAL, true);
	recovery_begin(&recovery);
	scene_ask(&scene);
	expect_signals_handled(&scene);
	recovery_end(&recovery);
	expect_interrupted(&scene);
	dma_unmap(scene.device.container, IOVA + SPARE, scene.size);
	expect_given_back(&scene);
}

/* Memory cannot be had: every viewer that asked is refused. */
static void expect_refused(struct scene *scene, int error_of_map)
{
	expect_eq(viewer_answer(&scene->viewers[0]), SIGBUS);
	expect_eq(viewer_answer(&scene->viewers[1]), SIGBUS);
	expect_eq(viewer_answer(&scene->viewers[2]), EIO);
	expect_eq(viewer_answer(&scene->viewers[3]), error_of_map);
}

/* A recovery that fails, with every viewer asking for the memory in its middle. */
static void recovery_fail(struct scene *scene, struct recovery *recovery)
{
	scene_watch(scene);
	*recovery = recovery_of(scene, AER_FATAL, false);
	scene_try_begin(scene);
	recovery_begin(recovery);
	scene_ask(scene);
	recovery_end(recovery);
}

/* Nothing has arrived, and once it is opened anew the device works. */
static void expect_revived(struct scene *scene, struct recovery *recovery)
{
	const char *bdf = scene->device.bdf;
	size_t size = scene->size;

	scene_try(scene);
	scene_leave(scene);
	find_anew(recovery->second);
	scene->device = device_open(scene->edu.device.container, bdf);
	scene->bar = region_open(scene->device.fd, BAR2);
	expect_tried_in_vain(scene);
	expect_eq(dma_unmap(scene->device.container, IOVA, size), size);
	expect_ok(dma_map(scene->device.container, IOVA, scene->bar, size));
	expect_given_back(scene);
}

TEST(recovery_that_fails)
{
	/*
	 * This test has a recovery fail. Linux 7.3 tells a driver so, and accessors
	 * are refused. Earlier kernels do not: accessors wait, in a fault as well
	 * for signals, until the driver gives up. Closed and opened, the device
	 * works again.
	 */
	struct scene scene = twin_open();
	struct recovery recovery;

	recovery_fail(&scene, &recovery);
	if (scene_comes_to_wait(&scene))
		expect_true(viewer_signal(&scene.viewers[0], &never));
	expect_refused(&scene, EFAULT);
	expect_revived(&scene, &recovery);
}

TEST(unbind_in_recovery)
{
	/*
	 * This test unbinds a device whose memory is blocked: waiting accessors are
	 * refused, and the host waits for nothing but the user's close.
	 */
	struct scene scene = twin_open();
	const char *bdf = scene.device.bdf;
	struct recovery recovery;
	pid_t unbinder;

	scene_watch(&scene);
	recovery = recovery_of(&scene, AER_FATAL, true);
	scene_try_begin(&scene);
	recovery_begin(&recovery);
	scene_ask(&scene);
	expect_true(scene_comes_to_wait(&scene));
	unbinder = admin_begin(pci_path(bdf, "driver/unbind"), bdf);
	expect_refused(&scene, EPERM);
	expect_fine(scene_gone(&scene));
	scene_leave(&scene);
	admin_end(unbinder);
	recovery_end(&recovery);
	find_twins_anew();
	scene_enter(&scene, bdf);
	expect_given_back(&scene);
}

/*
 * System sleep, only as far as the devices: a dry run that waits there. User
 * space is frozen, so only a device can reach for the memory.
 */
#define ASLEEP	"suspend debug: Waiting"

static void sysfs(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		skip("needs %s: a kernel with CONFIG_PM_DEBUG", path);
	expect_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/*
 * One transfer that begins before the sleep. True if its bytes moved when the
 * devices slept, some time before 100 ms were over.
 */
static bool transfer_in_sleep(struct scene *scene, bool write)
{
	double begin;

	scene_try_begin(scene);
	iommu_faults();
	if (write) {
		edu_put_begin(&scene->edu, scene->iova);
	} else {
		edu_fill(&scene->edu);
		edu_get_begin(&scene->edu, EDU_TRY_GET(scene->iova));
	}
	begin = log_now();
	sysfs("/sys/power/state", "freeze");
	if (write)
		edu_put_end(&scene->edu);
	else
		edu_get_end(&scene->edu);
	scene->faulted = iommu_faulted();

	/* A while after the beginning, it may be shorter than a transfer. */
	return log_time(ASLEEP) < begin + 0.08;
}

static void expect_no_transfer_in_sleep(struct scene *scene, bool write)
{
	for (int i = 0; i < 20; i++) {
		if (transfer_in_sleep(scene, write)) {
			expect_tried_in_vain(scene);
			return;
		}
	}
	skip("needs a machine that falls asleep in less than 80 ms");
}

TEST_WITHIN(system_sleep, 180)
{
	/* This test sends the system to sleep: memory is blocked until it wakes. */
	struct utsname system;
	struct scene scene;

	/* There, nobody would hear of this test's end, nor of any later one. */
	uname(&system);
	if (!strncmp(system.release, "7.3.", 4))
		skip("needs a kernel whose virtio_console keeps its ports in system sleep: Linux 6.12");

	scene = scene_open(need("peer"));
	scene_watch(&scene);
	sysfs("/sys/power/pm_test", "devices");
	sysfs("/sys/module/suspend/parameters/pm_test_delay", "1");
	expect_no_transfer_in_sleep(&scene, true);
	expect_no_transfer_in_sleep(&scene, false);
	expect_given_back(&scene);
}
