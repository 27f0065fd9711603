// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name vfio, for tools that look for the module, for modprobe, and for lines
 * of /etc/modprobe.d. The code is in the module of a strategy.
 */
#include <linux/device/driver.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "vfio_name.h"
#include "vfio_parameter.h"

VFIO_FLAG(enable_unsafe_noiommu_mode, 0644,
	  "Refused: devices are not assigned without an IOMMU (no)");

static struct vfio_name vfio_name = { .module = THIS_MODULE };
module_driver(vfio_name, vfio_name_register, vfio_name_unregister);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("The name vfio, for strategy " CONFIG_VFIO_STRATEGY);
MODULE_ALIAS_MISCDEV(VFIO_MINOR);
MODULE_ALIAS("devname:vfio/vfio");
MODULE_SOFTDEP("post: vfio_iommu_type1");
