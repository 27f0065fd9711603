// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices opened by their nodes, bound to an iommufd and attached, while others
 * want them by whatever way.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "iommufd.h"
#include "pci.h"
#include "race.h"
#include "state.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

/* Rounds of what does not sleep, and of what does. */
#define ROUNDS		rounds(10000)
#define SLEEPING	rounds(200)
/* Unbinding sleeps until nobody has the device any more. */
#define WAITING		rounds(2000)

#define SIZE	(4 * PAGE)

/* What comes of a node while its device comes and goes. */
#define MAYBE_THERE	ENOENT, ENXIO, ENODEV, EISDIR

/*
 * An iommufd with RAM mapped in an address space, and a device. Shared with all of
 * a race's processes; addresses were reserved before.
 */
struct scene {
	int iommufd;
	__u32 ioas;
	const char *bdf;
	const char *other;
	int container;
	char *va;
	atomic_int fd;
};

static struct scene *scene_open(const char *bdf)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->iommufd = iommufd_open();
	s->ioas = ioas_new(s->iommufd);
	expect_ok(ioas_map(s->iommufd, s->ioas, IOVA, ram(SIZE), SIZE));
	s->bdf = bdf;
	s->container = container_open();
	s->va = reserve(SIZE, PAGE);
	s->fd = -1;

	return s;
}

/* Nobody has the device, and it is good for use, by both ways. */
static void expect_free(struct scene *s)
{
	struct device device = device_open(s->container, s->bdf);

	expect_ok(config_read(device.fd, 0, 2));
	device_close(&device);
	device = node_device_open(s->iommufd, s->container, s->bdf);
	expect_ok(node_attach(device.fd, s->ioas));
	expect_eq(write_signal(region_open(device.fd, BAR2)), 0);
}

/* Opened and bound: 0 or an errno, with nothing open. */
static int try_open(struct scene *s, int *fd)
{
	int error;

	*fd = open(device_node(s->bdf), O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return errno;
	if (node_bind(*fd, s->iommufd) >= 0)
		return 0;
	error = errno;
	close(*fd);

	return error;
}

static int use(void *data)
{
	struct scene *s = data;
	int fd, error;

	error = try_open(s, &fd);
	if (error)
		return error;
	expect_ok(node_attach(fd, s->ioas));
	region_mmap_at(s->va, fd, BAR2, 0, SIZE);
	race_pause();
	/* Gone, perhaps. */
	error = write_signal(s->va);
	if (error)
		expect_eq(error, SIGBUS);
	race_pause();
	vacate(s->va, SIZE);
	if (race_random(2))
		expect_ok(node_detach(fd));
	expect_ok(close(fd));

	return 0;
}

static int rebind(void *data)
{
	struct scene *s = data;

	expect_ok(pci_unbind(s->bdf));
	race_pause();
	expect_ok(pci_bind(s->bdf, "vfio-pci"));
	race_pause();

	return 0;
}

RACE(bind_races_with_unbind)
{
	/*
	 * This test has two processes open a device by its node and bind it while
	 * the host takes the device from its driver and gives it back.
	 */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("one", use, s, ROUNDS, .process = 1,
		  .may_fail = { MAYBE_THERE, EINVAL }),
	     SIDE("other", use, s, 0, .process = 2,
		  .may_fail = { MAYBE_THERE, EINVAL }),
	     SIDE("unbind", rebind, s, WAITING));
	expect_free(s);
}

RACE(files_race_for_a_device)
{
	/* This test has three processes want a device that one can have. */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("one", use, s, ROUNDS, .process = 1, .may_fail = { EINVAL }),
	     SIDE("two", use, s, ROUNDS, .process = 2, .may_fail = { EINVAL }),
	     SIDE("three", use, s, ROUNDS, .process = 3, .may_fail = { EINVAL }));
	expect_free(s);
}

static int use_by_group(void *data)
{
	struct scene *s = data;
	struct device device = { .bdf = s->bdf };
	int container;

	device.group = open(group_path(s->bdf), O_RDWR | O_CLOEXEC);
	if (device.group < 0)
		return errno;
	/* One of ours, or an iommufd, between which it has to choose. */
	container = race_random(2) ? s->container : s->iommufd;
	expect_ok(group_set_container(device.group, container));
	container_set_iommu(container, VFIO_TYPE1v2_IOMMU);
	device.fd = expect_ok(group_get_device(device.group, s->bdf));
	race_pause();
	expect_ok(config_read(device.fd, 0, 2));
	device_close(&device);

	return 0;
}

RACE(group_races_with_node)
{
	/* This test has one process want the group, and one its device's node. */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("group", use_by_group, s, ROUNDS, .process = 1,
		  .may_fail = { EBUSY }),
	     SIDE("node", use, s, ROUNDS, .process = 2, .may_fail = { EBUSY }));
	expect_free(s);
}

/* For another thread, which may find it closed, or be just using it. */
static int lend(void *data)
{
	struct scene *s = data;
	int fd, error;

	error = try_open(s, &fd);
	if (error)
		return error;
	s->fd = fd;
	for (int i = 0; i < 4; i++)
		race_pause();
	s->fd = -1;
	expect_ok(close(fd));

	return 0;
}

static int attach(void *data)
{
	struct scene *s = data;
	int fd = s->fd;

	if (node_attach(fd, s->ioas))
		return errno;
	race_pause();

	return node_detach(fd) ? errno : 0;
}

RACE(attach_races_with_close)
{
	/* This test attaches and detaches a device that another thread closes. */
	struct scene *s = scene_open(need("peer"));

	/* The number may be another file's, or one that is not bound yet. */
	race(SIDE("open and close", lend, s, ROUNDS, .may_fail = { EINVAL }),
	     SIDE("attach", attach, s, 0, .may_fail = { EBADF, EINVAL, ENOTTY }),
	     SIDE("attach, too", attach, s, 0,
		  .may_fail = { EBADF, EINVAL, ENOTTY }));
	expect_free(s);
}

static int use_other(void *data)
{
	struct scene *s = data;
	int fd = open(s->other, O_RDWR | O_CLOEXEC);

	expect_true(fd >= 0);
	expect_ok(node_bind(fd, s->iommufd));
	race_pause();
	expect_ok(close(fd));

	return 0;
}

static int reset_all(void *data)
{
	struct scene *s = data;

	return hot_reset(s->fd, 0, NULL) ? errno : 0;
}

static int ask_for_all(void *data)
{
	struct scene *s = data;
	char info[sizeof(struct vfio_pci_hot_reset_info) + 2 * 12] = {};
	struct vfio_pci_hot_reset_info *head = (void *)info;

	head->argsz = sizeof(info);
	expect_ok(ioctl(s->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info));
	/* By number, all owned: open or not, the other one's group is. */
	expect_eq(head->flags, 3);

	return 0;
}

RACE(hot_reset_races_with_bind)
{
	/*
	 * This test resets a set, and asks for it, while one of its two devices is
	 * opened and closed.
	 */
	const char *other;
	struct scene *s;

	need_iommufd();
	other = strdup(need("other-twin"));
	s = scene_open(need("twin"));
	s->fd = node_open(s->bdf);
	s->other = strdup(device_node(other));
	expect_ok(node_bind(s->fd, s->iommufd));
	race(SIDE("open and close", use_other, s, SLEEPING),
	     SIDE("reset", reset_all, s, SLEEPING, .may_fail = { EAGAIN, EBUSY }),
	     SIDE("ask", ask_for_all, s, 0));
	expect_ok(close(s->fd));
	expect_free(s);
}
