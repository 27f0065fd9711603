// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: what keeps the module, what keeps it out, and what is
 * left of it. Run while nothing is loaded.
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edu.h"
#include "fault.h"
#include "log.h"
#include "module.h"
#include "overlay.h"
#include "pci.h"
#include "state.h"
#include "test.h"
#include "trace.h"
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

static void load_with(const char *parameters)
{
	expect_ok(module_insert(strategy_name(), parameters));
}

/* Loads with whatever the module needs, then only that is left. */
static void load_what_it_needs(void)
{
	need_a_strategy();
	module_load(strategy_name());
	expect_ok(module_delete());
}

static bool is_bound(const char *bdf)
{
	char driver[32];

	pci_driver(bdf, driver, sizeof(driver));

	return !strcmp(driver, "vfio-pci");
}

/* "vendor:device" of the device, and of its subsystem, in text. */
static const char *id_of(const char *bdf, unsigned int pos, const char *between)
{
	static char text[2][16];
	static unsigned int next;
	char *id = text[next++ % 2];

	snprintf(id, sizeof(text[0]), "%04x%s%04x", pci_config(bdf, pos, 2),
		 between, pci_config(bdf, pos + 2, 2));

	return id;
}

TEST(ids_at_load)
{
	/* This test has devices bound by what they are, with nothing else said. */
	const char *peer = need("peer"), *nic = need("nic");
	char parameters[128];
	int log;

	load_what_it_needs();
	take_nothing(peer);
	take_nothing(nic);

	load_with("ids=");
	expect_true(!is_bound(peer));
	expect_ok(module_delete());

	log = log_open();
	snprintf(parameters, sizeof(parameters), "ids=%s",
		 id_of(peer, PCI_VENDOR_ID, ":"));
	load_with(parameters);
	expect_true(is_bound(peer));
	expect_true(!is_bound(nic));
	expect_eq(log_count(log, "ids", id_of(peer, PCI_VENDOR_ID, ":"), NULL), 1);
	expect_ok(module_delete());

	/* Of a subsystem, the right one and another; and a second device. */
	snprintf(parameters, sizeof(parameters), "ids=%s:1:2,,%s:%s",
		 id_of(peer, PCI_VENDOR_ID, ":"), id_of(nic, PCI_VENDOR_ID, ":"),
		 "ffffffff:ffffffff:0:0");
	load_with(parameters);
	expect_true(!is_bound(peer));
	expect_true(is_bound(nic));
	expect_ok(module_delete());
	snprintf(parameters, sizeof(parameters), "ids=%s:%s",
		 id_of(peer, PCI_VENDOR_ID, ":"),
		 id_of(peer, PCI_SUBSYSTEM_VENDOR_ID, ":"));
	load_with(parameters);
	expect_true(is_bound(peer));
	expect_ok(module_delete());
	expect_fine(vfio_left());
}

TEST(ids_that_are_none)
{
	/* This test loads with lists that have a mistake in them: refused. */
	static const char * const bad[] = {
		"1af4", "1af4:", ":1110", "1af4:1110:", "1af4:xyz", "1af4:11100",
		"1af4:1110,8086", "1af4:1110:0:0:0:0:0", "1af4 1110", "all",
	};
	const char *peer = need("peer");
	char parameters[64];
	int log;

	load_what_it_needs();
	take_nothing(peer);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		log = log_open();
		/* Quoted, as a blank would begin another parameter. */
		snprintf(parameters, sizeof(parameters), "ids=\"%s\"", bad[i]);
		expect_errno(module_insert(strategy_name(), parameters), EINVAL);
		expect_eq(log_count(log, "ids", "no list", bad[i], NULL), 1);
		expect_true(!is_bound(peer));
		close(log);
	}
	expect_fine(vfio_left());
}

static int write_driver(const char *file, const char *text)
{
	char path[64];
	int fd, ret, error;

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/vfio-pci/%s", file);
	fd = expect_ok(open(path, O_WRONLY | O_CLOEXEC));
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	error = errno;
	close(fd);
	errno = error;

	return ret;
}

TEST(new_id_and_remove_id)
{
	/* This test has devices bound by writing to new_id what they are. */
	const char *peer = need("peer");
	char id[16];

	module_load(strategy_name());
	take_nothing(peer);
	snprintf(id, sizeof(id), "%s", id_of(peer, PCI_VENDOR_ID, " "));
	expect_ok(write_driver("new_id", id));
	expect_true(is_bound(peer));
	expect_errno(write_driver("new_id", id), EEXIST);
	expect_ok(write_driver("remove_id", id));
	expect_errno(write_driver("remove_id", id), ENODEV);
	/* It is kept, but would not be taken again. */
	expect_true(is_bound(peer));
	expect_ok(pci_unbind(peer));
	expect_ok(write_driver("../../drivers_probe", peer));
	expect_true(!is_bound(peer));
	module_unload();
	expect_fine(vfio_left());
}

static void denied(const char *bdf)
{
	int log;

	load_what_it_needs();
	log = log_open();
	load_with("");
	expect_eq(pci_bind(bdf, "vfio-pci"), -1);
	expect_eq(log_count(log, bdf, "denylist", NULL), 1);
	expect_ok(module_delete());

	load_with("disable_denylist=1");
	expect_true(!strcmp(module_parameter("disable_denylist"), "Y"));
	expect_ok(pci_bind(bdf, "vfio-pci"));
	expect_eq(log_count(log, bdf, "denylist", NULL), 1);
	expect_ok(module_delete());
	take_nothing(bdf);
}

TEST(denylist)
{
	/*
	 * This test binds a device that says that it is one with errata: refused,
	 * until that is said to be as it should.
	 */
	need_a_strategy();
	with_identity(need("reset"), 0x8086, 0x37c8, denied);
	expect_fine(vfio_left());
}

static void expect_power(const char *bdf, const char *wanted)
{
	char status[32] = "";
	int fd;

	/* Runtime PM takes its time. */
	for (int i = 0; i < 100; i++) {
		fd = expect_ok(open(pci_path(bdf, "power/runtime_status"),
				    O_RDONLY | O_CLOEXEC));
		expect_true(read(fd, status, sizeof(status) - 1) > 0);
		close(fd);
		if (!strncmp(status, wanted, strlen(wanted)) &&
		    (i > 20 || strncmp(wanted, "active", 6)))
			return;
		usleep(10000);
	}
	ck_abort_msg("%s is %s, not %s", bdf, status, wanted);
}

TEST(idle_devices_stay_awake)
{
	/* This test looks whether a bound device sleeps, by disable_idle_d3. */
	const char *nic = need("nic");
	struct device device;
	FILE *parameter;

	load_what_it_needs();
	load_with("disable_idle_d3=1");
	expect_ok(pci_rebind(nic, "vfio-pci"));
	expect_power(nic, "active");
	device = device_open(container_open(), nic);
	device_close(&device);
	expect_ok(close(device.container));
	expect_power(nic, "active");

	/* It counts when a device is bound. */
	parameter = fopen(module_parameter_path("disable_idle_d3"), "we");
	expect_true(parameter);
	fputs("N", parameter);
	expect_ok(fclose(parameter));
	expect_power(nic, "active");
	expect_ok(pci_rebind(nic, "vfio-pci"));
	expect_power(nic, "suspended");
	device = device_open(container_open(), nic);
	expect_power(nic, "active");
	device_close(&device);
	expect_ok(close(device.container));
	expect_power(nic, "suspended");
	expect_ok(module_delete());
}

TEST(no_vga_region)
{
	/* This test looks for the VGA region of a display, by disable_vga. */
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_VGA_REGION_INDEX,
	};
	const char *display = need("display");
	struct device device;

	load_what_it_needs();
	load_with("disable_vga=1");
	expect_ok(pci_rebind(display, "vfio-pci"));
	device = device_open(container_open(), display);
	expect_errno(ioctl(device.fd, VFIO_DEVICE_GET_REGION_INFO, &info),
		     EINVAL);
	device_close(&device);
	expect_ok(close(device.container));
	expect_ok(module_delete());
}

static void count_line(const char *line, void *count)
{
	*(unsigned int *)count += !!strstr(line, "map: ");
}

/* How many calls of the IOMMU map 2 MiB of RAM that lie in one piece. */
static unsigned int calls_of_a_huge_page(const char *parameters)
{
	struct device peer;
	unsigned int calls = 0;
	char *va;

	load_with(parameters);
	expect_ok(pci_rebind(need("peer"), "vfio-pci"));
	peer = device_open(container_open(), need("peer"));
	va = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (va == MAP_FAILED)
		skip("needs a huge page: give some by /proc/sys/vm/nr_hugepages");
	trace_begin("iommu/map", NULL);
	expect_ok(dma_map(peer.container, IOVA, va, 2 * MIB));
	trace_end(count_line, &calls);
	expect_eq(dma_unmap(peer.container, IOVA, 2 * MIB), 2 * MIB);
	expect_ok(munmap(va, 2 * MIB));
	device_close(&peer);
	expect_ok(close(peer.container));
	expect_ok(module_delete());

	return calls;
}

TEST(no_huge_pages)
{
	/* This test counts what maps a huge page of RAM, by disable_hugepages. */
	load_what_it_needs();
	expect_eq(calls_of_a_huge_page(""), 1);
	expect_eq(calls_of_a_huge_page("disable_hugepages=1"), 512);
}

TEST(no_mode_without_iommu)
{
	/* This test asks for no-IOMMU mode, which there is none of. */
	int log;

	load_what_it_needs();
	log = log_open();
	expect_errno(module_insert(strategy_name(),
				   "enable_unsafe_noiommu_mode=1"), EINVAL);
	expect_eq(log_count(log, "enable_unsafe_noiommu_mode", "no such mode",
			    NULL), 1);
	load_with("enable_unsafe_noiommu_mode=0");
	expect_true(!strcmp(module_parameter("enable_unsafe_noiommu_mode"), "N"));
	expect_ok(module_delete());
}

/* Modules with the names of the kernel's own, in the order of loading. */
static const char * const names[] = { "vfio", "vfio_iommu_type1", "vfio-pci" };

#define NAMES	(sizeof(names) / sizeof(names[0]))

static int name_insert(const char *name, const char *parameters)
{
	char file[96];

	snprintf(file, sizeof(file), "names/%s/%s", strategy_name(), name);

	return module_file_insert(file, parameters);
}

static void names_insert(void)
{
	for (size_t i = 0; i < NAMES; i++)
		expect_ok(name_insert(names[i], ""));
}

static void names_delete(void)
{
	for (size_t i = NAMES; i--;)
		expect_ok(module_file_delete(names[i]));
}

static void set_parameter(const char *module, const char *name,
			  const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	file = fopen(path, "we");
	expect_true(file);
	fputs(value, file);
	expect_ok(fclose(file));
}

TEST(names_of_stock)
{
	/*
	 * This test loads the modules that have the names of the kernel's own:
	 * they keep the strategy's, and modprobe finds nothing left to do.
	 */
	struct stat status;
	char path[64];

	need_a_strategy();
	module_load(strategy_name());
	for (size_t i = 0; i < NAMES; i++) {
		expect_ok(name_insert(names[i], ""));
		snprintf(path, sizeof(path), "/sys/module/%s",
			 module_file_name(names[i]));
		expect_ok(stat(path, &status));
	}
	expect_errno(module_delete(), EAGAIN);
	expect_ok(system("modprobe vfio-pci"));
	expect_ok(system("modprobe vfio"));
	expect_errno(stat("/sys/module/vfio_pci_core", &status), ENOENT);
	expect_works();
	names_delete();
	expect_works();
	module_unload();
	expect_fine(vfio_left());
}

static void expect_names_in_use(void)
{
	for (size_t i = 0; i < NAMES; i++)
		expect_errno(module_file_delete(names[i]), EAGAIN);
}

TEST(names_of_stock_while_open)
{
	/*
	 * This test unloads the names while a device is open, as modprobe -r does:
	 * each is in use, whether it was loaded before the device was opened or
	 * after.
	 */
	const char *bdf = need("peer");
	struct device peer;

	need_a_strategy();
	module_load(strategy_name());
	expect_ok(pci_bind(bdf, "vfio-pci"));
	for (int i = 0; i < 2; i++) {
		if (!i)
			names_insert();
		peer = device_open(container_open(), bdf);
		if (i)
			names_insert();
		expect_names_in_use();
		expect_ok(close(peer.container));
		expect_ok(close(peer.group));
		expect_names_in_use();
		expect_ok(close(peer.fd));
		names_delete();
	}
	module_unload();
	expect_fine(vfio_left());
}

TEST(parameters_by_the_names_of_stock)
{
	/* This test sets parameters where the kernel's own modules have them. */
	const char *peer = need("peer");
	char parameters[64];
	struct device device;

	load_what_it_needs();
	take_nothing(peer);
	load_with("");
	expect_true(!is_bound(peer));
	expect_errno(name_insert("vfio", "enable_unsafe_noiommu_mode"), EINVAL);
	expect_ok(name_insert("vfio", ""));
	expect_errno(name_insert("vfio_iommu_type1", "dma_entry_limit=many"),
		     EINVAL);
	expect_ok(name_insert("vfio_iommu_type1",
			      "dma_entry_limit=7 allow_unsafe_interrupts"));
	expect_true(!strcmp(module_parameter("dma_entry_limit"), "7"));
	expect_true(!strcmp(module_parameter("allow_unsafe_interrupts"), "Y"));

	expect_errno(name_insert("vfio-pci", "ids=1af4"), EINVAL);
	/* Ids come last, wherever they stand. */
	snprintf(parameters, sizeof(parameters),
		 "ids=%s disable_idle_d3=1 nointxmask=1",
		 id_of(peer, PCI_VENDOR_ID, ":"));
	expect_ok(name_insert("vfio-pci", parameters));
	expect_true(is_bound(peer));
	expect_true(!strcmp(module_parameter("disable_idle_d3"), "Y"));
	expect_true(!strcmp(module_parameter("nointxmask"), "Y"));
	expect_power(peer, "active");
	set_parameter("vfio_pci", "nointxmask", "N");
	expect_true(!strcmp(module_parameter("nointxmask"), "N"));

	device = device_open(container_open(), peer);
	expect_eq(dma_avail(device.container), 7);
	device_close(&device);
	expect_ok(close(device.container));
	names_delete();
	expect_ok(module_delete());
	expect_fine(vfio_left());
}

TEST(aliases_of_stock)
{
	/* This test compares the aliases of a name with those that stock has. */
	char command[256];

	need_a_strategy();
	for (size_t i = 0; i < NAMES; i++) {
		snprintf(command, sizeof(command),
			 "strings /modules/names/%s/%s.ko | grep ^alias= | sort > /tmp/ours; "
			 "strings /lib/modules/*/%s.ko | grep ^alias= | sort | cmp - /tmp/ours",
			 strategy_name(), names[i], names[i]);
		expect_eq(system(command), 0);
	}
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
	/* This test looks for aliases in the strategy's module: it is not loaded by itself. */
	char command[128];

	need_a_strategy();
	snprintf(command, sizeof(command),
		 "strings /modules/vfio-%s.ko | grep -q ^alias=", strategy_name());
	expect_true(system(command));
}
