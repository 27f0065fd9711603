// SPDX-License-Identifier: GPL-2.0-only
/*
 * All of config space, after patterns were written to all of it, compared byte
 * for byte with what the kernel's own vfio makes of the same.
 *
 * Two vfios cannot be loaded at once. So tests/guest first runs this suite with
 * that of the kernel, which leaves its images in a file for each device, and
 * then each strategy's images are compared with those: the same devices, the
 * same boot, the same writes. What a register of a device does with the bits
 * that reach it need not be known.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "overlay.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define SIZE_MAX_CONFIG	4096

/* Steps are as wide as writes: of three bytes, every alignment occurs. */
static const unsigned int widths[] = { 1, 2, 4, 3, 8, 16 };
static const unsigned char patterns[] = { 0xff, 0x00, 0xa5, 0x5a };

#define WIDTHS		(sizeof(widths) / sizeof(widths[0]))
#define PATTERNS	(sizeof(patterns) / sizeof(patterns[0]))

struct walk {
	int fd;
	__u64 offset;
	size_t size;
	/* Bits that are always written as zeros. */
	unsigned char never[SIZE_MAX_CONFIG];
	/* Bytes that are not compared. */
	bool ignored[SIZE_MAX_CONFIG];
};

/* What would put the function to sleep or reset it, each at a random moment. */
static void find_dangers(struct walk *walk)
{
	unsigned int pos = config_read(walk->fd, PCI_CAPABILITY_LIST, 1);

	for (; pos; pos = config_read(walk->fd, pos + 1, 1)) {
		switch (config_read(walk->fd, pos, 1)) {
		case PCI_CAP_ID_PM:
			walk->never[pos + PCI_PM_CTRL] = PCI_PM_CTRL_STATE_MASK;
			break;
		case PCI_CAP_ID_EXP:
			walk->never[pos + PCI_EXP_DEVCTL + 1] =
				PCI_EXP_DEVCTL_BCR_FLR >> 8;
			break;
		case PCI_CAP_ID_AF:
			walk->never[pos + PCI_AF_CTRL] = PCI_AF_CTRL_FLR;
			break;
		}
	}
}

static void walk_writes(struct walk *walk, unsigned int width,
			unsigned char pattern)
{
	unsigned char bytes[16];
	unsigned int pos, i;

	for (pos = 0; pos < walk->size; pos += width) {
		if (width > walk->size - pos)
			width = walk->size - pos;
		for (i = 0; i < width; i++)
			bytes[i] = pattern & ~walk->never[pos + i];
		expect_eq(pwrite(walk->fd, bytes, width, walk->offset + pos),
			  width);
	}
}

/* All images, one behind the other; free() them. */
static unsigned char *walk_all(struct walk *walk)
{
	unsigned char *images = malloc(WIDTHS * PATTERNS * walk->size);
	unsigned char *image = images;

	expect_true(images);
	for (size_t w = 0; w < WIDTHS; w++) {
		for (size_t p = 0; p < PATTERNS; p++, image += walk->size) {
			walk_writes(walk, widths[w], patterns[p]);
			expect_eq(pread(walk->fd, image, walk->size,
					walk->offset), walk->size);
		}
	}

	return images;
}

static void compare(const struct walk *walk, const unsigned char *images,
		    const unsigned char *want)
{
	for (size_t i = 0; i < WIDTHS * PATTERNS * walk->size; i++) {
		size_t pos = i % walk->size, pass = i / walk->size;

		if (images[i] != want[i] && !walk->ignored[pos])
			ck_abort_msg("writes of %u bytes, %#x each: byte %#zx is %#x, on stock %#x",
				     widths[pass / PATTERNS],
				     patterns[pass % PATTERNS], pos, images[i],
				     want[i]);
	}
}

static void expect_stock_s_images(struct walk *walk, const char *name)
{
	bool stock = !strcmp(strategy_name(), "stock");
	size_t size = WIDTHS * PATTERNS * walk->size;
	unsigned char *images = walk_all(walk), *want = malloc(size);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/config-image-%s", name);
	if (stock) {
		fd = expect_ok(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
		expect_eq(write(fd, images, size), size);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			skip("needs %s: run this suite with the kernel's own vfio loaded first",
			     path);
		expect_eq(read(fd, want, size), size);
		compare(walk, images, want);
	}
	close(fd);
	free(images);
	free(want);
}

static struct walk walk_new(const char *bdf)
{
	struct walk walk = {
		.fd = device_open(container_open(), bdf).fd,
		.size = pci_config_size(bdf),
	};

	walk.offset = region_info(walk.fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	find_dangers(&walk);

	return walk;
}

static void expect_images(const char *role)
{
	struct walk walk = walk_new(need(role));

	expect_stock_s_images(&walk, role);
}

TEST(images_of_edu)
{
	/* This test walks over edu: INTx, MSI. */
	expect_images("edu");
}

TEST(images_of_ivshmem)
{
	/* This test walks over ivshmem: no capabilities, no interrupt. */
	expect_images("peer");
}

TEST(images_of_a_device_behind_a_port)
{
	/* This test walks over ivshmem where it can be reset. */
	expect_images("reset");
}

TEST_WITHIN(images_of_e1000e, 300)
{
	/* This test walks over e1000e: PM, MSI, PCIe, MSI-X, AER, a ROM. */
	expect_images("nic");
}

TEST_WITHIN(images_of_nvme, 300)
{
	/* This test walks over nvme: PM, PCIe, MSI-X, 64-bit BARs. */
	expect_images("disk");
}

TEST(images_of_vga)
{
	/* This test walks over a display, with the ROM that firmware copied. */
	expect_images("display");
}

static void overlay(const char *bdf)
{
	/*
	 * Where we differ; config_overlay.c says how. And stock of 6.1 hides the
	 * capability behind the vendor's.
	 */
	static const struct {
		unsigned int pos, size;
	} differ[] = {
		{ OVERLAY_PM + PCI_PM_CTRL, 1 }, { OVERLAY_VENDOR_2 + 1, 1 },
		{ OVERLAY_HIDDEN + 4, 4 }, { OVERLAY_UNKNOWN + 2, 10 },
		{ OVERLAY_STATES, 4 }, { OVERLAY_EXT_UNKNOWN + 4, 12 },
		{ OVERLAY_PASID + 4, 4 }, { OVERLAY_PWR + 4, 5 },
		{ OVERLAY_EXT_VENDOR + 2, 2 },
	};
	struct walk walk = walk_new(bdf);

	for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++)
		memset(walk.ignored + differ[i].pos, true, differ[i].size);
	expect_stock_s_images(&walk, "overlay");
}

TEST_WITHIN(images_of_other_capabilities, 300)
{
	/* This test walks over what no device model has. */
	with_overlay(need("reset"), overlay);
}
