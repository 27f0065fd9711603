/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices opened by their own nodes, and the kernel's iommufd, which stands
 * behind them. Not every kernel's headers have what this takes, so it is declared
 * here as the kernel's documentation of its interface has it.
 *
 * Address spaces are known by their numbers: an IOAS, or a page table of one.
 */
#ifndef TEST_IOMMUFD_H
#define TEST_IOMMUFD_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "edu.h"
#include "vfio.h"

#define DEVICE_BIND	_IO(VFIO_TYPE, VFIO_BASE + 18)
#define DEVICE_ATTACH	_IO(VFIO_TYPE, VFIO_BASE + 19)
#define DEVICE_DETACH	_IO(VFIO_TYPE, VFIO_BASE + 20)

struct bind {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 id;
	__u64 token;
};

#define BIND_MIN	16
#define BIND_TOKEN	1

struct attach {
	__u32 argsz;
	__u32 flags;
	__u32 pt;
	__u32 pasid;
};

#define ATTACH_MIN	12
#define DETACH_MIN	8
#define ATTACH_PASID	1

/* Whether the kernel has iommufd for devices; skips the test if it has not. */
bool have_iommufd(void);
void need_iommufd(void);
int iommufd_open(void);

__u32 ioas_new(int iommufd);
/* Like a system call. */
int ioas_try_new(int iommufd);
int ioas_map(int iommufd, __u32 ioas, __u64 iova, const void *va, size_t size);
/* Number of bytes that were unmapped, or -1. */
long long ioas_unmap(int iommufd, __u32 ioas, __u64 iova, size_t size);
int object_destroy(int iommufd, __u32 id);
/* The address space of emulated containers: its number; forgetting it. */
__u32 ioas_of_container(int iommufd);
int ioas_of_container_clear(int iommufd);

/* The entry in sysfs, and the node; in buffers that the thread's next call reuses. */
const char *device_entry(const char *bdf, const char *file);
const char *device_node(const char *bdf);

/* Opened, no more. */
int node_open(const char *bdf);

/* Like system calls; bind gives the device's number. */
int node_bind(int fd, int iommufd);
/* With a token of 16 bytes, for virtual functions. */
int node_bind_token(int fd, int iommufd, const void *token);
/* Skips the test where the kernel's uapi has no tokens there. */
void node_need_tokens(int iommufd);
int node_attach(int fd, __u32 pt);
int node_detach(int fd);

/*
 * Opened and bound. @container is where the test maps the device's memory, if it
 * does; in the place of a group is a file of @iommufd, so device_close() does.
 */
struct device node_device_open(int iommufd, int container, const char *bdf);

/* The edu device by its node, attached to that address space, scratch page and all. */
struct edu node_edu_open(int iommufd, __u32 ioas);

#endif /* TEST_IOMMUFD_H */
