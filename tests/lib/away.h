/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is away for a while: what is expected of those who want it.
 *
 *	struct scene scene = scene_open(need("disk"));
 *
 *	expect_away_during(&scene, reset, &scene.device);
 */
#ifndef AWAY_H
#define AWAY_H

#include "scene.h"

/*
 * Away during the call, which is made over and over: DMA arrives whole between
 * two calls, or is stopped by the IOMMU. Who wants the memory waits.
 */
void expect_away_during_each(struct scene *scene, int (*make)(void *data),
			     void *data);

/*
 * The same, and before that: not one byte arrives while the call is in the
 * middle, IN_RESET. There it must be longer than half a transfer of edu's, 50 ms.
 */
void expect_away_during(struct scene *scene, int (*make)(void *data),
			void *data);

/* Away from @take to @back, in whatever task. */
void expect_away_between(struct scene *scene, void (*take)(void *data),
			 void (*back)(void *data), void *data);

#endif /* AWAY_H */
