// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls in threads, and where tasks are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "test.h"

static void *call_run(void *data)
{
	struct call *call = data;

	call->tid = gettid();
	call->error = call->make(call->data) < 0 ? errno : 0;
	call->over = true;

	return NULL;
}

void call_begin(struct call *call, int (*make)(void *data), void *data)
{
	*call = (struct call){ .make = make, .data = data };
	expect_eq(pthread_create(&call->thread, NULL, call_run, call), 0);
	while (!call->tid)
		usleep(100);
}

int call_end(struct call *call)
{
	expect_eq(pthread_join(call->thread, NULL), 0);
	errno = call->error;

	return call->error ? -1 : 0;
}

pid_t admin_begin(const char *path, const char *text)
{
	pid_t admin = child_fork();

	if (admin)
		return admin;

	/* All that the test has open is closed by exec. */
	execl("/bin/sh", "sh", "-c", "echo \"$0\" > \"$1\"", text, path, NULL);
	_exit(127);
}

bool admin_is_over(pid_t admin)
{
	siginfo_t info = {};

	expect_ok(waitid(P_PID, admin, &info, WEXITED | WNOHANG | WNOWAIT));

	return info.si_pid == admin;
}

void admin_end(pid_t admin)
{
	child_join(admin);
}

/* A file of the task's in /proc; empty if there is no such task any more. */
static void task_read(pid_t tid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, size - 1);
		close(fd);
	}
	text[len > 0 ? len : 0] = 0;
}

/* Not one that is about to sleep and was made to give way. */
static bool task_sleeps(pid_t tid)
{
	char stat[512], *state;

	/* "number (name) state": the name may be any. */
	task_read(tid, "stat", stat, sizeof(stat));
	state = strrchr(stat, ')');

	return state && state[2] != 'R';
}

static int show_file(pid_t pid, const char *name)
{
	char path[64], text[4096];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	do {
		len = read(fd, text, sizeof(text));
	} while (len > 0);
	close(fd);

	return len;
}

int process_show(pid_t pid)
{
	return show_file(pid, "cmdline") || show_file(pid, "maps") ? -1 : 0;
}

bool task_is_in(pid_t tid, const char *place)
{
	char stack[8192], one[64];
	size_t n;

	task_read(tid, "stack", stack, sizeof(stack));
	for (; *place; place += n + (place[n] == '|')) {
		n = strcspn(place, "|");
		snprintf(one, sizeof(one), "%.*s", (int)n, place);
		if (strstr(stack, one))
			return task_sleeps(tid);
	}

	return false;
}

void task_wait_in(pid_t tid, const char *place)
{
	while (!task_is_in(tid, place))
		usleep(1000);
}

bool call_reaches(struct call *call, const char *place)
{
	while (!call->over) {
		if (task_is_in(call->tid, place))
			return true;
		usleep(500);
	}

	return false;
}
