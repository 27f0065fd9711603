// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fails where devices are opened by their nodes, bound and attached, and
 * where an iommufd stands in a container's place: every allocation, every copy,
 * and every call of the module into iommufd.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fallible.h"
#include "iommufd.h"
#include "pci.h"
#include "state.h"
#include "test.h"

SUITE_RUNS_ONCE;

#define SLOW	900

/* @container is the iommufd, @iova an address space, @va the path of the node. */
static struct stage stage_by_node(const char *bdf)
{
	struct stage stage = {
		.container = iommufd_open(),
		.peer.bdf = bdf,
		.va = strdup(device_node(bdf)),
	};

	fault_need();
	stage.iova = ioas_new(stage.container);

	return stage;
}

static int open_node(struct stage *stage)
{
	stage->fd = open(stage->va, O_RDWR | O_CLOEXEC);

	return stage->fd;
}

static void open_before(struct stage *stage)
{
	expect_ok(open_node(stage));
}

static int bind_file(struct stage *stage)
{
	return node_bind(stage->fd, stage->container);
}

static void open_and_bind(struct stage *stage)
{
	open_before(stage);
	expect_ok(bind_file(stage));
}

static int attach_device(struct stage *stage)
{
	return node_attach(stage->fd, stage->iova);
}

static void open_and_attach(struct stage *stage)
{
	open_and_bind(stage);
	expect_ok(attach_device(stage));
	/* Where it is to go then. */
	stage->iova = ioas_new(stage->container);
}

/* It had not been attached there, or no longer is; and nobody has the group. */
static void close_and_forget(struct stage *stage)
{
	expect_ok(close(stage->fd));
	expect_ok(object_destroy(stage->container, stage->iova));
	stage->iova = ioas_new(stage->container);
	expect_ok(close(group_open(stage->peer.bdf)));
}

static const struct operation bind_op = {
	.before = open_before,
	.call = bind_file,
	.after = close_and_forget,
};

static const struct operation attach_op = {
	.before = open_and_bind,
	.call = attach_device,
	.after = close_and_forget,
};

static const struct operation replace_op = {
	.before = open_and_attach,
	.call = attach_device,
	.after = close_and_forget,
};

TEST_WITHIN(open_of_a_node, SLOW)
{
	/* This test opens a node, and lacks memory for it. */
	static const struct operation op = {
		.call = open_node,
		.after = op_close_fd,
	};
	struct stage stage = stage_by_node(need("peer"));

	op_walk_memory(&op, &stage, SLABS | COPIES);
}

TEST_WITHIN(bind_without_memory, SLOW)
{
	/* This test binds a file, and lacks memory for it. */
	struct stage stage = stage_by_node(need("peer"));

	op_walk_memory(&bind_op, &stage, SLABS | COPIES);
}

TEST_WITHIN(attach_without_memory, SLOW)
{
	/* This test attaches a device, and lacks memory for it. */
	struct stage stage = stage_by_node(need("peer"));

	op_walk_memory(&attach_op, &stage, SLABS | COPIES);
	op_walk_memory(&replace_op, &stage, SLABS | COPIES);
}

TEST_WITHIN(bind_that_fails, SLOW)
{
	/* This test binds a device that iommufd or the driver refuses. */
	struct stage stage = stage_by_node(need("peer"));

	expect_fails(1, "iommufd_device_bind", ERRORS(EPERM, ENOMEM), &bind_op,
		     &stage);
	expect_fails(1, "pm_runtime_resume", ERRORS(EIO), &bind_op, &stage);
	expect_fails(1, "pci_enable_device", ERRORS(EIO), &bind_op, &stage);
}

TEST_WITHIN(attach_that_fails, SLOW)
{
	/* This test attaches a device that iommufd refuses, or that sleeps on. */
	struct stage stage = stage_by_node(need("peer"));

	expect_fails(1, "pm_runtime_resume", ERRORS(EIO), &attach_op, &stage);
	expect_fails(1, "iommufd_device_attach", ERRORS(ENOMEM, EINVAL),
		     &attach_op, &stage);
	expect_fails(1, "iommufd_device_replace", ERRORS(ENOMEM, EINVAL),
		     &replace_op, &stage);
}

static int reset_set(struct stage *stage)
{
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	return ioctl(stage->fd, VFIO_DEVICE_PCI_HOT_RESET, &reset);
}

TEST_WITHIN(reset_of_a_set_that_is_not_known_to_be_ours, SLOW)
{
	/*
	 * This test asks for a reset of two devices, the other of which nobody else
	 * can have; but its group is not found.
	 */
	static const struct operation op = {
		.before = open_and_bind,
		.call = reset_set,
		.after = close_and_forget,
		.other_error = EINVAL,
	};
	struct stage stage;

	need("other-twin");
	stage = stage_by_node(need("twin"));
	expect_fails(1, "iommu_group_get", NULLS, &op, &stage);
}

/*
 * In a container's place.
 */

static int set_container(struct stage *stage)
{
	return group_set_container(stage->group, stage->container);
}

static void leave(struct stage *stage)
{
	expect_ok(group_unset_container(stage->group));
}

static void set_before(struct stage *stage)
{
	expect_ok(set_container(stage));
}

static int get_device(struct stage *stage)
{
	stage->fd = group_get_device(stage->group, stage->peer.bdf);

	return stage->fd;
}

static void close_and_leave(struct stage *stage)
{
	expect_ok(close(stage->fd));
	leave(stage);
	expect_eq(group_flags(stage->group), VFIO_GROUP_FLAGS_VIABLE);
}

static const struct operation set_op = {
	.call = set_container,
	.after = leave,
};

static const struct operation get_op = {
	.before = set_before,
	.call = get_device,
	.after = close_and_leave,
};

static struct stage stage_by_group(const char *bdf)
{
	struct stage stage = {
		.container = iommufd_open(),
		.group = group_open(bdf),
		.peer.bdf = bdf,
	};

	fault_need();

	return stage;
}

TEST_WITHIN(group_without_memory, SLOW)
{
	/* This test puts a group behind an iommufd and opens its device. */
	struct stage stage = stage_by_group(need("peer"));

	op_walk_memory(&set_op, &stage, SLABS);
	op_walk_memory(&get_op, &stage, SLABS | COPIES);
}

TEST_WITHIN(group_that_iommufd_refuses, SLOW)
{
	/* This test does the same where iommufd refuses. */
	struct stage stage = stage_by_group(need("peer"));

	expect_fails(1, "iommufd_vfio_compat_ioas_create", ERRORS(ENOMEM),
		     &set_op, &stage);
	expect_fails(1, "iommufd_device_bind", ERRORS(EPERM, ENOMEM), &get_op,
		     &stage);
	expect_fails(1, "iommufd_vfio_compat_ioas_get_id", ERRORS(ENODEV),
		     &get_op, &stage);
	expect_fails(1, "iommufd_device_attach", ERRORS(ENOMEM, EINVAL),
		     &get_op, &stage);
}
