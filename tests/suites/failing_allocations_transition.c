// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail where a device's memory is taken away and where it comes
 * back: every one of a call, one after the other; and the same for copies from
 * user space.
 *
 * What takes away does not fail. What cannot be mapped again at once for lack of
 * memory is tried again.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "held.h"
#include "irq.h"
#include "low_power.h"
#include "operation.h"
#include "pci.h"
#include "test.h"
#include "transition.h"

/* Some events are slow on a kernel that watches itself. */
#define SLOW	1800

/* All that @back may lack. A page table that it lacks is there the next time. */
static void walk_back(struct stage *stage, int (*away)(struct stage *stage),
		      int (*back)(struct stage *stage))
{
	op_walk_back(FAULT_COPY, EFAULT, stage, away, back);
	op_walk_back(FAULT_SLAB, ENOMEM, stage, away, back);
	expect_eq(op_walk_back(FAULT_PAGE, ENOMEM, stage, away, back).failed, 0);
}

/*
 * The memory bit, and resets by ioctl.
 */

static void expect_memory_is_off(struct stage *stage)
{
	expect_eq(held_count("suspended "), RUNS);
	expect_eq(read_signal(stage->bar), SIGBUS);
}

static void turn_on_again(struct stage *stage)
{
	expect_memory_is_off(stage);
	expect_ok(op_memory_on(stage));
	stage_expect_mapped(stage);
}

TEST_WITHIN(memory_is_disabled, SLOW)
{
	/*
	 * This test clears the memory bit, which needs no memory: the write works,
	 * and the device's memory is away.
	 */
	static const struct operation op = {
		.call = op_memory_off,
		.works = expect_memory_is_off,
		.after = turn_on_again,
	};
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("peer"));
	op_walk_unmissed(&op, &stage);
	stage_expect_reached(&stage);
}

TEST_WITHIN(memory_is_enabled, SLOW)
{
	/*
	 * This test sets the memory bit, and lacks memory for one of the IOMMU's
	 * page tables: it is asked for again.
	 */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("peer"));
	walk_back(&stage, op_memory_off, op_memory_on);
}

TEST_WITHIN(device_is_reset, SLOW)
{
	/* This test resets a device; only mappings can be missing afterwards. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("reset"));
	walk_back(&stage, NULL, op_device_reset);
}

TEST_WITHIN(slot_is_reset, SLOW)
{
	/* This test resets a slot: refused, or done. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("reset"));
	walk_back(&stage, NULL, op_hot_reset);
}

/*
 * A register of config space that takes memory away, or gives it back; it stands
 * beside the stage.
 */
static unsigned int control;

static int control_write(struct stage *stage, __u16 value)
{
	return pwrite(stage->peer.fd, &value, 2, stage->iova + control);
}

static int to_d3hot(struct stage *stage)
{
	return control_write(stage, 3);
}

static int to_d0(struct stage *stage)
{
	return control_write(stage, 0);
}

TEST_WITHIN(function_wakes, SLOW)
{
	/* This test wakes a function that its user has put to sleep. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("disk"));
	control = capability(stage.peer.fd, PCI_CAP_ID_PM) + PCI_PM_CTRL;
	walk_back(&stage, to_d3hot, to_d0);
}

static int function_reset(struct stage *stage)
{
	/* Nothing else of the register matters here. */
	return control_write(stage, PCI_EXP_DEVCTL_BCR_FLR);
}

TEST_WITHIN(function_is_reset, SLOW)
{
	/* This test resets a function through config space. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("disk"));
	control = capability(stage.peer.fd, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;
	walk_back(&stage, NULL, function_reset);
}

static int host_reset(struct stage *stage)
{
	return pwrite(stage->fd, "1", 1, 0);
}

TEST_WITHIN(host_resets, SLOW)
{
	/* This test has the host reset a device, by sysfs. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("reset"));
	stage.fd = expect_ok(open(pci_path(stage.peer.bdf, "reset"),
				  O_WRONLY | O_CLOEXEC));
	walk_back(&stage, NULL, host_reset);
}

static int enter(struct stage *stage)
{
	expect_ok(low_power_enter(stage->peer.fd));
	wait_asleep(stage->peer.bdf);

	return 0;
}

static int leave(struct stage *stage)
{
	return low_power_exit(stage->peer.fd);
}

TEST_WITHIN(low_power_ends, SLOW)
{
	/* This test ends low power of a device that sleeps. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("disk"));
	walk_back(&stage, enter, leave);
}

/*
 * Unbinding a device that is open: its user is asked for it. The IOMMU core warns
 * of it if it lacks memory to give a group back to the host.
 */
#define GIVE_BACK	"__iommu_release_dma_ownership"

/* Who has the device; @fd is the eventfd by which it is asked. */
static void *user(void *data)
{
	struct stage *stage = data;

	expect_event(stage->fd);
	expect_ok(munmap(stage->bar, stage->size));
	expect_ok(close(stage->peer.fd));

	return NULL;
}

static void open_peer(struct stage *stage)
{
	const char *bdf = stage->peer.bdf;

	expect_ok(pci_rebind(bdf, "vfio-pci"));
	stage->peer = device_open(stage->container, bdf);
	command_set(stage->peer.fd, PCI_COMMAND_MEMORY);
	stage->bar = region_open(stage->peer.fd, BAR2);
	stage->size = region_size(stage->peer.fd, BAR2);
	stage_map_runs(stage);
	stage->fd = request_open(stage->peer.fd);
}

/* All of it is, and where it was there is room. */
static void expect_gone(struct stage *stage)
{
	size_t size = stage->size + stage->size / 2 + 9 * PAGE;

	expect_eq(held_count("dead "), RUNS);
	expect_eq(dma_unmap(stage->container, IOVA, 4 * IOVA), size);
	expect_ok(close(stage->peer.group));
	expect_ok(close(stage->fd));
}

/* How often it was not unbound. */
static unsigned int walk_unbind(enum fault fault, struct stage *stage, int file)
{
	const char *bdf = stage->peer.bdf;
	unsigned int nth = 0, failed = 0;
	pthread_t thread;
	bool reached;

	do {
		open_peer(stage);
		expect_eq(pthread_create(&thread, NULL, user, stage), 0);
		fault_begin(fault, ++nth);
		(void)!write(file, bdf, strlen(bdf));
		reached = fault_end();
		if (op_is_bound(bdf)) {
			expect_true(reached);
			stage_expect_mapped(stage);
			event_signal(stage->fd);
			failed++;
		}
		expect_eq(pthread_join(thread, NULL), 0);
		expect_gone(stage);
	} while (reached);
	note("%u of %u times that a %s fails, the write does", failed, nth - 1,
	     fault_names[fault]);

	return failed;
}

TEST_WITHIN(unbind_of_an_open_device_needs_no_memory, SLOW)
{
	/* This test unbinds a device that is mapped: done, once it has begun. */
	struct stage stage = {};
	int file;

	fault_need();
	fault_not_below(GIVE_BACK);
	file = expect_ok(open("/sys/bus/pci/drivers/vfio-pci/unbind",
			      O_WRONLY | O_CLOEXEC));
	stage.edu = edu_open(container_open());
	stage.container = stage.edu.device.container;
	stage.va = scattered_ram(8);
	stage.peer.bdf = need("peer");
	/* The buffer that the write is copied to is all there is to lack. */
	expect_true(walk_unbind(FAULT_SLAB, &stage, file) <= 2);
	expect_eq(walk_unbind(FAULT_PAGE, &stage, file), 0);
	expect_ok(pci_rebind(stage.peer.bdf, "vfio-pci"));
}
