// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host recovers from an error of PCI Express, or sleeps: memory is away
 * until the host is through, for as long as that takes.
 *
 * How a test looks into the middle of a recovery. The kernel tells each device
 * behind the port of the error, one after the other, and takes each device's
 * lock for it. The host unbinds the second of two devices, which is open: that
 * holds its lock until it is closed. The first one is told, and then everything
 * stands still, until the test closes the second one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "blocked.h"
#include "log.h"
#include "monitor.h"
#include "pci.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/*
 * Recovery from its beginning to its end, before and after which all is well.
 */
static void expect_recovery(const char *error)
{
	struct plug plug = plug_find(need("reset"));
	struct scene scene = scene_open(plug.bdf);
	int log = log_open();

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
struct recovery {
	struct plug plug;
	int log;
	const char *error;
	bool succeeds;
	const char *bdf;
	const char *second;
	int second_fd;
	pid_t unbinder;
	pid_t binder;
};

/* The first line of a file of the process, without its end; "" if it is gone. */
static void read_line(const char *pid, const char *name, char *line, int size)
{
	char path[64];
	FILE *file;

	line[0] = 0;
	snprintf(path, sizeof(path), "/proc/%.10s/%s", pid, name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(line, size, file))
		line[0] = 0;
	line[strcspn(line, "\n")] = 0;
	fclose(file);
}

/*
 * Whether it is a thread of the kernel's that handles errors, and sleeps in the
 * function that tells a device: on the device's lock, since what the driver does
 * is in functions of its own. One that only runs through there has no place.
 */
static bool waits_to_tell(const char *pid)
{
	char line[64];

	read_line(pid, "comm", line, sizeof(line));
	if (!strstr(line, "-aerdrv"))
		return false;
	read_line(pid, "wchan", line, sizeof(line));

	return !strncmp(line, "report_error_detected", 21);
}

/* Whether a recovery waits for a device's lock, to tell it of the error. */
static bool stands_still(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	expect_true(proc);
	while (!found && (entry = readdir(proc)))
		found = waits_to_tell(entry->d_name);
	closedir(proc);

	return found;
}

/*
 * So that recovery succeeds, the second device has a driver again when its turn
 * comes: the host binds it next, and is first in the queue for the lock.
 */
static void recovery_begin(void *data)
{
	struct recovery *recovery = data;

	recovery->unbinder = admin_begin(pci_path(recovery->second,
						  "driver/unbind"),
					 recovery->second);
	task_wait_in(recovery->unbinder, "unregister");
	if (recovery->succeeds) {
		recovery->binder = admin_begin("/sys/bus/pci/drivers/vfio-pci/bind",
					       recovery->second);
		task_wait_in(recovery->binder, "device_driver_attach");
	}
	plug_error(&recovery->plug, recovery->error);
	while (!stands_still())
		usleep(1000);
}

static void recovery_end(void *data)
{
	struct recovery *recovery = data;

	expect_ok(close(recovery->second_fd));
	admin_end(recovery->unbinder);
	if (recovery->succeeds)
		admin_end(recovery->binder);
	log_wait(recovery->log, recovery->succeeds ?
		 AER_RECOVERED : AER_FAILED);
}

static struct recovery recovery_of(const struct scene *scene,
				   const char *error, bool succeeds)
{
	const char *second = need("other-twin");

	return (struct recovery){
		.plug = plug_find(scene->device.bdf),
		.log = log_open(),
		.error = error,
		.succeeds = succeeds,
		.bdf = scene->device.bdf,
		.second = second,
		.second_fd = expect_ok(group_get_device(scene->device.group,
							second)),
	};
}

static void expect_blocked_in_recovery(const char *error)
{
	struct scene scene = scene_open(need("twin"));
	struct recovery recovery;

	scene_watch(&scene);
	recovery = recovery_of(&scene, error, true);
	expect_blocked_between(&scene, recovery_begin, recovery_end, &recovery);
}

TEST(memory_is_away_in_recovery)
{
	/* This test looks into the middle of a recovery. */
	expect_blocked_in_recovery(AER_NOT_FATAL);
}

TEST(memory_is_away_in_recovery_with_a_reset)
{
	/* This test looks into the middle of a recovery that is by a reset. */
	expect_blocked_in_recovery(AER_FATAL);
}

/* Nobody who asked gets what they want. */
static void expect_refused(struct scene *scene, int error_of_map)
{
	expect_eq(viewer_answer(&scene->viewers[0]), SIGBUS);
	expect_eq(viewer_answer(&scene->viewers[1]), SIGBUS);
	expect_eq(viewer_answer(&scene->viewers[2]), EIO);
	expect_eq(viewer_answer(&scene->viewers[3]), error_of_map);
}

TEST(recovery_that_fails)
{
	/*
	 * This test has a recovery fail: memory stays away. Linux 7.3 tells a driver
	 * that it failed, and who wants the memory is refused. Earlier, nobody is
	 * told; who waits for it can be killed. The device can be closed, and then
	 * works again.
	 */
	struct scene scene = scene_open(need("twin"));
	struct recovery recovery;
	struct device second;
	bool waits;

	scene_watch(&scene);
	recovery = recovery_of(&scene, AER_NOT_FATAL, false);
	scene_try_begin(&scene);
	recovery_begin(&recovery);
	scene_ask(&scene);
	recovery_end(&recovery);
	waits = scene_comes_to_wait(&scene);
	scene_try(&scene);
	if (waits)
		expect_true(scene_waits(&scene));
	else
		expect_refused(&scene, EFAULT);
	scene_leave(&scene);
	expect_ok(pci_bind(recovery.second, "vfio-pci"));

	/* Closed, it keeps nobody from resetting both of them. */
	second = device_open(scene.edu.device.container, recovery.second);
	expect_ok(hot_reset(second.fd, 1, &second.group));
	device_close(&second);

	scene.device = device_open(scene.edu.device.container, recovery.bdf);
	scene.bar = region_open(scene.device.fd, BAR2);
	expect_tried_in_vain(&scene);
	expect_eq(dma_unmap(scene.device.container, IOVA, scene.size),
		  scene.size);
	expect_ok(dma_map(scene.device.container, IOVA, scene.bar, scene.size));
	expect_given_back(&scene);
}

TEST(unbind_in_recovery)
{
	/*
	 * This test unbinds a device whose memory is away: who waits for it is
	 * refused, and the host waits for nobody but the user.
	 */
	struct scene scene = scene_open(need("twin"));
	struct recovery recovery;
	pid_t unbinder;

	scene_watch(&scene);
	recovery = recovery_of(&scene, AER_NOT_FATAL, true);
	scene_try_begin(&scene);
	recovery_begin(&recovery);
	scene_ask(&scene);
	expect_true(scene_comes_to_wait(&scene));
	unbinder = admin_begin(pci_path(recovery.bdf, "driver/unbind"),
			       recovery.bdf);
	expect_refused(&scene, EPERM);
	expect_fine(scene_gone(&scene));
	scene_leave(&scene);
	admin_end(unbinder);
	recovery_end(&recovery);
	expect_ok(pci_bind(recovery.bdf, "vfio-pci"));
	scene_enter(&scene, recovery.bdf);
	expect_given_back(&scene);
}

/*
 * System sleep, only as far as the devices: a dry run that waits there. User
 * space is frozen, so nobody but a device can want the memory.
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
	/* This test sends the system to sleep: memory is away until it wakes. */
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
