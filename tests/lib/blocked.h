/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is blocked for a while: what is expected of its accessors, by DMA,
 * by a CPU and by MAP_DMA.
 *
 *	struct scene scene = scene_open(need("disk"));
 *
 *	expect_blocked_during(&scene, reset, &scene.device);
 */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "scene.h"

/*
 * Blocked during the call, which is made over and over: DMA arrives whole between
 * two calls, or is stopped by the IOMMU. A CPU's access and MAP_DMA wait.
 */
void expect_blocked_during_each(struct scene *scene, int (*make)(void *data),
				void *data);

/*
 * The same, and before that: not one byte arrives while the call is in the
 * middle, IN_RESET. There it must be longer than half a transfer of edu's, 50 ms.
 */
void expect_blocked_during(struct scene *scene, int (*make)(void *data),
			   void *data);

/* Blocked from @take to @back, in whatever task. */
void expect_blocked_between(struct scene *scene, void (*take)(void *data),
			    void (*back)(void *data), void *data);

#endif /* BLOCKED_H */
