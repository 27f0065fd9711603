// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in /sys/kernel/debug/vfio, read piece by piece, while what they show
 * changes. The kernel's own vfio has none.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "edu.h"
#include "module.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define FOLDER	"/sys/kernel/debug/vfio"

/* The file of the only container that there is. */
static int file_open(void)
{
	glob_t found;
	int fd;

	expect_eq(glob(FOLDER "/*", 0, NULL, &found), 0);
	expect_eq(found.gl_pathc, 1);
	fd = expect_ok(open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC));
	globfree(&found);

	return fd;
}

/**
 * struct shown - what a reader has seen of a file
 * @mappings: lines of mappings
 * @extents: lines below them
 * @pages: in these
 * @iova: of the last mapping
 * @end: of it
 * @at: end of the last extent
 * @stays: mappings that begin at a multiple of it were there all the time; or 0
 * @stayed: those of them that were shown, with all their pages
 */
struct shown {
	unsigned int mappings;
	unsigned int extents;
	unsigned long long pages;
	unsigned long long iova;
	unsigned long long end;
	unsigned long long at;
	unsigned long long stays;
	unsigned int stayed;
};

/* The mapping that was shown last is whole, if it stays. */
static void mapping_ends(struct shown *shown)
{
	if (!shown->mappings || !shown->stays || shown->iova % shown->stays)
		return;
	if (shown->at != shown->end)
		ck_abort_msg("of the mapping at %#llx is shown what is before %#llx",
			     shown->iova, shown->at);
	shown->stayed++;
}

static void look_at_mapping(struct shown *shown, unsigned long long iova,
			    unsigned long long size)
{
	mapping_ends(shown);
	if (shown->mappings && iova < shown->end)
		ck_abort_msg("the mapping at %#llx is shown after that at %#llx",
			     iova, shown->iova);
	shown->mappings++;
	shown->iova = iova;
	shown->end = iova + size;
	shown->at = iova;
}

static void look_at_extent(struct shown *shown, unsigned long long iova,
			   unsigned long long npages)
{
	if (iova < shown->at || iova + npages * PAGE > shown->end)
		ck_abort_msg("%llu pages at %#llx are shown in the mapping at %#llx, after %#llx",
			     npages, iova, shown->iova, shown->at);
	if (shown->stays && !(shown->iova % shown->stays) && iova != shown->at)
		ck_abort_msg("%#llx is shown after %#llx", iova, shown->at);
	shown->extents++;
	shown->pages += npages;
	shown->at = iova + npages * PAGE;
}

static void look_at_line(struct shown *shown, const char *line)
{
	unsigned long long iova, size, pfn, npages;
	char state[16], prot[4], end;
	int len = 0;

	if (sscanf(line, "iova %llx size %llx %3s%c", &iova, &size, prot,
		   &end) == 3) {
		look_at_mapping(shown, iova, size);
		return;
	}
	if (sscanf(line, "\t%15s iova %llx pfn %llx npages %llu%n", state, &iova,
		   &pfn, &npages, &len) != 4 || (line[len] && line[len] != ' '))
		ck_abort_msg("a line is '%s'", line);
	look_at_extent(shown, iova, npages);
}

/* Reads all of it, @piece bytes by each call. */
static struct shown file_read(int fd, size_t piece, unsigned long long stays)
{
	struct shown shown = { .stays = stays };
	char text[8192], line[256];
	size_t used = 0;
	ssize_t len;

	while ((len = expect_ok(read(fd, text, piece)))) {
		for (ssize_t i = 0; i < len; i++) {
			if (text[i] != '\n') {
				expect_true(used < sizeof(line) - 1);
				line[used++] = text[i];
				continue;
			}
			line[used] = 0;
			used = 0;
			look_at_line(&shown, line);
		}
	}
	expect_eq(used, 0);
	mapping_ends(&shown);

	return shown;
}

#define KEPT		100
#define KEPT_PAGES	4
/* So far apart are those that stay. */
#define APART		(16 * PAGE)

/* Maps and unmaps what is between those that stay, till it is killed. */
static pid_t churn(int container, char *va)
{
	pid_t pid = child_fork();

	if (pid)
		return pid;
	for (;;) {
		for (int i = 0; i < KEPT; i++)
			expect_ok(dma_map(container, IOVA + i * APART + 8 * PAGE,
					  va, KEPT_PAGES * PAGE));
		for (int i = 0; i < KEPT; i++)
			expect_eq(dma_unmap(container, IOVA + i * APART + 8 * PAGE,
					    KEPT_PAGES * PAGE),
				  KEPT_PAGES * PAGE);
	}
}

TEST_WITHIN(read_in_pieces_while_mappings_come_and_go, 3600)
{
	/*
	 * This test reads by pieces of several sizes while a process maps and
	 * unmaps: no line is torn, and what stays is shown once.
	 */
	need_a_strategy();

	static const size_t pieces[] = { 7, 61, 500, 4096 };
	int container = container_open();
	struct shown shown;
	char *va;
	pid_t other;
	int fd;

	device_open(container, need("peer"));
	va = ram_without_neighbours(KEPT_PAGES * PAGE);
	for (int i = 0; i < KEPT; i++)
		expect_ok(dma_map(container, IOVA + i * APART, va,
				  KEPT_PAGES * PAGE));
	other = churn(container, va);
	for (int i = 0; i < rounds(200); i++) {
		fd = file_open();
		shown = file_read(fd, pieces[i % 4], APART);
		expect_eq(shown.stayed, KEPT);
		/* From its beginning again, by the same file. */
		expect_eq(lseek(fd, 0, SEEK_SET), 0);
		shown = file_read(fd, pieces[(i + 1) % 4], APART);
		expect_eq(shown.stayed, KEPT);
		close(fd);
	}
	expect_ok(kill(other, SIGKILL));
	expect_eq(waitpid(other, NULL, 0), other);
}

/* Ten mappings of the same RAM are as many lines as memory of that size. */
#define MANY		(64 * MIB)
#define TIMES		10

TEST(read_of_many_lines)
{
	/*
	 * This test reads some 160,000 lines, by a process whose memory is
	 * limited to much less than they are.
	 */
	need_a_strategy();
	cgroup_open("memory", "memory.max");

	int container = container_open();
	struct shown shown;
	pid_t reader;
	char *va;

	device_open(container, need("peer"));
	va = ram_without_neighbours(MANY);
	for (int i = 1; i <= TIMES; i++)
		expect_ok(dma_map(container, i * IOVA, va, MANY));

	allow_log("Call Trace");
	cgroup_set("memory.max", "2M");
	reader = child_fork();
	if (!reader) {
		cgroup_enter();
		shown = file_read(file_open(), 4096, IOVA);
		expect_eq(shown.stayed, TIMES);
		expect_eq(shown.pages, TIMES * MANY / PAGE);
		expect_true(shown.extents > 150000);
		child_exit();
	}
	child_join(reader);
	cgroup_close();
}

TEST(read_of_a_container_that_goes)
{
	/* This test closes the container of a file that is open and half read. */
	need_a_strategy();

	int container = container_open(), fd;
	struct device peer = device_open(container, need("peer"));
	char text[16];

	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	fd = file_open();
	expect_eq(read(fd, text, sizeof(text)), sizeof(text));
	device_close(&peer);
	expect_ok(close(container));
	expect_errno(read(fd, text, sizeof(text)), EIO);
	close(fd);
}

/* Files made in the folder since the last call. */
static int files_made(int watch)
{
	char events[4096];
	ssize_t len = read(watch, events, sizeof(events));

	if (len < 0)
		expect_eq(errno, EAGAIN);

	return len > 0;
}

TEST(no_file_for_a_container_without_a_group)
{
	/*
	 * This test has a user without any group set a container's IOMMU, which
	 * fails, and no file is made; then one who has a group.
	 */
	need_a_strategy();

	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int container = container_open();
	pid_t user;

	if (watch < 0)
		skip("needs inotify: a kernel with CONFIG_INOTIFY_USER");
	expect_ok(inotify_add_watch(watch, FOLDER, IN_CREATE));
	user = child_fork();
	if (!user) {
		expect_ok(setresuid(65534, 65534, 65534));
		for (int i = 0; i < 10; i++)
			expect_errno(container_set_iommu(container,
							 VFIO_TYPE1v2_IOMMU),
				     EINVAL);
		child_exit();
	}
	child_join(user);
	expect_eq(files_made(watch), 0);
	device_open(container, need("peer"));
	expect_eq(files_made(watch), 1);
	close(watch);
}
