// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device is taken out of the machine while it is in use, by the administrator
 * or by the machine itself, and another one is put in its place.
 */
#include <sys/stat.h>

#include "irq.h"
#include "monitor.h"
#include "owner.h"
#include "pci.h"
#include "scene.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

/*
 * The device is there again, at the same address, and what was mapped of the one
 * before is not in reach of anybody. Then it is bound and used like any other.
 */
static const char *new_one(struct scene *scene, const char *bdf)
{
	const char *wrong;

	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene->device = device_open(scene->edu.device.container, bdf);
	scene->bar = region_open(scene->device.fd, BAR2);
	wrong = edu_no_dma(&scene->edu, scene->iova, scene->bar);
	dma_unmap(scene->device.container, scene->iova, scene->size);
	scene_leave(scene);
	scene_enter(scene, bdf);
	expect_given_back(scene);
	scene_leave(scene);

	return wrong;
}

/* All is done before it is judged, or the next test would lack the device. */
static const char *of_both(const char *one, const char *other)
{
	return one ?: other;
}

static bool is_there(const char *bdf)
{
	struct stat status;

	return !stat(pci_path(bdf, ""), &status);
}

/* Its user has let the device go. */
static void rescan(pid_t remover, const char *bdf)
{
	admin_end(remover);
	expect_true(!is_there(bdf));
	expect_ok(pci_rescan());
	expect_true(is_there(bdf));
}

TEST(removed_by_the_administrator)
{
	/*
	 * This test removes an open device from the system: its user is asked for
	 * it, and nobody reaches it from then on. It is found again and used.
	 */
	const char *bdf = need("peer"), *wrong;
	struct scene scene;
	pid_t remover;
	int event;

	scene = scene_open_asked(bdf, &event);
	scene_try_begin(&scene);
	remover = admin_begin(pci_path(bdf, "remove"), "1");
	expect_event(event);
	wrong = scene_gone(&scene);
	expect_true(!admin_is_over(remover));
	scene_leave(&scene);
	rescan(remover, bdf);
	expect_fine(of_both(wrong, new_one(&scene, bdf)));
}

TEST(unplugged)
{
	/*
	 * This test has the machine take out an open device: its user is asked for
	 * it, and nobody reaches it from then on. Another one is plugged in, and
	 * used.
	 */
	const char *bdf = need("reset"), *wrong;
	struct plug plug = plug_find(bdf);
	struct scene scene;
	int event;

	scene = scene_open_asked(bdf, &event);
	scene_try_begin(&scene);
	plug_pull(&plug);
	expect_event(event);
	wrong = scene_gone(&scene);
	expect_true(is_there(bdf));
	scene_leave(&scene);
	plug_wait_gone(&plug);
	plug_put(&plug);
	expect_fine(of_both(wrong, new_one(&scene, bdf)));
}

TEST(unplugged_while_closed)
{
	/* This test has the machine take out a device that nobody has open. */
	const char *bdf = need("reset");
	struct plug plug = plug_find(bdf);
	struct scene scene = scene_open(bdf);
	const char *wrong;

	scene_leave(&scene);
	plug_pull(&plug);
	plug_wait_gone(&plug);
	plug_put(&plug);
	wrong = new_one(&scene, bdf);
	expect_fine(wrong);
}

TEST(killed_while_removed)
{
	/* This test kills who does not let go a device that is being removed. */
	const char *bdf = need("peer");
	long long pins = pinned_pages();
	struct turn asked = turn_new();
	pid_t owner, remover;
	struct scene scene;

	owner = owner_open(bdf, &asked);
	remover = admin_begin(pci_path(bdf, "remove"), "1");
	turn_wait(&asked);
	expect_true(!admin_is_over(remover));
	owner_kill(owner);
	rescan(remover, bdf);
	expect_eq(pinned_pages(), pins);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene = scene_open(bdf);
	expect_given_back(&scene);
}

TEST(killed_while_unplugged)
{
	/* This test kills who does not let go a device that is being unplugged. */
	const char *bdf = need("reset");
	struct plug plug = plug_find(bdf);
	long long pins = pinned_pages();
	struct turn asked = turn_new();
	struct scene scene;
	pid_t owner;

	owner = owner_open(bdf, &asked);
	plug_pull(&plug);
	turn_wait(&asked);
	expect_true(is_there(bdf));
	owner_kill(owner);
	plug_wait_gone(&plug);
	expect_eq(pinned_pages(), pins);
	plug_put(&plug);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene = scene_open(bdf);
	expect_given_back(&scene);
}
