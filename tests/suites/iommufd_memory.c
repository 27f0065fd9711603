// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a device that was opened by its own node. An iommufd maps none of
 * it, but containers do, and CPUs: it is taken away like any other's.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocked.h"
#include "iommufd.h"
#include "irq.h"
#include "monitor.h"
#include "pci.h"
#include "state.h"
#include "test.h"
#include "transition.h"

/* The device by its node, its memory mapped in the container that edu is in. */
static void enter(struct scene *scene, const char *bdf)
{
	int iommufd = iommufd_open();

	scene_use(scene, node_device_open(iommufd, scene->edu.device.container,
					  bdf), IOVA);
	expect_ok(node_attach(scene->device.fd, ioas_new(iommufd)));
	expect_ok(close(iommufd));
}

static struct scene open_by_node(const char *bdf)
{
	struct scene scene = {};

	need_iommufd();
	scene.edu = edu_open(container_open());
	enter(&scene, bdf);

	return scene;
}

static void off(struct scene *scene)
{
	memory_off(scene->device.fd);
}

static void on(struct scene *scene)
{
	memory_on(scene->device.fd);
}

TEST(memory_off_and_on)
{
	/* This test clears the memory bit and sets it. */
	struct scene scene = open_by_node(need("peer"));

	scene_watch(&scene);
	expect_off_between(&scene, off, on);
}

static int reset(void *data)
{
	struct scene *scene = data;

	return reset_by_ioctl(scene->device.fd);
}

TEST(reset_of_the_function)
{
	/* This test resets the device by the ioctl. */
	struct scene scene = open_by_node(need("reset"));

	scene_watch(&scene);
	expect_blocked_during_each(&scene, reset, &scene);
}

TEST(no_dma_after_close)
{
	/*
	 * This test closes a device whose memory is mapped: DMA no longer reaches
	 * it, nor when it is open again, by whatever way.
	 */
	struct scene scene = open_by_node(need("peer"));
	int container = scene.edu.device.container;
	struct device peer;
	char *bar;

	scene_try_begin(&scene);
	scene_leave(&scene);
	scene_try(&scene);
	peer = device_open(container, need("peer"));
	scene.bar = region_open(peer.fd, BAR2);
	expect_tried_in_vain(&scene);
	expect_no_dma(&scene.edu, IOVA, scene.bar);
	expect_eq(dma_unmap(container, IOVA, scene.size), scene.size);
	expect_ok(munmap(scene.bar, scene.size));
	device_close(&peer);

	enter(&scene, need("peer"));
	bar = scene.bar;
	expect_dma(&scene.edu, IOVA, bar);
	expect_given_back(&scene);
}

/* How the host takes a device, and has it again. */
static pid_t unbind_begin(const char *bdf)
{
	return admin_begin(pci_path(bdf, "driver/unbind"), bdf);
}

/* It was @wrong before, or all is well and the new one is like the old. */
static void expect_new_one(struct scene *scene, const char *bdf,
			   const char *wrong)
{
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_fine(wrong);
	enter(scene, bdf);
	expect_given_back(scene);
}

TEST(unbind_asks_for_the_device)
{
	/* This test unbinds an open device: its user is asked for it. */
	const char *bdf = need("peer"), *wrong;
	struct scene scene = open_by_node(bdf);
	int event = request_open(scene.device.fd);
	pid_t admin;

	scene_watch(&scene);
	scene_try_begin(&scene);
	admin = unbind_begin(bdf);
	expect_event(event);
	wrong = scene_gone(&scene);
	expect_true(!admin_is_over(admin));
	scene_leave(&scene);
	admin_end(admin);
	expect_new_one(&scene, bdf, wrong);
}

TEST(unbind_waits_for_a_file_that_is_not_bound)
{
	/*
	 * This test unbinds a device whose node is open, no more: the host waits
	 * for the file, which can be bound still, but sees no memory.
	 */
	const char *bdf = need("peer");
	int iommufd = iommufd_open(), fd = node_open(bdf);
	char *bar, *node = strdup(device_node(bdf));
	pid_t child = child_fork();

	if (!child) {
		expect_ok(close(fd));
		expect_ok(pci_unbind(bdf));
		child_exit();
	}
	while (!access(node, F_OK))
		usleep(1000);
	task_wait_in(child, "unregister");
	expect_eq(waitpid(child, NULL, WNOHANG), 0);
	expect_ok(node_bind(fd, iommufd));
	bar = region_open(fd, BAR2);
	expect_eq(read_signal(bar), SIGBUS);
	expect_ok(munmap(bar, 64 * MIB));
	expect_ok(close(fd));
	child_join(child);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_ok(node_bind(node_open(bdf), iommufd));
}

/* Its user has let the device go. */
static void rescan(pid_t remover)
{
	admin_end(remover);
	expect_ok(pci_rescan());
}

TEST(removed_by_the_administrator)
{
	/* This test removes an open device from the system, and finds it again. */
	const char *bdf = need("peer"), *wrong;
	struct scene scene = open_by_node(bdf);
	int event = request_open(scene.device.fd);
	pid_t remover;

	scene_watch(&scene);
	scene_try_begin(&scene);
	remover = admin_begin(pci_path(bdf, "remove"), "1");
	expect_event(event);
	wrong = scene_gone(&scene);
	expect_true(!admin_is_over(remover));
	scene_leave(&scene);
	rescan(remover);
	expect_new_one(&scene, bdf, wrong);
}

TEST(unplugged)
{
	/* This test has the machine take out an open device, and puts another in. */
	const char *bdf = need("reset"), *wrong;
	struct plug plug;
	struct scene scene;
	int event;

	need_iommufd();
	plug = plug_find(bdf);
	scene = open_by_node(bdf);
	event = request_open(scene.device.fd);
	scene_watch(&scene);
	scene_try_begin(&scene);
	plug_pull(&plug);
	expect_event(event);
	wrong = scene_gone(&scene);
	scene_leave(&scene);
	plug_wait_gone(&plug);
	plug_put(&plug);
	expect_new_one(&scene, bdf, wrong);
}
