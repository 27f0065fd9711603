// SPDX-License-Identifier: GPL-2.0-only
/*
 * The open files of a process: found, copied, closed, and passed to others.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuzz.h"

struct file *file_find(struct fuzzer *self, enum file_kind kind)
{
	unsigned int start;

	if (!self->file_count)
		return NULL;

	start = below(self, self->file_count);
	for (int i = 0; i < self->file_count; i++) {
		struct file *file =
			&self->files[(start + i) % self->file_count];

		if (file->kind == kind)
			return file;
	}

	return NULL;
}

struct file *file_any(struct fuzzer *self, enum file_kind kind)
{
	struct file *file = file_find(self, kind);

	if (self->file_count && one_in(self, 100))
		return &self->files[below(self, self->file_count)];
	for (int i = 0; i < 3 && file && !file->ready; i++)
		file = file_find(self, kind);

	return file;
}

struct file *file_with(struct fuzzer *self, bool (*has)(const struct target *))
{
	struct file *file = file_any(self, FILE_DEVICE);

	for (int i = 0; i < 8 && file; i++) {
		if (file->kind == FILE_DEVICE &&
		    has(&self->board->targets[file->target]))
			break;
		file = file_any(self, FILE_DEVICE);
	}

	return file;
}

static struct file *add(struct fuzzer *self, const struct file *file)
{
	self->files[self->file_count] = *file;

	return &self->files[self->file_count++];
}

/* Before one more is opened. */
static void make_room(struct fuzzer *self)
{
	while (self->file_count >= FILES_MAX)
		file_close_one(self);
}

struct file *file_add(struct fuzzer *self, enum file_kind kind, int fd,
		      int target)
{
	struct file file = {
		.fd = fd,
		.kind = kind,
		.target = target,
		.v1 = one_in(self, 6),
		.ready = kind == FILE_DEVICE || kind == FILE_IOMMUFD,
		.id = (__u64)getpid() << 32 | ++self->files_opened,
	};

	make_room(self);

	return add(self, &file);
}

void file_set_ready(struct fuzzer *self, __u64 id, bool ready)
{
	for (int i = 0; i < self->file_count; i++) {
		if (self->files[i].id == id)
			self->files[i].ready = ready;
	}
}

void file_close(struct fuzzer *self, struct file *file)
{
	begin_call(self, CALL_CLOSE, "%d", file->fd);
	if (end_call(self, close(file->fd)))
		fuzz_fail(self, "close of an open file fails");
	*file = self->files[--self->file_count];
}

void file_close_one(struct fuzzer *self)
{
	if (self->file_count)
		file_close(self, &self->files[below(self, self->file_count)]);
}

void file_dup(struct fuzzer *self)
{
	struct file copy;

	if (!self->file_count)
		return;
	make_room(self);

	copy = self->files[below(self, self->file_count)];
	begin_call(self, CALL_DUP, "%d", copy.fd);
	copy.fd = end_call(self, fcntl(copy.fd, F_DUPFD_CLOEXEC, 0));
	if (copy.fd < 0)
		fuzz_fail(self, "an open file cannot be copied");
	add(self, &copy);
}

/* What is known of the file goes along with it. */
struct letter {
	struct iovec iov;
	struct msghdr header;
	char control[CMSG_SPACE(sizeof(int))]
		__attribute__((aligned(sizeof(struct cmsghdr))));
};

static void letter_init(struct letter *letter, struct file *file)
{
	letter->iov = (struct iovec){ file, sizeof(*file) };
	letter->header = (struct msghdr){
		.msg_iov = &letter->iov,
		.msg_iovlen = 1,
		.msg_control = letter->control,
		.msg_controllen = sizeof(letter->control),
	};
}

void file_send(struct fuzzer *self)
{
	struct letter letter = {};
	struct cmsghdr *control;
	struct file *file;

	if (!self->file_count)
		return;

	file = &self->files[below(self, self->file_count)];
	letter_init(&letter, file);
	control = CMSG_FIRSTHDR(&letter.header);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(control), &file->fd, sizeof(int));

	begin_call(self, CALL_SEND, "%d", file->fd);
	end_call(self, sendmsg(self->board->mailbox[0], &letter.header,
			       MSG_DONTWAIT) < 0 ? -1 : 0);
}

/* False if there is none. */
static bool receive(struct fuzzer *self)
{
	struct letter letter = {};
	struct cmsghdr *control;
	struct file file;
	ssize_t size;

	make_room(self);
	letter_init(&letter, &file);
	begin_call(self, CALL_RECEIVE, "a file");
	size = recvmsg(self->board->mailbox[1], &letter.header,
		       MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (end_call(self, size < 0 ? -1 : 0))
		return false;

	control = CMSG_FIRSTHDR(&letter.header);
	if (size != sizeof(file) || !control)
		fuzz_fail(self, "a file was lost on its way to another process");
	memcpy(&file.fd, CMSG_DATA(control), sizeof(int));
	add(self, &file);

	return true;
}

void file_receive(struct fuzzer *self)
{
	receive(self);
}

static void close_devices(struct fuzzer *self, unsigned int targets)
{
	for (int i = self->file_count - 1; i >= 0; i--) {
		struct file *file = &self->files[i];

		if (file->kind == FILE_DEVICE && targets & 1U << file->target)
			file_close(self, file);
	}
}

void files_release(struct fuzzer *self, unsigned int targets)
{
	windows_release(self, targets);
	close_devices(self, targets);
	while (receive(self))
		close_devices(self, targets);
}
