// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process is killed in the middle of what takes a device's memory away, or of
 * waiting for it: whatever it had is given back, and the next one finds the
 * device as ever.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "low_power.h"
#include "pci.h"
#include "scene.h"
#include "state.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Nobody has the device, and it works. */
static void expect_as_ever(const char *bdf, long long pins)
{
	struct scene scene;

	expect_eq(pinned_pages(), pins);
	scene = scene_open(bdf);
	expect_given_back(&scene);
}

/* The device, with RAM and all of its BAR mapped for DMA, twice. */
static struct device open_and_map(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	size_t size = region_size(device.fd, BAR2);
	char *bar = region_open(device.fd, BAR2);

	expect_eq(read_signal(bar), 0);
	expect_ok(dma_map(device.container, IOVA, bar, size));
	expect_ok(dma_map(device.container, 2 * IOVA, bar, size));
	expect_ok(dma_map(device.container, 3 * IOVA, ram(MIB), MIB));

	return device;
}

/* A process that opens the device and does that to it again and again. */
static pid_t doing(const char *bdf, void (*act)(struct device *device))
{
	struct turn ready = turn_new();
	pid_t child = child_fork();
	struct device device;

	if (child) {
		turn_wait(&ready);
		return child;
	}

	expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
	device = open_and_map(bdf);
	turn_give(&ready);
	for (;;)
		act(&device);
}

static void expect_killed(pid_t child)
{
	int status;

	expect_ok(kill(child, SIGKILL));
	expect_eq(waitpid(child, &status, 0), child);
	expect_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Kills one who does that, when it is in that place in the kernel. */
static void killed_in(const char *place, const char *bdf,
		      void (*act)(struct device *device))
{
	long long pins = pinned_pages();
	int count = rounds(30);

	for (int i = 0; i < count; i++) {
		pid_t child = doing(bdf, act);

		task_wait_in(child, place);
		expect_killed(child);
		expect_eq(pinned_pages(), pins);
	}
	expect_as_ever(bdf, pins);
}

static void reset(struct device *device)
{
	expect_ok(reset_by_ioctl(device->fd));
}

TEST(killed_in_a_reset)
{
	/* This test kills who resets a device. */
	killed_in(IN_RESET, need("disk"), reset);
}

TEST(killed_in_a_reset_by_way_of_the_bus)
{
	/* This test kills who resets a device that has its bus's reset only. */
	killed_in(IN_RESET, need("reset"), reset);
}

static void hot_reset_both(struct device *device)
{
	expect_ok(hot_reset(device->fd, 1, &device->group));
}

TEST(killed_in_a_hot_reset)
{
	/* This test kills who resets two devices together. */
	killed_in(IN_RESET, need("twin"), hot_reset_both);
}

static void function_reset(struct device *device)
{
	reset_by_config(device->fd);
}

TEST(killed_in_a_function_reset)
{
	/* This test kills who resets a function by way of config space. */
	killed_in(IN_RESET, need("disk"), function_reset);
}

static void doze(struct device *device)
{
	power_set(device->fd, 3);
	power_set(device->fd, 0);
}

TEST(killed_in_a_change_of_power)
{
	/* This test kills who puts a device to sleep and wakes it. */
	killed_in("power_state", need("disk"), doze);
}

/* Kills one who does that, at any time. */
static void killed_any_time(const char *bdf, int thorough,
			    void (*act)(struct device *device))
{
	long long pins = pinned_pages();
	int count = rounds(thorough);

	for (int i = 0; i < count; i++) {
		pid_t child = doing(bdf, act);

		usleep(rand() % 3000);
		expect_killed(child);
		expect_eq(pinned_pages(), pins);
	}
	expect_as_ever(bdf, pins);
}

static void off_and_on(struct device *device)
{
	memory_off(device->fd);
	memory_on(device->fd);
}

TEST(killed_in_turning_memory_off)
{
	/* This test kills who turns memory off and on, at any time. */
	killed_any_time(need("peer"), 200, off_and_on);
}

static void enter_and_exit(struct device *device)
{
	expect_ok(low_power_enter(device->fd));
	expect_ok(low_power_exit(device->fd));
}

TEST(killed_entering_low_power)
{
	/* This test kills who enters and exits low power, at any time. */
	killed_any_time(need("disk"), 60, enter_and_exit);
}

static void sleep_and_wake(struct device *device)
{
	expect_ok(low_power_enter(device->fd));
	wait_asleep(device->bdf);
	expect_ok(low_power_exit(device->fd));
}

TEST(killed_waking_from_low_power)
{
	/* This test kills who wakes a device that sleeps. */
	killed_in("runtime_resume", need("disk"), sleep_and_wake);
}

static void sleep_for_good(struct device *device)
{
	expect_ok(low_power_enter(device->fd));
	pause();
}

TEST(killed_in_low_power)
{
	/* This test kills who has a device that sleeps, and could have woken it. */
	const char *bdf = need("disk");
	long long pins = pinned_pages();
	int count = rounds(30);

	for (int i = 0; i < count; i++) {
		pid_t child = doing(bdf, sleep_for_good);

		wait_asleep(bdf);
		expect_killed(child);
		expect_eq(pinned_pages(), pins);
	}
	expect_as_ever(bdf, pins);
}

/*
 * All of its BAR is mapped for DMA when it is closed; not for the CPU, as then
 * this close would not be the last one.
 */
static void map_close_and_open(struct device *device)
{
	size_t size = region_size(device->fd, BAR2);
	char *bar = region_open(device->fd, BAR2);

	expect_ok(dma_map(device->container, IOVA, bar, size));
	expect_ok(munmap(bar, size));
	expect_ok(close(device->fd));
	expect_eq(dma_unmap(device->container, IOVA, size), size);
	device->fd = expect_ok(group_get_device(device->group, device->bdf));
}

TEST(killed_in_the_last_close)
{
	/*
	 * This test kills who closes a device whose memory is mapped for DMA: it is
	 * taken out, and the device is reset.
	 */
	const char *bdf = need("disk");
	long long pins = pinned_pages();
	int count = rounds(30);

	for (int i = 0; i < count; i++) {
		struct turn ready = turn_new();
		pid_t child = child_fork();

		if (!child) {
			struct device device;

			expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
			device = device_open(container_open(), bdf);
			expect_ok(dma_map(device.container, 3 * IOVA, ram(MIB),
					  MIB));
			turn_give(&ready);
			for (;;)
				map_close_and_open(&device);
		}
		turn_wait(&ready);
		task_wait_in(child, "device_file_release|device_fops_release");
		expect_killed(child);
		expect_eq(pinned_pages(), pins);
	}
	expect_as_ever(bdf, pins);
}

static void *reset_for_ever(void *device)
{
	for (;;) {
		/* Not while the other thread uses it. */
		if (reset_by_ioctl(((struct device *)device)->fd))
			expect_eq(errno, EAGAIN);
	}

	return NULL;
}

/* Maps what another of its threads resets, and so waits most of the time. */
static void map_and_unmap(struct device *device)
{
	static pthread_t thread;
	static char *bar;

	if (!bar) {
		bar = region_open(device->fd, BAR2);
		expect_eq(pthread_create(&thread, NULL, reset_for_ever, device),
			  0);
	}
	expect_ok(dma_map(device->container, 4 * IOVA, bar, MIB));
	expect_eq(dma_unmap(device->container, 4 * IOVA, MIB), MIB);
}

TEST(killed_waiting_to_map)
{
	/* This test kills who waits in MAP_DMA for the end of a reset. */
	killed_in(WANTS_MEMORY, need("disk"), map_and_unmap);
}
