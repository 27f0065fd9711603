// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "test.h"

void need_a_strategy(void)
{
	if (!strcmp(strategy_name(), "stock"))
		skip("needs a module of this project: tests/run --strategy all");
}

/* Loads or unloads as the VM's own scripts do, by "vfio_load NAME" and such. */
static void guest_sh(const char *format, const char *name)
{
	char command[256] = ". /etc/guest.sh; ";
	size_t used = strlen(command);

	snprintf(command + used, sizeof(command) - used, format, name);
	expect_eq(system(command), 0);
}

void module_unload(void)
{
	guest_sh("vfio_unload", "");
}

void module_load(const char *strategy)
{
	module_unload();
	guest_sh("vfio_load %s", strategy);
}

const char *module_file_name(const char *file)
{
	static __thread char name[64];

	snprintf(name, sizeof(name), "%s", file);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;

	return name;
}

int module_file_insert(const char *file, const char *parameters)
{
	char path[128];
	int fd, ret, error;

	snprintf(path, sizeof(path), "/modules/%s.ko", file);
	fd = expect_ok(open(path, O_RDONLY | O_CLOEXEC));
	ret = syscall(SYS_finit_module, fd, parameters, 0);
	error = errno;
	close(fd);
	errno = error;

	return ret;
}

int module_file_delete(const char *file)
{
	return syscall(SYS_delete_module, module_file_name(file), O_NONBLOCK);
}

void with_module(const char *file, const char *parameters, void (*body)(void),
		 void (*after)(void))
{
	siginfo_t end;
	pid_t child;

	if (module_file_insert(file, parameters)) {
		expect_eq(errno, EEXIST);
		expect_ok(module_file_delete(file));
		expect_ok(module_file_insert(file, parameters));
	}
	child = child_fork();
	if (!child) {
		body();
		child_exit();
	}

	/* Clean up first; then report how the child ended. */
	expect_ok(waitid(P_PID, child, &end, WEXITED | WNOWAIT));
	expect_ok(module_file_delete(file));
	if (after)
		after();
	child_join(child);
}

static const char *file_of(const char *strategy)
{
	static __thread char file[64];

	snprintf(file, sizeof(file), "vfio-%s", strategy);

	return file;
}

int module_insert(const char *strategy, const char *parameters)
{
	return module_file_insert(file_of(strategy), parameters);
}

int module_delete(void)
{
	return module_file_delete(file_of(strategy_name()));
}

const char *module_parameter_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s",
		 module_file_name(file_of(strategy_name())), name);

	return path;
}

const char *module_parameter(const char *name)
{
	static char value[64];
	ssize_t len;
	int fd;

	fd = expect_ok(open(module_parameter_path(name), O_RDONLY | O_CLOEXEC));
	len = expect_ok(read(fd, value, sizeof(value) - 1));
	close(fd);
	value[len] = 0;
	value[strcspn(value, "\n")] = 0;

	return value;
}
