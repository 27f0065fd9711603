// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices opened by nodes of their own, and the iommufds that they are bound to.
 *
 * Such a file is one of a device, like those that groups give. It is ready when it
 * is bound.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "iommufd.h"

void iommufd_open_any(struct fuzzer *self)
{
	int fd;

	if (!self->board->nodes)
		return;
	begin_call(self, CALL_OPEN_IOMMUFD, "/dev/iommu");
	fd = end_call(self, open("/dev/iommu", O_RDWR | O_CLOEXEC));
	if (fd < 0)
		fuzz_fail(self, "no iommufd can be opened");
	file_add(self, FILE_IOMMUFD, fd, -1);
	begin_call(self, CALL_NEW_IOAS, "%d", fd);
	end_call(self, ioas_try_new(fd));
}

/* Of an iommufd. Their numbers begin with 1, which is an address space. */
static __u32 object_any(struct fuzzer *self)
{
	if (one_in(self, 16))
		return prng_next(&self->prng);

	return one_in(self, 2) ? 1 : 1 + below(self, 6);
}

void iommufd_change(struct fuzzer *self)
{
	struct file *file = file_find(self, FILE_IOMMUFD);
	__u32 object;

	if (!file)
		return;
	if (one_in(self, 2)) {
		begin_call(self, CALL_NEW_IOAS, "%d", file->fd);
		end_call(self, ioas_try_new(file->fd));
		return;
	}
	object = object_any(self);
	begin_call(self, CALL_DESTROY, "%d object %u", file->fd, object);
	end_call(self, object_destroy(file->fd, object));
}

/* Of a group of which the process has nothing: one whose node can be bound. */
static int target_free(struct fuzzer *self)
{
	int target = target_own(self);

	for (int i = 0; i < 8; i++) {
		bool taken = false;

		for (int j = 0; j < self->file_count; j++)
			taken |= self->files[j].target >= 0 &&
				 target_in_group(self, target, &self->files[j]);
		if (!taken)
			break;
		target = target_own(self);
	}

	return target;
}

/* Few at once: what is bound keeps its group from being opened. */
void node_open_any(struct fuzzer *self)
{
	int target, fd, had = 0;
	struct file *file;

	if (!self->board->nodes)
		return;
	for (int i = 0; i < self->file_count; i++)
		had += self->files[i].node;
	if (had && !one_in(self, 4))
		return;
	target = one_in(self, 6) ? target_any(self) : target_free(self);
	begin_call(self, CALL_OPEN_NODE, "of %s",
		   self->board->targets[target].role);
	fd = end_call(self, open(device_node(self->board->targets[target].bdf),
				 O_RDWR | O_CLOEXEC));
	if (fd < 0)
		return;
	file = file_add(self, FILE_DEVICE, fd, target);
	file->node = true;
	file->ready = false;
}

/* One that is bound or not; others are tried as well. */
static struct file *node_find(struct fuzzer *self, bool ready)
{
	struct file *file = file_find(self, FILE_DEVICE);

	for (int i = 0; i < 8 && file && (!file->node || file->ready != ready);
	     i++)
		file = file_find(self, FILE_DEVICE);

	return file;
}

/* A group's file is not bound or attached, whatever the arguments are. */
static void check_node(struct fuzzer *self, const struct file *file)
{
	if (!file->node)
		fuzz_fail(self, "%d is not of a node, and an iommufd has it",
			  file->fd);
}

void node_bind_any(struct fuzzer *self)
{
	struct file *iommufd = file_find(self, FILE_IOMMUFD);
	struct file *file = node_find(self, false);
	union {
		char room[64];
		struct bind bind;
	} data = {};
	void *arg = &data;

	if (!self->board->nodes || !file)
		return;
	data.bind.argsz = BIND_MIN;
	data.bind.iommufd = iommufd && !one_in(self, 20) ?
			    iommufd->fd : (int)below(self, 40) - 1;
	if (one_in(self, 12))
		data.bind.argsz = below(self, sizeof(data));
	if (one_in(self, 12))
		data.bind.flags = below(self, 4);
	if (one_in(self, 50))
		arg = pointer_any(self, true);
	begin_call(self, CALL_BIND, "%d to %d argsz %u flags %u%s", file->fd,
		   data.bind.iommufd, data.bind.argsz, data.bind.flags,
		   arg == &data ? "" : " at a bad address");
	if (end_call(self, ioctl(file->fd, DEVICE_BIND, arg))) {
		/* Somebody else has the group, or the device. */
		if (file->node && !file->ready && one_in(self, 3))
			file_close(self, file);
		return;
	}
	check_node(self, file);
	file_set_ready(self, file->id, true);
}

static void attach_or_detach(struct fuzzer *self, enum call call,
			     unsigned long cmd, __u32 argsz)
{
	struct file *file = node_find(self, true);
	union {
		char room[64];
		struct attach attach;
	} data = {};
	void *arg = &data;

	if (!self->board->nodes || !file)
		return;
	data.attach.argsz = argsz;
	data.attach.pt = object_any(self);
	if (one_in(self, 12))
		data.attach.argsz = below(self, sizeof(data));
	if (one_in(self, 12))
		data.attach.flags = below(self, 4);
	if (one_in(self, 50))
		arg = pointer_any(self, true);
	begin_call(self, call, "%d object %u argsz %u flags %u%s", file->fd,
		   data.attach.pt, data.attach.argsz, data.attach.flags,
		   arg == &data ? "" : " at a bad address");
	if (!end_call(self, ioctl(file->fd, cmd, arg)))
		check_node(self, file);
}

void node_attach_any(struct fuzzer *self)
{
	attach_or_detach(self, CALL_ATTACH, DEVICE_ATTACH, ATTACH_MIN);
}

void node_detach_any(struct fuzzer *self)
{
	attach_or_detach(self, CALL_DETACH, DEVICE_DETACH, DETACH_MIN);
}

bool node_go_on(struct fuzzer *self)
{
	struct file *unbound, *bound;

	if (!self->board->nodes)
		return false;
	unbound = node_find(self, false);
	bound = node_find(self, true);
	if (!file_find(self, FILE_IOMMUFD))
		iommufd_open_any(self);
	else if (unbound && unbound->node && !unbound->ready)
		node_bind_any(self);
	else if (!bound || !bound->node)
		node_open_any(self);
	else if (one_in(self, 4))
		node_attach_any(self);
	else
		return false;

	return true;
}
