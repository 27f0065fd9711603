// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: what keeps the module, what keeps it out, and what is
 * left of it. Run while nothing is loaded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "edu.h"
#include "pci.h"
#include "state.h"
#include "test.h"
#include "vfio.h"

static const char * const strategies[] = {
	"wrap-vmops", "ops-callback", "pgoff-index",
};

#define STRATEGIES	(sizeof(strategies) / sizeof(strategies[0]))

/* Loads or unloads as the VM's own scripts do, by "vfio_load NAME" and such. */
static void guest_sh(const char *format, const char *name)
{
	char command[256] = ". /etc/guest.sh; ";
	size_t used = strlen(command);

	snprintf(command + used, sizeof(command) - used, format, name);
	expect_eq(system(command), 0);
}

static void unload(void)
{
	guest_sh("vfio_unload", "");
}

/* Whatever a failed test has left loaded goes first. */
static void load(const char *name)
{
	unload();
	guest_sh("vfio_load %s", name);
}

static void need_a_strategy(void)
{
	if (!strcmp(strategy_name(), "stock"))
		skip("needs a module of this project: tests/run --strategy all");
}

/* insmod of a strategy's module with parameters: 0, or -1 and errno. */
static int insert(const char *strategy, const char *parameters)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/modules/vfio-%s.ko", strategy);
	fd = expect_ok(open(path, O_RDONLY | O_CLOEXEC));
	ret = syscall(SYS_finit_module, fd, parameters, 0);
	close(fd);

	return ret;
}

/* rmmod of the strategy's module: 0, or -1 and errno. */
static int delete(void)
{
	char module[64];

	snprintf(module, sizeof(module), "vfio_%s", strategy_name());
	for (char *c = module; *c; c++)
		*c = *c == '-' ? '_' : *c;

	return syscall(SYS_delete_module, module, O_NONBLOCK);
}

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
		load(strategy_name());
		expect_ok(stat("/dev/vfio/vfio", &status));
		expect_ok(stat("/sys/bus/pci/drivers/vfio-pci", &status));
		unload();
		expect_fine(vfio_left());
	}
}

TEST(load_use_and_unload)
{
	/* This test loads, uses and unloads, twice. */
	for (int i = 0; i < 2; i++) {
		load(strategy_name());
		expect_works();
		unload();
		expect_fine(vfio_left());
	}
}

TEST(unload_while_bound)
{
	/* This test unloads while devices are bound, which nobody has open. */
	const char *bdf = need("peer");
	char driver[32];

	need_a_strategy();
	load(strategy_name());
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_ok(delete());
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
	load(strategy_name());
	expect_ok(pci_bind(bdf, "vfio-pci"));

	container = container_open();
	expect_errno(delete(), EAGAIN);
	peer = device_open(container, bdf);
	expect_ok(close(container));
	expect_errno(delete(), EAGAIN);
	bar = region_open(peer.fd, BAR2);
	expect_ok(close(peer.group));
	expect_errno(delete(), EAGAIN);
	expect_ok(close(peer.fd));
	expect_errno(delete(), EAGAIN);
	expect_eq(read_signal(bar), 0);
	expect_ok(munmap(bar, 64 * MIB));

	container = group_open(bdf);
	expect_errno(delete(), EAGAIN);
	expect_ok(close(container));
	expect_ok(delete());
	expect_fine(vfio_left());
}

TEST(load_twice)
{
	/* This test loads the module that is loaded: refused, as it was. */
	need_a_strategy();
	load(strategy_name());
	expect_errno(insert(strategy_name(), ""), EEXIST);
	expect_works();
	unload();
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

TEST(load_beside_stock)
{
	/*
	 * This test loads while the kernel's own vfio is loaded: refused, and one
	 * line in the log says what to do.
	 */
	unsigned int before;

	need_a_strategy();
	load("stock");
	before = count_log("vfio", "unload");
	expect_errno(insert(strategy_name(), ""), EBUSY);
	expect_eq(count_log("vfio", "unload"), before + 1);
	expect_works();
	unload();
	expect_fine(vfio_left());
	load(strategy_name());
	expect_works();
	unload();
}

TEST(stock_beside_load)
{
	/* This test loads the kernel's own vfio beside: it does not come in. */
	need_a_strategy();
	load(strategy_name());
	expect_true(system("modprobe vfio 2> /dev/null"));
	expect_works();
	unload();
	expect_fine(vfio_left());
}

TEST(load_beside_another_strategy)
{
	/*
	 * This test loads the other strategies beside: refused, by the module or
	 * by the kernel before, because both export the same symbols.
	 */
	need_a_strategy();
	load(strategy_name());
	for (size_t i = 0; i < STRATEGIES; i++) {
		if (strcmp(strategies[i], strategy_name()))
			expect_eq(insert(strategies[i], ""), -1);
	}
	expect_works();
	unload();
	expect_fine(vfio_left());
}

TEST(parameters_at_load)
{
	/* This test sets the limit of mappings at load, and what is no limit. */
	struct device peer;

	need_a_strategy();
	load(strategy_name());
	expect_ok(delete());

	expect_errno(insert(strategy_name(), "dma_entry_limit=many"), EINVAL);
	expect_fine(vfio_left());
	expect_ok(insert(strategy_name(), "dma_entry_limit=7"));
	expect_ok(pci_bind(need("peer"), "vfio-pci"));
	peer = device_open(container_open(), need("peer"));
	expect_eq(dma_avail(peer.container), 7);
	device_close(&peer);
	expect_ok(close(peer.container));
	expect_ok(delete());
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
