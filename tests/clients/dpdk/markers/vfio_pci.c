// SPDX-License-Identifier: GPL-2.0-only
/*
 * No code: DPDK takes /sys/module/vfio_pci for the sign that there is vfio-pci.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("makes /sys/module/vfio_pci");
MODULE_LICENSE("GPL");
