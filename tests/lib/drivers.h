/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of the bus drivers that exist only to test (tests/drivers).
 *
 *	DRIVER_TEST(dense_regions_show_their_part, "vfio-test-dense")
 *	{
 *		// This test ...
 *		struct device peer = device_open(container_open(), bdf);
 *		...
 *	}
 *
 * Each such test loads the drivers, gives a peer to one of them, runs in a
 * child, and unloads the drivers again: so every test shows, too, that this is
 * safe after what it did.
 */
#ifndef DRIVERS_H
#define DRIVERS_H

#include "test.h"

#define DRIVER_TEST_WITHIN(name, driver, seconds)			\
	static void name##_body(const char *bdf);			\
	TEST_WITHIN(name, seconds)					\
	{								\
		with_driver(driver, name##_body);			\
	}								\
	static void name##_body(const char *bdf)

#define DRIVER_TEST(name, driver)	DRIVER_TEST_WITHIN(name, driver, 60)

void with_driver(const char *driver, void (*body)(const char *bdf));

/* Each sixteenth of the peer's BAR begins with its number: which one it is. */
int mark(const volatile char *byte);

/* The drivers' module, as the kernel calls it; insmod and rmmod: 0, or -1, errno. */
const char *drivers_module(void);
int drivers_load(void);
int drivers_unload(void);

#endif /* DRIVERS_H */
