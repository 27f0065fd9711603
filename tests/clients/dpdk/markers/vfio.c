// SPDX-License-Identifier: GPL-2.0-only
/*
 * No code: DPDK takes /sys/module/vfio for the sign that there is vfio.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("makes /sys/module/vfio");
MODULE_LICENSE("GPL");
