// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that hangs in a call.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "staller.h"

struct staller staller_open(int (*call)(void *data), void *data)
{
	struct staller staller = { .go = turn_new() };
	int result[2], error;

	expect_ok(pipe(result));
	staller.pid = child_fork();
	if (staller.pid) {
		close(result[1]);
		staller.result = result[0];
		return staller;
	}

	/* A test that fails does not wait for it. */
	expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
	turn_wait(&staller.go);
	error = call(data) < 0 ? errno : 0;
	expect_eq(write(result[1], &error, sizeof(error)), sizeof(error));
	pause();
	child_exit();
}

void staller_go(struct staller *staller)
{
	turn_give(&staller->go);
}

bool staller_hangs(struct staller *staller)
{
	struct pollfd fd = { .fd = staller->result, .events = POLLIN };

	return !poll(&fd, 1, 0);
}

int staller_result(struct staller *staller)
{
	int error;

	expect_eq(read(staller->result, &error, sizeof(error)), sizeof(error));

	return error;
}

void staller_kill(struct staller *staller)
{
	expect_ok(kill(staller->pid, SIGKILL));
	expect_eq(waitpid(staller->pid, NULL, 0), staller->pid);
	close(staller->result);
}
