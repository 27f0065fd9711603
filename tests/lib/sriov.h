/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SR-IOV: virtual functions of a physical one, and the tokens of their users.
 */
#ifndef SRIOV_H
#define SRIOV_H

#include <stdbool.h>

/* Of the device in the role of "physical". */
#define VFS	2

/* Whether vfio-pci may make virtual functions. */
void sriov_allow(bool allowed);
bool sriov_is_allowed(void);

/* As the administrator makes them, and takes them away: like a system call. */
int sriov_set(const char *physical, int count);

/* Address of a virtual function, NULL if there is none; free() it. */
char *sriov_function(const char *physical, int number);

/*
 * A physical function that is open, and virtual ones that vfio-pci has made and
 * has. Nobody has those open when they end.
 *
 * It is open before and until after they are there, as its first open and its
 * last close reset it: QEMU's nvme then loses virtual functions.
 */
struct sriov {
	const char *physical;
	int group;
	int fd;
	char *functions[VFS];
};

struct sriov sriov_begin(void);
void sriov_end(struct sriov *sriov);

/*
 * For tests that unbind a physical function with virtual ones: lockdep of Linux
 * 7.3 wants a lock held that no driver may take when it is unbound, as it is held
 * already when the device is unplugged. The kernel's own vfio-pci has it as well.
 */
void sriov_allow_report(void);

/* Tokens of no meaning, as text. */
#define TOKEN_ONE	"00112233-4455-6677-8899-aabbccddeeff"
#define TOKEN_TWO	"bd8d9d2b-5a5f-4f5a-a211-f591514ba1f3"

/* The first one as the feature and binding take it: in the order of the text. */
#define TOKEN_ONE_BYTES	"\x00\x11\x22\x33\x44\x55\x66\x77" \
			"\x88\x99\xaa\xbb\xcc\xdd\xee\xff"

/* GROUP_GET_DEVICE_FD with a token, or without for NULL. */
int token_get_device(int group, const char *bdf, const char *token);

/* The device's group, in a container of its own: the device can be opened. */
int group_prepare(const char *bdf);

#endif /* SRIOV_H */
