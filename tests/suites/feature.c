// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE: which features there are, and everything that can be
 * asked of each.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "irq.h"
#include "low_power.h"
#include "memory.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

#define TOKEN		VFIO_DEVICE_FEATURE_PCI_VF_TOKEN
#define ENTRY		VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY
#define ENTRY_WAKEUP	VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP
#define EXIT		VFIO_DEVICE_FEATURE_LOW_POWER_EXIT

/* Named from Linux 7.3 on. */
#define DMA_BUF		11
#define PRECOPY_INFO_V2	12

/* What the kernel has at most, as data of a feature. */
#define DATA_MAX	24

/* Size of the data that must be given to set it; -1 if there is none such. */
static int needed(__u32 feature, bool physical)
{
	switch (feature) {
	case TOKEN:
		return physical ? 16 : -1;
	case ENTRY:
	case EXIT:
		return 0;
	case ENTRY_WAKEUP:
		return sizeof(struct vfio_device_low_power_entry_with_wakeup);
	default:
		return -1;
	}
}

static int expected(__u32 flags, size_t size, bool physical)
{
	int least = needed(flags & VFIO_DEVICE_FEATURE_MASK, physical);
	int want = EINVAL;

	/* Both are for a probe only. */
	if (!(flags & PROBE) && flags & GET && flags & SET)
		return want;

	if (least < 0)
		want = ENOTTY;
	else if (flags & GET)
		want = EINVAL;
	else if (flags & PROBE || (flags & SET && size >= (size_t)least))
		want = 0;

	return want;
}

static void expect_feature(int fd, __u32 flags, size_t size, int want)
{
	char data[DATA_MAX] = "";
	int error;

	/* The eventfd is the second member. */
	((__s32 *)data)[0] = event_new();
	errno = 0;
	error = feature_do(fd, flags, data, size) ? errno : 0;
	close(((__s32 *)data)[0]);
	if (error != want)
		ck_abort_msg("feature %u, flags %#x, %zu bytes: errno %s, expected %s",
			     flags & VFIO_DEVICE_FEATURE_MASK,
			     flags & ~VFIO_DEVICE_FEATURE_MASK, size,
			     errno_name(error), errno_name(want));
	if (!error && flags & SET && !(flags & PROBE))
		expect_ok(low_power_exit(fd));
}

static void expect_features(const char *bdf, bool physical)
{
	static const __u32 features[] = {
		TOKEN,
		VFIO_DEVICE_FEATURE_MIGRATION,
		VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		ENTRY, ENTRY_WAKEUP, EXIT,
		VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
		VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP,
		VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
		9, 10, 13, 14, 99, 0x7fff, 0xffff,
	};
	int fd = device_open(container_open(), bdf).fd;

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		for (__u32 ops = 0; ops < 8; ops++) {
			__u32 flags = features[i] | (ops & 1 ? GET : 0) |
				      (ops & 2 ? SET : 0) |
				      (ops & 4 ? PROBE : 0);

			for (size_t size = 0; size <= DATA_MAX; size++)
				expect_feature(fd, flags, size,
					       expected(flags, size, physical));
		}
	}
}

/* So many calls take a while on a kernel that watches everything. */
TEST_WITHIN(features_of_a_function, 900)
{
	/* This test asks everything of every feature of a plain function. */
	expect_features(need("disk"), false);
	expect_features(need("peer"), false);
}

TEST_WITHIN(features_of_a_physical_function, 900)
{
	/* This test does so of a function that has a VF token. */
	expect_features(need("physical"), true);
}

TEST(features_that_are_left_out)
{
	/* This test probes for features that newer kernels have. */
	int fd = device_open(container_open(), need("disk")).fd;

	expect_errno(feature_do(fd, PROBE | DMA_BUF, NULL, 0), ENOTTY);
	expect_errno(feature_do(fd, PROBE | GET | DMA_BUF, NULL, 0), ENOTTY);
	expect_errno(feature_do(fd, PROBE | SET | PRECOPY_INFO_V2, NULL, 0),
		     ENOTTY);
}

TEST(feature_flags_that_are_not_known)
{
	/* This test sets each of the other flags, alone and with a probe. */
	int fd = device_open(container_open(), need("disk")).fd;

	for (int bit = 19; bit < 32; bit++) {
		expect_errno(feature_do(fd, 1U << bit | ENTRY, NULL, 0), EINVAL);
		expect_errno(feature_do(fd, 1U << bit | PROBE | ENTRY, NULL, 0),
			     EINVAL);
		expect_errno(feature_do(fd, 1U << bit | PROBE | 999, NULL, 0),
			     EINVAL);
	}
	expect_errno(feature_do(fd, ~0U, NULL, 0), EINVAL);
}

TEST(feature_of_bad_size)
{
	/* This test gives sizes that the structure does not fit, and huge ones. */
	struct vfio_device_feature feature = { .flags = PROBE | ENTRY };
	int fd = device_open(container_open(), need("disk")).fd;

	for (__u32 size = 0; size < sizeof(feature); size++) {
		feature.argsz = size;
		expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, &feature), EINVAL);
	}
	feature.argsz = ~0U;
	expect_ok(ioctl(fd, VFIO_DEVICE_FEATURE, &feature));
	feature.flags = SET | EXIT;
	expect_ok(ioctl(fd, VFIO_DEVICE_FEATURE, &feature));
}

TEST(feature_of_bad_memory)
{
	/* This test has the structure, or its data, end in memory that is not. */
	int fd = device_open(container_open(), need("disk")).fd;
	char *end = reserve(2 * PAGE, PAGE) + PAGE;
	struct vfio_device_feature *feature;

	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, NULL), EFAULT);
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, end), EFAULT);
	expect_ok(mprotect(end - PAGE, PAGE, PROT_READ | PROT_WRITE));
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, end - 7), EFAULT);

	feature = (void *)(end - sizeof(*feature));
	feature->argsz = PAGE;
	feature->flags = SET | ENTRY_WAKEUP;
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, feature), EFAULT);
	feature->flags = SET | ENTRY;
	expect_ok(ioctl(fd, VFIO_DEVICE_FEATURE, feature));
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, feature), EINVAL);

	fd = device_open(container_open(), need("physical")).fd;
	feature->flags = SET | TOKEN;
	expect_errno(ioctl(fd, VFIO_DEVICE_FEATURE, feature), EFAULT);
}

TEST(wakeup_by_what_is_no_eventfd)
{
	/* This test enters low power with files that cannot be signalled. */
	const char *bdf = need("disk");
	int fd = device_open(container_open(), bdf).fd;
	int event = event_new();

	expect_errno(low_power_enter_with_wakeup(fd, -1), EINVAL);
	expect_errno(low_power_enter_with_wakeup(fd, -2), EINVAL);
	expect_errno(low_power_enter_with_wakeup(fd, 1 << 31), EINVAL);
	expect_errno(low_power_enter_with_wakeup(fd, 1000), EBADF);
	expect_errno(low_power_enter_with_wakeup(fd, fd), EINVAL);
	/* None of them has entered it. Awake, it does not end by the next call. */
	host_wakes(bdf);
	expect_ok(low_power_enter_with_wakeup(fd, event));
	expect_errno(low_power_enter_with_wakeup(fd, event), EINVAL);
	expect_errno(low_power_enter(fd), EINVAL);
	expect_ok(low_power_exit(fd));
	host_lets_sleep(bdf);
}
