// SPDX-License-Identifier: GPL-2.0-only
/*
 * However much a user process has mapped, and however little of a processor it
 * gets, the host's operations on a device that is mapped there do not wait for
 * its calls.
 *
 * The user process has a millisecond of a tenth of a second, by its cgroup's
 * cpu.max, and a call that needs many such turns: between them it stands still in
 * the middle of the kernel, with whatever lock it has. So turns are counted, and
 * no time: an operation of the host's may last for a few of them, not for as many
 * as what the user has mapped takes.
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "cgroup.h"
#include "edu.h"
#include "module.h"
#include "monitor.h"
#include "pci.h"
#include "recovery.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Suites reset, memory_bit and recovery have the events on every strategy. */
SUITE_RUNS_ONCE;

/*
 * What the user process has mapped: page frames without neighbours, and each of
 * them many times, as the VM has not as much memory.
 */
#define FRAMES_SIZE	(64 * MIB)
#define SIZE		(2 * GIB)
#define RAM_IOVA	(2 * IOVA)

#define LIMIT		"1000 100000"
#define NO_LIMIT	"max 100000"

/* The host is at work for so many turns, and as many times at least. */
#define TURNS		20
#define TIMES		3

/* So many turns may an operation last: it takes locks at some places. */
#define TURNS_OF_ONE	10

/* What the user process has, and where it is. */
struct user {
	int container;
	int group;
	int device;
	char *ram;
	struct turn ready;
	struct turn go;
	volatile bool over;
};

static void unmaps(struct user *user)
{
	expect_eq(dma_unmap(user->container, RAM_IOVA, SIZE), SIZE);
}

static void maps(struct user *user)
{
	expect_ok(dma_map(user->container, 2 * RAM_IOVA, user->ram, SIZE));
}

static void closes(struct user *user)
{
	expect_ok(close(user->device));
	expect_ok(close(user->group));
	expect_ok(close(user->container));
}

/* As root would look at it, under the same limit. */
static void reads_debugfs(__attribute__((unused)) struct user *user)
{
	char text[4096];
	glob_t found;
	int fd;

	expect_eq(glob("/sys/kernel/debug/vfio/*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		fd = expect_ok(open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC));
		while (expect_ok(read(fd, text, sizeof(text))))
			;
		close(fd);
	}
	globfree(&found);
}

/* Memory of a file, and with it a page of another file for each page. */
static char *frames_without_neighbours(int *file)
{
	int files[] = {
		expect_ok(memfd_create("frames", MFD_CLOEXEC)),
		expect_ok(memfd_create("between", MFD_CLOEXEC)),
	};
	char *va[2];

	for (int i = 0; i < 2; i++) {
		expect_ok(ftruncate(files[i], FRAMES_SIZE));
		va[i] = mmap(NULL, FRAMES_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED, files[i], 0);
		expect_true(va[i] != MAP_FAILED);
	}
	for (size_t at = 0; at < FRAMES_SIZE; at += PAGE) {
		va[0][at] = 1;
		va[1][at] = 1;
	}
	expect_ok(munmap(va[1], FRAMES_SIZE));
	close(files[1]);
	*file = files[0];

	return va[0];
}

static char *much_ram(void)
{
	char *va = reserve(SIZE, PAGE), *frames;
	int file;

	frames = frames_without_neighbours(&file);
	for (size_t at = 0; at < SIZE; at += FRAMES_SIZE)
		expect_true(mmap(va + at, FRAMES_SIZE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED | MAP_POPULATE, file,
				 0) == va + at);
	expect_ok(munmap(frames, FRAMES_SIZE));
	close(file);

	return va;
}

/*
 * A process that has edu in a container of its own, maps there what the test has
 * opened, one page of BAR 2 of each device, and much RAM, @piece bytes by each
 * mapping. Then it waits.
 */
static pid_t user_start(struct user *user, const int *fds, int count,
			size_t piece, void (*call)(struct user *user))
{
	pid_t pid = child_fork();
	struct device edu;

	if (pid) {
		turn_wait(&user->ready);
		return pid;
	}

	user->container = container_open();
	edu = device_open(user->container, need("edu"));
	user->group = edu.group;
	user->device = edu.fd;
	for (int i = 0; i < count; i++) {
		char *bar = region_mmap(fds[i], BAR2, 0, PAGE,
					PROT_READ | PROT_WRITE);

		/* Before the RAM, and behind it, whatever goes first. */
		expect_ok(dma_map(user->container, IOVA + i * PAGE, bar, PAGE));
		expect_ok(dma_map(user->container, 4 * RAM_IOVA + i * PAGE, bar,
				  PAGE));
		expect_ok(munmap(bar, PAGE));
		close(fds[i]);
	}
	user->ram = much_ram();
	for (size_t at = 0; at < SIZE; at += piece)
		expect_ok(dma_map(user->container, RAM_IOVA + at,
				  user->ram + at, piece));
	cgroup_enter();
	turn_give(&user->ready);
	turn_wait(&user->go);
	call(user);
	user->over = true;
	child_exit();
}

static struct user *user_new(void)
{
	struct user *user = shared_memory(sizeof(*user));

	user->ready = turn_new();
	user->go = turn_new();

	return user;
}

static long long turns_had(void)
{
	return cgroup_value("cpu.stat", "nr_throttled");
}

/* Waits for the end of what the host does, which the user may hold up. */
static void expect_few_turns(struct call *host)
{
	long long begin = turns_had(), turns = 0;
	bool long_ago = false;

	while (!host->over) {
		turns = turns_had() - begin;
		if (turns > TURNS_OF_ONE && !long_ago) {
			long_ago = true;
			cgroup_set("cpu.max", NO_LIMIT);
		}
		usleep(1000);
	}
	expect_ok(call_end(host));
	if (long_ago)
		ck_abort_msg("what the host does lasts for more than %d turns of a user process",
			     TURNS_OF_ONE);
}

/* @make is what the host does, over and over, while the user process calls. */
static void expect_host_goes_on(struct user *user, pid_t pid,
				int (*make)(void *data), void *data)
{
	struct call host;
	int times = 0;

	cgroup_set("cpu.max", LIMIT);
	turn_give(&user->go);
	/* So it has had a part of its call. */
	while (!user->over && !turns_had())
		usleep(1000);
	while (turns_had() < TURNS || times < TIMES) {
		call_begin(&host, make, data);
		expect_few_turns(&host);
		if (user->over)
			ck_abort_msg("the user's call is over before the host has done it %d times",
				     TIMES);
		times++;
	}
	cgroup_set("cpu.max", NO_LIMIT);
	child_join(pid);
	cgroup_close();
}

static int host_resets(void *bdf)
{
	return reset_by_host(bdf);
}

/* Beside a device that the host resets. */
static void expect_resets_beside(void (*call)(struct user *user), size_t piece)
{
	cgroup_open("cpu", "cpu.max");

	struct device reset = device_open(container_open(), need("reset"));
	struct user *user = user_new();
	pid_t pid = user_start(user, &reset.fd, 1, piece, call);

	expect_host_goes_on(user, pid, host_resets, (void *)reset.bdf);
}

TEST(reset_beside_unmap)
{
	/* This test has the host reset a device while the user unmaps RAM. */
	expect_resets_beside(unmaps, SIZE);
}

TEST(reset_beside_map)
{
	/* This test has the host reset a device while the user maps RAM. */
	expect_resets_beside(maps, SIZE);
}

TEST(reset_beside_close)
{
	/* This test has the host reset a device while the user closes all it has. */
	expect_resets_beside(closes, SIZE);
}

TEST(reset_beside_debugfs)
{
	/* This test has the host reset a device while root reads what is mapped. */
	need_a_strategy();
	expect_resets_beside(reads_debugfs, 4 * MIB);
}

static int user_turns_memory_off_and_on(void *device)
{
	memory_off(((struct device *)device)->fd);
	memory_on(((struct device *)device)->fd);

	return 0;
}

TEST(memory_bit_beside_unmap)
{
	/* This test has another user turn its device's memory off and on. */
	cgroup_open("cpu", "cpu.max");

	struct device reset = device_open(container_open(), need("reset"));
	struct user *user = user_new();
	pid_t pid = user_start(user, &reset.fd, 1, SIZE, unmaps);

	expect_host_goes_on(user, pid, user_turns_memory_off_and_on, &reset);
}

static int host_binds_anew(void *bdf)
{
	return pci_unbind(bdf) || pci_bind(bdf, "vfio-pci") ? -1 : 0;
}

TEST(unbind_beside_unmap)
{
	/*
	 * This test has the host unbind a closed device, which the user process
	 * has mapped while it was open, and bind it again.
	 */
	cgroup_open("cpu", "cpu.max");

	const char *bdf = need("peer");
	int container = container_open();
	struct device peer = device_open(container, bdf);
	struct user *user = user_new();
	pid_t pid = user_start(user, &peer.fd, 1, SIZE, unmaps);

	device_close(&peer);
	expect_ok(close(container));
	expect_host_goes_on(user, pid, host_binds_anew, (void *)bdf);
}

static int host_recovers(void *plug)
{
	expect_true(recovery_of_error(plug, AER_FATAL));

	return 0;
}

TEST(recovery_beside_unmap)
{
	/* This test has the host recover from fatal errors. */
	need_bus_resets();
	cgroup_open("cpu", "cpu.max");

	struct device reset = device_open(container_open(), need("reset"));
	struct plug plug = plug_find(reset.bdf);
	struct user *user = user_new();
	pid_t pid = user_start(user, &reset.fd, 1, SIZE, unmaps);

	expect_host_goes_on(user, pid, host_recovers, &plug);
}
