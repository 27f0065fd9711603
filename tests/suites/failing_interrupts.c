// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations and calls that fail where interrupts are set up: every one of a
 * call, one after the other.
 *
 * Nothing is set up then, and the next attempt works.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "edu_irq.h"
#include "fallible.h"
#include "irq.h"
#include "nic.h"
#include "test.h"

SUITE_RUNS_ONCE;

#define SLOW	1800

/* What the host says, too, if it has no memory for an interrupt. */
#define NONE_LEFT	ENOSPC

/*
 * The host does not look whether the files in /proc of an interrupt could be
 * made, and warns if one is not there when it removes them.
 */
static void fault_need_interrupts(void)
{
	fault_need();
	fault_not_below("register_irq_proc");
}

/*
 * MSI-X. The device stands beside the stage, as its registers are needed.
 */
static struct nic nic;

static struct stage stage_of_nic(void)
{
	nic = nic_open(container_open());

	return (struct stage){
		.container = nic.device.container,
		.peer = nic.device,
	};
}

static int set_vectors(struct stage *stage)
{
	int ret = irq_set(stage->peer.fd, MSIX, TRIGGER | EVENTFD, 0,
			  NIC_VECTORS, nic.events, sizeof(nic.events));
	int error = ret < 0 ? errno : NONE_LEFT;

	if (!ret)
		return 0;

	/* So many could be had. */
	if (ret > 0)
		expect_true(ret < NIC_VECTORS);
	expect_true(!irq_requested(stage->peer.bdf));
	expect_errno(irq_end(stage->peer.fd, MSIX), EINVAL);
	errno = error;

	return -1;
}

static void expect_all_vectors(struct stage *stage)
{
	(void)stage;
	expect_vectors(&nic, ALL_VECTORS);
}

static void end_vectors(struct stage *stage)
{
	expect_ok(irq_end(stage->peer.fd, MSIX));
	expect_true(!irq_requested(stage->peer.bdf));
}

static const struct operation vectors_op = {
	.other_error = NONE_LEFT,
	.call = set_vectors,
	.works = expect_all_vectors,
	.after = end_vectors,
};

TEST_WITHIN(vectors_without_memory, SLOW)
{
	/* This test sets five vectors up, and lacks memory for it. */
	struct stage stage;

	fault_need_interrupts();
	stage = stage_of_nic();
	op_walk_memory(&vectors_op, &stage, SLABS | COPIES);
}

TEST_WITHIN(vectors_that_are_refused, SLOW)
{
	/*
	 * This test sets five vectors up: the host has none left, or the third is
	 * refused. That KVM cannot find them is no failure.
	 */
	struct stage stage;

	fault_need_interrupts();
	stage = stage_of_nic();
	expect_fails(1, "pci_alloc_irq_vectors_affinity", ERRORS(ENOSPC, EIO),
		     &vectors_op, &stage);
	expect_fails(NIC_VECTORS, "request_threaded_irq",
		     ERRORS(EBUSY, ENOSPC), &vectors_op, &stage);
	expect_works(NIC_VECTORS, "irq_bypass_register_producer",
		     ERRORS(EBUSY), &vectors_op, &stage);
}

static void set_first_vector(struct stage *stage)
{
	expect_ok(irq_trigger(stage->peer.fd, MSIX, 0, nic.events[0]));
}

static int add_vector(struct stage *stage)
{
	return irq_trigger(stage->peer.fd, MSIX, 3, nic.events[3]);
}

static void expect_both_vectors(struct stage *stage)
{
	(void)stage;
	expect_vectors(&nic, 0x9);
}

static const struct operation add_op = {
	.other_error = NONE_LEFT,
	.before = set_first_vector,
	.call = add_vector,
	.works = expect_both_vectors,
	.after = end_vectors,
};

TEST_WITHIN(vector_that_cannot_be_added, SLOW)
{
	/* This test adds a vector to one that is set up, in vain. */
	struct stage stage;

	fault_need_interrupts();
	stage = stage_of_nic();
	if (irq_info(stage.peer.fd, MSIX).flags & VFIO_IRQ_INFO_NORESIZE)
		skip("needs a host that allocates MSI-X vectors one by one: Linux 6.2 or newer with interrupt remapping");
	expect_fails(1, "pci_msix_alloc_irq_at", ERRORS(ENOSPC, ENOMEM),
		     &add_op, &stage);
	expect_fails(1, "request_threaded_irq", ERRORS(EBUSY), &add_op, &stage);
	op_walk_memory(&add_op, &stage, SLABS | COPIES);
}

/*
 * INTx.
 */
static struct edu_irq edu;

static int set_intx(struct stage *stage)
{
	int ret = irq_trigger(stage->peer.fd, INTX, 0, edu.event);
	int error = errno;

	if (ret < 0) {
		expect_true(!irq_requested(stage->peer.bdf));
		expect_errno(irq_end(stage->peer.fd, INTX), EINVAL);
		errno = error;
	}

	return ret;
}

static void expect_intx(struct stage *stage)
{
	(void)stage;
	expect_intx_works(&edu);
}

static void end_intx(struct stage *stage)
{
	expect_ok(irq_end(stage->peer.fd, INTX));
}

TEST_WITHIN(pin_that_is_refused, SLOW)
{
	/*
	 * This test sets INTx up, and lacks memory, or the line is another's: of a
	 * device that masks its pin itself, and of one that has the line masked.
	 */
	static const struct operation op = {
		.call = set_intx,
		.works = expect_intx,
		.after = end_intx,
	};
	static const char nointxmask[] = { 'Y', 'N' };
	struct stage stage = {};

	fault_need_interrupts();
	for (int i = 0; i < 2; i++) {
		nointxmask_set(nointxmask[i]);
		edu = edu_irq_open(container_open());
		stage.container = edu.device.container;
		stage.peer = edu.device;
		expect_fails(1, "request_threaded_irq", ERRORS(EBUSY, ENOMEM),
			     &op, &stage);
		op_walk_memory(&op, &stage, SLABS | COPIES);
		expect_ok(munmap((void *)edu.registers,
				 region_size(edu.device.fd, 0)));
		device_close(&edu.device);
	}
}

/*
 * ioeventfds.
 */
static struct vfio_device_ioeventfd doorbell;

static int set_doorbell(struct stage *stage)
{
	doorbell.fd = stage->fd;

	return ioctl(stage->peer.fd, VFIO_DEVICE_IOEVENTFD, &doorbell);
}

static void end_doorbell(struct stage *stage)
{
	doorbell.fd = -1;
	expect_ok(ioctl(stage->peer.fd, VFIO_DEVICE_IOEVENTFD, &doorbell));
}

TEST_WITHIN(ioeventfd_without_memory, SLOW)
{
	/* This test gives an eventfd that writes, and lacks memory for it. */
	static const struct operation op = {
		.call = set_doorbell,
		.after = end_doorbell,
		/* For lack of memory the kernel says that the BAR is taken. */
		.other_error = EBUSY,
	};
	struct stage stage = {};

	fault_need();
	stage.container = container_open();
	stage.peer = device_open(stage.container, need("peer"));
	stage.fd = event_new();
	doorbell = (struct vfio_device_ioeventfd){
		.argsz = sizeof(doorbell),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = region_info(stage.peer.fd, BAR2).offset,
	};
	op_walk_memory(&op, &stage, SLABS | COPIES);
}

/*
 * All of them.
 */

TEST(every_function_has_failed)
{
	/* This test sees that tests have made every one fail that can. */
	static const char * const earlier[] = {
		/* One of each suite before. */
		"pci_read_vpd", "pci_load_saved_state", "iommu_map",
	};
	const char *missing;

	fault_need();
	for (int i = 0; i < 3; i++) {
		if (!fallible_noted(earlier[i]))
			skip("needs all of suites failing_calls_config, _device and _dma before this one");
	}
	missing = fallible_missing();
	if (missing)
		ck_abort_msg("there is no test for %s", missing);
}
