// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that does not let its device go.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "irq.h"
#include "owner.h"
#include "scene.h"

pid_t owner_open(const char *bdf, struct turn *asked)
{
	struct turn ready = turn_new();
	pid_t owner = child_fork();
	struct scene scene;
	int event;

	if (owner) {
		turn_wait(&ready);
		return owner;
	}

	/* A test that fails does not wait for it. */
	expect_ok(prctl(PR_SET_PDEATHSIG, SIGKILL));
	scene = scene_open(bdf);
	event = request_open(scene.device.fd);
	expect_ok(dma_map(scene.device.container, 2 * IOVA, ram(MIB), MIB));
	turn_give(&ready);
	expect_event(event);
	turn_give(asked);
	pause();
	child_exit();
}

void owner_kill(pid_t owner)
{
	expect_ok(kill(owner, SIGKILL));
	expect_eq(waitpid(owner, NULL, 0), owner);
}
