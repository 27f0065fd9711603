// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail, of calls that open, ask, read, write, close and bind:
 * every one of a call, one after the other; and the same for copies from and to
 * user space.
 *
 * What takes away, closing and unbinding, does not fail.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "held.h"
#include "operation.h"
#include "pci.h"
#include "test.h"

/* Some events are slow on a kernel that watches itself. */
#define SLOW	1800

/*
 * Opening: container, group, device.
 */

static int open_container(struct stage *stage)
{
	stage->fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	return stage->fd;
}

static int open_group(struct stage *stage)
{
	/* The path is there already. */
	stage->fd = open(stage->va, O_RDWR | O_CLOEXEC);

	return stage->fd;
}

TEST(open_of_a_container)
{
	/* This test opens a container, and lacks memory for it. */
	static const struct operation op = {
		.call = open_container,
		.after = op_close_fd,
	};
	struct stage stage = {};

	fault_need();
	op_walk_memory(&op, &stage, SLABS | COPIES);
}

TEST(open_of_a_group)
{
	/* This test opens a group, and lacks memory for it. */
	static const struct operation op = {
		.call = open_group,
		.after = op_close_fd,
	};
	struct stage stage = { .va = strdup(group_path(need("peer"))) };

	fault_need();
	op_walk_memory(&op, &stage, SLABS | COPIES);
}

TEST(group_into_an_empty_container)
{
	/* This test puts a group into a container; there is little to fail. */
	static const struct operation op = {
		.call = op_set_container,
		.after = op_unset_container,
	};
	struct stage stage = {
		.container = container_open(),
		.group = group_open(need("peer")),
	};

	fault_need();
	op_walk_memory(&op, &stage, 0);
}

static void expect_set_container(struct stage *stage)
{
	expect_ok(op_set_container(stage));
}

TEST(backend_of_a_container)
{
	/* This test chooses the IOMMU of a container that has a group. */
	static const struct operation op = {
		.before = expect_set_container,
		.call = op_set_iommu,
		.after = op_unset_container,
	};
	struct stage stage = {
		.container = container_open(),
		.group = group_open(need("peer")),
	};

	fault_need();
	op_walk_memory(&op, &stage, SLABS | PAGES);
}

TEST_WITHIN(first_open_of_a_device, SLOW)
{
	/* This test opens devices, with a reset of their own and without. */
	static const struct operation op = {
		.call = op_get_device,
		.after = op_close_fd,
	};
	struct stage stage = {
		.container = container_open(),
		.group = group_open(need("peer")),
		.peer.bdf = need("peer"),
	};

	fault_need();
	expect_ok(op_set_container(&stage));
	expect_ok(op_set_iommu(&stage));
	op_walk_memory(&op, &stage, SLABS | COPIES);

	stage.peer.bdf = need("reset");
	stage.group = group_open(stage.peer.bdf);
	expect_ok(op_set_container(&stage));
	expect_true(op_walk(FAULT_SLAB, ENOMEM, &op, &stage).failed);
}

TEST(group_into_a_container_with_mappings)
{
	/* This test has a second group join where RAM and a BAR are mapped. */
	static const struct operation op = {
		.call = op_set_container,
		.after = op_unset_container,
	};
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.group = group_open(need("reset"));
	expect_ok(dma_map(stage.container, IOVA, stage.bar, MIB));
	expect_ok(dma_map(stage.container, 2 * IOVA, ram(MIB), MIB));
	op_walk_memory(&op, &stage, SLABS);
	expect_dma(&stage.edu, IOVA, stage.bar);
	expect_eq(dma_unmap(stage.container, IOVA, MIB), MIB);
	expect_eq(dma_unmap(stage.container, 2 * IOVA, MIB), MIB);
}

/*
 * What only tells, and reading and writing.
 */

static int get_iommu_info(struct stage *stage)
{
	struct vfio_iommu_type1_info *info = (void *)stage->va;

	info->argsz = PAGE;

	return ioctl(stage->container, VFIO_IOMMU_GET_INFO, info);
}

static int get_group_status(struct stage *stage)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	return ioctl(stage->peer.group, VFIO_GROUP_GET_STATUS, &status);
}

static int get_device_info(struct stage *stage)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return ioctl(stage->peer.fd, VFIO_DEVICE_GET_INFO, &info);
}

/* Of the BAR with the MSI-X table, which has a capability. */
static int get_region_info(struct stage *stage)
{
	struct vfio_region_info *info = (void *)stage->va;

	info->argsz = PAGE;
	info->index = VFIO_PCI_BAR3_REGION_INDEX;

	return ioctl(stage->peer.fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

static int get_irq_info(struct stage *stage)
{
	struct vfio_irq_info info = { .argsz = sizeof(info) };

	return ioctl(stage->peer.fd, VFIO_DEVICE_GET_IRQ_INFO, &info);
}

static int set_request_trigger(struct stage *stage)
{
	struct {
		struct vfio_irq_set head;
		__s32 event;
	} set = {
		.head.argsz = sizeof(set),
		.head.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			      VFIO_IRQ_SET_ACTION_TRIGGER,
		.head.index = VFIO_PCI_REQ_IRQ_INDEX,
		.head.count = 1,
		.event = stage->fd,
	};

	return ioctl(stage->peer.fd, VFIO_DEVICE_SET_IRQS, &set);
}

static int get_feature(struct stage *stage)
{
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_PROBE,
	};
	int ret = ioctl(stage->peer.fd, VFIO_DEVICE_FEATURE, &feature);

	/* That there is none is the answer. */
	return ret < 0 && errno == ENOTTY ? 0 : ret;
}

static int read_bytes(struct stage *stage)
{
	return pread(stage->peer.fd, stage->va, 4, stage->iova);
}

static int write_bytes(struct stage *stage)
{
	return pwrite(stage->peer.fd, stage->va, 4, stage->iova);
}

static void done(struct stage *stage)
{
	(void)stage;
}

static struct stage open_nic_stage(void)
{
	struct stage stage = {
		.container = container_open(),
		.va = ram(PAGE),
	};

	stage.peer = device_open(stage.container, need("nic"));
	command_set(stage.peer.fd, PCI_COMMAND_MEMORY);

	return stage;
}

TEST(answers_that_cannot_be_copied)
{
	/* This test asks for everything there is to ask for. */
	static int (* const calls[])(struct stage *stage) = {
		get_iommu_info, get_group_status, get_device_info,
		get_region_info, get_irq_info, set_request_trigger,
		get_feature,
	};
	struct operation op = { .after = done };
	struct stage stage;

	fault_need();
	stage = open_nic_stage();
	stage.fd = expect_ok(eventfd(0, EFD_CLOEXEC));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		op.call = calls[i];
		op_walk_memory(&op, &stage, COPIES);
	}
	/* Its capabilities are put together first. */
	op.call = get_iommu_info;
	expect_true(op_walk(FAULT_SLAB, ENOMEM, &op, &stage).failed);
}

/* So that the kernel's own mapping of the region has to be made. */
static void open_nic(struct stage *stage)
{
	stage->peer.fd = expect_ok(group_get_device(stage->peer.group,
						    stage->peer.bdf));
}

static void close_nic(struct stage *stage)
{
	expect_ok(close(stage->peer.fd));
}

static void expect_read_write(struct stage *stage, __u32 index, bool write,
			      unsigned int must)
{
	struct operation op = {
		.before = open_nic,
		.after = close_nic,
		.call = read_bytes,
		/* Of the PCI core, when it cannot say whose the BAR is. */
		.other_error = EBUSY,
	};

	open_nic(stage);
	stage->iova = region_info(stage->peer.fd, index).offset;
	close_nic(stage);
	op_walk_memory(&op, stage, must);
	if (!write)
		return;
	op.call = write_bytes;
	op_walk_memory(&op, stage, must);
}

TEST_WITHIN(read_and_write, SLOW)
{
	/* This test reads, and writes what it has read. */
	struct stage stage;

	fault_need();
	stage = open_nic_stage();
	expect_ok(close(stage.peer.fd));
	expect_read_write(&stage, VFIO_PCI_BAR0_REGION_INDEX, true, COPIES);
	expect_read_write(&stage, VFIO_PCI_ROM_REGION_INDEX, false, COPIES);
	/* Neither memory nor a copy of many bytes is needed there. */
	expect_read_write(&stage, VFIO_PCI_CONFIG_REGION_INDEX, true, 0);
}

/*
 * Closing. The IOMMU core warns of it if it lacks memory to give a group back to
 * the host, whose devices then can do no DMA; nobody can help that.
 */
#define GIVE_BACK	"__iommu_release_dma_ownership"

static void open_and_map(struct stage *stage)
{
	stage->peer.fd = expect_ok(group_get_device(stage->peer.group,
						    stage->peer.bdf));
	stage->bar = region_open(stage->peer.fd, BAR2);
	expect_ok(dma_map(stage->container, IOVA, stage->bar, stage->size));
	expect_ok(munmap(stage->bar, stage->size));
}

static int close_device(struct stage *stage)
{
	return close(stage->peer.fd);
}

static void expect_dead(struct stage *stage)
{
	expect_eq(held_count("dead "), 1);
	expect_eq(dma_unmap(stage->container, IOVA, stage->size), stage->size);
}

static void expect_close_needs_no_memory(const char *bdf)
{
	static const struct operation op = {
		.before = open_and_map,
		.call = close_device,
		.after = expect_dead,
	};
	struct stage stage;

	fault_need();
	stage = stage_open(bdf);
	stage.size = region_size(stage.peer.fd, BAR2);
	expect_ok(munmap(stage.bar, stage.size));
	expect_ok(close(stage.peer.fd));
	op_walk_unmissed(&op, &stage);
}

TEST_WITHIN(close_of_a_device_needs_no_memory, SLOW)
{
	/* This test closes a device that is mapped. */
	expect_close_needs_no_memory(need("peer"));
}

TEST_WITHIN(close_with_a_reset_needs_no_memory, SLOW)
{
	/* This test closes one that is reset then. */
	expect_close_needs_no_memory(need("reset"));
}

static int leave(struct stage *stage)
{
	return group_unset_container(stage->group);
}

TEST_WITHIN(group_leaves_without_memory, SLOW)
{
	/* This test takes a group out of a container that keeps another. */
	static const struct operation op = {
		.before = expect_set_container,
		.call = leave,
		.after = done,
	};
	struct stage stage;

	fault_need();
	fault_not_below(GIVE_BACK);
	stage = stage_open_mapped(need("peer"));
	stage.group = group_open(need("reset"));
	op_walk_unmissed(&op, &stage);
	stage_expect_reached(&stage);
}

static void open_everything(struct stage *stage)
{
	const char *bdf = stage->peer.bdf;

	stage->peer = device_open(container_open(), bdf);
	stage->container = stage->peer.container;
	stage->bar = region_open(stage->peer.fd, BAR2);
	stage_map_runs(stage);
	expect_ok(munmap(stage->bar, region_size(stage->peer.fd, BAR2)));
}

static int close_everything(struct stage *stage)
{
	return close(stage->peer.fd) | close(stage->peer.group) |
	       close(stage->container);
}

static void nothing(struct stage *stage)
{
	expect_eq(held_count(stage->peer.bdf), 0);
}

TEST_WITHIN(close_of_everything_needs_no_memory, SLOW)
{
	/* This test closes device, group and container with mappings in it. */
	static const struct operation op = {
		.before = open_everything,
		.call = close_everything,
		.after = nothing,
	};
	struct stage stage = { .peer.bdf = need("peer") };
	struct held before;

	fault_need();
	fault_not_below(GIVE_BACK);
	stage.va = scattered_ram(8);
	before = held_take();
	op_walk_unmissed(&op, &stage);
	expect_fine(held_changed(&before));
}

/*
 * Binding.
 */

/*
 * Writes the device's address to a file of sysfs until nothing is left to fail.
 * Returns how often the driver did not have it then, or still had it.
 */
static unsigned int walk_binding(enum fault fault, int file, bool to_bind)
{
	const char *bdf = need("peer");
	unsigned int nth = 0, failed = 0;
	bool reached;

	do {
		expect_ok(to_bind ? pci_unbind(bdf) : 0);
		fault_begin(fault, ++nth);
		/* That a probe failed is not told here. */
		(void)!write(file, bdf, strlen(bdf));
		reached = fault_end();
		if (op_is_bound(bdf) != to_bind) {
			expect_true(reached);
			failed++;
		}
		expect_ok(pci_rebind(bdf, "vfio-pci"));
		op_expect_usable(bdf);
	} while (reached);
	note("%u of %u times that a %s fails, the write does", failed, nth - 1,
	     fault_names[fault]);

	return failed;
}

TEST_WITHIN(bind, SLOW)
{
	/* This test binds a device to the driver: if not bound, it is free. */
	int file = op_probe_open();

	fault_need();
	expect_true(walk_binding(FAULT_SLAB, file, true) > 5);
	walk_binding(FAULT_PAGE, file, true);
}

TEST_WITHIN(unbind_needs_no_memory, SLOW)
{
	/* This test takes a device from the driver: done, once it has begun. */
	int file = expect_ok(open("/sys/bus/pci/drivers/vfio-pci/unbind",
				  O_WRONLY | O_CLOEXEC));

	fault_need();
	/* The buffer that the write is copied to is all there is to lack. */
	expect_true(walk_binding(FAULT_SLAB, file, false) <= 2);
	expect_eq(walk_binding(FAULT_PAGE, file, false), 0);
}
