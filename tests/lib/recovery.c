// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's recovery from errors of PCI Express.
 */
#include <dirent.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "call.h"
#include "log.h"
#include "pci.h"
#include "recovery.h"
#include "test.h"
#include "vfio.h"

bool recovery_wait(const struct plug *plug, int log)
{
	char port[32];

	pci_port(plug->bdf, port, sizeof(port));

	return !log_wait_either(log, port, AER_RECOVERED, AER_FAILED);
}

bool recovery_of_error(const struct plug *plug, const char *error)
{
	int log = log_open();
	bool succeeded;

	plug_error(plug, error);
	succeeded = recovery_wait(plug, log);
	close(log);

	return succeeded;
}

/* The first line of a file of the process, without its end; "" if it is gone. */
static void read_line(const char *pid, const char *name, char *line, int size)
{
	char path[64];
	FILE *file;

	line[0] = 0;
	snprintf(path, sizeof(path), "/proc/%.10s/%s", pid, name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(line, size, file))
		line[0] = 0;
	line[strcspn(line, "\n")] = 0;
	fclose(file);
}

/*
 * Whether it is a thread of the kernel's that handles errors, and sleeps in the
 * function that tells a driver: on the device's lock, since what the driver does
 * is in functions of its own. One that only runs through there has no place.
 */
static bool waits_to_tell(const char *pid)
{
	char line[64];

	read_line(pid, "comm", line, sizeof(line));
	if (!strstr(line, "-aerdrv"))
		return false;
	read_line(pid, "wchan", line, sizeof(line));

	return !strncmp(line, "report_error_detected", 21);
}

/* Whether a recovery waits for a device's lock, to tell its driver of the error. */
static bool stands_still(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	expect_true(proc);
	while (!found && (entry = readdir(proc)))
		found = waits_to_tell(entry->d_name);
	closedir(proc);

	return found;
}

struct recovery recovery_new(const char *bdf, const char *second, int group,
			     const char *error, bool succeeds)
{
	return (struct recovery){
		.plug = plug_find(bdf),
		.log = log_open(),
		.error = error,
		.succeeds = succeeds,
		.second = second,
		.second_fd = expect_ok(group_get_device(group, second)),
	};
}

/*
 * So that recovery succeeds, the second device has a driver again when its turn
 * comes: the host binds it next, and is first in the queue for the lock.
 */
void recovery_begin(void *data)
{
	struct recovery *recovery = data;

	recovery->unbinder = admin_begin(pci_path(recovery->second,
						  "driver/unbind"),
					 recovery->second);
	task_wait_in(recovery->unbinder, "unregister");
	if (recovery->succeeds) {
		recovery->binder = admin_begin("/sys/bus/pci/drivers/vfio-pci/bind",
					       recovery->second);
		task_wait_in(recovery->binder, "device_driver_attach");
	}
	plug_error(&recovery->plug, recovery->error);
	while (!stands_still())
		usleep(1000);
}

void recovery_end(void *data)
{
	struct recovery *recovery = data;

	expect_ok(close(recovery->second_fd));
	admin_end(recovery->unbinder);
	if (recovery->succeeds)
		admin_end(recovery->binder);
	expect_eq(recovery_wait(&recovery->plug, recovery->log),
		  recovery->succeeds);
}

void need_bus_resets(void)
{
	struct utsname system;
	int major, minor;

	uname(&system);
	expect_eq(sscanf(system.release, "%d.%d", &major, &minor), 2);
	if (major == 6 && minor < 12)
		skip("needs Linux 6.12: an older one's reset of a bus fails below the VM's ports");
}

void find_anew(const char *bdf)
{
	expect_ok(pci_rebind(bdf, ""));
	expect_ok(pci_write(bdf, "remove", "1"));
	expect_ok(pci_rescan());
	/* The host's driver has taken it, or is just about to. */
	while (pci_rebind(bdf, "vfio-pci"))
		usleep(10000);
}

bool registers_are_lost(const char *bdf, unsigned int bar)
{
	__u32 base = pci_config(bdf, PCI_BASE_ADDRESS_0 + 4 * bar, 4);

	return (base & PCI_BASE_ADDRESS_MEM_MASK) !=
	       (__u32)pci_resource(bdf, bar).start;
}
