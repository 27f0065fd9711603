// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that was taken away: nobody reaches it, and afterwards everybody does
 * who did before.
 *
 * Each test maps a device's memory for the CPU and for edu's DMA engine, takes
 * it away in one way, and gives it back.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

/* edu, and another device whose BAR 2 it reaches at IOVA. */
struct scene {
	struct edu edu;
	struct device device;
	char *bar;
	size_t size;
};

static void scene_enter(struct scene *scene, const char *bdf)
{
	scene->device = device_open(scene->edu.device.container, bdf);
	command_set(scene->device.fd, PCI_COMMAND_MEMORY);
	scene->bar = region_open(scene->device.fd, BAR2);
	scene->size = region_size(scene->device.fd, BAR2);
	expect_ok(dma_map(scene->device.container, IOVA, scene->bar,
			  scene->size));
	expect_dma(&scene->edu, IOVA, scene->bar);
}

static struct scene scene_open(const char *bdf)
{
	struct scene scene = { .edu = edu_open(container_open()) };

	scene_enter(&scene, bdf);

	return scene;
}

/* All is as before, without a new mapping; and it ends as it should. */
static void expect_given_back(struct scene *scene)
{
	expect_eq(read_signal(scene->bar), 0);
	expect_dma(&scene->edu, IOVA, scene->bar);
	expect_eq(dma_unmap(scene->device.container, IOVA, scene->size),
		  scene->size);
}

/*
 * A call that takes a while, in a thread of its own.
 */
struct call {
	pthread_t thread;
	int (*make)(void *data);
	void *data;
	int error;
	volatile bool over;
};

static void *call_run(void *data)
{
	struct call *call = data;

	call->error = call->make(call->data) ? errno : 0;
	call->over = true;

	return NULL;
}

static void call_begin(struct call *call, int (*make)(void *data), void *data)
{
	*call = (struct call){ .make = make, .data = data };
	expect_eq(pthread_create(&call->thread, NULL, call_run, call), 0);
}

static void call_end(struct call *call)
{
	expect_eq(pthread_join(call->thread, NULL), 0);
	expect_eq(call->error, 0);
}

/*
 * While the call lasts, nothing arrives of what edu writes; a MAP_DMA and a
 * CPU's access wait for its end. Any reset lasts 100 ms: a fraction of that is
 * much more than it takes to get into it.
 */
#define INTO_IT	30000
static void expect_away_during(struct scene *scene, int (*make)(void *data),
			       void *data)
{
	unsigned int seed = pattern_new();
	struct call call;

	allow_iommu_faults();
	pattern_fill_inverse(scene->bar, seed);
	pattern_fill(scene->edu.scratch, seed);

	edu_put_begin(&scene->edu, IOVA);
	usleep(50000);
	call_begin(&call, make, data);
	edu_put_end(&scene->edu);
	expect_true(!call.over);
	call_end(&call);
	expect_eq(pattern_count(scene->bar, seed), 0);

	call_begin(&call, make, data);
	usleep(INTO_IT);
	expect_true(!call.over);
	expect_ok(dma_map(scene->device.container, 2 * IOVA, scene->bar,
			  scene->size));
	call_end(&call);
	expect_ok(dma_unmap(scene->device.container, 2 * IOVA, scene->size));

	call_begin(&call, make, data);
	usleep(INTO_IT);
	expect_true(!call.over);
	expect_eq(read_signal(scene->bar), 0);
	call_end(&call);

	expect_given_back(scene);
}

/*
 * Hot reset.
 */
#define SET_MAX	8

static int hot_reset_info(int fd, struct vfio_pci_hot_reset_info **info)
{
	size_t size = sizeof(**info) + SET_MAX * sizeof((*info)->devices[0]);

	*info = calloc(1, size);
	(*info)->argsz = size;

	return ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, *info);
}

static int hot_reset(int fd, __u32 count, const __s32 *groups)
{
	struct vfio_pci_hot_reset *reset;
	size_t size = sizeof(*reset) + count * sizeof(groups[0]);
	int ret;

	reset = calloc(1, size);
	reset->argsz = size;
	reset->count = count;
	memcpy(reset->group_fds, groups, count * sizeof(groups[0]));
	ret = ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, reset);
	free(reset);

	return ret;
}

static int hot_reset_device(void *data)
{
	struct device *device = data;

	return hot_reset(device->fd, 1, &device->group);
}

TEST(hot_reset_info)
{
	/* This test asks which devices a hot reset would reach. */
	const char *twins[2];
	struct device device = device_open(container_open(), need("reset"));
	struct vfio_pci_hot_reset_info *info;
	char name[16];

	twins[0] = need("twin");
	twins[1] = need("other-twin");
	expect_ok(hot_reset_info(device.fd, &info));
	expect_eq(info->count, 1);
	expect_eq(info->flags, 0);
	expect_eq(info->devices[0].group_id, pci_group(device.bdf));

	device = device_open(container_open(), twins[0]);
	expect_ok(hot_reset_info(device.fd, &info));
	expect_eq(info->count, 2);
	for (int i = 0; i < 2; i++) {
		expect_eq(info->devices[i].group_id, pci_group(twins[i]));
		snprintf(name, sizeof(name), "%04x:%02x:%02x.%x",
			 info->devices[i].segment, info->devices[i].bus,
			 info->devices[i].devfn >> 3,
			 info->devices[i].devfn & 7);
		expect_eq(strcmp(name, twins[i]), 0);
	}

	/* No room: how many there are. */
	info->argsz = sizeof(*info) + sizeof(info->devices[0]);
	info->count = 0;
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info),
		     ENOSPC);
	expect_eq(info->count, 2);

	info->argsz = sizeof(*info) - 1;
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info),
		     EINVAL);
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, NULL),
		     EFAULT);

	/* On a root bus there is none. */
	device = device_open(container_open(), need("peer"));
	expect_errno(hot_reset_info(device.fd, &info), ENODEV);
	expect_errno(hot_reset(device.fd, 1, &device.group), ENODEV);
}

TEST(hot_reset_misuse)
{
	/* This test asks for hot resets that must be refused. */
	struct device peer = device_open(container_open(), need("peer"));
	struct device device = device_open(container_open(), need("twin"));
	__s32 groups[4] = { device.group, device.group, device.group };
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) - 1 };
	const char *twin = need("other-twin");

	expect_errno(ioctl(device.fd, VFIO_DEVICE_PCI_HOT_RESET, &reset), EINVAL);
	expect_errno(ioctl(device.fd, VFIO_DEVICE_PCI_HOT_RESET, NULL), EFAULT);
	reset.argsz = sizeof(reset);
	reset.flags = 1;
	reset.count = 1;
	expect_errno(ioctl(device.fd, VFIO_DEVICE_PCI_HOT_RESET, &reset), EINVAL);

	expect_errno(hot_reset(device.fd, 0, groups), EINVAL);
	expect_errno(hot_reset(device.fd, 3, groups), EINVAL);
	groups[0] = -1;
	expect_errno(hot_reset(device.fd, 1, groups), EBADF);
	groups[0] = device.container;
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);
	groups[0] = device.fd;
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);
	/* Another's group. */
	groups[0] = peer.group;
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);

	/* A device that nobody watches over. */
	groups[0] = device.group;
	expect_ok(pci_unbind(twin));
	expect_errno(hot_reset(device.fd, 1, groups), EINVAL);
	expect_ok(pci_bind(twin, "vfio-pci"));
	expect_ok(hot_reset(device.fd, 1, groups));
}

TEST(hot_reset_of_one)
{
	/* This test resets the slot of a device. */
	struct scene scene = scene_open(need("reset"));

	expect_ok(hot_reset_device(&scene.device));
	expect_given_back(&scene);
}

TEST(hot_reset_of_a_set)
{
	/* This test asks one device for the reset and looks at the other. */
	struct scene scene = scene_open(need("twin"));
	int fd = expect_ok(group_get_device(scene.device.group,
					    need("other-twin")));
	struct device twin = { .fd = fd, .group = scene.device.group };
	char *bar;

	command_set(fd, PCI_COMMAND_MEMORY);
	bar = region_open(fd, BAR2);
	expect_ok(dma_map(scene.device.container, 2 * IOVA, bar, PAGE));
	expect_ok(hot_reset_device(&twin));
	expect_dma(&scene.edu, 2 * IOVA, bar);
	expect_given_back(&scene);

	/* Closed, the other one is still reset with it. */
	expect_ok(dma_unmap(scene.device.container, 2 * IOVA, PAGE));
	expect_ok(munmap(bar, region_size(fd, BAR2)));
	expect_ok(close(fd));
	expect_ok(hot_reset_device(&scene.device));
	expect_eq(read_signal(scene.bar), 0);
}

static int device_reset(void *data)
{
	struct device *device = data;

	return ioctl(device->fd, VFIO_DEVICE_RESET);
}

TEST(device_reset)
{
	/* This test resets a device of its own: away meanwhile. */
	struct scene scene = scene_open(need("disk"));

	expect_away_during(&scene, device_reset, &scene.device);
}

TEST(hot_reset_keeps_disabled_memory_disabled)
{
	/* This test clears the memory bit before: after is as before. */
	struct scene scene = scene_open(need("reset"));

	command_clear(scene.device.fd, PCI_COMMAND_MEMORY);
	expect_eq(read_signal(scene.bar), SIGBUS);
	expect_ok(hot_reset_device(&scene.device));
	expect_eq(read_signal(scene.bar), SIGBUS);
	expect_errno(dma_map(scene.device.container, 2 * IOVA, scene.bar,
			     scene.size), EFAULT);
	command_set(scene.device.fd, PCI_COMMAND_MEMORY);
	expect_given_back(&scene);
}

/*
 * Power states.
 */
static unsigned int capability(int fd, __u8 id)
{
	unsigned int pos = config_read(fd, PCI_CAPABILITY_LIST, 1);

	while (pos && config_read(fd, pos, 1) != id)
		pos = config_read(fd, pos + 1, 1);

	expect_true(pos);

	return pos;
}

static void power_set(int fd, __u16 state)
{
	unsigned int ctrl = capability(fd, PCI_CAP_ID_PM) + PCI_PM_CTRL;

	config_write(fd, ctrl, 2, state);
	expect_eq(config_read(fd, ctrl, 2) & PCI_PM_CTRL_STATE_MASK, state);
}

/* As long as memory is off: no access of a CPU, none of edu, no MAP_DMA. */
static void expect_off(struct scene *scene)
{
	struct vfio_region_info info = region_info(scene->device.fd, BAR2);
	char byte;

	allow_iommu_faults();
	edu_put(&scene->edu, IOVA);
	expect_eq(read_signal(scene->bar), SIGBUS);
	expect_errno(pread(scene->device.fd, &byte, 1, info.offset), EIO);
	expect_errno(dma_map(scene->device.container, 2 * IOVA, scene->bar,
			     scene->size), EFAULT);
}

/* Nothing of what edu writes while the memory is off is there afterwards. */
static void expect_off_between(struct scene *scene,
			       void (*off)(struct scene *scene),
			       void (*on)(struct scene *scene))
{
	unsigned int seed = pattern_new();

	pattern_fill_inverse(scene->bar, seed);
	pattern_fill(scene->edu.scratch, seed);
	off(scene);
	expect_off(scene);
	on(scene);
	expect_eq(pattern_count(scene->bar, seed), 0);
	expect_given_back(scene);
}

static void memory_disable(struct scene *scene)
{
	command_clear(scene->device.fd, PCI_COMMAND_MEMORY);
}

static void memory_enable(struct scene *scene)
{
	command_set(scene->device.fd, PCI_COMMAND_MEMORY);
}

static void sleep_d3hot(struct scene *scene)
{
	power_set(scene->device.fd, 3);
}

static void wake_d0(struct scene *scene)
{
	power_set(scene->device.fd, 0);
}

static void wake_by_reset(struct scene *scene)
{
	unsigned int ctrl = capability(scene->device.fd, PCI_CAP_ID_PM);

	expect_ok(device_reset(&scene->device));
	ctrl += PCI_PM_CTRL;
	expect_eq(config_read(scene->device.fd, ctrl, 2) &
		  PCI_PM_CTRL_STATE_MASK, 0);
}

TEST(memory_bit)
{
	/* This test clears the memory bit and sets it again. */
	struct scene scene = scene_open(need("peer"));

	expect_off_between(&scene, memory_disable, memory_enable);
}

TEST(d3hot)
{
	/* This test puts a device to sleep and wakes it. */
	struct scene scene = scene_open(need("disk"));

	expect_off_between(&scene, sleep_d3hot, wake_d0);
}

TEST(d3hot_then_reset)
{
	/* This test puts a device to sleep and wakes it by a reset. */
	struct scene scene = scene_open(need("disk"));

	expect_off_between(&scene, sleep_d3hot, wake_by_reset);
}

TEST(d3hot_of_disabled_memory)
{
	/* This test wakes a device whose memory is disabled: it stays so. */
	struct scene scene = scene_open(need("disk"));

	power_set(scene.device.fd, 3);
	memory_disable(&scene);
	power_set(scene.device.fd, 0);
	expect_off(&scene);
	memory_enable(&scene);
	expect_given_back(&scene);
}

TEST(d3hot_keeps_config_space)
{
	/* This test puts a device to sleep that may forget all of it. */
	struct device nic = device_open(container_open(), need("nic"));
	__u32 before[16];

	command_set(nic.fd, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (int i = 0; i < 16; i++)
		before[i] = config_read(nic.fd, 4 * i, 4);
	power_set(nic.fd, 3);
	power_set(nic.fd, 0);
	for (int i = 0; i < 16; i++)
		expect_eq(config_read(nic.fd, 4 * i, 4), before[i]);
	/* Closed asleep, and opened again. */
	power_set(nic.fd, 3);
	expect_ok(close(nic.fd));
	nic.fd = expect_ok(group_get_device(nic.group, nic.bdf));
	power_set(nic.fd, 0);
}

/*
 * Function reset through config space.
 */
static int flr(void *data)
{
	struct device *device = data;
	unsigned int pos = capability(device->fd, PCI_CAP_ID_EXP);
	__u16 ctrl = config_read(device->fd, pos + PCI_EXP_DEVCTL, 2);

	expect_true(config_read(device->fd, pos + PCI_EXP_DEVCAP, 4) &
		    PCI_EXP_DEVCAP_FLR);
	config_write(device->fd, pos + PCI_EXP_DEVCTL, 2,
		     ctrl | PCI_EXP_DEVCTL_BCR_FLR);

	return 0;
}

TEST(function_reset_by_config_space)
{
	/* This test resets a function by a bit of its Device Control. */
	struct scene scene = scene_open(need("disk"));

	expect_away_during(&scene, flr, &scene.device);
}

/*
 * Being asked for the device.
 */
static int irq_set(int fd, __u32 index, __u32 flags, __u32 count,
		   const void *data, size_t size)
{
	char buffer[sizeof(struct vfio_irq_set) + 8];
	struct vfio_irq_set *set = (void *)buffer;

	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set) + size,
		.flags = flags,
		.index = index,
		.count = count,
	};
	memcpy(set->data, data, size);

	return ioctl(fd, VFIO_DEVICE_SET_IRQS, set);
}

#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define NONE	(TRIGGER | VFIO_IRQ_SET_DATA_NONE)
#define BOOL	(TRIGGER | VFIO_IRQ_SET_DATA_BOOL)
#define EVENTFD	(TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)

static __u64 signals(int event)
{
	__u64 count = 0;

	if (read(event, &count, sizeof(count)) < 0)
		expect_eq(errno, EAGAIN);

	return count;
}

static void expect_trigger(int fd, __u32 index)
{
	__s32 event = expect_ok(eventfd(0, EFD_NONBLOCK)), no = -1, bad = -2;
	__s32 two[] = { event, event };
	__u8 on = 1, off = 0;

	expect_errno(irq_set(fd, index, NONE, 0, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, NONE, 1, NULL, 0), EINVAL);
	expect_ok(irq_set(fd, index, BOOL, 1, &on, 1));

	expect_ok(irq_set(fd, index, EVENTFD, 1, &event, 4));
	expect_eq(signals(event), 0);
	expect_ok(irq_set(fd, index, NONE, 1, NULL, 0));
	expect_eq(signals(event), 1);
	expect_ok(irq_set(fd, index, BOOL, 1, &on, 1));
	expect_eq(signals(event), 1);
	expect_ok(irq_set(fd, index, BOOL, 1, &off, 1));
	expect_eq(signals(event), 0);
	expect_ok(irq_set(fd, index, NONE, 0, NULL, 0));
	expect_errno(irq_set(fd, index, NONE, 1, NULL, 0), EINVAL);
	expect_ok(irq_set(fd, index, EVENTFD, 1, &event, 4));
	expect_ok(irq_set(fd, index, EVENTFD, 1, &no, 4));
	expect_errno(irq_set(fd, index, NONE, 1, NULL, 0), EINVAL);

	expect_errno(irq_set(fd, index, EVENTFD, 1, &bad, 4), EINVAL);
	expect_errno(irq_set(fd, index, EVENTFD, 1, &fd, 4), EINVAL);
	bad = 1000;
	expect_errno(irq_set(fd, index, EVENTFD, 1, &bad, 4), EBADF);
	expect_errno(irq_set(fd, index, EVENTFD, 0, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, BOOL, 0, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, EVENTFD, 1, &event, 3), EINVAL);
	expect_errno(irq_set(fd, index, EVENTFD, 2, two, 8), EINVAL);
	expect_errno(irq_set(fd, index, TRIGGER, 1, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, NONE | BOOL, 1, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, NONE | 1 << 6, 1, NULL, 0), EINVAL);
	expect_errno(irq_set(fd, index, VFIO_IRQ_SET_ACTION_MASK |
			     VFIO_IRQ_SET_DATA_NONE, 1, NULL, 0), ENOTTY);
	expect_errno(irq_set(fd, index, VFIO_IRQ_SET_DATA_NONE, 1, NULL, 0),
		     ENOTTY);
	expect_ok(close(event));
}

TEST(triggers)
{
	/* This test sets, tries and ends the eventfds of requests and errors. */
	int peer = device_open(container_open(), need("peer")).fd;
	int nic = device_open(container_open(), need("nic")).fd;

	expect_trigger(peer, VFIO_PCI_REQ_IRQ_INDEX);
	expect_trigger(nic, VFIO_PCI_REQ_IRQ_INDEX);
	expect_trigger(nic, VFIO_PCI_ERR_IRQ_INDEX);
	expect_errno(irq_set(peer, VFIO_PCI_ERR_IRQ_INDEX, NONE, 1, NULL, 0),
		     EINVAL);
	expect_errno(irq_set(peer, VFIO_PCI_NUM_IRQS, NONE, 1, NULL, 0), EINVAL);
}

/* The device is wanted back: it is asked for, its memory is gone for good. */
static void expect_gone(struct scene *scene, int event)
{
	unsigned int seed = pattern_new();
	long long left = 100;

	while (!signals(event) && --left)
		usleep(20000);
	expect_true(left);

	allow_iommu_faults();
	pattern_fill(scene->edu.scratch, seed);
	edu_put(&scene->edu, IOVA);
	expect_eq(read_signal(scene->bar), SIGBUS);
	expect_errno(dma_map(scene->device.container, 2 * IOVA, scene->bar,
			     scene->size), EPERM);
	expect_eq(dma_unmap(scene->device.container, IOVA, scene->size),
		  scene->size);
	expect_ok(munmap(scene->bar, scene->size));
	device_close(&scene->device);
}

static int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, text, strlen(text));
	close(fd);

	return done < 0 ? -1 : 0;
}

static struct scene scene_with_request(const char *bdf, int *event)
{
	struct scene scene = scene_open(bdf);

	*event = expect_ok(eventfd(0, EFD_NONBLOCK));
	expect_ok(irq_set(scene.device.fd, VFIO_PCI_REQ_IRQ_INDEX, EVENTFD, 1,
			  event, 4));

	return scene;
}

static int unbind(void *bdf)
{
	return pci_unbind(bdf);
}

TEST(unbind_asks_for_the_device)
{
	/* This test unbinds an open device, which is asked for and given. */
	char *bdf = strdup(need("peer"));
	struct scene scene;
	struct call call;
	int event;

	scene = scene_with_request(bdf, &event);
	call_begin(&call, unbind, bdf);
	expect_gone(&scene, event);
	call_end(&call);
	expect_ok(pci_bind(bdf, "vfio-pci"));
}

static int sysfs_remove(void *bdf)
{
	return sysfs_write(pci_path(bdf, "remove"), "1");
}

TEST(hot_unplug)
{
	/* This test removes an open device from the system. */
	char *bdf = strdup(need("peer"));
	struct scene scene;
	struct call call;
	int event;

	scene = scene_with_request(bdf, &event);
	call_begin(&call, sysfs_remove, bdf);
	expect_gone(&scene, event);
	call_end(&call);
	expect_ok(sysfs_write("/sys/bus/pci/rescan", "1"));
	expect_ok(pci_bind(bdf, "vfio-pci"));
	scene_enter(&scene, bdf);
	expect_given_back(&scene);
}

/*
 * The host recovers from an error, or sleeps.
 */
struct aer_error {
	__u8 bus, dev, fn;
	__u32 uncorrectable, correctable;
	__u32 header[4];
	__u32 domain;
};

/* An error of the port above the device, made by the module aer_inject. */
static void inject_error(const char *bdf, __u32 uncorrectable)
{
	struct aer_error error = { .uncorrectable = uncorrectable };
	unsigned int bus, dev, fn;
	char path[PATH_MAX], *port;
	int fd, fields;

	fd = open("/dev/aer_inject", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		skip("needs /dev/aer_inject: load the kernel's aer_inject");

	expect_true(realpath(pci_path(bdf, ".."), path));
	port = strrchr(path, '/') + 1;
	fields = sscanf(port, "%*x:%x:%x.%x", &bus, &dev, &fn);
	expect_eq(fields, 3);
	error.bus = bus;
	error.dev = dev;
	error.fn = fn;
	expect_eq(write(fd, &error, sizeof(error)), sizeof(error));
	close(fd);
}

static void expect_recovery(__u32 uncorrectable)
{
	struct scene scene = scene_open(need("reset"));

	inject_error(scene.device.bdf, uncorrectable);
	/* The error is handled by a thread of the kernel's. */
	sleep(3);
	expect_given_back(&scene);
}

TEST(error_that_is_not_fatal)
{
	/* This test has the host recover from an error without a reset. */
	expect_recovery(PCI_ERR_UNC_COMP_TIME);
}

TEST(error_that_is_fatal)
{
	/* This test has the host recover from an error by a reset. */
	expect_recovery(PCI_ERR_UNC_DLP);
}

TEST(system_sleep)
{
	/* This test sends the system to sleep, only as far as its devices. */
	struct utsname system;
	struct scene scene;

	/* There, nobody would hear of this test's end, nor of any later one. */
	uname(&system);
	if (!strncmp(system.release, "7.3.", 4))
		skip("needs a kernel whose virtio_console keeps its ports in system sleep: Linux 6.12");

	scene = scene_open(need("peer"));
	if (sysfs_write("/sys/power/pm_test", "devices"))
		skip("needs /sys/power/pm_test: a kernel with CONFIG_PM_DEBUG");

	expect_ok(sysfs_write("/sys/module/suspend/parameters/pm_test_delay",
			      "1"));
	expect_ok(sysfs_write("/sys/power/state", "freeze"));
	expect_given_back(&scene);
}
