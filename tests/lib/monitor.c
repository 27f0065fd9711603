// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's monitor.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor.h"
#include "pci.h"
#include "test.h"

#define ANSWER	65536

/* The port's node in /dev, or -1. */
static int port_open(void)
{
	char path[512], name[32] = "";
	glob_t found;
	int fd = -1;
	FILE *file;

	if (glob("/sys/class/virtio-ports/*/name", 0, NULL, &found))
		return -1;
	for (size_t i = 0; fd < 0 && i < found.gl_pathc; i++) {
		file = fopen(found.gl_pathv[i], "re");
		if (!file || !fgets(name, sizeof(name), file) ||
		    strcmp(name, "monitor\n"))
			name[0] = 0;
		if (file)
			fclose(file);
		if (!name[0])
			continue;
		*strrchr(found.gl_pathv[i], '/') = 0;
		snprintf(path, sizeof(path), "/dev%s",
			 strrchr(found.gl_pathv[i], '/'));
		/* Another thread may have it. */
		do {
			fd = open(path, O_RDWR | O_CLOEXEC);
		} while (fd < 0 && errno == EBUSY && !usleep(1000));
		expect_ok(fd);
	}
	globfree(&found);

	return fd;
}

/*
 * The monitor takes its port for a terminal: it repeats what it has got so far
 * with every character. So the answer begins behind the last repetition of the
 * whole command, and ends with the prompt.
 */
static bool answer_in(const char *text, const char *command, char *answer,
		      size_t size)
{
	char echo[ANSWER];
	const char *begin, *end;

	snprintf(echo, sizeof(echo), "%s\033[K\r\n", command);
	begin = strstr(text, echo);
	if (!begin)
		return false;
	begin += strlen(echo);
	end = strstr(begin, "(qemu) ");
	if (!end)
		return false;
	snprintf(answer, size, "%.*s", (int)(end - begin), begin);

	return true;
}

/* What the monitor says to that command: nothing if all is well. */
static void ask(char *answer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void ask(char *answer, size_t size, const char *format, ...)
{
	static __thread char text[ANSWER];
	char command[512];
	size_t used = 0;
	va_list args;
	ssize_t len;
	int port = port_open();

	expect_true(port >= 0);
	va_start(args, format);
	vsnprintf(command, sizeof(command) - 1, format, args);
	va_end(args);
	strcat(command, "\n");
	expect_eq(write(port, command, strlen(command)), strlen(command));
	*strchr(command, '\n') = 0;

	do {
		len = expect_ok(read(port, text + used, ANSWER - 1 - used));
		expect_true(len);
		used += len;
		text[used] = 0;
		/* Of that many repetitions only the last is of interest. */
		if (used > ANSWER / 2) {
			memmove(text, text + used - ANSWER / 4, ANSWER / 4 + 1);
			used = ANSWER / 4;
		}
	} while (!answer_in(text, command, answer, size));
	close(port);
}

#define expect_done(...)						\
do {									\
	char answer_[512];						\
									\
	ask(answer_, sizeof(answer_), __VA_ARGS__);			\
	if (answer_[0])							\
		ck_abort_msg("QEMU's monitor says: %s", answer_);	\
} while (0)

/* Where the address at that place on the bus is @bdf. */
static bool is_at(const char *bdf, const char *place)
{
	char pattern[256];
	glob_t found;
	bool is;

	snprintf(pattern, sizeof(pattern), "/sys/devices/pci0000:00/%s", place);
	if (glob(pattern, 0, NULL, &found))
		return false;
	is = !strcmp(strrchr(found.gl_pathv[0], '/') + 1, bdf);
	globfree(&found);

	return is;
}

/* The value of a key in "model,key=value,key=value". */
static void value(const char *list, const char *key, char *to, size_t size)
{
	char name[32];
	const char *at;

	snprintf(name, sizeof(name), ",%s=", key);
	at = strstr(list, name);
	expect_true(at);
	at += strlen(name);
	snprintf(to, size, "%.*s", (int)strcspn(at, ","), at);
}

struct plug plug_find(const char *bdf)
{
	struct plug plug = {};
	char line[1024], place[128];
	bool found = false;
	int port, fields;
	FILE *file;

	port = port_open();
	file = fopen("/etc/devices", "re");
	if (port < 0 || !file)
		skip("needs QEMU's monitor: run in the VM of vm/run, without --exact");
	close(port);

	/* As vm/devices.sh has written it. */
	while (!found && fgets(line, sizeof(line), file)) {
		plug.backend[0] = 0;
		fields = sscanf(line, "%*s %127s %255s %255s", place,
				plug.device, plug.backend);
		found = fields >= 2 && is_at(bdf, place);
	}
	fclose(file);
	if (!found)
		skip("needs %s to be a device that vm/run gave the VM", bdf);

	snprintf(plug.bdf, sizeof(plug.bdf), "%s", bdf);
	value(plug.device, "id", plug.id, sizeof(plug.id));

	return plug;
}

void plug_pull(const struct plug *plug)
{
	expect_done("device_del %s", plug->id);
}

void plug_wait_gone(const struct plug *plug)
{
	char answer[512];
	struct stat status;

	/* The guest lets it go, then QEMU does. */
	while (!stat(pci_path(plug->bdf, ""), &status))
		usleep(1000);
	do {
		usleep(1000);
		ask(answer, sizeof(answer), "qom-list /machine/peripheral/%s",
		    plug->id);
	} while (!strstr(answer, "not found"));
}

/* @list with another name for the backend. */
static void rename_backend(const char *list, const char *old, const char *new,
			   char *to, size_t size)
{
	const char *at = strstr(list, old);

	expect_true(at);
	snprintf(to, size, "%.*s%s%s", (int)(at - list), list, new,
		 at + strlen(old));
}

void plug_put(const struct plug *plug)
{
	char old[32], new[64], device[320], backend[320];
	static unsigned int number;
	struct stat status;

	if (plug->backend[0]) {
		/* QEMU 7.2 dies of another device on the same memory. */
		value(plug->backend, "id", old, sizeof(old));
		snprintf(new, sizeof(new), "%s-%d-%u", old, getpid(), ++number);
		rename_backend(plug->backend, old, new, backend,
			       sizeof(backend));
		rename_backend(plug->device, old, new, device, sizeof(device));
		expect_done("object_add %s", backend);
		expect_done("device_add %s", device);
	} else {
		expect_done("device_add %s", plug->device);
	}
	while (stat(pci_path(plug->bdf, ""), &status))
		usleep(1000);
	/* Takes the lock that the guest holds until it is done with the device. */
	expect_ok(pci_rescan());
}

void plug_error(const struct plug *plug, const char *error)
{
	char answer[512], port[32];

	value(plug->device, "bus", port, sizeof(port));
	ask(answer, sizeof(answer), "pcie_aer_inject_error %s %s", port, error);
	if (strncmp(answer, "OK ", 3))
		ck_abort_msg("QEMU's monitor says: %s", answer);
}
