// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP_DMA that hangs: a process maps a page that does not come, for as long as
 * it likes. Taking a device's memory away does not wait for that, nor does the
 * host when it takes the device, although the memory is mapped in the container
 * of who hangs.
 *
 * The page is one of a FUSE file whose server does not answer, or one that
 * userfaultfd is asked for. A call that did wait would never return, and the
 * test's time limit would end it: no time is measured.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuse.h"
#include "irq.h"
#include "pci.h"
#include "scene.h"
#include "staller.h"
#include "state.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/*
 * MAP_DMA that hangs, of a page of BAR and a page that does not come, or of the
 * latter alone. It maps in a container that it has, and edu.
 */
#define HANGS_AT	(2 * IOVA)

struct mapping {
	struct fuse *fuse;
	int container;
	/* Of the device, or -1. */
	int fd;
};

static int map_that_hangs(void *data)
{
	struct mapping *mapping = data;
	char *va = reserve(2 * PAGE, PAGE);

	if (mapping->fd < 0) {
		fuse_mmap(mapping->fuse, va, PROT_READ, MAP_SHARED);
		return dma_map_flags(mapping->container, HANGS_AT, va, PAGE,
				     VFIO_DMA_MAP_FLAG_READ);
	}

	region_mmap_at(va, mapping->fd, BAR2, 0, PAGE);
	fuse_mmap(mapping->fuse, va + PAGE, PROT_READ, MAP_SHARED);

	return dma_map_flags(mapping->container, HANGS_AT, va, 2 * PAGE,
			     VFIO_DMA_MAP_FLAG_READ);
}

/*
 * A scene whose device belongs to a container of its own, and is mapped in
 * edu's.
 */
static struct scene scene_across(const char *bdf, int container)
{
	struct scene scene = { .edu = edu_open(container) };
	struct device device = device_open(container_open(), bdf);

	device.container = container;
	scene_use(&scene, device, IOVA);

	return scene;
}

/*
 * The memory is taken away and given back in every way, and nothing of that
 * waits for who hangs. Of what hangs, the device's part is in reach already.
 */
static void expect_nothing_waits(struct scene *scene, struct staller *staller)
{
	scene_try_begin(scene);
	memory_off(scene->device.fd);
	scene_try(scene);
	edu_get(&scene->edu, EDU_TRY_GET(HANGS_AT));
	memory_on(scene->device.fd);
	expect_tried_in_vain(scene);

	expect_ok(reset_by_ioctl(scene->device.fd));
	expect_ok(reset_by_host(scene->device.bdf));
	expect_ok(hot_reset(scene->device.fd, 1, &scene->device.group));
	expect_dma(&scene->edu, IOVA, scene->bar);
	expect_eq(edu_read(&scene->edu, HANGS_AT, scene->bar), PATTERN);
	expect_true(staller_hangs(staller));
}

/* Somebody has a MAP_DMA that hangs: of BAR, then of RAM. */
struct stalled {
	struct fuse fuse;
	struct scene scene;
	struct mapping mapping;
	struct staller staller;
	long long pins;
};

static void stalled_open(struct stalled *stalled)
{
	stalled->fuse = fuse_open();
	stalled->scene = scene_across(need("reset"), container_open());
	stalled->pins = pinned_pages();
	stalled->mapping = (struct mapping){
		.fuse = &stalled->fuse,
		.container = stalled->scene.edu.device.container,
		.fd = stalled->scene.device.fd,
	};
	stalled->staller = staller_open(map_that_hangs, &stalled->mapping);
	staller_go(&stalled->staller);
	fuse_wait(&stalled->fuse);
}

/* What hung has left nothing behind: the IOVA is free, no page is pinned. */
static void expect_undone(struct stalled *stalled)
{
	int container = stalled->mapping.container;

	expect_eq(pinned_pages(), stalled->pins);
	expect_ok(dma_map(container, HANGS_AT, ram(2 * PAGE), 2 * PAGE));
	expect_eq(dma_unmap(container, HANGS_AT, 2 * PAGE), 2 * PAGE);
	expect_given_back(&stalled->scene);
}

TEST(map_that_hangs)
{
	/*
	 * This test takes a device's memory away while a process hangs in mapping
	 * it, and a page that comes in the end.
	 */
	struct stalled stalled;
	int container;

	stalled_open(&stalled);
	expect_nothing_waits(&stalled.scene, &stalled.staller);

	/* Nor does a group wait that joins the container. */
	container = stalled.mapping.container;
	expect_ok(group_set_container(group_open(need("nic")), container));
	expect_true(staller_hangs(&stalled.staller));

	fuse_answer(&stalled.fuse);
	expect_eq(staller_result(&stalled.staller), 0);
	expect_eq(pinned_pages(), stalled.pins + 1);
	expect_eq(edu_read(&stalled.scene.edu, HANGS_AT, stalled.scene.bar),
		  PATTERN);
	expect_eq(dma_unmap(container, HANGS_AT, 2 * PAGE), 2 * PAGE);
	expect_undone(&stalled);
}

TEST(map_that_hangs_is_killed)
{
	/* This test kills who hangs in mapping a device and a page. */
	struct stalled stalled;

	stalled_open(&stalled);
	expect_nothing_waits(&stalled.scene, &stalled.staller);
	staller_kill(&stalled.staller);
	expect_undone(&stalled);
}

TEST(map_that_hangs_for_nothing)
{
	/* This test lets the page never come, by the end of the server. */
	struct stalled stalled;

	stalled_open(&stalled);
	expect_nothing_waits(&stalled.scene, &stalled.staller);
	fuse_kill(&stalled.fuse);
	expect_eq(staller_result(&stalled.staller), EFAULT);
	expect_undone(&stalled);
}

/*
 * The same, of private memory that userfaultfd is asked for.
 */
struct missing {
	int container;
	struct turn asked;
	struct turn answer;
	int uffd;
	char *page;
};

static void *serve_missing(void *data)
{
	struct missing *missing = data;
	struct uffdio_zeropage zero = {
		.range = { (unsigned long)missing->page, PAGE },
	};
	struct uffd_msg message;

	expect_eq(read(missing->uffd, &message, sizeof(message)),
		  sizeof(message));
	turn_give(&missing->asked);
	turn_wait(&missing->answer);
	expect_ok(ioctl(missing->uffd, UFFDIO_ZEROPAGE, &zero));

	return NULL;
}

static int map_that_is_missing(void *data)
{
	struct missing *missing = data;
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range;
	pthread_t thread;

	missing->page = reserve(PAGE, PAGE);
	expect_ok(mprotect(missing->page, PAGE, PROT_READ | PROT_WRITE));
	missing->uffd = expect_ok(syscall(SYS_userfaultfd, O_CLOEXEC));
	expect_ok(ioctl(missing->uffd, UFFDIO_API, &api));
	range = (struct uffdio_register){
		.range = { (unsigned long)missing->page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	expect_ok(ioctl(missing->uffd, UFFDIO_REGISTER, &range));
	expect_eq(pthread_create(&thread, NULL, serve_missing, missing), 0);

	return dma_map(missing->container, HANGS_AT, missing->page, PAGE);
}

/* Waits until the page is asked for; false if the call returns without it. */
static bool asked_for(struct missing *missing, struct staller *staller)
{
	struct pollfd fds[] = {
		{ .fd = missing->asked.fd[0], .events = POLLIN },
		{ .fd = staller->result, .events = POLLIN },
	};

	expect_ok(poll(fds, 2, -1));

	return fds[0].revents;
}

TEST(map_of_a_page_that_is_missing)
{
	/* This test takes memory away while a process maps a page of its RAM. */
	int container = container_open();
	struct scene scene = scene_across(need("reset"), container);
	struct missing missing = { container, turn_new(), turn_new(), -1, NULL };
	long long pins = pinned_pages();
	struct staller staller;

	if (syscall(SYS_userfaultfd, 0) < 0 && errno == ENOSYS)
		skip("needs userfaultfd: a kernel with CONFIG_USERFAULTFD");

	staller = staller_open(map_that_is_missing, &missing);
	staller_go(&staller);
	expect_true(asked_for(&missing, &staller));
	memory_off(scene.device.fd);
	memory_on(scene.device.fd);
	expect_ok(reset_by_ioctl(scene.device.fd));
	expect_ok(reset_by_host(scene.device.bdf));
	expect_dma(&scene.edu, IOVA, scene.bar);
	expect_true(staller_hangs(&staller));
	turn_give(&missing.answer);
	expect_eq(staller_result(&staller), 0);
	expect_eq(dma_unmap(container, HANGS_AT, PAGE), PAGE);
	expect_eq(pinned_pages(), pins);
	expect_given_back(&scene);
}

/*
 * The device goes while a process hangs that has its container, but not it.
 */
static void stalled_open_before(struct stalled *stalled)
{
	int container;

	stalled->fuse = fuse_open();
	container = container_open();
	stalled->mapping = (struct mapping){
		.fuse = &stalled->fuse,
		.container = container,
		.fd = -1,
	};
	stalled->staller = staller_open(map_that_hangs, &stalled->mapping);
}

static void stalled_go(struct stalled *stalled)
{
	stalled->pins = pinned_pages();
	staller_go(&stalled->staller);
	fuse_wait(&stalled->fuse);
}

/* The page comes; then both mappings can be unmapped, as whole as ever. */
static void stalled_finish(struct stalled *stalled)
{
	int container = stalled->mapping.container;

	expect_true(staller_hangs(&stalled->staller));
	fuse_answer(&stalled->fuse);
	expect_eq(staller_result(&stalled->staller), 0);
	expect_eq(dma_unmap(container, HANGS_AT, PAGE), PAGE);
	expect_eq(dma_unmap(container, IOVA, stalled->scene.size),
		  stalled->scene.size);
	expect_eq(pinned_pages(), stalled->pins);
}

/* The device, opened again: what DMA was tried meanwhile was in vain. */
static void scene_return(struct scene *scene)
{
	int container = scene->device.container;

	scene->device = device_open(container_open(), scene->device.bdf);
	scene->device.container = container;
	scene->bar = region_open(scene->device.fd, BAR2);
	expect_tried_in_vain(scene);
}

TEST(close_while_a_map_hangs)
{
	/* This test closes a device whose memory is mapped where a map hangs. */
	struct stalled stalled;
	struct scene *scene = &stalled.scene;

	stalled_open_before(&stalled);
	*scene = scene_across(need("reset"), stalled.mapping.container);
	stalled_go(&stalled);
	scene_try_begin(scene);
	scene_leave(scene);
	scene_try(scene);
	scene_return(scene);
	stalled_finish(&stalled);
}

TEST(unbind_while_a_map_hangs)
{
	/* This test unbinds a device whose memory is mapped where a map hangs. */
	struct stalled stalled;
	struct scene *scene = &stalled.scene;
	const char *bdf = need("reset");
	pid_t admin;
	int event;

	stalled_open_before(&stalled);
	*scene = scene_across(bdf, stalled.mapping.container);
	event = request_open(scene->device.fd);
	stalled_go(&stalled);
	scene_try_begin(scene);
	admin = admin_begin(pci_path(bdf, "driver/unbind"), bdf);
	expect_event(event);
	scene_try(scene);
	expect_eq(read_signal(scene->bar), SIGBUS);
	scene_leave(scene);
	admin_end(admin);
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene_return(scene);
	stalled_finish(&stalled);
}

TEST(last_group_leaves_while_a_map_hangs)
{
	/*
	 * This test unbinds the only device of a container in which a map hangs:
	 * neither the host waits, nor who closes the group.
	 */
	struct stalled stalled;
	const char *bdf = need("reset");
	struct device device, again;
	char *bar;

	stalled_open_before(&stalled);
	device = device_open(stalled.mapping.container, bdf);
	bar = region_open(device.fd, BAR2);
	expect_ok(dma_map(device.container, IOVA, bar, MIB));
	stalled_go(&stalled);
	expect_ok(munmap(bar, region_size(device.fd, BAR2)));
	expect_ok(close(device.fd));
	expect_ok(pci_unbind(bdf));
	expect_ok(close(device.group));
	expect_eq(ioctl(device.container, VFIO_CHECK_EXTENSION,
			VFIO_TYPE1v2_IOMMU), 1);
	expect_errno(dma_map(device.container, 4 * IOVA, ram(PAGE), PAGE),
		     EINVAL);

	/* The next one has it meanwhile. */
	expect_ok(pci_bind(bdf, "vfio-pci"));
	again = device_open(container_open(), bdf);
	bar = region_open(again.fd, BAR2);
	expect_ok(dma_map(again.container, IOVA, bar, MIB));
	expect_eq(dma_unmap(again.container, IOVA, MIB), MIB);

	expect_true(staller_hangs(&stalled.staller));
	fuse_answer(&stalled.fuse);
	expect_eq(staller_result(&stalled.staller), 0);
	expect_eq(pinned_pages(), stalled.pins);
}
