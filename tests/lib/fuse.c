// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file whose pages do not come.
 *
 * The file is the root of its file system, so there is nothing to look up. It
 * is mounted, opened and unmounted at once: the open file keeps it, and nothing
 * is left of it when that is closed.
 *
 * The server is a process of its own, the only one that has /dev/fuse open. It
 * declares reads to be asynchronous, so who waits for a page waits for that
 * page and not for an answer: the wait can be killed.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuse.h"
#include "test.h"

/* What a request may be as long as, the kernel wants it so. */
#define REQUEST	(FUSE_MIN_READ_BUFFER + 131072)

/* Reads that wait to be answered. */
#define READS_MAX	16

struct server {
	int dev;
	int told;
	int tells;
	__u64 reads[READS_MAX];
	int read_count;
};

static void reply(struct server *server, __u64 unique, int error,
		  const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + size,
		.error = error,
		.unique = unique,
	};
	struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ (void *)data, size },
	};

	/* ENOENT: who asked has been killed. */
	if (writev(server->dev, parts, 2) < 0)
		expect_eq(errno, ENOENT);
}

static void reply_init(struct server *server, const struct fuse_in_header *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = FUSE_SIZE,
		.flags = FUSE_ASYNC_READ,
		.max_background = READS_MAX,
		.congestion_threshold = READS_MAX,
		.max_write = FUSE_SIZE,
	};

	reply(server, in->unique, 0, &out, sizeof(out));
}

static void reply_getattr(struct server *server, const struct fuse_in_header *in)
{
	struct fuse_attr_out out = {
		.attr_valid = 3600,
		.attr = {
			.ino = FUSE_ROOT_ID,
			.size = FUSE_SIZE,
			.mode = S_IFREG | 0444,
			.nlink = 1,
			.blksize = FUSE_SIZE,
		},
	};

	reply(server, in->unique, 0, &out, sizeof(out));
}

static void reply_open(struct server *server, const struct fuse_in_header *in)
{
	struct fuse_open_out out = {};

	reply(server, in->unique, 0, &out, sizeof(out));
}

static void serve(struct server *server)
{
	static char request[REQUEST];
	struct fuse_in_header *in = (void *)request;
	ssize_t len = read(server->dev, request, sizeof(request));

	/* Nobody has the file any more. */
	if (len < 0 && errno == ENODEV)
		child_exit();
	expect_true(len >= (ssize_t)sizeof(*in));

	switch (in->opcode) {
	case FUSE_INIT:
		reply_init(server, in);
		break;
	case FUSE_GETATTR:
		reply_getattr(server, in);
		break;
	case FUSE_OPEN:
		reply_open(server, in);
		break;
	case FUSE_READ:
		expect_true(server->read_count < READS_MAX);
		server->reads[server->read_count++] = in->unique;
		expect_eq(write(server->tells, "", 1), 1);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		/* No answer is wanted. */
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		reply(server, in->unique, 0, NULL, 0);
		break;
	default:
		reply(server, in->unique, -ENOSYS, NULL, 0);
	}
}

static void answer(struct server *server)
{
	static const char page[FUSE_SIZE];
	char byte;

	/* The test has ended. */
	if (read(server->told, &byte, 1) != 1)
		child_exit();
	while (server->read_count)
		reply(server, server->reads[--server->read_count], 0, page,
		      sizeof(page));
}

__attribute__((noreturn)) static void run(struct server *server)
{
	struct pollfd fds[] = {
		{ .fd = server->dev, .events = POLLIN },
		{ .fd = server->told, .events = POLLIN },
	};

	for (;;) {
		expect_ok(poll(fds, 2, -1));
		if (fds[0].revents)
			serve(server);
		if (fds[1].revents)
			answer(server);
	}
}

/* Returns in the parent. */
static pid_t run_in_child(int dev, int told[2], int tells[2])
{
	struct server server = { .dev = dev, .told = told[0], .tells = tells[1] };
	pid_t child = child_fork();

	if (child)
		return child;

	/* A test that fails does not wait for it. */
	expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
	close(told[1]);
	close(tells[0]);
	run(&server);
}

/* The path is there for as long as it takes to open it. */
static void mount_at(const char *path, int dev)
{
	char options[96];

	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=0100444,user_id=0,group_id=0", dev);
	expect_ok(mount("fuse", path, "fuse", MS_NOSUID | MS_NODEV, options));
}

static int open_at(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	umount2(path, MNT_DETACH);
	unlink(path);
	expect_ok(file);
	/* Only this makes the kernel ask for the size. */
	expect_ok(fstat(file, &status));
	expect_eq(status.st_size, FUSE_SIZE);

	return file;
}

struct fuse fuse_open(void)
{
	char path[] = "/tmp/fuse-XXXXXX";
	int dev, told[2], tells[2];
	struct fuse fuse;

	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		skip("needs /dev/fuse: load the kernel's fuse");

	close(expect_ok(mkstemp(path)));
	expect_ok(pipe(told));
	expect_ok(pipe(tells));
	mount_at(path, dev);
	fuse.server = run_in_child(dev, told, tells);
	fuse.told = told[1];
	fuse.tells = tells[0];
	close(dev);
	close(told[0]);
	close(tells[1]);
	fuse.file = open_at(path);

	return fuse;
}

char *fuse_mmap(struct fuse *fuse, char *at, int prot, int flags)
{
	char *va = mmap(at, FUSE_SIZE, prot, flags | (at ? MAP_FIXED : 0),
			fuse->file, 0);

	expect_true(va != MAP_FAILED);

	return va;
}

void fuse_wait(struct fuse *fuse)
{
	char byte;

	expect_eq(read(fuse->tells, &byte, 1), 1);
}

void fuse_answer(struct fuse *fuse)
{
	expect_eq(write(fuse->told, "", 1), 1);
}

void fuse_kill(struct fuse *fuse)
{
	expect_ok(kill(fuse->server, SIGKILL));
	expect_eq(waitpid(fuse->server, NULL, 0), fuse->server);
}
