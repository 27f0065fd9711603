/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making things fail on purpose, with the kernel's fault injection.
 *
 *	fault_need();
 *	for (unsigned int nth = 1; ; nth++) {
 *		fault_begin(FAULT_SLAB, nth);
 *		ret = ioctl(...);
 *		if (!fault_end())
 *			break;
 *	}
 *
 * lets every small allocation of the ioctl fail once, the first one first. Only
 * what the calling thread does between begin and end fails.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

enum fault {
	FAULT_SLAB,	/* an allocation of a small object */
	FAULT_PAGE,	/* one of whole pages, for page tables for example */
	FAULT_COPY,	/* a copy from or to user space, but for single values */
	FAULT_CALL,	/* a call of a function of fault_function() */
};

#define FAULT_KINDS	(FAULT_CALL + 1)

extern const char * const fault_names[FAULT_KINDS];

/* Skips the test where the kernel cannot inject faults; nothing fails yet. */
void fault_need(void);

/*
 * What is not below that function of the kernel, or is, is not counted and does
 * not fail. At first nothing fails where firmware is asked for an interrupt's
 * routing: the kernel's interpreter of firmware's code leaks objects, and uses
 * some that it has freed, once it has lacked memory.
 */
void fault_only_below(const char *function);
void fault_not_below(const char *function);

/* The thread's nth event of that kind from now on fails, and nothing else. */
void fault_begin(enum fault fault, unsigned int nth);
/*
 * Nothing fails any more. True if something did, false if there was no nth.
 * errno stays as it is.
 */
bool fault_end(void);

/*
 * Functions of the module that FAULT_CALL makes fail: with -errno, or with NULL
 * if that is 0. fault_function() adds one. All are gone with the next
 * fault_need().
 */
void fault_function(const char *name, int error);
void fault_no_functions(void);

/*
 * Without counting by thread, and both at once if need be: after so many that
 * work, the next @count calls of these functions fail, in whatever thread; and
 * the next @count allocations of pages by the calling thread. The end says how
 * many did.
 */
void fault_calls_begin(unsigned int after, unsigned int count);
unsigned int fault_calls_end(void);
void fault_pages_begin(unsigned int after, unsigned int count);
unsigned int fault_pages_end(void);

#endif /* FAULT_H */
