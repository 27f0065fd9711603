/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that take a while, each in a thread of its own, and where in the kernel
 * a task is at the moment. So a test knows that it looks into the middle of a
 * call, and that something waits, without guessing by the time.
 */
#ifndef CALL_H
#define CALL_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * struct call - a call under way
 * @make: makes it. Return: as a system call.
 * @data: passed to @make
 * @error: errno, or 0
 * @over: it has returned
 * @tid: the thread's
 */
struct call {
	int (*make)(void *data);
	void *data;
	int error;
	volatile bool over;
	volatile pid_t tid;
	pthread_t thread;
};

void call_begin(struct call *call, int (*make)(void *data), void *data);

/* Waits for its end. Returns 0, or -1 with its errno. */
int call_end(struct call *call);

/*
 * What the host's administrator does, who may have to wait until the test lets
 * go what it has: a write to a file of sysfs, by a process that has nothing of
 * the test's open or mapped. So the test can fail meanwhile.
 */
pid_t admin_begin(const char *path, const char *text);
bool admin_is_over(pid_t admin);
/* Waits for its end: it must have succeeded. */
void admin_end(pid_t admin);

/*
 * A place is a part of the names of functions in the kernel, or several such
 * parts with "|" between: one of them must be on the stack of the task, which
 * sleeps. The functions that sleep themselves, as of a lock, are not shown.
 */
bool task_is_in(pid_t tid, const char *place);
/* Waits until it is; the test's time limit ends that. */
void task_wait_in(pid_t tid, const char *place);
/* Waits until the call is there, and returns true, or is over. */
bool call_reaches(struct call *call, const char *place);

/*
 * Reads what ps shows of a process, its command line and what it has mapped, for
 * which the kernel takes a lock of that process. Like a system call.
 */
int process_show(pid_t pid);

/* What the PCI core does most of the time while it resets something. */
#define IN_RESET	"msleep"
/* Where accessors wait for memory that is blocked, in the kernel's own vfio too. */
#define WANTS_MEMORY	"vfio_device_memory_|vfio_pci_mmap_|vfio_pci_bar_rw"

#endif /* CALL_H */
