// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that hang: their argument or buffer is a page that does not come. Taking
 * the device's memory away does not wait for them. The host that wants the
 * device back waits, as the device is open, but for nothing else.
 */
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "call.h"
#include "edu.h"
#include "fuse.h"
#include "irq.h"
#include "pci.h"
#include "staller.h"
#include "test.h"
#include "transition.h"
#include "vfio.h"

/* A call with its argument or buffer at @page, or with the last part there. */
struct stalling_call {
	const char *name;
	int (*make)(struct device *device, char *page);
};

static int read_bar(struct device *device, char *page)
{
	return pread(device->fd, page, 64, region_info(device->fd, BAR2).offset);
}

static int write_bar(struct device *device, char *page)
{
	return pwrite(device->fd, page, 64, region_info(device->fd, BAR2).offset);
}

static __u64 config_offset(struct device *device)
{
	return region_info(device->fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;
}

static int read_config(struct device *device, char *page)
{
	return pread(device->fd, page, 64, config_offset(device));
}

static int write_config(struct device *device, char *page)
{
	return pwrite(device->fd, page, 64, config_offset(device));
}

static int get_region_info(struct device *device, char *page)
{
	return ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, page);
}

static int set_irqs(struct device *device, char *page)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set) + sizeof(__s32),
		.flags = TRIGGER | EVENTFD,
		.index = VFIO_PCI_REQ_IRQ_INDEX,
		.count = 1,
	};

	memcpy(page - sizeof(set), &set, sizeof(set));

	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, page - sizeof(set));
}

static int hot_reset_info(struct device *device, char *page)
{
	struct vfio_pci_hot_reset_info info = {
		.argsz = sizeof(info) + sizeof(info.devices[0]),
	};

	memcpy(page - sizeof(info), &info, sizeof(info));

	return ioctl(device->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
		     page - sizeof(info));
}

static int hot_reset_by_page(struct device *device, char *page)
{
	struct vfio_pci_hot_reset reset = {
		.argsz = sizeof(reset) + sizeof(__s32),
		.count = 1,
	};

	memcpy(page - sizeof(reset), &reset, sizeof(reset));

	return ioctl(device->fd, VFIO_DEVICE_PCI_HOT_RESET,
		     page - sizeof(reset));
}

static int feature(struct device *device, char *page)
{
	return ioctl(device->fd, VFIO_DEVICE_FEATURE, page);
}

static int map(struct device *device, char *page)
{
	return ioctl(device->container, VFIO_IOMMU_MAP_DMA, page);
}

static int unmap(struct device *device, char *page)
{
	return ioctl(device->container, VFIO_IOMMU_UNMAP_DMA, page);
}

static int get_iommu_info(struct device *device, char *page)
{
	return ioctl(device->container, VFIO_IOMMU_GET_INFO, page);
}

static int group_status(struct device *device, char *page)
{
	return ioctl(device->group, VFIO_GROUP_GET_STATUS, page);
}

static int get_device(struct device *device, char *page)
{
	return group_get_device(device->group, page);
}

static const struct stalling_call stalling_calls[] = {
	{ "read of a BAR", read_bar },
	{ "write of a BAR", write_bar },
	{ "read of config space", read_config },
	{ "write of config space", write_config },
	{ "GET_REGION_INFO", get_region_info },
	{ "SET_IRQS", set_irqs },
	{ "GET_PCI_HOT_RESET_INFO", hot_reset_info },
	{ "PCI_HOT_RESET", hot_reset_by_page },
	{ "FEATURE", feature },
	{ "MAP_DMA", map },
	{ "UNMAP_DMA", unmap },
	{ "GET_INFO", get_iommu_info },
	{ "GET_STATUS", group_status },
	{ "GET_DEVICE_FD", get_device },
};

struct stalling {
	const struct stalling_call *call;
	struct device *device;
	struct fuse *fuse;
};

static int make_stalling(void *data)
{
	struct stalling *stalling = data;
	char *va = reserve(2 * PAGE, PAGE);

	expect_ok(mprotect(va, PAGE, PROT_READ | PROT_WRITE));
	fuse_mmap(stalling->fuse, va + PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE);

	return stalling->call->make(stalling->device, va + PAGE);
}

static void expect_no_wait_for(const struct stalling_call *call, bool killed)
{
	struct fuse fuse = fuse_open();
	struct device device = device_open(container_open(), need("reset"));
	struct stalling stalling = { call, &device, &fuse };
	struct staller staller = staller_open(make_stalling, &stalling);
	char *bar = region_open(device.fd, BAR2);

	expect_ok(dma_map(device.container, IOVA, bar, MIB));
	staller_go(&staller);
	fuse_wait(&fuse);
	memory_off(device.fd);
	expect_eq(read_signal(bar), SIGBUS);
	memory_on(device.fd);
	expect_ok(reset_by_ioctl(device.fd));
	expect_ok(reset_by_host(device.bdf));
	expect_ok(hot_reset(device.fd, 1, &device.group));
	expect_eq(read_signal(bar), 0);
	if (!staller_hangs(&staller))
		ck_abort_msg("%s does not hang", call->name);
	if (!killed) {
		fuse_answer(&fuse);
		staller_result(&staller);
	}
	staller_kill(&staller);
	fuse_kill(&fuse);
	expect_eq(dma_unmap(device.container, IOVA, MIB), MIB);
	expect_ok(munmap(bar, region_size(device.fd, BAR2)));
	device_close(&device);
	expect_ok(close(device.container));
}

TEST(calls_that_hang)
{
	/*
	 * This test has every call hang whose argument or buffer does not come,
	 * and takes the memory away meanwhile. Then the page comes.
	 */
	for (size_t i = 0; i < sizeof(stalling_calls) / sizeof(stalling_calls[0]); i++)
		expect_no_wait_for(&stalling_calls[i], false);
}

TEST(calls_that_hang_are_killed)
{
	/* This test kills who hangs in such a call. */
	for (size_t i = 0; i < sizeof(stalling_calls) / sizeof(stalling_calls[0]); i++)
		expect_no_wait_for(&stalling_calls[i], true);
}

TEST(unbind_waits_for_a_read_that_hangs)
{
	/*
	 * This test unbinds a device of which a read hangs, so it is open: memory
	 * is gone at once, and the host waits for that user until it is killed.
	 */
	struct fuse fuse = fuse_open();
	struct device device = device_open(container_open(), need("reset"));
	struct stalling stalling = { &stalling_calls[0], &device, &fuse };
	struct staller staller = staller_open(make_stalling, &stalling);
	char *bar = region_open(device.fd, BAR2);
	int event = request_open(device.fd);
	pid_t admin;

	staller_go(&staller);
	fuse_wait(&fuse);
	admin = admin_begin(pci_path(device.bdf, "driver/unbind"), device.bdf);
	expect_event(event);
	expect_eq(read_signal(bar), SIGBUS);
	expect_ok(munmap(bar, region_size(device.fd, BAR2)));
	device_close(&device);
	expect_true(staller_hangs(&staller));
	expect_true(!admin_is_over(admin));
	staller_kill(&staller);
	admin_end(admin);
	expect_ok(pci_bind(device.bdf, "vfio-pci"));
}
