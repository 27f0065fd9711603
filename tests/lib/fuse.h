/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file whose pages do not come: a FUSE file system of one file, whose server
 * answers everything but reads of it, until it is told to.
 *
 * Whoever touches the file's mmap hangs in a page fault, for as long as the test
 * likes. Only a signal that kills ends it before.
 */
#ifndef FUSE_H
#define FUSE_H

#include <sys/types.h>

#define FUSE_SIZE	4096UL

struct fuse {
	int file;
	pid_t server;
	int told;
	int tells;
};

/*
 * Skips the test where there is no FUSE. The server has what the test has open
 * at that moment, so no device should be.
 */
struct fuse fuse_open(void);

/* mmap of the file, as MAP_SHARED or MAP_PRIVATE. */
char *fuse_mmap(struct fuse *fuse, char *at, int prot, int flags);

/* Waits until somebody hangs in a page of the file. */
void fuse_wait(struct fuse *fuse);

/* Gives the pages that are waited for. */
void fuse_answer(struct fuse *fuse);

/* The server dies: the pages never come, and nobody waits for them any more. */
void fuse_kill(struct fuse *fuse);

#endif /* FUSE_H */
