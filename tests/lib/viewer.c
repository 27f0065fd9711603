// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that want something of a device's memory when told.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "test.h"
#include "viewer.h"

static __u64 offset_of(const struct view *view, __u32 region)
{
	return region_info(view->device.fd, region).offset;
}

static int get(const struct view *view, enum want want)
{
	int fd = view->device.fd;
	char bytes[4] = "";
	ssize_t ret;

	switch (want) {
	case SEE:
		return read_signal(view->bar);
	case READ:
		ret = pread(fd, bytes, 1, offset_of(view, BAR2));
		break;
	case WRITE:
		ret = pwrite(fd, bytes, 1, offset_of(view, BAR2));
		break;
	case CONFIG:
		ret = pread(fd, bytes, 4,
			    offset_of(view, VFIO_PCI_CONFIG_REGION_INDEX) +
			    PCI_COMMAND);
		break;
	default:
		ret = dma_map(view->device.container, view->spare, view->bar,
			      view->size);
	}

	return ret < 0 ? errno : 0;
}

__attribute__((noreturn))
static void run(struct viewer *viewer, const struct view *view)
{
	unsigned char byte;

	while (read(viewer->ask, &byte, 1) == 1) {
		byte = get(view, byte);
		expect_eq(write(viewer->answer, &byte, 1), 1);
	}
	child_exit();
}

/* In a viewer. */
static volatile int *signals_handled;

static void on_signal(int number)
{
	(void)number;
	(*signals_handled)++;
}

/* True in the new process. */
static bool begin(struct viewer *viewer)
{
	struct sigaction action = { .sa_handler = on_signal };
	volatile int *handled = shared_memory(sizeof(*handled));
	int ask[2], answer[2];
	pid_t pid;

	expect_ok(pipe(ask));
	expect_ok(pipe(answer));
	pid = child_fork();
	*viewer = (struct viewer){
		.pid = pid,
		.ask = ask[!!pid],
		.answer = answer[!pid],
		.handled = handled,
	};
	/* What only one side has open tells the other when that one ends. */
	close(ask[!pid]);
	close(answer[!!pid]);
	if (pid)
		return false;

	/* A test that fails does not wait for it. */
	expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
	signals_handled = handled;
	expect_ok(sigaction(SIGUSR1, &action, NULL));

	return true;
}

void viewer_open(struct viewer *viewer, const struct view *view)
{
	if (begin(viewer))
		run(viewer, view);
}

void viewer_open_own(struct viewer *viewer, const struct view *view)
{
	struct view own = *view;

	if (!begin(viewer)) {
		expect_eq(viewer_wants(viewer, SEE), 0);
		return;
	}

	expect_ok(munmap(view->bar, view->size));
	own.device.fd = device_open_again(&own.device);
	expect_ok(close(view->device.fd));
	own.bar = region_open(own.device.fd, BAR2);
	run(viewer, &own);
}

void viewer_ask(struct viewer *viewer, enum want want)
{
	unsigned char byte = want;

	expect_eq(write(viewer->ask, &byte, 1), 1);
}

int viewer_answer(struct viewer *viewer)
{
	unsigned char byte;

	expect_eq(read(viewer->answer, &byte, 1), 1);

	return byte;
}

int viewer_wants(struct viewer *viewer, enum want want)
{
	viewer_ask(viewer, want);

	return viewer_answer(viewer);
}

bool viewer_signal(struct viewer *viewer, volatile bool *over)
{
	int before = *viewer->handled;

	expect_ok(kill(viewer->pid, SIGUSR1));
	while (*viewer->handled == before && !*over)
		usleep(1000);

	return *viewer->handled != before;
}

void viewer_close(struct viewer *viewer)
{
	expect_ok(kill(viewer->pid, SIGKILL));
	expect_eq(waitpid(viewer->pid, NULL, 0), viewer->pid);
	close(viewer->ask);
	close(viewer->answer);
}
