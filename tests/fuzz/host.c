// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host does to devices that are in use, by way of sysfs; and debugfs,
 * which it reads meanwhile.
 *
 * It takes a device away only after it has said so on the board: the unbind waits
 * for every process to let go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "pci.h"

#define DEBUGFS	"/sys/kernel/debug/vfio"

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

void host_reset(struct fuzzer *self)
{
	struct target *target = &self->board->targets[target_any(self)];

	for (int i = 0; i < 8 && !target->resets; i++)
		target = &self->board->targets[target_any(self)];
	begin_call(self, CALL_HOST_RESET, "%s", target->role);
	end_call(self, sysfs_write(pci_path(target->bdf, "reset"), "1"));
}

/* A sole worker that had it open would wait for itself. */
static void want(struct fuzzer *self, int target)
{
	__atomic_fetch_or(&self->board->wanted, 1U << target, __ATOMIC_RELAXED);
	if (self->board->workers == 1)
		files_release(self, 1U << target);
}

static void give_back(struct fuzzer *self, int number)
{
	struct target *target = &self->board->targets[number];

	begin_call(self, CALL_HOST_BIND, "%s", target->role);
	if (end_call(self, pci_bind(target->bdf, "vfio-pci")))
		fuzz_fail(self, "%s cannot be bound any more", target->role);
	target->group = pci_group(target->bdf);
	__atomic_fetch_and(&self->board->wanted, ~(1U << number),
			   __ATOMIC_RELAXED);
}

void host_rebind(struct fuzzer *self)
{
	int number = target_any(self);
	struct target *target = &self->board->targets[number];

	want(self, number);
	begin_call(self, CALL_HOST_UNBIND, "%s", target->role);
	if (end_call(self, pci_unbind(target->bdf)))
		fuzz_fail(self, "%s cannot be unbound", target->role);
	give_back(self, number);
}

/*
 * Only of a device that nothing shares a group with, that no host driver would
 * take, and that has a bus to itself. To look for it on that bus alone matters:
 * the kernel writes a bridge's control register when it looks behind the bridge,
 * and if a reset is just going on there, it resets the bus once more afterwards,
 * with nobody to restore the devices.
 */
void host_unplug(struct fuzzer *self)
{
	struct target *targets = self->board->targets;
	char rescan[64];
	int number = 0;

	while (strcmp(targets[number].role, "reset"))
		number++;
	/* Of an address, domain and bus are the first seven characters. */
	snprintf(rescan, sizeof(rescan), "/sys/class/pci_bus/%.7s/rescan",
		 targets[number].bdf);
	want(self, number);
	begin_call(self, CALL_HOST_UNPLUG, "reset");
	if (end_call(self, sysfs_write(pci_path(targets[number].bdf, "remove"),
				       "1")) ||
	    sysfs_write(rescan, "1"))
		fuzz_fail(self, "the device cannot be removed and found again");
	give_back(self, number);
}

static void show(struct fuzzer *self, const char *name)
{
	char path[300], room[4096];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "/%s", name);
	begin_call(self, CALL_HOST_SHOW, "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (end_call(self, fd < 0 ? -1 : 0))
		return;
	do {
		size = read(fd, room, sizeof(room));
	} while (size > 0);
	close(fd);
}

/* A container's file may go at any time. */
void host_show(struct fuzzer *self)
{
	DIR *dir = opendir(DEBUGFS);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			show(self, entry->d_name);
	}
	closedir(dir);
}
