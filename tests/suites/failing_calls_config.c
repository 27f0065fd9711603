// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that fail where config space and the VGA region are opened, read and
 * written; and allocations, of the latter.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fallible.h"
#include "memory.h"
#include "overlay.h"
#include "pci.h"
#include "test.h"

SUITE_RUNS_ONCE;

#define SLOW	900
#define TEXT	0xb8000

/* With what the call of the user's fails that has no errno of its own. */
#define NOT_DONE	ENODATA

static void done(struct stage *stage)
{
	(void)stage;
}

/*
 * Config space.
 */

TEST_WITHIN(device_that_cannot_be_read, SLOW)
{
	/* This test opens a device whose config space cannot be read. */
	static const struct operation op = {
		.call = op_get_device,
		.after = op_close_fd,
		/* Some reads only tell that it does not answer. */
		.other_error = EIO,
	};
	const char *bdf = need("reset");
	struct stage stage = { .peer.bdf = bdf };
	struct walk walk;

	fault_need();
	stage.container = container_open();
	stage.group = group_open(bdf);
	expect_ok(op_set_container(&stage));
	expect_ok(op_set_iommu(&stage));
	walk = fallible_walk("pci_read_config_dword", ERRORS(EIO, ENODEV), &op,
			     &stage);
	/* After its reset the device is looked at, and then once more by open. */
	expect_eq(walk.failed, walk.events - 1);
}

/* What is there is written, in as many bytes. */
static int write_back(struct stage *stage)
{
	return pwrite(stage->peer.fd, stage->va, stage->size, stage->iova);
}

static void expect_write_fails(struct stage *stage, unsigned int pos,
			       unsigned int size, const char *function)
{
	static const struct operation op = {
		.call = write_back,
		.after = done,
	};
	int fd = stage->peer.fd;
	__u32 there = config_read(fd, pos, size);

	memcpy(stage->va, &there, size);
	stage->size = size;
	stage->iova = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset + pos;
	expect_fails(1, function, ERRORS(EIO, ENODEV), &op, stage);
	expect_eq(config_read(fd, pos, size), there);
}

/* The bit that resets is gone, whether it could be obeyed or not. */
static int af_reset(struct stage *stage)
{
	__u8 value = PCI_AF_CTRL_FLR;

	return pwrite(stage->peer.fd, &value, 1, stage->iova + OVERLAY_AF +
		      PCI_AF_CTRL);
}

static __u32 resets(struct stage *stage)
{
	return pci_config(stage->peer.bdf, OVERLAY_RESETS, 4);
}

static void expect_reset_fails(struct stage *stage)
{
	static const struct operation op = {
		.call = af_reset,
		.after = done,
	};
	__u32 before = resets(stage);

	stage->iova = region_info(stage->peer.fd,
				  VFIO_PCI_CONFIG_REGION_INDEX).offset;
	/* Two errors: each time it is tried again, and once more at the end. */
	expect_fails(1, "pci_user_read_config_byte", ERRORS(EIO, ENODEV), &op,
		     stage);
	expect_eq(resets(stage), before + 4);
}

static void writes(const char *bdf)
{
	struct stage stage = {
		.peer = device_open(container_open(), bdf),
		.va = ram(PAGE),
	};

	expect_write_fails(&stage, PCI_CACHE_LINE_SIZE, 1,
			   "pci_user_write_config_byte");
	expect_write_fails(&stage, OVERLAY_EXP + PCI_EXP_DEVCTL, 2,
			   "pci_user_write_config_word");
	expect_write_fails(&stage, OVERLAY_NOBODY, 4,
			   "pci_user_write_config_dword");
	expect_reset_fails(&stage);
}

TEST_WITHIN(config_space_that_cannot_be_written, SLOW)
{
	/* This test writes registers of each width, and one that resets. */
	fault_need();
	with_overlay(need("reset"), writes);
}

/* The flag turns over when it is done. */
static int product_access(struct stage *stage, __u32 flag)
{
	unsigned int pos = OVERLAY_VPD + PCI_VPD_ADDR;

	config_write(stage->peer.fd, pos, 2, flag);
	if ((config_read(stage->peer.fd, pos, 2) & PCI_VPD_ADDR_F) != flag)
		return 0;
	errno = NOT_DONE;

	return -1;
}

static int product_read(struct stage *stage)
{
	return product_access(stage, 0);
}

static int product_write(struct stage *stage)
{
	return product_access(stage, PCI_VPD_ADDR_F);
}

static void product_data(const char *bdf)
{
	static const struct operation read_op = {
		.call = product_read,
		.after = done,
		.other_error = NOT_DONE,
	};
	static const struct operation write_op = {
		.call = product_write,
		.after = done,
		.other_error = NOT_DONE,
	};
	struct stage stage = { .peer = device_open(container_open(), bdf) };

	expect_fails(1, "pci_read_vpd", ERRORS(EIO, ETIMEDOUT), &read_op,
		     &stage);
	expect_fails(1, "pci_write_vpd", ERRORS(EIO, ETIMEDOUT), &write_op,
		     &stage);
}

TEST_WITHIN(vital_product_data_that_does_not_come, SLOW)
{
	/* This test reads and writes it: the flag says whether that was done. */
	fault_need();
	with_overlay(need("reset"), product_data);
}

/*
 * VGA.
 */

static int read_text(struct stage *stage)
{
	return pread(stage->peer.fd, stage->va, 8, stage->iova);
}

static int write_text(struct stage *stage)
{
	return pwrite(stage->peer.fd, stage->va, 8, stage->iova);
}

static struct stage open_display(const char *bdf)
{
	struct stage stage = {
		.container = container_open(),
		.va = ram(PAGE),
	};

	stage.peer = device_open(stage.container, bdf);
	stage.iova = region_info(stage.peer.fd,
				 VFIO_PCI_VGA_REGION_INDEX).offset + TEXT;

	return stage;
}

static void use_display(struct stage *stage)
{
	struct stage open = open_display(stage->peer.bdf);

	expect_eq(read_text(&open), 8);
	device_close(&open.peer);
	expect_ok(close(open.container));
}

TEST_WITHIN(display_that_cannot_be_bound, SLOW)
{
	/* This test binds a display that the host does not let go of. */
	static const struct operation op = {
		.before = op_unbind,
		.call = op_bind,
		.after = use_display,
		.other_error = ENODEV,
	};
	struct stage stage = {
		.peer.bdf = need("display"),
		.fd = op_probe_open(),
	};

	fault_need();
	expect_fails(1, "aperture_remove_conflicting_pci_devices",
		     ERRORS(EINVAL), &op, &stage);
	expect_fails(1, "vga_client_register", ERRORS(ENODEV), &op, &stage);
}

TEST_WITHIN(vga_region_that_cannot_be_reached, SLOW)
{
	/* This test reads and writes where another display is, or no memory. */
	static const struct operation read_op = {
		.call = read_text,
		.after = done,
	};
	static const struct operation write_op = {
		.call = write_text,
		.after = done,
	};
	struct stage stage;

	fault_need();
	stage = open_display(need("display"));
	expect_fails(1, "vga_get", ERRORS(EINTR, EAGAIN), &read_op, &stage);
	expect_fails(1, "vga_get", ERRORS(EINTR, EAGAIN), &write_op, &stage);
	op_walk_memory(&read_op, &stage, SLABS | COPIES);
	op_walk_memory(&write_op, &stage, SLABS | COPIES);
}
