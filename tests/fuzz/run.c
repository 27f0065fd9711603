// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run of the fuzzer as a whole: starts the processes, kills them, sees how they
 * end, and watches that calls return and that the kernel has nothing to say.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "test.h"

/*
 * How long a call may take. None needs a hundredth of it, but the host's unbind
 * waits for all users to let go.
 */
#define CALL_SECONDS	120

struct watch {
	struct board *board;
	int kill_requests;	/* pipe */
	long calls;		/* to be made in all */
	int told;		/* tenths of them that were told */
	time_t began;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);

	return time.tv_sec;
}

static void on_child(int number)
{
	(void)number;
}

static struct watch run_open(const struct run *run)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct watch watch = {
		.board = board,
		.calls = run->calls,
		.began = now(),
	};
	struct sigaction action = { .sa_handler = on_child };
	sigset_t child;
	int killer[2];

	expect_true(board != MAP_FAILED);
	expect_true(run->workers <= WORKERS_MAX);
	board->seed = run->seed;
	board->workers = run->workers;
	targets_find(board);
	expect_ok(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			     board->mailbox));
	expect_ok(pipe(killer));
	watch.kill_requests = killer[0];
	board->killer = killer[1];

	/* It arrives while this process waits in ppoll(), only then. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	expect_ok(sigprocmask(SIG_BLOCK, &child, NULL));
	expect_ok(sigaction(SIGCHLD, &action, NULL));
	/* Also who is forked by a worker, which may be gone before. */
	expect_ok(prctl(PR_SET_CHILD_SUBREAPER, 1));

	return watch;
}

static void start(struct watch *watch, int number)
{
	struct board *board = watch->board;
	struct slot *slot = &board->slots[number];
	pid_t pid;

	slot->taken = true;
	slot->killed = false;
	pid = child_fork();
	if (pid) {
		slot->pid = pid;
		return;
	}
	close(watch->kill_requests);
	if (number == SLOT_HOST)
		life_of_host(board);
	life_of_worker(board, number);
}

/* A worker that was killed may have been about to fork. */
static void slot_free(struct board *board, int number)
{
	struct slot *slot = &board->slots[number];

	slot->pid = 0;
	slot->since = 0;
	slot->taken = false;
	if (number < WORKERS_MAX && !board->slots[SLOT_CHILD(number)].pid)
		board->slots[SLOT_CHILD(number)].taken = false;
}

static struct slot *slot_of(struct board *board, pid_t pid)
{
	for (int i = 0; i < SLOTS; i++) {
		if (board->slots[i].pid == pid)
			return &board->slots[i];
	}

	return NULL;
}

/* What is seen after a first failure is not what went wrong. */
static void ended(struct watch *watch, pid_t pid, int status)
{
	struct board *board = watch->board;
	struct slot *slot = slot_of(board, pid);
	int number;

	if (!slot)
		return;
	number = slot - board->slots;
	if (WIFSIGNALED(status) &&
	    !(WTERMSIG(status) == SIGKILL && slot->killed))
		board_fail(board, "process %d died of signal %d (%s)", number,
			   WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		board_fail(board, "process %d exited with %d", number,
			   WEXITSTATUS(status));

	slot_free(board, number);
	if (number < board->workers && slot->left > 0 && !board->failed)
		start(watch, number);
}

static void kill_as_requested(struct watch *watch)
{
	struct kill_request request;

	if (read(watch->kill_requests, &request, sizeof(request)) !=
	    sizeof(request))
		return;
	/* It has not been waited for since it asked, so it is still itself. */
	usleep(request.delay);
	if (watch->board->slots[request.slot].pid == request.pid)
		kill(request.pid, SIGKILL);
}

/* Where in the kernel the process is. */
static void tell_stack(pid_t pid)
{
	char path[64], line[160];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		note("    %s", line);
	}
	fclose(file);
}

static void look_for_hangs(struct watch *watch)
{
	struct board *board = watch->board;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &board->slots[i];
		time_t since = slot->since;

		if (!since || now() - since < CALL_SECONDS)
			continue;
		board_fail(board, "process %d: a call does not return: %s", i,
			   slot->log[slot->calls % LOG_LINES]);
		note("process %d hangs here:", i);
		tell_stack(slot->pid);
	}
}

static void look_at_the_log(struct watch *watch)
{
	const char *report = kernel_log_report();

	if (report)
		board_fail(watch->board, "the kernel has a report: %s", report);
}

static void tell_progress(struct watch *watch)
{
	long calls = board_calls(watch->board);
	time_t seconds = now() - watch->began;

	if (calls * 10 < (watch->told + 1) * watch->calls)
		return;
	watch->told = calls * 10 / watch->calls;
	note("%ld of %ld calls, %ld a second", calls, watch->calls,
	     seconds ? calls / seconds : calls);
}

static bool any_left(const struct board *board, int slots)
{
	for (int i = 0; i < slots; i++) {
		if (board->slots[i].taken)
			return true;
	}

	return false;
}

/* Until the processes of so many slots are gone, or something has failed. */
static void wait_for(struct watch *watch, int slots)
{
	struct pollfd requests = { watch->kill_requests, POLLIN, 0 };
	struct timespec second = { 1, 0 };
	time_t last = 0;
	sigset_t none;
	pid_t pid;
	int status;

	sigemptyset(&none);
	while (any_left(watch->board, slots) && !watch->board->failed) {
		if (ppoll(&requests, 1, &second, &none) > 0)
			kill_as_requested(watch);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			ended(watch, pid, status);
		if (last == now())
			continue;
		last = now();
		look_for_hangs(watch);
		look_at_the_log(watch);
		tell_progress(watch);
	}
}

/* Says all that is known at once: the processes may not even die. */
static void give_up(struct watch *watch)
{
	struct board *board = watch->board;

	note("failed: %s", board->failure);
	note("again: %s", test_again());
	board_tell_calls(board);
	events_end(board->events);
	for (int i = 0; i < SLOTS; i++) {
		if (board->slots[i].pid)
			kill(board->slots[i].pid, SIGKILL);
	}
	ck_abort_msg("%s", board->failure);
}

struct board *fuzz_run(const struct run *run)
{
	struct watch watch = run_open(run);
	struct board *board = watch.board;

	kernel_log_report();
	events_begin();
	for (int i = 0; i < run->workers; i++) {
		board->slots[i].left = run->calls / run->workers;
		start(&watch, i);
	}
	if (run->workers > 1)
		start(&watch, SLOT_HOST);

	wait_for(&watch, SLOT_HOST);
	/* The host may be waiting for a file that is in flight. */
	close(board->mailbox[0]);
	close(board->mailbox[1]);
	board->over = true;
	wait_for(&watch, SLOTS);
	look_at_the_log(&watch);
	if (board->failed)
		give_up(&watch);
	events_end(board->events);
	close(watch.kill_requests);
	close(board->killer);

	return board;
}
