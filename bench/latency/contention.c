// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "contention.h"
#include "samples.h"
#include "ticks.h"

#define MOST	16

/* Samples of each opening of containers and devices, which takes longer. */
#define SAMPLES	8

static const char *others[MOST - 1];
static size_t other_count;

void others_add(const char *bdf)
{
	if (other_count == MOST - 1)
		errx(2, "too many devices");
	others[other_count++] = bdf;
}

static void need(const struct kind *kind, size_t count, size_t most)
{
	if (count > most)
		errx(2, "%s:%zu: at most %zu, with so many devices",
		     kind->name, count, most);
}

/* A stretch of time, from when to when. */
struct stretch {
	__u64 begin;
	__u64 end;
};

struct worker {
	pthread_t thread;
	pthread_barrier_t *together;
	struct target target;
	const struct kind *kind;
	size_t offset;
	struct stretch map[SAMPLES];
	struct stretch unmap[SAMPLES];
};

static struct stretch each_page(struct worker *w,
				__u64 (*call)(struct target *t,
					      const struct kind *kind,
					      size_t offset, size_t size))
{
	size_t size = getpagesize();
	struct stretch stretch;
	size_t at;

	pthread_barrier_wait(w->together);
	stretch.begin = ticks();
	for (at = 0; at < THREAD_SPAN; at += size)
		call(&w->target, w->kind, w->offset + at, size);
	stretch.end = ticks();

	return stretch;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		w->map[i] = each_page(w, kind_dma_map);
		w->unmap[i] = each_page(w, kind_dma_unmap);
	}

	return NULL;
}

/* Every processor's counter is the same one, or runs in step with it. */
static void stretch_add(struct stretch *all, struct stretch one)
{
	if (one.begin < all->begin)
		all->begin = one.begin;
	if (one.end > all->end)
		all->end = one.end;
}

static __u64 each_call(struct stretch all, size_t threads)
{
	return (all.end - all.begin) / (threads * THREAD_PAGES);
}

static void keep_samples(struct worker *workers, size_t count)
{
	const struct kind *kind = workers->kind;
	struct stretch map, unmap;
	size_t sample, i;

	for (sample = 0; sample < SAMPLES; sample++) {
		map = workers->map[sample];
		unmap = workers->unmap[sample];
		for (i = 1; i < count; i++) {
			stretch_add(&map, workers[i].map[sample]);
			stretch_add(&unmap, workers[i].unmap[sample]);
		}
		samples_add("map-cold", kind->name, count,
			    each_call(map, count));
		samples_add("unmap", kind->name, count,
			    each_call(unmap, count));
	}
}

static void contend(const struct target *targets, const struct kind *kind,
		    size_t count)
{
	struct worker workers[MOST];
	pthread_barrier_t together;
	size_t i;

	pthread_barrier_init(&together, NULL, count);
	for (i = 0; i < count; i++) {
		workers[i] = (struct worker){
			.together = &together,
			.target = targets[i],
			.kind = kind,
			.offset = i * kind->stride,
		};
		kind_mmap(&workers[i].target, kind, workers[i].offset,
			  THREAD_SPAN);
	}

	for (i = 0; i < count; i++) {
		errno = pthread_create(&workers[i].thread, NULL, work,
				       &workers[i]);
		if (errno)
			err(1, "a thread");
	}
	for (i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&together);

	keep_samples(workers, count);
	kind_munmap(kind, 0, count * THREAD_SPAN);
}

static void open_others(struct target *targets, const struct kind *kind,
			size_t count)
{
	size_t i;

	need(kind, count, other_count + 1);
	for (i = 1; i < count; i++) {
		targets[i] = (struct target){
			.iommufd = targets->iommufd,
			.bdf = others[i - 1],
			.bar = targets->bar,
		};
		target_open(&targets[i]);
	}
}

static void close_others(struct target *targets, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		target_close(&targets[i]);
}

void containers_cycle(struct target *t, const struct kind *kind, size_t count)
{
	struct target targets[MOST] = { *t };

	if (t->floor)
		return;

	open_others(targets, kind, count);
	contend(targets, kind, count);
	close_others(targets, count);
}

void shared_cycle(struct target *t, const struct kind *kind, size_t count)
{
	struct target targets[MOST] = { *t };
	struct target sharing[MOST] = { *t };
	size_t i;

	if (t->floor)
		return;

	open_others(targets, kind, count);
	for (i = 1; i < count; i++)
		sharing[i] = target_with_bar(&targets[i], t);
	contend(sharing, kind, count);
	close_others(targets, count);
}

void threads_cycle(struct target *t, const struct kind *kind, size_t count)
{
	struct target targets[MOST] = { *t };
	size_t i;

	if (t->floor)
		return;

	need(kind, count, MOST);
	for (i = 1; i < count; i++)
		targets[i] = *t;
	contend(targets, kind, count);
}

static void first_page(struct target *t, const struct kind *kind, size_t count)
{
	size_t size = getpagesize();
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		samples_add("map-cold", kind->name, count,
			    kind_dma_map(t, kind, 0, size));
		samples_add("unmap", kind->name, count,
			    kind_dma_unmap(t, kind, 0, size));
	}

	kind_dma_map(t, kind, 0, size);
	samples_add("suspend", kind->name, count, target_memory(t, false));
	samples_add("resume", kind->name, count, target_memory(t, true));
	kind_dma_unmap(t, kind, 0, size);
}

static void all_pages(struct target *t, const struct kind *kind, size_t count)
{
	size_t size = kind_span(kind, count);
	size_t i;

	/* It maps one device's dma-buf by a call. */
	if (t->iommufd)
		return;

	for (i = 0; i < SAMPLES; i++) {
		samples_add("map-all", kind->name, count,
			    kind_dma_map(t, kind, 0, size));
		samples_add("unmap-all", kind->name, count,
			    kind_dma_unmap(t, kind, 0, size));
	}
}

void devices_cycle(struct target *t, const struct kind *kind, size_t count)
{
	struct target targets[MOST] = { *t };
	size_t i;

	if (t->floor)
		return;

	need(kind, count, other_count + 1);
	for (i = 1; i < count; i++)
		target_open_beside(&targets[i], t, others[i - 1]);
	for (i = 0; i < count; i++)
		kind_mmap(&targets[i], kind, i * kind->stride, getpagesize());

	first_page(t, kind, count);
	all_pages(t, kind, count);

	kind_munmap(kind, 0, kind_span(kind, count));
	close_others(targets, count);
}
