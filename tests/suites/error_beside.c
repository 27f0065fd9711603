// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors in a port with two functions behind it, of which one is the user's and
 * the other one has no driver, or one that wants something else: the user's
 * function keeps what it did not lose, and is revived if it lost something.
 *
 * The PCI core counts a recovery as failed if one function below the port has no
 * driver that can be told. It has reset the port by then if the error was fatal.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <unistd.h>

#include "call.h"
#include "irq.h"
#include "log.h"
#include "module.h"
#include "pci.h"
#include "recovery.h"
#include "scene.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* Suite recovery has the errors on every strategy. */
SUITE_RUNS_ONCE;

#define SIBLING		need("flr-sibling")

/* Both as they should be, whatever a test before this has left of them. */
static struct scene flr_open(void)
{
	if (registers_are_lost(need("flr"), 2))
		find_anew(need("flr"));
	if (registers_are_lost(SIBLING, 2))
		find_anew(SIBLING);

	return scene_open(need("flr"));
}

static void sibling_find(void)
{
	find_anew(SIBLING);
}

/* A recovery that fails, as the sibling has no driver. */
static void recovery_fail(const char *bdf, const char *error)
{
	struct plug plug = plug_find(bdf);

	expect_ok(pci_rebind(SIBLING, ""));
	expect_true(!recovery_of_error(&plug, error));
}

TEST(not_fatal_beside_a_function_without_driver)
{
	/*
	 * This test has an error that is not fatal occur beside a function without
	 * driver: the user is told, nothing is taken from it, and its processes can
	 * be looked at.
	 */
	struct scene scene = flr_open();
	int event = event_new();

	scene_watch(&scene);
	expect_ok(irq_trigger(scene.device.fd, VFIO_PCI_ERR_IRQ_INDEX, 0, event));
	recovery_fail(scene.device.bdf, AER_NOT_FATAL);
	expect_event(event);
	scene_ask(&scene);
	expect_answers(&scene);
	for (int i = 0; i < scene.viewer_count; i++)
		expect_ok(process_show(scene.viewers[i].pid));
	expect_given_back(&scene);
	scene_leave(&scene);
	sibling_find();
}

/* The device has no memory any more; edu's DMA finds none. */
static struct scene scene_after_failure(void)
{
	struct scene scene = flr_open();

	scene_try_begin(&scene);
	recovery_fail(scene.device.bdf, AER_FATAL);
	scene_try(&scene);

	return scene;
}

/* Without a new mapping, of the CPU or for DMA. */
static void expect_back(struct scene *scene)
{
	expect_tried_in_vain(scene);
	expect_given_back(scene);
	scene_leave(scene);
}

TEST(fatal_then_reset)
{
	/* This test resets a device whose recovery has failed: that revives it. */
	struct scene scene = scene_after_failure();

	expect_ok(reset_by_ioctl(scene.device.fd));
	expect_back(&scene);
	sibling_find();
}

TEST(fatal_then_hot_reset)
{
	/* This test revives it by a hot reset of it and its sibling. */
	struct scene scene = scene_after_failure();

	sibling_find();
	expect_ok(hot_reset(scene.device.fd, 1, &scene.device.group));
	expect_back(&scene);
}

/* What was mapped before has ended with the close. */
static void expect_usable(struct scene *scene, const char *bdf)
{
	expect_eq(dma_unmap(scene->edu.device.container, IOVA, scene->size),
		  scene->size);
	scene_enter(scene, bdf);
	expect_given_back(scene);
	/* Resets are not refused either. */
	expect_ok(reset_by_ioctl(scene->device.fd));
	expect_eq(read_signal(scene->bar), 0);
	scene_leave(scene);
}

TEST(fatal_then_close_and_open)
{
	/* This test closes and opens a device whose recovery has failed. */
	struct scene scene = scene_after_failure();
	const char *bdf = scene.device.bdf;

	scene_leave(&scene);
	expect_usable(&scene, bdf);
	sibling_find();
}

TEST(fatal_then_unbind_and_bind)
{
	/* This test unbinds and binds a device whose recovery has failed. */
	struct scene scene = scene_after_failure();
	const char *bdf = scene.device.bdf;

	scene_leave(&scene);
	expect_ok(pci_unbind(bdf));
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_usable(&scene, bdf);
	sibling_find();
}

/* What the user has set, and the device has. */
static void expect_kept(struct scene *scene, __u16 command)
{
	const char *bdf = scene->device.bdf;

	expect_eq(config_read(scene->device.fd, PCI_COMMAND, 2), command);
	/* The host mutes the pin of a device that raises no interrupts. */
	expect_eq(pci_config(bdf, PCI_COMMAND, 2) & ~PCI_COMMAND_INTX_DISABLE,
		  command);
	expect_eq(pci_config(bdf, PCI_CACHE_LINE_SIZE, 1), 0x10);
}

static void config_is_kept(void)
{
	struct plug plug = plug_find(need("flr"));
	int log = log_open();
	struct scene scene;
	__u16 command;

	expect_ok(pci_rebind(SIBLING, "needs-reset"));
	scene = scene_open(plug.bdf);
	command_set(scene.device.fd, PCI_COMMAND_MASTER | PCI_COMMAND_SERR);
	config_write(scene.device.fd, PCI_CACHE_LINE_SIZE, 1, 0x10);
	command = config_read(scene.device.fd, PCI_COMMAND, 2);
	expect_kept(&scene, command);
	expect_true(recovery_of_error(&plug, AER_NOT_FATAL));
	/* Its driver was told of a reset that there has not been. */
	expect_true(log_count(log, SIBLING, "told of a reset", NULL));
	expect_kept(&scene, command);
	expect_given_back(&scene);
	scene_leave(&scene);
}

static void sibling_bind(void)
{
	expect_ok(pci_rebind(SIBLING, "vfio-pci"));
}

TEST(not_fatal_beside_a_driver_that_wants_a_reset)
{
	/*
	 * This test has an error that is not fatal occur beside a function whose
	 * driver asks for a reset, which the kernel does not do: the user's device
	 * keeps all of its configuration.
	 */
	with_module("needs-reset", "", config_is_kept, sibling_bind);
}
