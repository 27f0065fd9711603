/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test drivers offer to user space besides the kernel's own uapi of
 * vfio, which has another path in the kernel and must be included before.
 */
#ifndef VFIO_TEST_UAPI_H
#define VFIO_TEST_UAPI_H

/*
 * Take the CPU's mappings of one region away, its index the argument. The
 * memory stays on, so a page fault may bring them back.
 */
#define VFIO_TEST_ZAP_REGION	_IO(VFIO_TYPE, VFIO_BASE + 128)

#endif /* VFIO_TEST_UAPI_H */
