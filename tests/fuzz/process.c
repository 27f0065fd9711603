// SPDX-License-Identifier: GPL-2.0-only
/*
 * How processes of the fuzzer come and go.
 *
 * All are children of the one that runs the fuzzer (run.c), also those that are
 * forked by a worker: it gets to know how each one ends.
 */
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include <unistd.h>

#include "fuzz.h"

/* Of pages that are locked, by one that may not lock as many as it likes. */
#define POOR_LIMIT	(256UL << 10)

static void become_poor(struct fuzzer *self)
{
	struct rlimit limit = { POOR_LIMIT, POOR_LIMIT };
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];

	if (setrlimit(RLIMIT_MEMLOCK, &limit) ||
	    syscall(SYS_capget, &header, caps))
		fuzz_fail(self, "cannot give up CAP_IPC_LOCK");
	caps[0].effective &= ~(1U << CAP_IPC_LOCK);
	if (syscall(SYS_capset, &header, caps))
		fuzz_fail(self, "cannot give up CAP_IPC_LOCK");
}

void process_begin(struct fuzzer *self, struct board *board, int slot)
{
	memset(self, 0, sizeof(*self));
	self->board = board;
	self->slot = &board->slots[slot];
	self->slot->pid = getpid();
	self->prng = prng_new(board->seed, slot * 1000003L +
					   self->slot->lives++);
	/* Nobody is left when the test's time is over. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);

	for (int i = 0; i < EVENTFDS; i++) {
		self->events[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (self->events[i] < 0)
			fuzz_fail(self, "cannot make an eventfd");
	}
	if (slot < WORKERS_MAX && one_in(self, 4))
		become_poor(self);
}

/*
 * A sole worker kills itself, between two calls. Else another process does it,
 * and this one goes on until it is hit.
 */
static void be_killed(struct fuzzer *self)
{
	struct board *board = self->board;
	struct kill_request request = {
		.slot = self->slot - board->slots,
		.pid = getpid(),
		.delay = below(self, 3000),
	};

	self->slot->killed = true;
	if (board->workers == 1)
		kill(getpid(), SIGKILL);
	else if (write(board->killer, &request, sizeof(request)) < 0)
		fuzz_fail(self, "nobody is there to kill");
	self->life = 1000000;
}

void process_end(struct fuzzer *self)
{
	switch (below(self, 3)) {
	case 0:
		be_killed(self);
		return;
	case 1:
		while (self->file_count)
			file_close_one(self);
		break;
	}
	_exit(0);
}

static struct slot *slot_for_child(struct fuzzer *self)
{
	struct board *board = self->board;
	int slot = self->slot - board->slots;

	if (slot >= WORKERS_MAX)
		return NULL;
	if (__atomic_exchange_n(&board->slots[SLOT_CHILD(slot)].taken, true,
				__ATOMIC_SEQ_CST))
		return NULL;

	return &board->slots[SLOT_CHILD(slot)];
}

bool process_fork(struct fuzzer *self)
{
	struct slot *slot = slot_for_child(self);
	__u64 seed = prng_next(&self->prng);
	long life = 10 + below(self, 500);
	pid_t pid;

	if (!slot)
		return false;

	slot->left = life;
	slot->killed = false;
	begin_call(self, CALL_FORK, "for %ld calls", life);
	/*
	 * A sibling: run.c gets to know how it ends. Its slot has its pid before
	 * either of the two can be killed.
	 */
	pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD,
		      0, &slot->pid, 0, 0);
	if (pid) {
		end_call(self, pid < 0 ? -1 : 0);
		if (pid < 0)
			slot->taken = false;
		else
			self->slot->left -= life;
		while (self->board->workers == 1 && slot->taken)
			usleep(500);
		return false;
	}

	slot->lives++;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self->slot = slot;
	self->life = life;
	self->prng = prng_new(seed, 0);

	return true;
}
