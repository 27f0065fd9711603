/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a call out of this module is made one that can fail: see fallible.c.
 */
#ifndef VFIO_FALLIBLE_H
#define VFIO_FALLIBLE_H

#include <linux/compiler.h>
#include <linux/error-injection.h>

/*
 * All of them take up to six integers or pointers and return one, which travel
 * in registers: they are passed on as they are, so that no signature has to be
 * repeated here, nor how it changed from kernel to kernel. A struct msi_map
 * travels as an integer, too, and its lower half is the errno.
 */
#define PASS_ON(symbol)							\
	long __real_##symbol(long, long, long, long, long, long);	\
	long __wrap_##symbol(long, long, long, long, long, long);	\
	long __wrap_##symbol(long a, long b, long c, long d, long e, long f) \
	{								\
		return __real_##symbol(a, b, c, d, e, f);		\
	}								\

/* Fails with -errno, as such or as a pointer. */
#define FAILS_WITH_ERRNO(symbol)					\
	PASS_ON(symbol)							\
	ALLOW_ERROR_INJECTION(__wrap_##symbol, ERRNO)

/* Fails with NULL, false or 0. */
#define FAILS_WITH_NULL(symbol)						\
	PASS_ON(symbol)							\
	ALLOW_ERROR_INJECTION(__wrap_##symbol, NULL)

/* For a macro that stands for another symbol on another kernel. */
#define FAILS_WITH_ERRNO_COMPAT(macro)	FAILS_WITH_ERRNO(macro)

#endif /* VFIO_FALLIBLE_H */
