// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls of any file: those that fill in a structure, and those that make no
 * sense.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "test.h"

#define CANARY	0xa5

/* Enough most of the time. */
static __u32 argsz_any(struct fuzzer *self, size_t minsz)
{
	switch (below(self, 10)) {
	case 0:
		return below(self, minsz);
	case 1:
		return minsz + below(self, INFO_MAX - minsz);
	case 2:
		return one_in(self, 2) ? INFO_MAX : 0xffffffff;
	case 3 ... 5:
		return INFO_MAX;
	default:
		return minsz;
	}
}

long ioctl_info(struct fuzzer *self, enum call call, int fd, unsigned long cmd,
		void *info, size_t minsz)
{
	char *bytes = info;
	__u32 argsz = argsz_any(self, minsz);
	size_t told = argsz < INFO_MAX ? argsz : INFO_MAX;
	void *arg = info;
	long ret;

	memset(bytes + minsz, CANARY, INFO_MAX - minsz);
	memcpy(bytes, &argsz, sizeof(argsz));
	if (one_in(self, 50))
		arg = pointer_any(self, true);

	begin_call(self, call, "%d argsz %u flags %#x index %u%s", fd, argsz,
		   ((__u32 *)info)[1], ((__u32 *)info)[2],
		   arg == info ? "" : " at a bad address");
	ret = end_call(self, ioctl(fd, cmd, arg));

	if (arg != info) {
		errno = EFAULT;
		return -1;
	}
	if (told < minsz && !ret)
		fuzz_fail(self, "%u bytes are enough for ioctl %#lx", argsz, cmd);
	for (size_t i = told < minsz ? minsz : told; i < INFO_MAX; i++) {
		if ((unsigned char)bytes[i] != CANARY)
			fuzz_fail(self, "ioctl %#lx writes byte %zu, argsz is %u",
				  cmd, i, argsz);
	}

	return ret;
}

/* Any number of vfio's, or any number at all, on any file. */
void ioctl_any(struct fuzzer *self)
{
	struct file *file = file_any(self, below(self, FILE_KINDS));
	unsigned int cmd = _IO(VFIO_TYPE, VFIO_BASE + below(self, 32));
	__u32 words[32];
	void *arg = words;

	if (!file)
		return;
	if (one_in(self, 8))
		cmd = prng_next(&self->prng);
	/* Stock dies of some offsets: see device_ioeventfd(). */
	if (cmd == VFIO_DEVICE_IOEVENTFD && !strcmp(strategy_name(), "stock"))
		return;
	words[0] = one_in(self, 8) ? below(self, sizeof(words)) :
				      64;
	for (size_t i = 1; i < LENGTH(words); i++)
		words[i] = one_in(self, 2) ? below(self, 8) :
					     prng_next(&self->prng);
	if (one_in(self, 4))
		arg = pointer_any(self, true);

	begin_call(self, CALL_IOCTL, "%d cmd %#x %s argsz %u flags %#x %#x %#x",
		   file->fd, cmd, arg == words ? "with" : "at a bad address,",
		   words[0], words[1], words[2], words[3]);
	end_call(self, ioctl(file->fd, cmd, arg));
}
