// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations that are made to fail in every way.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "held.h"
#include "log.h"
#include "operation.h"
#include "pci.h"
#include "test.h"

enum outcome {
	FAILED,		/* the call failed, and was made again */
	UNAFFECTED,	/* something failed, but the call did not */
	OVER,		/* the call has no such event */
};

/* Makes the call, with its nth event of that kind failing. */
static enum outcome fail_one(enum fault fault, int want, unsigned int nth,
			     const struct operation *op, struct stage *stage)
{
	const char *changed, *name = fault_names[fault];
	struct held before;
	int ret, error;
	bool reached;

	if (op->before)
		op->before(stage);
	before = held_take();
	fault_begin(fault, nth);
	ret = op->call(stage);
	reached = fault_end();
	error = errno;

	if (ret < 0) {
		if (!reached)
			ck_abort_msg("%s %u does not fail, but the call: errno %s",
				     name, nth, errno_name(error));
		if (error != want && error != op->other_error)
			ck_abort_msg("%s %u fails: expected errno %s, got %s",
				     name, nth, errno_name(want),
				     errno_name(error));
		changed = held_changed(&before);
		if (changed)
			ck_abort_msg("%s %u fails: %s", name, nth, changed);
		expect_ok(op->call(stage));
		if (op->works)
			op->works(stage);
	}
	op->after(stage);
	held_free(&before);

	if (ret < 0)
		return FAILED;

	return reached ? UNAFFECTED : OVER;
}

struct walk op_walk(enum fault fault, int error, const struct operation *op,
		    struct stage *stage)
{
	struct walk walk = {};
	enum outcome outcome;

	for (;;) {
		unsigned int nth = walk.events + 1;

		outcome = fail_one(fault, error, nth, op, stage);
		/*
		 * What watches over the kernel allocates too, now and then. If it
		 * was that, the call's own event is still to fail.
		 */
		if (outcome == UNAFFECTED && fault != FAULT_CALL)
			outcome = fail_one(fault, error, nth, op, stage);
		if (outcome == OVER)
			break;
		walk.events++;
		walk.failed += outcome == FAILED;
	}
	if (walk.events)
		note("%u of %u times that a %s fails, the call does",
		     walk.failed, walk.events, fault_names[fault]);

	return walk;
}

const int fault_errors[] = {
	[FAULT_SLAB] = ENOMEM,
	[FAULT_PAGE] = ENOMEM,
	[FAULT_COPY] = EFAULT,
};

void op_walk_memory(const struct operation *op, struct stage *stage,
		    unsigned int must)
{
	struct walk done;

	for (enum fault fault = FAULT_SLAB; fault <= FAULT_COPY; fault++) {
		done = op_walk(fault, fault_errors[fault], op, stage);
		if (must & 1 << fault && !done.failed)
			ck_abort_msg("no %s makes it fail", fault_names[fault]);
	}
}

void op_walk_unmissed(const struct operation *op, struct stage *stage)
{
	expect_eq(op_walk(FAULT_SLAB, ENOMEM, op, stage).failed, 0);
	expect_eq(op_walk(FAULT_PAGE, ENOMEM, op, stage).failed, 0);
}

/* How many runs are still away; each of them has been reported. */
static unsigned int expect_reported(struct stage *stage)
{
	unsigned int away = held_count("suspended ");

	expect_eq(log_count(stage->log, stage->peer.bdf, "cannot be resumed",
			    " IOVA 0x", NULL), away);

	return away;
}

struct walk op_walk_back(enum fault fault, int want, struct stage *stage,
			 int (*away)(struct stage *stage),
		      int (*back)(struct stage *stage))
{
	struct walk walk = {};
	unsigned int missing;
	int ret, error;
	bool reached;

	for (;;) {
		if (away)
			expect_ok(away(stage));
		log_count(stage->log, NULL);
		fault_begin(fault, walk.events + 1);
		ret = back(stage);
		reached = fault_end();
		error = errno;

		if (ret < 0) {
			expect_true(reached);
			expect_eq(error, want);
			/* It has not begun, or has given everything back. */
			expect_eq(held_count("suspended "), away ? RUNS : 0);
			missing = 0;
		} else {
			missing = expect_reported(stage);
			expect_true(reached || !missing);
		}
		expect_ok(back(stage));
		stage_expect_mapped(stage);
		expect_eq(expect_reported(stage), 0);
		if (missing)
			stage_expect_reached(stage);
		if (!reached)
			break;
		walk.events++;
		walk.failed += missing > 0;
	}
	if (walk.events)
		note("%u of %u times that a %s fails, a run does not come back",
		     walk.failed, walk.events, fault_names[fault]);

	return walk;
}

struct stage stage_open(const char *bdf)
{
	struct stage stage = { .edu = edu_open(container_open()) };

	stage.container = stage.edu.device.container;
	stage.peer = device_open(stage.container, bdf);
	command_set(stage.peer.fd, PCI_COMMAND_MEMORY);
	stage.bar = region_open(stage.peer.fd, BAR2);
	stage.log = log_open();

	return stage;
}

void stage_map_runs(struct stage *stage)
{
	size_t size = region_size(stage->peer.fd, BAR2);

	expect_ok(dma_map(stage->container, MANY_TABLES_IOVA, stage->bar,
			  size / 2));
	expect_ok(dma_map(stage->container, MAPPED_IOVA, stage->bar, size));
	expect_ok(dma_map(stage->container, 3 * IOVA, stage->va, 8 * PAGE));
	expect_ok(dma_map(stage->container, 4 * IOVA, stage->bar, PAGE));
}

struct stage stage_open_mapped(const char *bdf)
{
	struct stage stage = stage_open(bdf);

	stage.va = scattered_ram(8);
	stage.iova = region_info(stage.peer.fd,
				 VFIO_PCI_CONFIG_REGION_INDEX).offset;
	stage_map_runs(&stage);

	return stage;
}

void stage_expect_mapped(struct stage *stage)
{
	expect_eq(held_count("live "), RUNS);
	expect_eq(read_signal(stage->bar), 0);
}

void stage_expect_reached(struct stage *stage)
{
	expect_dma(&stage->edu, MANY_TABLES_IOVA, stage->bar);
	expect_dma(&stage->edu, MAPPED_IOVA, stage->bar);
	expect_dma(&stage->edu, 3 * IOVA, stage->va);
	expect_dma(&stage->edu, 4 * IOVA, stage->bar);
}

void scatter(char *va, unsigned int pages)
{
	expect_ok(madvise(va, pages * PAGE, MADV_NOHUGEPAGE));
	/* Whether page frames are given out upwards or downwards. */
	for (unsigned int i = 1; i < pages; i += 2)
		va[i * PAGE] = 1;
	for (unsigned int i = 0; i < pages; i += 2)
		va[i * PAGE] = 1;
}

char *scattered_ram(unsigned int pages)
{
	char *va = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect_true(va != MAP_FAILED);
	scatter(va, pages);

	return va;
}

int op_set_container(struct stage *stage)
{
	return group_set_container(stage->group, stage->container);
}

void op_unset_container(struct stage *stage)
{
	expect_ok(group_unset_container(stage->group));
}

int op_set_iommu(struct stage *stage)
{
	return container_set_iommu(stage->container, VFIO_TYPE1v2_IOMMU);
}

int op_get_device(struct stage *stage)
{
	stage->fd = group_get_device(stage->group, stage->peer.bdf);

	return stage->fd;
}

void op_close_fd(struct stage *stage)
{
	expect_ok(close(stage->fd));
}

int op_map(struct stage *stage)
{
	return dma_map(stage->container, stage->iova, stage->va, stage->size);
}

void op_unmap(struct stage *stage)
{
	expect_eq(dma_unmap(stage->container, stage->iova, stage->size),
		  stage->size);
}

void op_dma_works(struct stage *stage)
{
	size_t last = stage->size - PAGE;

	expect_dma(&stage->edu, stage->iova, stage->va);
	if (last)
		expect_dma(&stage->edu, stage->iova + last, stage->va + last);
}

static int command_write(struct stage *stage, __u16 value)
{
	return pwrite(stage->peer.fd, &value, 2, stage->iova + PCI_COMMAND);
}

int op_memory_off(struct stage *stage)
{
	return command_write(stage, 0);
}

int op_memory_on(struct stage *stage)
{
	return command_write(stage, PCI_COMMAND_MEMORY);
}

int op_device_reset(struct stage *stage)
{
	return ioctl(stage->peer.fd, VFIO_DEVICE_RESET);
}

int op_hot_reset(struct stage *stage)
{
	struct {
		struct vfio_pci_hot_reset head;
		__s32 group;
	} reset = {
		.head.argsz = sizeof(reset),
		.head.count = 1,
		.group = stage->peer.group,
	};

	return ioctl(stage->peer.fd, VFIO_DEVICE_PCI_HOT_RESET, &reset);
}

int op_probe_open(void)
{
	return expect_ok(open("/sys/bus/pci/drivers_probe",
			      O_WRONLY | O_CLOEXEC));
}

bool op_is_bound(const char *bdf)
{
	char driver[64];

	pci_driver(bdf, driver, sizeof(driver));

	return !strcmp(driver, "vfio-pci");
}

void op_unbind(struct stage *stage)
{
	expect_ok(pci_unbind(stage->peer.bdf));
}

int op_bind(struct stage *stage)
{
	const char *bdf = stage->peer.bdf;

	expect_ok(write(stage->fd, bdf, strlen(bdf)));
	if (op_is_bound(bdf))
		return 0;
	errno = ENODEV;

	return -1;
}

void op_expect_usable(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	size_t size = region_size(device.fd, BAR2);
	char *bar = region_open(device.fd, BAR2);

	expect_ok(dma_map(device.container, IOVA, bar, size));
	expect_eq(dma_unmap(device.container, IOVA, size), size);
	expect_ok(munmap(bar, size));
	device_close(&device);
	expect_ok(close(device.container));
}
