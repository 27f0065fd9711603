/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device whose memory is reached, to see what becomes of that when it is no
 * longer reachable.
 *
 *	struct scene scene = scene_open(need("disk"));
 *
 *	expect_off_between(&scene, put_to_sleep, wake);
 *
 * BAR 2 is mapped for the CPU, in several processes, and for edu's DMA engine,
 * which has reached it, both ways. There are three ways not to be:
 *
 *	off	by one call and until another: an accessor is refused
 *	blocked	for as long as a call lasts, or until the host is done: an
 *		accessor waits; blocked.h has what is expected then
 *	gone	for good
 */
#ifndef SCENE_H
#define SCENE_H

#include "call.h"
#include "edu.h"
#include "viewer.h"

#define VIEWERS	5

/**
 * struct scene - a device whose memory is reached
 * @edu: who reaches it by DMA
 * @device: whose memory it is
 * @iova: where edu reaches it. MAP_DMA is tried at SPARE above that.
 * @bar: where the CPU does
 * @size: of BAR 2
 * @seed: of what DMA is tried with
 * @faulted: the IOMMU has reported a fault of the DMA that was tried
 * @viewers: other processes that do, too
 * @viewer_count: how many
 */
struct scene {
	struct edu edu;
	struct device device;
	__u64 iova;
	char *bar;
	size_t size;
	unsigned int seed;
	bool faulted;
	struct viewer viewers[VIEWERS];
	int viewer_count;
};

#define SPARE	(64 * GIB)

/* The device with edu in one container, at IOVA, seen by this process alone. */
struct scene scene_open(const char *bdf);
/* The same, seen by others too, with an eventfd by which it is asked for. */
struct scene scene_open_asked(const char *bdf, int *event);
/* For a device that has come back: edu is still there. */
void scene_enter(struct scene *scene, const char *bdf);
/* For a device that is open already; @iova is free. */
void scene_use(struct scene *scene, struct device device, __u64 iova);
/*
 * Adds other processes: one that has opened it by itself, and children. They are
 * there when something is wanted of memory that is blocked, if not before.
 */
void scene_watch(struct scene *scene);
/* Ends them. */
void scene_unwatch(struct scene *scene);
/* Unmaps and closes the device, not edu. */
void scene_leave(struct scene *scene);

/* What another process is to have of it. */
struct view scene_view(const struct scene *scene);

/* All is as before, without a new mapping; and the mapping ends as it should. */
void expect_given_back(struct scene *scene);

/*
 * DMA that is to be tried while memory is out of reach. Before: the bytes are
 * got ready. Then it is tried. At last, when the CPU can see the memory again:
 * not one byte has arrived, and the IOMMU has reported a fault: DMA has not gone
 * through it and got lost behind.
 */
void scene_try_begin(struct scene *scene);
void scene_try(struct scene *scene);
void expect_tried_in_vain(struct scene *scene);

/*
 * The viewers want something of the memory, each something else, and each gets
 * an answer in the end: all of them get what they want.
 */
void scene_ask(struct scene *scene);
void expect_answers(struct scene *scene);
/* Whether one of them waits for memory that is blocked now, or all do. */
bool scene_one_waits(const struct scene *scene, int i);
bool scene_waits(struct scene *scene);
/* Whether all come to wait; otherwise, somebody has an answer. */
bool scene_comes_to_wait(struct scene *scene);

/* Off from @off to @on. */
void expect_off_between(struct scene *scene, void (*off)(struct scene *scene),
			void (*on)(struct scene *scene));
/* Nobody gets at memory that is off. A part of the above. */
void expect_off(struct scene *scene);
/* The same, whatever a read or write of the device file does: none is made. */
void expect_unreachable(struct scene *scene);

/*
 * Gone now, with the device still open: NULL, or what is wrong. scene_try_begin()
 * was before. The mapping has ended then, and the device can be left.
 */
const char *scene_gone(struct scene *scene);

#endif /* SCENE_H */
