// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that fail where groups join containers, and memory is mapped and
 * resumed: every one that the module makes into the IOMMU core and that can.
 *
 * The call of the user's that leads there fails with the same errno, or does
 * without; either way nothing stays half done. A run that cannot be resumed is
 * reported once and stays suspended, until a later transition can.
 *
 * Unmapping cannot fail. A driver that takes less out than it was asked to has a
 * bug: that is warned of, and RAM that devices may still reach stays pinned.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fallible.h"
#include "held.h"
#include "log.h"
#include "state.h"
#include "test.h"
#include "transition.h"

#define SLOW	900

/*
 * Groups and domains.
 */

/* It has another name on another kernel. */
static const char *domain_alloc(void)
{
	struct utsname system;
	int major, minor;

	uname(&system);
	expect_eq(sscanf(system.release, "%d.%d", &major, &minor), 2);

	return major > 6 || minor > 12 ? "iommu_paging_domain_alloc_flags" :
					 "iommu_paging_domain_alloc";
}

static const struct operation join = {
	.call = op_set_container,
	.after = op_unset_container,
};

TEST(group_that_cannot_be_claimed)
{
	/* This test puts a group into a container whose DMA somebody else owns. */
	struct stage stage = {
		.container = container_open(),
		.group = group_open(need("peer")),
	};

	fault_need();
	expect_fails(1, "iommu_group_claim_dma_owner",
		     ERRORS(EBUSY, EPERM, ENOMEM), &join, &stage);
}

static void expect_set_container(struct stage *stage)
{
	expect_ok(op_set_container(stage));
}

TEST(backend_that_cannot_be_made)
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
	expect_fails(1, "iommu_get_group_resv_regions", ERRORS(ENOMEM, EIO),
		     &op, &stage);
	expect_fails(1, domain_alloc(), ERRORS(ENOMEM, ENODEV, EOPNOTSUPP), &op,
		     &stage);
	expect_fails(1, "iommu_attach_group", ERRORS(ENOMEM, EBUSY, EINVAL),
		     &op, &stage);
}

static struct stage open_joining(void)
{
	struct stage stage = stage_open_mapped(need("peer"));

	stage.group = group_open(need("reset"));

	return stage;
}

TEST(group_that_cannot_join)
{
	/* This test has a third group join a container that has mappings. */
	struct stage stage;
	struct walk done;

	fault_need();
	stage = open_joining();
	expect_fails(1, "iommu_group_claim_dma_owner", ERRORS(EBUSY), &join,
		     &stage);
	expect_fails(1, "iommu_get_group_resv_regions", ERRORS(EIO), &join,
		     &stage);
	expect_fails(1, domain_alloc(), ERRORS(ENOMEM), &join, &stage);

	/* To its own domain; not to the others', it keeps its own. */
	done = fallible_walk("iommu_attach_group", ERRORS(EINVAL, ENOMEM), &join,
			     &stage);
	expect_eq(done.events, 2);
	expect_eq(done.failed, 1);
	stage_expect_mapped(&stage);
	stage_expect_reached(&stage);
}

TEST(group_that_ends_up_in_no_domain)
{
	/* This test lets no domain take a group, not even the one it left. */
	struct stage stage;
	struct held before;

	fault_need();
	stage = open_joining();
	before = held_take();
	fallible_arm("iommu_attach_group", EBUSY);
	fault_calls_begin(1, 2);
	expect_errno(op_set_container(&stage), EBUSY);
	expect_eq(fault_calls_end(), 2);
	expect_fine(held_changed(&before));
	expect_ok(op_set_container(&stage));
	stage_expect_reached(&stage);
}

/* More events than any call has. */
#define ALL	10000

/* The group of stage->group joins with a domain of its own. */
static int join_apart(struct stage *stage)
{
	int ret;

	fallible_disarm();
	fallible_arm("iommu_attach_group", EINVAL);
	fault_calls_begin(1, 1);
	ret = op_set_container(stage);
	/* Unless something else has failed before. */
	if (!fault_calls_end())
		expect_eq(ret, -1);

	return ret;
}

TEST_WITHIN(domain_that_cannot_be_filled, SLOW)
{
	/*
	 * This test has a group join with a domain of its own, and lacks memory
	 * twice in a row for the page tables of what is mapped already.
	 */
	unsigned int after = 0, failed = 0, hit;
	struct stage stage;
	struct held before;
	int ret;

	fault_need();
	fault_only_below("vfio_iommu_attach_group");
	stage = open_joining();
	before = held_take();
	do {
		fault_pages_begin(after++, 2);
		ret = join_apart(&stage);
		hit = fault_pages_end();
		if (ret) {
			expect_true(hit);
			expect_eq(errno, ENOMEM);
			expect_fine(held_changed(&before));
			expect_ok(join_apart(&stage));
			failed++;
		}
		stage_expect_mapped(&stage);
		op_unset_container(&stage);
	} while (hit);
	/* RAM is asked for twice, runs more often: both levels of RAM's tables. */
	expect_true(failed >= 2);
	stage_expect_reached(&stage);
}

/*
 * Mapping.
 */

static const struct operation map_op = {
	.call = op_map,
	.works = op_dma_works,
	.after = op_unmap,
};

TEST_WITHIN(mapping_that_the_iommu_refuses, SLOW)
{
	/* This test maps a BAR, and RAM of sixteen stretches or so. */
	struct stage stage;
	struct walk done;

	fault_need();
	stage = stage_open(need("peer"));
	stage.iova = IOVA;
	stage.size = MIB;
	stage.va = stage.bar;
	expect_fails(1, "iommu_map", ERRORS(EIO, EINVAL, EADDRINUSE),
		     &map_op, &stage);
	stage.size = 16 * PAGE;
	stage.va = scattered_ram(16);
	done = fallible_walk("iommu_map", ERRORS(ENOMEM), &map_op, &stage);
	expect_true(done.events > 8);
	expect_eq(done.failed, done.events);
}

TEST(ram_that_cannot_be_pinned)
{
	/* This test maps RAM of two batches, the first or second of which fails. */
	struct stage stage;

	fault_need();
	stage = stage_open(need("peer"));
	stage.iova = IOVA;
	stage.size = 2056 * PAGE;
	stage.va = ram(stage.size);
	expect_fails(2, "pin_user_pages_fast", ERRORS(ENOMEM, EFAULT), &map_op,
		     &stage);
}

TEST_WITHIN(mapping_that_one_of_two_domains_refuses, SLOW)
{
	/* This test maps, unmaps and resumes where there are two domains. */
	struct stage stage, more;
	struct walk done;

	fault_need();
	stage = open_joining();
	expect_ok(join_apart(&stage));
	fallible_disarm();
	fallible_arm("iommu_map", EIO);

	done = op_walk_back(FAULT_CALL, EIO, &stage, op_memory_off, op_memory_on);
	expect_eq(done.events, 2 * RUNS);
	expect_eq(done.failed, 2 * RUNS);

	more = stage;
	more.iova = 6 * IOVA;
	more.size = MIB;
	more.va = stage.bar;
	expect_fails(2, "iommu_map", ERRORS(EIO), &map_op, &more);
	more.size = 8 * PAGE;
	more.va = scattered_ram(8);
	done = fallible_walk("iommu_map", ERRORS(ENOMEM), &map_op, &more);
	expect_true(done.events > 4 && done.events % 2 == 0);
	expect_eq(done.failed, done.events);

	/* Either domain is as good as both. */
	op_unset_container(&stage);
	stage_expect_reached(&stage);
}

/*
 * Unmapping.
 */

/* Of the warning, and of what the kernel says along with any. */
static struct stage stage_that_falls_short(void)
{
	struct stage stage;

	fault_need();
	allow_log("vfio_domains_unmap_");
	allow_log("Call Trace:");
	allow_iommu_faults();
	stage = open_joining();
	fallible_arm("iommu_unmap_fast", EIO);

	return stage;
}

static unsigned int warnings(struct stage *stage)
{
	return log_count(stage->log, "WARNING:", "vfio_domains_unmap_", NULL);
}

/* Of the calls for each domain, that one leaves half of what it is to take out. */
static void unmap_short(struct stage *stage, unsigned int call)
{
	long long pinned = pinned_pages(), locked = locked_memory();
	__u32 avail = dma_avail(stage->container);

	fault_calls_begin(call, 1);
	op_unmap(stage);
	expect_eq(fault_calls_end(), 1);
	fallible_note("iommu_unmap_fast");
	expect_eq(warnings(stage), 1);
	expect_eq(pinned_pages(), pinned);
	expect_eq(locked_memory(), locked);
	/* As far as the user is told, it is unmapped. */
	expect_eq(dma_unmap(stage->container, stage->iova, stage->size), 0);
	expect_eq(dma_avail(stage->container), avail + 1);
}

/* RAM is pinned, charged, mapped and given back as ever. */
static void expect_ram_works(struct stage *stage)
{
	struct stage more = *stage;
	struct held before = held_take();

	more.iova = 6 * IOVA;
	more.va = scattered_ram(8);
	more.size = 8 * PAGE;
	expect_ok(op_map(&more));
	op_dma_works(&more);
	op_unmap(&more);
	expect_fine(held_changed(&before));
	expect_eq(warnings(stage), 0);
}

static void close_stage(struct stage *stage)
{
	expect_ok(munmap(stage->bar, region_size(stage->peer.fd, BAR2)));
	expect_ok(munmap((void *)stage->edu.registers,
			 region_size(stage->edu.device.fd, 0)));
	device_close(&stage->peer);
	device_close(&stage->edu.device);
	expect_ok(close(stage->group));
	expect_ok(close(stage->container));
}

TEST(unmap_that_falls_short)
{
	/*
	 * This test unmaps RAM of which half stays in the IOMMU: pinned until no
	 * device can reach it, and nothing else is the worse for it.
	 */
	struct stage stage;
	struct held before;

	before = held_take();
	stage = stage_that_falls_short();
	stage.iova = 3 * IOVA;
	stage.size = 8 * PAGE;
	unmap_short(&stage, 0);
	expect_no_dma(&stage.edu, stage.iova, stage.va);
	expect_dma(&stage.edu, stage.iova + 7 * PAGE, stage.va + 7 * PAGE);
	expect_ram_works(&stage);

	/* Of one page, nothing is taken out. */
	stage.iova = 7 * IOVA;
	stage.size = PAGE;
	stage.va = ram(PAGE);
	expect_ok(op_map(&stage));
	unmap_short(&stage, 0);
	expect_dma(&stage.edu, stage.iova, stage.va);

	/* What is a device's is not pinned. */
	stage.iova = MAPPED_IOVA;
	stage.size = region_size(stage.peer.fd, BAR2);
	unmap_short(&stage, 0);
	expect_eq(held_count("live "), RUNS - 1);
	memory_off(stage.peer.fd);
	memory_on(stage.peer.fd);
	expect_dma(&stage.edu, 4 * IOVA, stage.bar);
	expect_ram_works(&stage);

	close_stage(&stage);
	expect_fine(held_changed(&before));
}

TEST(unmap_that_falls_short_in_one_of_two_domains)
{
	/* This test does so where another domain lets it all go. */
	struct stage stage;
	struct held before;

	before = held_take();
	stage = stage_that_falls_short();
	expect_ok(join_apart(&stage));
	fallible_disarm();
	fallible_arm("iommu_unmap_fast", EIO);
	stage.iova = 3 * IOVA;
	stage.size = 8 * PAGE;
	unmap_short(&stage, 1);
	expect_no_dma(&stage.edu, stage.iova + 7 * PAGE,
		      stage.va + 7 * PAGE);
	stage.iova = 7 * IOVA;
	expect_ok(op_map(&stage));
	unmap_short(&stage, 0);
	expect_dma(&stage.edu, stage.iova + 7 * PAGE, stage.va + 7 * PAGE);
	expect_ram_works(&stage);

	/* One of them goes. */
	op_unset_container(&stage);
	expect_ram_works(&stage);
	close_stage(&stage);
	expect_fine(held_changed(&before));
}

TEST(map_that_fails_and_is_undone_by_half)
{
	/* This test maps RAM of two batches; only half of the first is undone. */
	struct held before;
	struct stage stage;
	long long pinned;

	before = held_take();
	stage = stage_that_falls_short();
	fallible_arm("pin_user_pages_fast", EFAULT);
	stage.iova = 7 * IOVA;
	stage.size = 2056 * PAGE;
	stage.va = ram(stage.size);
	pinned = pinned_pages();
	fault_calls_begin(1, 2);
	expect_errno(op_map(&stage), EFAULT);
	expect_eq(fault_calls_end(), 2);
	expect_eq(warnings(&stage), 1);
	expect_true(pinned_pages() > pinned);
	expect_ram_works(&stage);
	close_stage(&stage);
	expect_fine(held_changed(&before));
}

TEST(memory_that_is_not_taken_away)
{
	/* This test disables memory that stays in the IOMMU: warned of, and done. */
	struct stage stage;
	struct held before;

	before = held_take();
	stage = stage_that_falls_short();
	fault_calls_begin(1, 1);
	expect_ok(op_memory_off(&stage));
	expect_eq(fault_calls_end(), 1);
	expect_eq(warnings(&stage), 1);
	expect_eq(held_count("suspended "), RUNS);
	expect_eq(read_signal(stage.bar), SIGBUS);
	expect_true(dma_unmap(stage.container, IOVA, 4 * IOVA) > 0);
	expect_ram_works(&stage);
	close_stage(&stage);
	expect_fine(held_changed(&before));
}

/*
 * Resuming.
 */

TEST_WITHIN(run_that_cannot_be_resumed, SLOW)
{
	/* This test enables memory that the IOMMU refuses to map, run by run. */
	struct stage stage;
	struct walk done;

	fault_need();
	stage = stage_open_mapped(need("peer"));
	fallible_arm("iommu_map", EIO);
	done = op_walk_back(FAULT_CALL, EIO, &stage, op_memory_off, op_memory_on);
	expect_eq(done.events, RUNS);
	expect_eq(done.failed, RUNS);
}

TEST_WITHIN(run_that_is_resumed_by_the_next_reset, SLOW)
{
	/* This test resets a device; what cannot be mapped is by the next one. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("reset"));
	fallible_arm("iommu_map", EIO);
	expect_eq(op_walk_back(FAULT_CALL, EIO, &stage, NULL,
			       op_device_reset).failed, RUNS);
	expect_eq(op_walk_back(FAULT_CALL, EIO, &stage, NULL,
			       op_hot_reset).failed, RUNS);
}

static unsigned int reports(struct stage *stage, const char *iova)
{
	return log_count(stage->log, stage->peer.bdf, "cannot be resumed",
			  iova, NULL);
}

static void expect_none_resumed(struct stage *stage)
{
	expect_ok(op_memory_off(stage));
	fault_calls_begin(0, RUNS);
	expect_ok(op_memory_on(stage));
	expect_eq(fault_calls_end(), RUNS);
	expect_eq(held_count("suspended "), RUNS);
	/* The CPU needs no IOMMU. */
	expect_eq(read_signal(stage->bar), 0);
}

TEST(run_that_lacks_memory_is_tried_again)
{
	/*
	 * This test lacks memory for page tables while runs are resumed: for a
	 * while, then all of them are; for as long as they are tried, then none is
	 * until the next time.
	 */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("peer"));
	fallible_arm("iommu_map", ENOMEM);

	expect_ok(op_memory_off(&stage));
	fault_calls_begin(0, 2 * RUNS);
	expect_ok(op_memory_on(&stage));
	expect_eq(fault_calls_end(), 2 * RUNS);
	expect_eq(reports(&stage, " IOVA "), 0);
	stage_expect_mapped(&stage);

	expect_ok(op_memory_off(&stage));
	fault_calls_begin(0, ALL);
	expect_ok(op_memory_on(&stage));
	expect_true(fault_calls_end() > RUNS);
	expect_eq(reports(&stage, " IOVA "), RUNS);
	expect_eq(held_count("suspended "), RUNS);

	expect_ok(op_memory_on(&stage));
	stage_expect_mapped(&stage);
	stage_expect_reached(&stage);
}

TEST(run_that_cannot_be_resumed_is_reported_once)
{
	/* This test fails to resume again and again: said once, until it works. */
	char iova[32];
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("peer"));
	fallible_arm("iommu_map", EIO);
	snprintf(iova, sizeof(iova), "0x%016llx", (__u64)MANY_TABLES_IOVA);

	for (int again = 0; again < 2; again++) {
		expect_none_resumed(&stage);
		expect_eq(reports(&stage, iova), 1);
		for (int i = 0; i < 3; i++)
			expect_none_resumed(&stage);
		expect_eq(reports(&stage, " IOVA "), 0);
		expect_ok(op_memory_on(&stage));
		stage_expect_mapped(&stage);
	}
	stage_expect_reached(&stage);
}

TEST(run_that_cannot_be_resumed_is_unmapped)
{
	/* This test unmaps, and closes, what could not be resumed. */
	struct stage stage;

	fault_need();
	stage = stage_open_mapped(need("peer"));
	fallible_arm("iommu_map", EIO);
	expect_none_resumed(&stage);
	stage.iova = MAPPED_IOVA;
	stage.size = region_size(stage.peer.fd, BAR2);
	op_unmap(&stage);
	expect_eq(held_count("suspended "), RUNS - 1);

	stage.va = stage.bar;
	expect_ok(op_map(&stage));
	op_dma_works(&stage);
	expect_ok(munmap(stage.bar, stage.size));
	expect_ok(close(stage.peer.fd));
	expect_eq(held_count("dead "), RUNS);
	op_unmap(&stage);
}
