/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the module that can be made to fail: into the IOMMU core, the PCI
 * core and the driver core, see common/fallible.c. They are known by the names
 * of the functions that are called.
 *
 * A note is taken of each that has failed, to see in the end that all have.
 */
#ifndef FALLIBLE_H
#define FALLIBLE_H

#include "operation.h"

/*
 * From now on FAULT_CALL is a call of that function, or of one before, and it
 * fails with -errno, or with NULL if that is 0.
 */
void fallible_arm(const char *function, int error);
void fallible_disarm(void);
/* Whether it is one on this kernel. */
bool fallible_exists(const char *function);

/*
 * Each call of that function by that operation fails once. @errors, ended by 0,
 * are what with; the operation fails with the same, if it does. Empty, it is NULL
 * and @other_error of the operation.
 */
struct walk fallible_walk(const char *function, const int *errors,
			  const struct operation *op, struct stage *stage);

#define ERRORS(...)	((const int []){ __VA_ARGS__, 0 })
#define NULLS		((const int []){ 0 })

/* It is called as often as that, and each time the operation fails. */
#define expect_fails(times, function, errors, op, stage)		\
do {									\
	struct walk done_ = fallible_walk(function, errors, op, stage);	\
									\
	expect_eq(done_.events, times);					\
	expect_eq(done_.failed, times);					\
} while (0)

/* The same, and the operation never fails. */
#define expect_works(times, function, errors, op, stage)		\
do {									\
	struct walk done_ = fallible_walk(function, errors, op, stage);	\
									\
	expect_eq(done_.events, times);					\
	expect_eq(done_.failed, 0);					\
} while (0)

/* Notes: begun anew; taken of a function; of a function, whether there is one. */
void fallible_notes_begin(void);
void fallible_note(const char *function);
bool fallible_noted(const char *function);
/* Names of the functions without a note, NULL if there is none such. */
const char *fallible_missing(void);

#endif /* FALLIBLE_H */
