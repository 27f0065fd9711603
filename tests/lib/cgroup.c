// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cgroup of the test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "pci.h"
#include "test.h"

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/vfio-tests"

static const char *path_of(const char *file)
{
	static __thread char path[128];

	snprintf(path, sizeof(path), GROUP "/%s", file);

	return path;
}

void cgroup_set(const char *file, const char *value)
{
	expect_ok(file_write(path_of(file), value));
}

long long cgroup_value(const char *file, const char *word)
{
	long long value = -1;
	char line[256];
	FILE *stream;
	size_t len = strlen(word);

	stream = fopen(path_of(file), "re");
	if (!stream)
		return -1;
	while (fgets(line, sizeof(line), stream)) {
		if (!strncmp(line, word, len) &&
		    sscanf(line + len, " %lld", &value) == 1)
			break;
	}
	fclose(stream);

	return value;
}

void cgroup_enter(void)
{
	cgroup_set("cgroup.procs", "0");
}

void cgroup_close(void)
{
	if (access(GROUP, F_OK))
		return;
	cgroup_set("cgroup.kill", "1");
	while (cgroup_value("cgroup.events", "populated"))
		usleep(1000);
	expect_ok(rmdir(GROUP));
}

void cgroup_open(const char *controller, const char *file)
{
	char enable[32];

	if (access(ROOT "/cgroup.controllers", F_OK) &&
	    mount("none", ROOT, "cgroup2", 0, NULL))
		skip("needs cgroups, version 2: a kernel with CONFIG_CGROUPS");

	cgroup_close();
	snprintf(enable, sizeof(enable), "+%s", controller);
	if (file_write(ROOT "/cgroup.subtree_control", enable))
		skip("needs the cgroup controller %s: a kernel that has it",
		     controller);
	expect_ok(mkdir(GROUP, 0700));
	if (access(path_of(file), F_OK))
		skip("needs %s of cgroups: a kernel that has it", file);
}
