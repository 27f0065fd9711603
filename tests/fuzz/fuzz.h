/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer: processes that do at random what a client of vfio may do and may
 * not, most of it nearly right.
 *
 * Model. A run has a seed, a number of calls and some workers. A worker is a
 * process that chooses one action after the other, by a generator of its own and
 * by what its calls have returned; by nothing else. So one worker alone makes the
 * same calls again for the same seed; several make the same choices as long as
 * what they meet is the same. A worker lives for some thousand calls. Then it
 * exits, or is killed in whatever call it just makes, and another takes its
 * place. Now and then it forks a child that has its files and mmaps. Beside the
 * workers, one process is the host, which resets, unbinds and unplugs devices.
 *
 * A run has failed if the kernel log has a report, if a call does not return, if
 * one returns what it cannot, if a process dies of anything that it should not,
 * or if the host cannot bind a device again. What is left behind is the
 * runner's to judge.
 *
 * Words. Board: memory that all processes of a run share. Slot: a process's
 * place on the board. Target: a device. Window: addresses that mmaps are put
 * into. Life: a process, as far as the fuzzer is concerned.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/types.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "prng.h"

#define TARGETS_MAX	8
#define WORKERS_MAX	8
#define FILES_MAX	24
#define WINDOWS		24
#define MAPPINGS_MAX	64
#define EVENTFDS	4
#define ERRNO_MAX	136
#define TARGET_REGIONS	VFIO_PCI_NUM_REGIONS

/* What is counted by its own name; board.c has the names. */
enum call {
	CALL_OPEN_CONTAINER,
	CALL_API_VERSION,
	CALL_CHECK_EXTENSION,
	CALL_SET_IOMMU,
	CALL_IOMMU_INFO,
	CALL_MAP_DMA,
	CALL_UNMAP_DMA,
	CALL_OPEN_GROUP,
	CALL_GROUP_STATUS,
	CALL_SET_CONTAINER,
	CALL_UNSET_CONTAINER,
	CALL_GET_DEVICE,
	CALL_OPEN_IOMMUFD,
	CALL_NEW_IOAS,
	CALL_DESTROY,
	CALL_OPEN_NODE,
	CALL_BIND,
	CALL_ATTACH,
	CALL_DETACH,
	CALL_DEVICE_INFO,
	CALL_REGION_INFO,
	CALL_IRQ_INFO,
	CALL_SET_IRQS,
	CALL_IOEVENTFD,
	CALL_SIGNAL,
	CALL_RESET,
	CALL_HOT_RESET_INFO,
	CALL_HOT_RESET,
	CALL_FEATURE,
	CALL_IOCTL,
	CALL_READ,
	CALL_WRITE,
	CALL_CONFIG_READ,
	CALL_CONFIG_WRITE,
	CALL_MMAP,
	CALL_MUNMAP,
	CALL_MREMAP,
	CALL_MPROTECT,
	CALL_MADVISE,
	CALL_MLOCK,
	CALL_DUP,
	CALL_CLOSE,
	CALL_SEND,
	CALL_RECEIVE,
	CALL_FORK,
	CALL_HOST_RESET,
	CALL_HOST_UNBIND,
	CALL_HOST_BIND,
	CALL_HOST_UNPLUG,
	CALL_HOST_SHOW,
	/* An access of the CPU, no call: it counts for nothing but itself. */
	CALL_TOUCH,
	CALLS
};

/* What becomes of device runs, as the module's trace events tell. */
enum event {
	EVENT_RESOLVE,
	EVENT_MAP,
	EVENT_SUSPEND,
	EVENT_RESUME,
	EVENT_KILL,
	EVENTS
};

/*
 * A device. All but the group and whether it is wanted stays as it is found
 * before the run.
 */
struct target {
	const char *role;
	char bdf[16];
	int group;		/* number of its IOMMU group; the host renews it */
	bool memory;		/* BAR 2 is memory, which may be written */
	bool resets;		/* by itself */
	bool hot_resets;	/* with its bus or slot */
	struct {
		__u64 offset;
		__u64 size;
	} regions[TARGET_REGIONS];
	unsigned int irqs[VFIO_PCI_NUM_IRQS];
	/* Positions in config space of bytes that do something, or 0. */
	unsigned int power;
	unsigned int exp_flr;
	unsigned int af_flr;
};

#define LOG_LINES	16
#define LOG_WIDTH	160

struct slot {
	pid_t pid;		/* 0: no process */
	bool taken;		/* a process is or is about to be here */
	bool killed;		/* it is to die of SIGKILL */
	unsigned int lives;
	long left;		/* calls still to make, in this life and others */
	long calls;		/* made */
	__u64 digest;		/* of all calls and what they returned */
	time_t since;		/* when the call under way began; 0: none is */
	char log[LOG_LINES][LOG_WIDTH];
};

/* The slots of the workers, then those of their children, then the host's. */
#define SLOT_CHILD(worker)	(WORKERS_MAX + (worker))
#define SLOT_HOST		(2 * WORKERS_MAX)
#define SLOTS			(2 * WORKERS_MAX + 1)

struct board {
	__u64 seed;
	int workers;
	bool nodes;		/* the kernel has iommufd for devices */
	int target_count;
	struct target targets[TARGETS_MAX];

	int mailbox[2];		/* sockets: files in flight between processes */
	int killer;		/* pipe: struct kill_request */
	unsigned int wanted;	/* targets that the host wants: a bit each */
	bool over;		/* the workers are done */

	bool failed;
	char failure[512];
	long results[CALLS][ERRNO_MAX];	/* by errno; 0: success */
	long events[EVENTS];	/* how often each fired; unknown: -1 */
	struct slot slots[SLOTS];
};

struct kill_request {
	int slot;
	pid_t pid;
	unsigned int delay;	/* in microseconds */
};

enum file_kind {
	FILE_CONTAINER,
	FILE_GROUP,
	FILE_DEVICE,
	FILE_IOMMUFD,
	FILE_KINDS
};

/* An open file, as far as the process knows. */
struct file {
	int fd;
	enum file_kind kind;
	int target;	/* of a device; one of a group's; -1: of none */
	bool node;	/* the device was opened by its own node */
	bool v1;	/* the container gets a backend of version 1 */
	/* The container has a backend, the group a container, the node is bound. */
	bool ready;
	__u64 id;	/* the same for all copies of the file */
	__u64 joined;	/* of a group: the id of its container, or iommufd */
};

/* A stretch of addresses, WINDOW_SIZE of them. */
struct window {
	unsigned int targets;	/* whose memory may be mapped here: a bit each */
	bool registers;		/* the CPU must not write here */
	bool foreign;		/* maps device memory that is not vfio's */
	size_t start, size;	/* of what was mmapped last; none: size is 0 */
};

/* What was mapped for DMA, in the container of that id. */
struct mapping {
	__u64 id;
	__u64 iova;
	__u64 size;
};

/* A process. A child has a copy of its parent's. */
struct fuzzer {
	struct board *board;
	struct slot *slot;
	struct prng prng;
	long life;		/* calls until this process ends */
	enum call call;		/* the one under way */
	int events[EVENTFDS];
	__u64 files_opened;
	int file_count;
	struct file files[FILES_MAX];
	struct window windows[WINDOWS];
	unsigned int mapping_next;
	struct mapping mappings[MAPPINGS_MAX];
};

static inline unsigned int below(struct fuzzer *self, unsigned int limit)
{
	return prng_below(&self->prng, limit);
}

static inline bool one_in(struct fuzzer *self, unsigned int n)
{
	return prng_one_in(&self->prng, n);
}

#define LENGTH(array)		(sizeof(array) / sizeof((array)[0]))
#define PICK(self, array)	((array)[below(self, LENGTH(array))])

/*
 * board.c: every call is made between begin_call(), which notes what it is, and
 * end_call(), which notes and passes on what it returned, and errno.
 */
void begin_call(struct fuzzer *self, enum call call, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
long end_call(struct fuzzer *self, long ret);
/* The run has failed. */
void fuzz_fail(struct fuzzer *self, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
void board_fail(struct board *board, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
long board_calls(const struct board *board);
/* How many calls were made of each kind, and how they ended. */
void board_tell_results(const struct board *board);
/* The last calls of each process that is there or has been. */
void board_tell_calls(const struct board *board);
long board_succeeded(const struct board *board, enum call call);

/* events.c */
void events_begin(void);
void events_end(long *counts);
void events_tell(const long *counts);

/* run.c */
struct run {
	__u64 seed;
	int workers;
	long calls;
};

struct board *fuzz_run(const struct run *run);

/* life.c; neither returns */
void life_of_worker(struct board *board, int worker)
	__attribute__((noreturn));
void life_of_host(struct board *board) __attribute__((noreturn));

/* process.c: how processes come and go. */
void process_begin(struct fuzzer *self, struct board *board, int slot);
/* Ends it, or has it killed soon. */
void process_end(struct fuzzer *self);
/* True in the child. */
bool process_fork(struct fuzzer *self);

/* target.c */
void targets_find(struct board *board);
/* One at random, some rather than others. */
int target_any(struct fuzzer *self);
/*
 * One process has a group at a time. So each has some targets that it opens
 * rather than others.
 */
int target_own(struct fuzzer *self);
bool target_in_group(struct fuzzer *self, int target, const struct file *group);

/* files.c */
struct file *file_find(struct fuzzer *self, enum file_kind kind);
/* Rather one of a device of which @has holds. */
struct file *file_with(struct fuzzer *self, bool (*has)(const struct target *));
/* Rather one that is ready; at times one of another kind. */
struct file *file_any(struct fuzzer *self, enum file_kind kind);
struct file *file_add(struct fuzzer *self, enum file_kind kind, int fd,
		      int target);
/* All copies of it, as far as the process has any. */
void file_set_ready(struct fuzzer *self, __u64 id, bool ready);
void file_close(struct fuzzer *self, struct file *file);
void file_close_one(struct fuzzer *self);
void file_dup(struct fuzzer *self);
void file_send(struct fuzzer *self);
void file_receive(struct fuzzer *self);
/* Lets go of targets: a bit each. */
void files_release(struct fuzzer *self, unsigned int targets);

/* window.c */
#define WINDOW_SIZE	(16UL << 20)

struct range {
	struct window *window;
	__u64 va;
	__u64 size;
};

/* Addresses with something there, most of the time. */
struct range range_any(struct fuzzer *self);
/* A pointer for the kernel to read, or to write to: rarely a good one. */
void *pointer_any(struct fuzzer *self, bool writes);
void window_mmap_region(struct fuzzer *self);
void window_mmap_ram(struct fuzzer *self);
void window_mmap_foreign(struct fuzzer *self);
void window_munmap(struct fuzzer *self);
void window_mremap(struct fuzzer *self);
void window_mprotect(struct fuzzer *self);
void window_madvise(struct fuzzer *self);
void window_mlock(struct fuzzer *self);
void window_touch(struct fuzzer *self);
void windows_release(struct fuzzer *self, unsigned int targets);

/* ioctl.c: what ioctls of all files have in common. */

/*
 * Makes an ioctl that fills in a structure of @minsz bytes or more, in which
 * the caller has set up the first fields, and sees that it does not write more
 * than it was told to.
 */
#define INFO_MAX	512
long ioctl_info(struct fuzzer *self, enum call call, int fd, unsigned long cmd,
		void *info, size_t minsz);
void ioctl_any(struct fuzzer *self);

/* container.c */
void container_open_any(struct fuzzer *self);
void container_set_type(struct fuzzer *self);
/* A container with a group in it and no backend. */
struct file *container_waiting(struct fuzzer *self);
void container_version(struct fuzzer *self);
void container_extension(struct fuzzer *self);
void container_info(struct fuzzer *self);
void container_map(struct fuzzer *self);
void container_unmap(struct fuzzer *self);

/* group.c */
void group_open_any(struct fuzzer *self);
void group_status(struct fuzzer *self);
void group_join(struct fuzzer *self);
void group_leave(struct fuzzer *self);
void group_device(struct fuzzer *self);

/* node.c: does nothing where the kernel has none. */
void iommufd_open_any(struct fuzzer *self);
void iommufd_change(struct fuzzer *self);
void node_open_any(struct fuzzer *self);
void node_bind_any(struct fuzzer *self);
void node_attach_any(struct fuzzer *self);
void node_detach_any(struct fuzzer *self);
/* The next step towards a device that is attached; false if none is left. */
bool node_go_on(struct fuzzer *self);

/* device.c */
void device_info(struct fuzzer *self);
void device_region_info(struct fuzzer *self);
void device_reset(struct fuzzer *self);
void device_hot_reset_info(struct fuzzer *self);
void device_hot_reset(struct fuzzer *self);
void device_feature(struct fuzzer *self);

/* interrupt.c */
void event_signal_any(struct fuzzer *self);
void device_irq_info(struct fuzzer *self);
void device_set_irqs(struct fuzzer *self);
void device_ioeventfd(struct fuzzer *self);

/* region.c */
void region_read(struct fuzzer *self);
void region_write(struct fuzzer *self);
void config_look(struct fuzzer *self);
void config_change(struct fuzzer *self);

/* host.c */
void host_reset(struct fuzzer *self);
void host_rebind(struct fuzzer *self);
void host_unplug(struct fuzzer *self);
void host_show(struct fuzzer *self);

#endif /* FUZZ_H */
