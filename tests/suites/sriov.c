// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV: virtual functions that vfio-pci makes of a function it has, who may
 * open them, and what becomes of them.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "call.h"
#include "edu.h"
#include "irq.h"
#include "low_power.h"
#include "pci.h"
#include "sriov.h"
#include "test.h"
#include "transition.h"

#define BAR0	VFIO_PCI_BAR0_REGION_INDEX

static int token_set(int fd, const char *bytes)
{
	return feature_do(fd, SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, bytes, 16);
}

static void expect_driver(const char *bdf, const char *want)
{
	char driver[32];

	pci_driver(bdf, driver, sizeof(driver));
	if (strcmp(driver, want))
		ck_abort_msg("%s has the driver '%s', expected '%s'", bdf,
			     driver, want);
}

/* An nvme's controller status; a virtual one's has other registers only later. */
#define STATUS	0x1c

static void expect_alive(int fd)
{
	__u32 value = ~0U;

	expect_eq(pread(fd, &value, 4, region_info(fd, BAR0).offset + STATUS), 4);
	expect_true(value != ~0U);
}

TEST(sriov_is_not_allowed_by_itself)
{
	/* This test makes virtual functions without leave, with it, and without. */
	const char *bdf = need("physical");

	expect_true(!sriov_is_allowed());
	expect_errno(sriov_set(bdf, 1), ENOENT);
	sriov_allow(true);
	expect_ok(sriov_set(bdf, 1));
	sriov_allow(false);
	expect_errno(sriov_set(bdf, 0), ENOENT);
	sriov_allow(true);
	expect_errno(sriov_set(bdf, 2), EBUSY);
	expect_ok(sriov_set(bdf, 0));
	expect_errno(sriov_set(bdf, VFS + 1), ERANGE);
	sriov_allow(false);
}

TEST(virtual_functions_belong_to_vfio)
{
	/* This test looks at who has virtual functions, again and again. */
	for (int round = 0; round < 3; round++) {
		struct sriov sriov = sriov_begin();

		for (int i = 0; i < VFS; i++) {
			char override[32] = "";
			int fd;

			expect_driver(sriov.functions[i], "vfio-pci");
			fd = expect_ok(open(pci_path(sriov.functions[i],
						     "driver_override"),
					    O_RDONLY | O_CLOEXEC));
			expect_ok(read(fd, override, sizeof(override) - 1));
			close(fd);
			expect_true(!strcmp(override, "vfio-pci\n"));
			/* Nobody knows the token that there is at first. */
			fd = group_prepare(sriov.functions[i]);
			expect_errno(token_get_device(fd, sriov.functions[i],
						      NULL), EACCES);
			expect_errno(token_get_device(fd, sriov.functions[i],
						      TOKEN_ONE), EACCES);
			expect_ok(close(fd));
		}
		sriov_end(&sriov);
		expect_true(!sriov_function(sriov.physical, 0));
	}
}

TEST(virtual_function_needs_the_token)
{
	/* This test opens virtual functions with every kind of token. */
	struct sriov sriov = sriov_begin();
	char *function = sriov.functions[0], name[160];
	int group = group_prepare(function), fd;

	expect_ok(token_set(sriov.fd, TOKEN_ONE_BYTES));

	expect_errno(token_get_device(group, function, NULL), EACCES);
	expect_errno(token_get_device(group, function, TOKEN_TWO), EACCES);
	fd = expect_ok(token_get_device(group, function, TOKEN_ONE));
	expect_alive(fd);
	expect_ok(close(fd));

	/* In every shape that it may have. */
	snprintf(name, sizeof(name), "%s   vf_token=%s  ", function, TOKEN_ONE);
	expect_ok(close(expect_ok(group_get_device(group, name))));
	snprintf(name, sizeof(name),
		 "%s vf_token=00112233-4455-6677-8899-AABBCCDDEEFF", function);
	expect_ok(close(expect_ok(group_get_device(group, name))));

	/* And that it may not. */
	expect_errno(token_get_device(group, function, ""), EINVAL);
	expect_errno(token_get_device(group, function,
				      "00112233-4455-6677-8899-aabbccddeef"),
		     EINVAL);
	expect_errno(token_get_device(group, function,
				      "00112233-4455-6677-8899-aabbccddeeff0"),
		     EINVAL);
	expect_errno(token_get_device(group, function,
				      "00112233x4455-6677-8899-aabbccddeeff"),
		     EINVAL);
	expect_errno(token_get_device(group, function,
				      "g0112233-4455-6677-8899-aabbccddeeff"),
		     EINVAL);
	expect_errno(token_get_device(group, function,
				      TOKEN_ONE " vf_token=" TOKEN_ONE), EINVAL);
	expect_errno(token_get_device(group, function, TOKEN_ONE " more"),
		     EINVAL);
	snprintf(name, sizeof(name), "%s\tvf_token=%s", function, TOKEN_ONE);
	expect_errno(group_get_device(group, name), ENODEV);
	snprintf(name, sizeof(name), "%s VF_TOKEN=%s", function, TOKEN_ONE);
	expect_errno(group_get_device(group, name), EINVAL);

	expect_ok(close(group));
	sriov_end(&sriov);
}

TEST(token_comes_with_the_physical_function)
{
	/*
	 * This test opens the physical function with a token, which becomes its
	 * own; but while a virtual one is open, it must be the one there is.
	 */
	struct sriov sriov = sriov_begin();
	const char *physical = sriov.physical;
	char *function = sriov.functions[1];
	int group = group_prepare(function), fd;

	expect_ok(close(expect_ok(token_get_device(sriov.group, physical,
						   TOKEN_TWO))));
	fd = expect_ok(token_get_device(group, function, TOKEN_TWO));
	expect_errno(token_get_device(sriov.group, physical, NULL), EACCES);
	expect_errno(token_get_device(sriov.group, physical, TOKEN_ONE), EACCES);
	expect_ok(close(expect_ok(token_get_device(sriov.group, physical,
						   TOKEN_TWO))));

	/* Who has it open may change it; who has a virtual one keeps that. */
	expect_ok(token_set(sriov.fd, TOKEN_ONE_BYTES));
	expect_alive(fd);
	expect_errno(token_get_device(group, function, TOKEN_TWO), EACCES);
	expect_ok(close(expect_ok(token_get_device(group, function,
						   TOKEN_ONE))));
	expect_errno(token_get_device(sriov.group, physical, TOKEN_TWO), EACCES);

	/* Nobody is there any more to agree with. */
	expect_ok(close(fd));
	expect_ok(close(expect_ok(token_get_device(sriov.group, physical,
						   NULL))));
	expect_ok(close(group));
	sriov_end(&sriov);
}

TEST(token_without_virtual_functions)
{
	/* This test gives tokens to functions that have no use for them. */
	const char *bdf = need("physical");
	int group = group_prepare(bdf), fd;

	fd = expect_ok(token_get_device(group, bdf, TOKEN_ONE));
	expect_ok(close(expect_ok(token_get_device(group, bdf, TOKEN_TWO))));
	expect_ok(close(expect_ok(token_get_device(group, bdf, NULL))));
	expect_ok(token_set(fd, TOKEN_ONE_BYTES));

	bdf = need("peer");
	group = group_prepare(bdf);
	expect_errno(token_get_device(group, bdf, TOKEN_ONE), EINVAL);
	fd = expect_ok(token_get_device(group, bdf, NULL));
	expect_errno(token_set(fd, TOKEN_ONE_BYTES), ENOTTY);
}

TEST(virtual_function_of_the_host_s)
{
	/*
	 * This test opens a virtual function that the host's driver has made: no
	 * token. And the physical one cannot be bound as long as it has such.
	 */
	const char *bdf = need("physical");
	int group, fd;
	char *function;

	if (system("modprobe nvme"))
		skip("needs the host driver nvme: give the VM its module");
	expect_ok(pci_rebind(bdf, "nvme"));
	/* It is of no use to the host's driver, which would try for long. */
	expect_ok(pci_write(bdf, "sriov_drivers_autoprobe", "0"));
	expect_ok(sriov_set(bdf, 1));
	expect_ok(pci_write(bdf, "sriov_drivers_autoprobe", "1"));
	function = sriov_function(bdf, 0);
	expect_true(function);
	expect_ok(pci_bind(function, "vfio-pci"));
	group = group_prepare(function);
	expect_errno(token_get_device(group, function, TOKEN_ONE), EINVAL);
	fd = expect_ok(token_get_device(group, function, NULL));
	expect_alive(fd);

	/* The host's driver leaves it as it is. */
	expect_ok(pci_unbind(bdf));
	expect_errno(pci_bind(bdf, "vfio-pci"), ENODEV);
	expect_alive(fd);
	expect_ok(close(fd));
	expect_ok(close(group));
	expect_ok(pci_bind(bdf, "nvme"));
	expect_ok(sriov_set(bdf, 0));
	expect_ok(pci_rebind(bdf, "vfio-pci"));
}

TEST(virtual_functions_go_with_the_physical_one)
{
	/*
	 * This test unbinds the physical function: the users of virtual ones are
	 * asked for them first, and the host waits for them, then for its own.
	 */
	struct sriov sriov = sriov_begin();
	int group = group_prepare(sriov.functions[0]), fd, event, other;
	pid_t admin;

	sriov_allow_report();
	expect_ok(token_set(sriov.fd, TOKEN_ONE_BYTES));
	other = request_open(sriov.fd);
	fd = expect_ok(token_get_device(group, sriov.functions[0], TOKEN_ONE));
	event = request_open(fd);

	admin = admin_begin("/sys/bus/pci/drivers/vfio-pci/unbind",
			    sriov.physical);
	expect_event(event);
	expect_eq(event_count(other), 0);
	expect_true(!admin_is_over(admin));
	expect_ok(close(fd));
	expect_ok(close(group));
	expect_event(other);
	expect_true(!sriov_function(sriov.physical, 0));
	expect_true(!admin_is_over(admin));
	expect_ok(close(sriov.fd));
	admin_end(admin);
	sriov_allow(false);
	expect_ok(close(sriov.group));
	expect_ok(pci_bind(sriov.physical, "vfio-pci"));
}

TEST(virtual_functions_outlive_the_user_of_the_physical_one)
{
	/* This test closes the physical function: virtual ones stay. */
	struct sriov sriov = sriov_begin();
	bool there;

	expect_ok(close(sriov.fd));
	expect_driver(sriov.functions[0], "vfio-pci");
	there = pci_config(sriov.functions[0], PCI_COMMAND, 4) != ~0U;
	/* Nobody has one open, so this is as good as any. */
	sriov.fd = expect_ok(token_get_device(sriov.group, sriov.physical,
					      TOKEN_TWO));
	if (there) {
		int group = group_prepare(sriov.functions[0]);
		int fd = expect_ok(token_get_device(group, sriov.functions[0],
						    TOKEN_TWO));

		expect_alive(fd);
		expect_ok(close(fd));
		expect_ok(close(group));
	}
	sriov_end(&sriov);
	if (!there)
		note("virtual functions do not answer: QEMU's nvme loses them in a reset");
}

TEST(virtual_function_is_a_device)
{
	/* This test uses a virtual function in every way. */
	struct sriov sriov = sriov_begin();
	const char *bdf = sriov.functions[1];
	int container, group, fd;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	size_t size;
	char *bar;

	expect_ok(token_set(sriov.fd, TOKEN_ONE_BYTES));
	container = container_open();
	group = group_open(bdf);
	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	fd = expect_ok(token_get_device(group, bdf, TOKEN_ONE));
	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, &info));
	expect_eq(info.flags & (VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET),
		  VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	expect_eq(irq_info(fd, INTX).count, 0);
	expect_true(irq_info(fd, MSIX).count > 0);
	expect_errno(irq_trigger(fd, INTX, 0, event_new()), EINVAL);
	expect_ok(irq_trigger(fd, MSIX, 0, event_new()));

	/* Its registers have no identity and no memory bit: it is shown them. */
	expect_eq(config_read(fd, PCI_VENDOR_ID, 2),
		  config_read(fd, PCI_VENDOR_ID, 4) & 0xffff);
	expect_true(config_read(fd, PCI_VENDOR_ID, 2) != 0xffff);
	expect_eq(config_read(fd, PCI_INTERRUPT_PIN, 1), 0);
	expect_true(config_read(fd, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);

	size = region_size(fd, BAR0);
	expect_eq(size, pci_resource(bdf, 0).size);
	bar = region_open(fd, BAR0);
	expect_eq(read_signal(bar), 0);
	expect_ok(dma_map(container, IOVA, bar, size));
	/* The bit is for show. */
	memory_off(fd);
	expect_eq(config_read(fd, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, 0);
	expect_eq(read_signal(bar), 0);
	expect_alive(fd);
	expect_ok(reset_by_ioctl(fd));
	expect_alive(fd);
	expect_eq(dma_unmap(container, IOVA, size), size);

	expect_ok(low_power_enter(fd));
	wait_asleep(bdf);
	expect_errno(dma_map(container, IOVA, bar, size), EFAULT);
	expect_alive(fd);
	expect_ok(low_power_exit(fd));
	expect_ok(dma_map(container, IOVA, bar, size));

	expect_ok(munmap(bar, size));
	expect_ok(close(fd));
	expect_ok(close(group));
	expect_ok(close(container));
	sriov_end(&sriov);
}

TEST(physical_function_stays_awake)
{
	/*
	 * This test makes virtual functions of a function that sleeps, which wakes
	 * it; and puts it to sleep while it has them, in vain.
	 */
	const char *bdf = need("physical");
	int group, fd;
	char *bar;

	wait_asleep(bdf);
	sriov_allow(true);
	expect_ok(sriov_set(bdf, VFS));
	expect_true(!is_asleep(bdf));
	expect_ok(sriov_set(bdf, 0));
	wait_asleep(bdf);

	group = group_prepare(bdf);
	fd = expect_ok(group_get_device(group, bdf));
	bar = region_open(fd, BAR0);
	power_set(fd, 3);
	expect_eq(power_state(fd), 3);
	expect_ok(sriov_set(bdf, VFS));
	expect_eq(power_state(fd), 0);
	expect_eq(read_signal(bar), 0);
	power_set(fd, 3);
	expect_eq(power_state(fd), 0);
	expect_eq(read_signal(bar), 0);

	/* Low power is nothing that may be refused. */
	expect_ok(low_power_enter(fd));
	expect_eq(read_signal(bar), SIGBUS);
	expect_eq(power_state(fd), 0);
	expect_true(!is_asleep(bdf));
	expect_ok(low_power_exit(fd));
	expect_eq(read_signal(bar), 0);
	expect_ok(sriov_set(bdf, 0));
	sriov_allow(false);

	power_set(fd, 3);
	expect_eq(power_state(fd), 3);
	power_set(fd, 0);
}

TEST(bus_reset_of_a_physical_function)
{
	/* This test resets the bus: not while there are virtual functions. */
	struct sriov sriov = sriov_begin();
	int group = group_prepare(sriov.functions[0]), fd;
	__s32 groups[] = { sriov.group, group };

	expect_ok(token_set(sriov.fd, TOKEN_ONE_BYTES));
	fd = expect_ok(token_get_device(group, sriov.functions[0], TOKEN_ONE));
	expect_errno(hot_reset(sriov.fd, 1, groups), EINVAL);
	expect_errno(hot_reset(sriov.fd, 2, groups), EINVAL);
	expect_errno(hot_reset(fd, 2, groups), EINVAL);
	expect_alive(fd);
	expect_ok(close(fd));
	expect_ok(close(group));
	sriov_end(&sriov);
}
