// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose memory is reached, and what is expected when it is off or gone.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "irq.h"
#include "pci.h"
#include "scene.h"
#include "test.h"
#include "transition.h"

void scene_use(struct scene *scene, struct device device, __u64 iova)
{
	scene->device = device;
	scene->iova = iova;
	memory_on(device.fd);
	scene->bar = region_open(device.fd, BAR2);
	scene->size = region_size(device.fd, BAR2);
	expect_ok(dma_map(device.container, iova, scene->bar, scene->size));
	expect_dma(&scene->edu, iova, scene->bar);
}

void scene_enter(struct scene *scene, const char *bdf)
{
	scene_use(scene, device_open(scene->edu.device.container, bdf), IOVA);
}

struct scene scene_open(const char *bdf)
{
	struct scene scene = { .edu = edu_open(container_open()) };

	scene_enter(&scene, bdf);

	return scene;
}

struct view scene_view(const struct scene *scene)
{
	return (struct view){
		.device = scene->device,
		.bar = scene->bar,
		.size = scene->size,
		.spare = scene->iova + SPARE,
	};
}

static struct viewer *viewer_add(struct scene *scene)
{
	expect_true(scene->viewer_count < VIEWERS);

	return &scene->viewers[scene->viewer_count++];
}

/* What the viewers want of blocked memory; of memory that is off, to see it. */
static const enum want wants[VIEWERS] = { SEE, SEE, READ, MAP, SEE };

void scene_watch(struct scene *scene)
{
	struct view view = scene_view(scene);

	if (scene->viewer_count)
		return;
	viewer_open_own(viewer_add(scene), &view);
	/* One place is left for one that is born while it is off. */
	while (scene->viewer_count < VIEWERS - 1)
		viewer_open(viewer_add(scene), &view);
}

struct scene scene_open_asked(const char *bdf, int *event)
{
	struct scene scene = scene_open(bdf);

	*event = request_open(scene.device.fd);
	scene_watch(&scene);

	return scene;
}

void scene_unwatch(struct scene *scene)
{
	while (scene->viewer_count)
		viewer_close(&scene->viewers[--scene->viewer_count]);
}

void scene_leave(struct scene *scene)
{
	scene_unwatch(scene);
	expect_ok(munmap(scene->bar, scene->size));
	device_close(&scene->device);
}

/*
 * Every process that has it mapped looks at it: 0 if each gets @number, the
 * signal or 0; or what another one got, negated.
 */
static int seen(struct scene *scene, int number)
{
	int got = read_signal(scene->bar);

	for (int i = 0; got == number && i < scene->viewer_count; i++)
		got = viewer_wants(&scene->viewers[i], SEE);

	return got == number ? 0 : -1 - got;
}

void expect_given_back(struct scene *scene)
{
	expect_eq(seen(scene, 0), 0);
	expect_dma(&scene->edu, scene->iova, scene->bar);
	expect_eq(dma_unmap(scene->device.container, scene->iova, scene->size),
		  scene->size);
}

void scene_try_begin(struct scene *scene)
{
	allow_iommu_faults();
	scene->seed = pattern_new();
	scene->faulted = false;
	edu_try_begin(&scene->edu, scene->seed, scene->bar);
}

void scene_try(struct scene *scene)
{
	iommu_faults();
	edu_try(&scene->edu, scene->iova);
	scene->faulted = iommu_faulted();
}

void expect_tried_in_vain(struct scene *scene)
{
	expect_fine(edu_try_end(&scene->edu, scene->seed, scene->bar));
	expect_fine(scene->faulted ? NULL : "the IOMMU reports no fault");
}

static int map_spare(struct scene *scene)
{
	return dma_map(scene->device.container, scene->iova + SPARE, scene->bar,
		       scene->size);
}

static long long unmap_spare(struct scene *scene)
{
	return dma_unmap(scene->device.container, scene->iova + SPARE,
			 scene->size);
}

void scene_ask(struct scene *scene)
{
	for (int i = 0; i < scene->viewer_count; i++)
		viewer_ask(&scene->viewers[i], wants[i]);
}

/* All get what they want. */
void expect_answers(struct scene *scene)
{
	for (int i = 0; i < scene->viewer_count; i++)
		expect_eq(viewer_answer(&scene->viewers[i]), 0);
	expect_eq(unmap_spare(scene), scene->size);
}

bool scene_one_waits(const struct scene *scene, int i)
{
	return task_is_in(scene->viewers[i].pid, WANTS_MEMORY);
}

bool scene_waits(struct scene *scene)
{
	for (int i = 0; i < scene->viewer_count; i++) {
		if (!scene_one_waits(scene, i))
			return false;
	}

	return true;
}

bool scene_comes_to_wait(struct scene *scene)
{
	struct pollfd fds[VIEWERS];

	for (int i = 0; i < scene->viewer_count; i++)
		fds[i] = (struct pollfd){
			.fd = scene->viewers[i].answer,
			.events = POLLIN,
		};

	while (!scene_waits(scene)) {
		if (poll(fds, scene->viewer_count, 1))
			return false;
	}

	return true;
}

/*
 * Off.
 */
void expect_unreachable(struct scene *scene)
{
	expect_eq(seen(scene, SIGBUS), 0);
	expect_errno(map_spare(scene), EFAULT);
}

void expect_off(struct scene *scene)
{
	struct vfio_region_info info = region_info(scene->device.fd, BAR2);
	char byte = 0;

	expect_unreachable(scene);
	expect_errno(pread(scene->device.fd, &byte, 1, info.offset), EIO);
	expect_errno(pwrite(scene->device.fd, &byte, 1, info.offset), EIO);
}

void expect_off_between(struct scene *scene, void (*off)(struct scene *scene),
			void (*on)(struct scene *scene))
{
	struct view view = scene_view(scene);

	scene_try_begin(scene);
	off(scene);
	/* One that is born meanwhile. */
	viewer_open(viewer_add(scene), &view);
	expect_off(scene);
	scene_try(scene);
	on(scene);
	expect_tried_in_vain(scene);
	expect_given_back(scene);
}

/*
 * Gone.
 */

/* What was tried, seen by way of the host: there the memory is still in reach. */
static const char *tried_on_the_host(struct scene *scene)
{
	const char *wrong;
	char *bar;
	int fd;

	fd = expect_ok(open(pci_path(scene->device.bdf, "resource2"),
			    O_RDWR | O_CLOEXEC));
	bar = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		skip("needs the host to see memory that a driver has: boot with iomem=relaxed");
	wrong = edu_try_end(&scene->edu, scene->seed, bar);
	expect_ok(munmap(bar, PAGE));
	close(fd);
	if (wrong || scene->faulted)
		return wrong;

	return "the IOMMU reports no fault";
}

const char *scene_gone(struct scene *scene)
{
	const char *wrong;

	scene_try(scene);
	wrong = tried_on_the_host(scene);
	if (!wrong && seen(scene, SIGBUS))
		wrong = "a process still sees it";
	if (!map_spare(scene)) {
		unmap_spare(scene);
		wrong = wrong ?: "it can be mapped";
	} else if (errno != EPERM) {
		wrong = wrong ?: "it cannot be mapped, but for another reason";
	}
	if (dma_unmap(scene->device.container, scene->iova, scene->size) !=
	    (long long)scene->size)
		wrong = wrong ?: "its mapping cannot be unmapped";

	return wrong;
}
