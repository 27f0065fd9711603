// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: what keeps the module, what keeps it out, and what is
 * left of it. Run while nothing is loaded.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edu.h"
#include "fault.h"
#include "module.h"
#include "pci.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

static void expect_works(void)
{
	const char *bdf = need("peer");
	struct device peer;
	char *bar;

	expect_ok(pci_rebind(bdf, "vfio-pci"));
	peer = device_open(container_open(), bdf);
	bar = region_open(peer.fd, BAR2);
	expect_ok(dma_map(peer.container, IOVA, bar, MIB));
	expect_eq(dma_unmap(peer.container, IOVA, MIB), MIB);
	expect_ok(munmap(bar, region_size(peer.fd, BAR2)));
	device_close(&peer);
	expect_ok(close(peer.container));
	expect_ok(pci_unbind(bdf));
}

TEST(load_and_unload)
{
	/* This test loads and unloads, with nothing in between. */
	struct stat status;

	expect_fine(vfio_left());
	for (int i = 0; i < 3; i++) {
		module_load(strategy_name());
		expect_ok(stat("/dev/vfio/vfio", &status));
		expect_ok(stat("/sys/bus/pci/drivers/vfio-pci", &status));
		module_unload();
		expect_fine(vfio_left());
	}
}

TEST(load_use_and_unload)
{
	/* This test loads, uses and unloads, twice. */
	for (int i = 0; i < 2; i++) {
		module_load(strategy_name());
		expect_works();
		module_unload();
		expect_fine(vfio_left());
	}
}

TEST(unload_while_bound)
{
	/* This test unloads while devices are bound, which nobody has open. */
	const char *bdf = need("peer");
	char driver[32];

	need_a_strategy();
	module_load(strategy_name());
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_ok(module_delete());
	pci_driver(bdf, driver, sizeof(driver));
	expect_true(!driver[0]);
	expect_fine(vfio_left());
}

TEST(unload_while_open)
{
	/* This test unloads while a file or an mmap is open: refused. */
	const char *bdf = need("peer");
	struct device peer;
	int container;
	char *bar;

	need_a_strategy();
	module_load(strategy_name());
	expect_ok(pci_bind(bdf, "vfio-pci"));

	container = container_open();
	expect_errno(module_delete(), EAGAIN);
	peer = device_open(container, bdf);
	expect_ok(close(container));
	expect_errno(module_delete(), EAGAIN);
	bar = region_open(peer.fd, BAR2);
	expect_ok(close(peer.group));
	expect_errno(module_delete(), EAGAIN);
	expect_ok(close(peer.fd));
	expect_errno(module_delete(), EAGAIN);
	expect_eq(read_signal(bar), 0);
	expect_ok(munmap(bar, 64 * MIB));

	container = group_open(bdf);
	expect_errno(module_delete(), EAGAIN);
	expect_ok(close(container));
	expect_ok(module_delete());
	expect_fine(vfio_left());
}

TEST(load_twice)
{
	/* This test loads the module that is loaded: refused, as it was. */
	need_a_strategy();
	module_load(strategy_name());
	expect_errno(module_insert(strategy_name(), ""), EEXIST);
	expect_works();
	module_unload();
	expect_fine(vfio_left());
}

/* Lines in the kernel log that have both texts. */
static unsigned int count_log(const char *one, const char *other)
{
	char line[1024];
	unsigned int count = 0;
	FILE *log = popen("dmesg", "re");

	expect_true(log);
	while (fgets(line, sizeof(line), log))
		count += strstr(line, one) && strstr(line, other);
	expect_eq(pclose(log), 0);

	return count;
}

/*
 * Refused, by the module with a line that says what to do; or, if the kernel has
 * KVM, by the kernel before, with a line that says who has what KVM looks up.
 */
static void expect_refused_beside_stock(void)
{
	unsigned int module = count_log("vfio", "unload");
	unsigned int kernel = count_log("exports duplicate symbol vfio_file_",
					"owned by vfio");

	expect_eq(module_insert(strategy_name(), ""), -1);
	if (errno == ENOEXEC)
		kernel++;
	else if (errno == EBUSY)
		module++;
	else
		ck_abort_msg("errno %s", errno_name(errno));
	expect_eq(count_log("vfio", "unload"), module);
	expect_eq(count_log("exports duplicate symbol vfio_file_",
			    "owned by vfio"), kernel);
}

TEST(load_beside_stock)
{
	/* This test loads while the kernel's own vfio is loaded. */
	need_a_strategy();
	module_load("stock");
	expect_refused_beside_stock();
	expect_works();
	module_unload();
	expect_fine(vfio_left());
	module_load(strategy_name());
	expect_works();
	module_unload();
}

TEST(stock_beside_load)
{
	/* This test loads the kernel's own vfio beside: it does not come in. */
	need_a_strategy();
	module_load(strategy_name());
	expect_true(system("modprobe vfio 2> /dev/null"));
	expect_works();
	module_unload();
	expect_fine(vfio_left());
}

TEST(load_beside_another_strategy)
{
	/*
	 * This test loads the other strategies beside: refused, by the module or
	 * by the kernel before, because both export the same symbols.
	 */
	char strategy[64];
	glob_t drivers;

	need_a_strategy();
	module_load(strategy_name());
	/* Each strategy has a module of test drivers, and is named by it. */
	expect_eq(glob("/modules/vfio-test-drivers-*.ko", 0, NULL, &drivers), 0);
	for (size_t i = 0; i < drivers.gl_pathc; i++) {
		expect_eq(sscanf(drivers.gl_pathv[i],
				 "/modules/vfio-test-drivers-%63[^.]", strategy), 1);
		if (strcmp(strategy, strategy_name()))
			expect_eq(module_insert(strategy, ""), -1);
	}
	globfree(&drivers);
	expect_works();
	module_unload();
	expect_fine(vfio_left());
}

TEST(parameters_at_load)
{
	/* This test sets the limit of mappings at load, and what is no limit. */
	struct device peer;

	need_a_strategy();
	module_load(strategy_name());
	expect_ok(module_delete());

	expect_errno(module_insert(strategy_name(), "dma_entry_limit=many"), EINVAL);
	expect_fine(vfio_left());
	expect_ok(module_insert(strategy_name(), "dma_entry_limit=7"));
	expect_ok(pci_bind(need("peer"), "vfio-pci"));
	peer = device_open(container_open(), need("peer"));
	expect_eq(dma_avail(peer.container), 7);
	device_close(&peer);
	expect_ok(close(peer.container));
	expect_ok(module_delete());
}

/* So that the module finds no device to take when it is loaded. */
static void take_nothing(const char *bdf)
{
	FILE *override = fopen(pci_path(bdf, "driver_override"), "we");

	expect_true(override);
	fputs("\n", override);
	expect_ok(fclose(override));
}

/*
 * Without memory for the name of a misc device's node, devtmpfs gives the node the
 * device's own name, and later looks for the other one: it stays.
 */
static void remove_misnamed_node(void)
{
	struct stat status;

	if (!stat("/dev/vfio", &status) && S_ISCHR(status.st_mode))
		expect_ok(unlink("/dev/vfio"));
}

TEST_WITHIN(load_without_memory, 900)
{
	/*
	 * This test has every allocation of the module's init fail once: it is
	 * not loaded, and nothing of it is left.
	 */
	unsigned int nth, failed = 0;
	bool reached;
	int ret;

	need_a_strategy();
	fault_need();
	module_load(strategy_name());
	expect_ok(module_delete());
	take_nothing(need("peer"));

	fault_only_below("do_one_initcall");
	for (enum fault fault = FAULT_SLAB; fault <= FAULT_PAGE; fault++) {
		nth = 0;
		do {
			fault_begin(fault, ++nth);
			ret = module_insert(strategy_name(), "");
			reached = fault_end();
			if (ret) {
				/* The driver core says EINVAL of a folder. */
				expect_true(errno == ENOMEM || errno == EINVAL);
				expect_true(reached);
				expect_fine(vfio_left());
				expect_ok(module_insert(strategy_name(), ""));
				failed++;
			}
			expect_ok(module_delete());
			remove_misnamed_node();
		} while (reached);
		note("%u %ss", nth - 1, fault_names[fault]);
	}
	expect_true(failed > 10);
	expect_fine(vfio_left());
	module_load(strategy_name());
	expect_works();
	module_unload();
}

TEST(module_has_no_alias)
{
	/* This test looks for aliases in the module: nothing loads it by itself. */
	char command[128];

	need_a_strategy();
	snprintf(command, sizeof(command),
		 "strings /modules/vfio-%s.ko | grep -q ^alias=", strategy_name());
	expect_true(system(command));
}
