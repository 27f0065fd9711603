/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that are made to fail in every way, one after the other.
 *
 * A call that fails has done nothing: mappings, pinned pages and locked memory
 * are as before, and the same call works right afterwards.
 */
#ifndef OPERATION_H
#define OPERATION_H

#include "edu.h"
#include "fault.h"
#include "vfio.h"

/**
 * struct stage - what operations work on; each uses what it needs
 * @edu: in @container
 * @peer: another device, by default in @container
 * @bar: all of its BAR 2, or NULL
 * @container: where mappings are made
 * @group: one that may join
 * @fd: a file, or a process, that the call made
 * @va: memory to be mapped
 * @size: of it
 * @iova: where it is mapped; or an offset in the device file
 * @log: of log_open()
 */
struct stage {
	struct edu edu;
	struct device peer;
	char *bar;
	int container;
	int group;
	int fd;
	char *va;
	size_t size;
	__u64 iova;
	int log;
};

/**
 * struct operation - a call, and what is around it
 * @before: brings the stage to where the call can be made; may be NULL
 * @call: like a system call, which it contains, and no more
 * @works: judges that it did what it should; only after a failure. May be NULL
 * @after: undoes @before and @call
 * @other_error: errno that the call may have as well when it fails
 */
struct operation {
	void (*before)(struct stage *stage);
	int (*call)(struct stage *stage);
	void (*works)(struct stage *stage);
	void (*after)(struct stage *stage);
	int other_error;
};

/* How many events of a kind a call has, and how many of them made it fail. */
struct walk {
	unsigned int events;
	unsigned int failed;
};

/*
 * Makes the call with its first event of that kind failing, then with its
 * second, until it has no more. When it fails, then with that errno.
 */
struct walk op_walk(enum fault fault, int error, const struct operation *op,
		    struct stage *stage);

/*
 * Memory that is missing: allocations with ENOMEM, copies with EFAULT. The call
 * fails for want of each that is in @must, at least; or never for want of an
 * allocation.
 */
#define SLABS	(1 << FAULT_SLAB)
#define PAGES	(1 << FAULT_PAGE)
#define COPIES	(1 << FAULT_COPY)

extern const int fault_errors[];

void op_walk_memory(const struct operation *op, struct stage *stage,
		    unsigned int must);
void op_walk_unmissed(const struct operation *op, struct stage *stage);

/*
 * The same for @back, a call that memory comes back with. It may go with the
 * same call, or with @away before, which does not fail. A run that has not come
 * back is reported once, and comes when @back is called again. @failed is how
 * often one has not.
 */
struct walk op_walk_back(enum fault fault, int error, struct stage *stage,
			 int (*away)(struct stage *stage),
			 int (*back)(struct stage *stage));

/* edu and the device, which is not mapped, in one container. */
struct stage stage_open(const char *bdf);

/*
 * The same with RUNS runs of the device mapped, at MAPPED_IOVA where large pages
 * serve and at MANY_TABLES_IOVA where none do, and RAM between them. @iova is
 * where config space is.
 */
#define RUNS			3
#define MAPPED_IOVA		(2 * IOVA)
#define MANY_TABLES_IOVA	(IOVA + PAGE)

struct stage stage_open_mapped(const char *bdf);
void stage_map_runs(struct stage *stage);
/* All of them are mapped, the CPU reaches the BAR, and so does edu. */
void stage_expect_mapped(struct stage *stage);
void stage_expect_reached(struct stage *stage);

/* RAM that lies scattered: no page has its neighbour in memory beside it. */
void scatter(char *va, unsigned int pages);
char *scattered_ram(unsigned int pages);

/* Calls, each for @call of an operation, and what goes with them. */
int op_set_container(struct stage *stage);
int op_set_iommu(struct stage *stage);
int op_get_device(struct stage *stage);
int op_map(struct stage *stage);
int op_memory_off(struct stage *stage);
int op_memory_on(struct stage *stage);
int op_device_reset(struct stage *stage);
int op_hot_reset(struct stage *stage);
void op_unset_container(struct stage *stage);
void op_close_fd(struct stage *stage);
void op_unmap(struct stage *stage);
void op_dma_works(struct stage *stage);

/* Where an administrator writes which device is to be bound. */
int op_probe_open(void);
bool op_is_bound(const char *bdf);
/* The peer, by @fd of op_probe_open(): binding gives 0, or -1 and ENODEV. */
void op_unbind(struct stage *stage);
int op_bind(struct stage *stage);
/* It can be opened, mmapped and mapped. */
void op_expect_usable(const char *bdf);

#endif /* OPERATION_H */
