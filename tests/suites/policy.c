// SPDX-License-Identifier: GPL-2.0-only
/*
 * revoke=suspend, release, none: how far revocation goes is chosen at load. Run
 * while nothing is loaded.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "irq.h"
#include "log.h"
#include "module.h"
#include "pci.h"
#include "scene.h"
#include "state.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

static const char * const roles[] = { "edu", "peer", "reset" };

#define ROLES	(sizeof(roles) / sizeof(roles[0]))

/* Loaded with those parameters, and what it needs besides. */
static void load_with(const char *parameters)
{
	need_a_strategy();
	module_load(strategy_name());
	expect_ok(module_delete());
	expect_ok(module_insert(strategy_name(), parameters));
}

/*
 * What is to be seen under a policy, in a process of its own. When that has
 * ended, nothing keeps the module, and nothing is left of it.
 */
static void under(const char *parameters, void (*see)(void))
{
	pid_t child;

	load_with(parameters);
	for (size_t i = 0; i < ROLES; i++)
		expect_ok(pci_rebind(need(roles[i]), "vfio-pci"));

	child = child_fork();
	if (!child) {
		see();
		child_exit();
	}
	child_join(child);
	expect_ok(module_delete());
	expect_fine(vfio_left());
}

TEST(policy_is_shown)
{
	/* This test loads with each policy, and without one. */
	static const char * const policies[] = { "suspend", "release", "none" };
	char parameters[32];

	load_with("");
	expect_true(!strcmp(module_parameter("revoke"), "suspend"));
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		snprintf(parameters, sizeof(parameters), "revoke=%s",
			 policies[i]);
		load_with(parameters);
		expect_true(!strcmp(module_parameter("revoke"), policies[i]));
	}
	module_unload();
}

TEST(policy_is_for_good)
{
	/* This test tries to change the policy of a module that is loaded. */
	const char *path;

	load_with("");
	path = module_parameter_path("revoke");
	expect_errno(open(path, O_WRONLY | O_CLOEXEC), EACCES);
	module_unload();
}

TEST(policy_that_does_not_exist)
{
	/* This test loads with what is no policy: refused, and the log says why. */
	int log;

	load_with("");
	expect_ok(module_delete());
	log = log_open();
	expect_errno(module_insert(strategy_name(), "revoke=sometimes"), EINVAL);
	expect_eq(log_count(log, "revoke=sometimes is unknown: use suspend, release or none", NULL),
		  1);
	expect_errno(module_insert(strategy_name(), "revoke=suspended"), EINVAL);
	expect_errno(module_insert(strategy_name(), "revoke="), EINVAL);
	expect_errno(module_insert(strategy_name(), "revoke"), EINVAL);
	expect_fine(vfio_left());
}

/* What DMA was tried has arrived, both ways. */
static void expect_tried_with_success(struct scene *scene)
{
	expect_eq(pattern_count(scene->bar, scene->seed), PATTERN);
	expect_eq(pattern_count_inverse(scene->edu.scratch, scene->seed),
		  PATTERN);
	expect_true(!scene->faulted);
}

/*
 * The CPU does not reach memory that is off. DMA goes through the IOMMU, and
 * nobody is there behind it.
 */
static void expect_off_for_the_cpu_only(struct scene *scene)
{
	scene_try_begin(scene);
	memory_off(scene->device.fd);
	expect_off(scene);
	scene_try(scene);
	memory_on(scene->device.fd);
	expect_fine(edu_try_end(&scene->edu, scene->seed, scene->bar));
	expect_true(!scene->faulted);
	expect_dma(&scene->edu, scene->iova, scene->bar);
}

static void expect_good_after_reset(struct scene *scene)
{
	expect_ok(reset_by_ioctl(scene->device.fd));
	expect_eq(read_signal(scene->bar), 0);
	expect_dma(&scene->edu, scene->iova, scene->bar);
}

/* The device, closed, bound anew if it is unbound, and opened again. */
static void reopen(struct scene *scene, bool unbound)
{
	const char *bdf = scene->device.bdf;

	scene_leave(scene);
	if (unbound)
		expect_ok(pci_unbind(bdf));
	scene_try(scene);
	if (unbound)
		expect_ok(pci_bind(bdf, "vfio-pci"));
	scene->device = device_open(scene->edu.device.container, bdf);
	scene->bar = region_open(scene->device.fd, BAR2);
}

/* Unmapped, it is as if nothing had been, and can be mapped anew. */
static void expect_anew(struct scene *scene)
{
	int container = scene->device.container;

	expect_eq(dma_unmap(container, scene->iova, scene->size), scene->size);
	expect_no_dma(&scene->edu, scene->iova, scene->bar);
	expect_ok(dma_map(container, scene->iova, scene->bar, scene->size));
	expect_given_back(scene);
}

static void see_suspend(void)
{
	struct scene scene = scene_open(need("reset"));

	scene_try_begin(&scene);
	memory_off(scene.device.fd);
	scene_try(&scene);
	memory_on(scene.device.fd);
	expect_tried_in_vain(&scene);
	expect_given_back(&scene);
}

TEST(suspend_follows_the_memory)
{
	/* This test has a mapping end and come back with the memory. */
	under("revoke=suspend", see_suspend);
}

static void see_release(void)
{
	struct scene scene = scene_open(need("reset"));

	scene_watch(&scene);
	expect_off_for_the_cpu_only(&scene);
	expect_good_after_reset(&scene);

	for (int unbound = 0; unbound < 2; unbound++) {
		scene_try_begin(&scene);
		reopen(&scene, unbound);
		expect_tried_in_vain(&scene);
		expect_eq(dma_unmap(scene.device.container, scene.iova,
				    scene.size), scene.size);
		expect_ok(dma_map(scene.device.container, scene.iova, scene.bar,
				  scene.size));
		expect_dma(&scene.edu, scene.iova, scene.bar);
	}
	expect_anew(&scene);
}

TEST(release_is_for_close_and_unbind)
{
	/*
	 * This test has a mapping last while memory is off, and over a reset, and
	 * end with the close or the unbind.
	 */
	under("revoke=release", see_release);
}

static void see_none(void)
{
	struct scene scene = scene_open(need("reset"));

	scene_watch(&scene);
	expect_off_for_the_cpu_only(&scene);
	expect_good_after_reset(&scene);

	for (int unbound = 0; unbound < 2; unbound++) {
		scene_try_begin(&scene);
		reopen(&scene, unbound);
		expect_tried_with_success(&scene);
	}
	expect_anew(&scene);
}

TEST(none_is_as_stock)
{
	/*
	 * This test has a mapping last until it is unmapped: it reaches the device
	 * that is closed, or unbound.
	 */
	under("revoke=none", see_none);
}

/* Unbound while it is open: the CPU is kept out under every policy. */
static void see_unbind(void)
{
	struct scene scene = scene_open(need("peer"));
	const char *bdf = scene.device.bdf;
	int event = request_open(scene.device.fd);
	pid_t admin;

	scene_watch(&scene);
	admin = admin_begin(pci_path(bdf, "driver/unbind"), bdf);
	expect_event(event);
	expect_eq(read_signal(scene.bar), SIGBUS);
	expect_eq(viewer_wants(&scene.viewers[0], SEE), SIGBUS);
	expect_eq(viewer_wants(&scene.viewers[1], SEE), SIGBUS);
	expect_errno(dma_map(scene.device.container, 2 * IOVA, scene.bar, MIB),
		     EPERM);
	scene_leave(&scene);
	admin_end(admin);
	expect_eq(dma_unmap(scene.edu.device.container, IOVA, scene.size),
		  scene.size);
}

TEST(cpu_is_kept_out_under_release)
{
	/* This test unbinds a device that is open, under release. */
	under("revoke=release", see_unbind);
}

TEST(cpu_is_kept_out_under_none)
{
	/* This test unbinds a device that is open, under none. */
	under("revoke=none", see_unbind);
}
