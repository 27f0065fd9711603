// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is blocked for a while.
 */
#include <poll.h>
#include <unistd.h>

#include "blocked.h"
#include "test.h"

/* So often is a transfer tried that does not fall into the call. */
#define ATTEMPTS	50

/* Half of what a transfer takes, in microseconds: then the call begins. */
#define HALF_WAY	50000

static void transfer_begin(struct scene *scene, bool write)
{
	edu_try_begin(&scene->edu, scene->seed, scene->bar);
	if (write) {
		edu_put_begin(&scene->edu, scene->iova);
	} else {
		edu_fill(&scene->edu);
		edu_get_begin(&scene->edu, EDU_TRY_GET(scene->iova));
	}
	iommu_faults();
}

static void transfer_end(struct scene *scene, bool write)
{
	while (edu_busy(&scene->edu))
		usleep(500);
	scene->faulted = iommu_faulted();
	if (!write)
		edu_get_end(&scene->edu);
}

/*
 * One transfer, begun before the call. True if its bytes moved while the call
 * was in the middle: so the call had got there when the transfer was still under
 * way, and was there still when the transfer had ended.
 */
static bool transfer_into(struct scene *scene, bool write,
			  int (*make)(void *data), void *data)
{
	struct call call;
	bool into;

	transfer_begin(scene, write);
	usleep(HALF_WAY);
	call_begin(&call, make, data);
	into = call_reaches(&call, IN_RESET) && edu_busy(&scene->edu);
	while (edu_busy(&scene->edu))
		usleep(500);
	into = into && task_is_in(call.tid, IN_RESET);
	expect_ok(call_end(&call));
	transfer_end(scene, write);

	return into;
}

static void expect_no_transfer_into(struct scene *scene, bool write,
				    int (*make)(void *data), void *data)
{
	int attempts = 0;

	while (!transfer_into(scene, write, make, data)) {
		if (++attempts == ATTEMPTS)
			ck_abort_msg("no DMA falls into the call");
	}
	expect_tried_in_vain(scene);
}

/* A call made over and over. */
struct loop {
	int (*make)(void *data);
	void *data;
	volatile bool stop;
};

static int repeat(void *data)
{
	struct loop *loop = data;

	while (!loop->stop) {
		/* Several devices are only taken if nobody uses one just now. */
		if (loop->make(loop->data) < 0 && errno != EBUSY &&
		    errno != EAGAIN)
			return -1;
	}

	return 0;
}

/*
 * One transfer at any moment: either it arrives, or it is stopped by the IOMMU,
 * which says so; none gets through that and is lost behind it. True if it was
 * stopped.
 */
static bool transfer_is_stopped(struct scene *scene, bool write)
{
	const char *arrived;

	transfer_begin(scene, write);
	transfer_end(scene, write);
	arrived = edu_try_end(&scene->edu, scene->seed, scene->bar);
	if (!scene->faulted && !arrived)
		ck_abort_msg("the IOMMU reports no fault of what does not arrive");

	return !arrived;
}

static void expect_some_stopped(struct scene *scene, bool write)
{
	int attempts = 0;

	while (!transfer_is_stopped(scene, write)) {
		if (++attempts == ATTEMPTS)
			ck_abort_msg("all DMA arrives");
	}
}

static bool viewer_answers(const struct scene *scene, int i)
{
	struct pollfd fd = {
		.fd = scene->viewers[i].answer,
		.events = POLLIN,
	};

	return poll(&fd, 1, 0);
}

static int see(void *data)
{
	struct scene *scene = data;

	errno = EFAULT;

	return read_signal(scene->bar) ? -1 : 0;
}

/*
 * Everybody wants something of the memory, this process too, and gets it. Those
 * who are seen to wait for it are noted in @waited. True if all have been.
 */
static bool all_waited(struct scene *scene, bool *waited)
{
	int count = scene->viewer_count;
	bool all = true;
	struct call own;

	call_begin(&own, see, scene);
	scene_ask(scene);
	for (int i = 0; i < count; i++) {
		while (!waited[i] && !viewer_answers(scene, i))
			waited[i] = scene_one_waits(scene, i);
		all = all && waited[i];
	}
	while (!waited[count] && !own.over)
		waited[count] = task_is_in(own.tid, WANTS_MEMORY);
	expect_ok(call_end(&own));
	expect_answers(scene);

	return all && waited[count];
}

static void expect_waiting(struct scene *scene)
{
	bool waited[VIEWERS + 1] = {};
	int attempts = 0;

	while (!all_waited(scene, waited)) {
		if (++attempts == ATTEMPTS * 4)
			ck_abort_msg("not all wait for the end of the call");
	}
}

void expect_blocked_during_each(struct scene *scene, int (*make)(void *data),
				void *data)
{
	struct loop loop = { .make = make, .data = data };
	struct call call;

	allow_iommu_faults();
	scene_watch(scene);
	scene->seed = pattern_new();
	call_begin(&call, repeat, &loop);
	expect_some_stopped(scene, true);
	expect_some_stopped(scene, false);
	expect_waiting(scene);
	loop.stop = true;
	expect_ok(call_end(&call));
	expect_given_back(scene);
}

void expect_blocked_during(struct scene *scene, int (*make)(void *data),
			   void *data)
{
	allow_iommu_faults();
	scene_watch(scene);
	scene->seed = pattern_new();
	expect_no_transfer_into(scene, true, make, data);
	expect_no_transfer_into(scene, false, make, data);
	expect_blocked_during_each(scene, make, data);
}

void expect_blocked_between(struct scene *scene, void (*take)(void *data),
			    void (*back)(void *data), void *data)
{
	bool waited;

	scene_watch(scene);
	scene_try_begin(scene);
	take(data);
	scene_ask(scene);
	waited = scene_comes_to_wait(scene);
	scene_try(scene);
	waited = waited && scene_waits(scene);
	back(data);
	expect_answers(scene);
	expect_tried_in_vain(scene);
	if (!waited)
		ck_abort_msg("not all wait until it is no longer blocked");
	expect_given_back(scene);
}
