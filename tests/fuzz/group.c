// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: opened, put into containers, asked for devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fuzz.h"

/* Each has few at once, and lets others go on if they have what it wants. */
void group_open_any(struct fuzzer *self)
{
	int target = target_own(self), workers = self->board->workers;
	char path[32];
	int fd, had = 0;

	for (int i = 0; i < self->file_count; i++)
		had += self->files[i].kind == FILE_GROUP;
	if (had && !one_in(self, 4))
		return;
	snprintf(path, sizeof(path), "/dev/vfio/%d",
		 self->board->targets[target].group);
	begin_call(self, CALL_OPEN_GROUP, "%s of %s", path,
		   self->board->targets[target].role);
	fd = end_call(self, open(path, O_RDWR | O_CLOEXEC));
	if (fd >= 0)
		file_add(self, FILE_GROUP, fd, target);
	else if (errno == EBUSY && workers > 1)
		usleep(below(self, 20000));
}

/* A group whose last device has been unbound is of no use any more. */
static void group_lost(struct fuzzer *self, struct file *file)
{
	if (errno == ENODEV && file->kind == FILE_GROUP && one_in(self, 2))
		file_close(self, file);
}

void group_status(struct fuzzer *self)
{
	struct file *file = file_any(self, FILE_GROUP);
	__u32 known = VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET;
	union {
		struct vfio_group_status status;
		char room[INFO_MAX];
	} data = {};

	if (!file)
		return;
	if (ioctl_info(self, CALL_GROUP_STATUS, file->fd, VFIO_GROUP_GET_STATUS,
		       &data, sizeof(data.status))) {
		group_lost(self, file);
		return;
	}
	if (file->kind != FILE_GROUP)
		return;
	if (data.status.flags & ~known ||
	    data.status.flags == VFIO_GROUP_FLAGS_CONTAINER_SET)
		fuzz_fail(self, "a group has the flags %#x", data.status.flags);
	file->ready = data.status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET;
}

void group_join(struct fuzzer *self)
{
	struct file *group = file_find(self, FILE_GROUP);
	struct file *container = file_any(self, FILE_CONTAINER);
	struct file *iommufd = file_find(self, FILE_IOMMUFD);
	void *arg;
	int fd;

	if (iommufd && one_in(self, 8))
		container = iommufd;
	for (int i = 0; i < 4 && group && group->ready; i++)
		group = file_find(self, FILE_GROUP);
	if (!group)
		return;
	fd = container && !one_in(self, 20) ? container->fd :
					      (int)below(self, 40) - 1;
	arg = one_in(self, 50) ? pointer_any(self, false) : &fd;
	begin_call(self, CALL_SET_CONTAINER, "%d container %d%s", group->fd, fd,
		   arg == &fd ? "" : " at a bad address");
	if (end_call(self, ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, arg))) {
		group_lost(self, group);
		return;
	}
	group->ready = true;
	group->joined = container && fd == container->fd ? container->id : 0;
}

void group_leave(struct fuzzer *self)
{
	struct file *group = file_any(self, FILE_GROUP);

	if (!group)
		return;
	begin_call(self, CALL_UNSET_CONTAINER, "%d", group->fd);
	if (end_call(self, ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER)))
		return;
	group->ready = false;
	group->joined = 0;
}

/* The name of a device, or something like it. */
static void name_any(struct fuzzer *self, const char *bdf, char *name,
		     size_t size)
{
	static const char * const tails[] = {
		" ", "  ", " vf_token=1", "x", "\n",
	};

	switch (below(self, 24)) {
	case 0:
		snprintf(name, size, "%s%s", bdf, PICK(self, tails));
		break;
	case 1:
		snprintf(name, size, "%.*s", below(self, 13), bdf);
		break;
	case 2:
		memset(name, 'a' + below(self, 26), size - 1);
		name[size - 1] = 0;
		break;
	default:
		snprintf(name, size, "%s", bdf);
	}
}

/* Of the group, if there are several one of them; at times of another. */
static int device_of(struct fuzzer *self, const struct file *group)
{
	int target = group->target;

	if (one_in(self, 24))
		return target_any(self);
	for (int i = 0; i < 8; i++) {
		int other = below(self, self->board->target_count);

		if (target_in_group(self, other, group))
			target = other;
	}

	return target;
}

void group_device(struct fuzzer *self)
{
	struct file *group = file_find(self, FILE_GROUP);
	char name[256];
	int target, fd;
	void *arg;

	if (!group)
		return;
	target = device_of(self, group);
	name_any(self, self->board->targets[target].bdf, name, sizeof(name));
	arg = one_in(self, 50) ? pointer_any(self, false) : name;
	begin_call(self, CALL_GET_DEVICE, "%d %s%s", group->fd,
		   arg == name ? "" : "at a bad address, ", name);
	fd = end_call(self, ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, arg));
	if (fd < 0) {
		group_lost(self, group);
		return;
	}
	if (arg != name || !target_in_group(self, target, group))
		fuzz_fail(self, "%d is a device's file, for a name that is none", fd);
	file_add(self, FILE_DEVICE, fd, target);
}
