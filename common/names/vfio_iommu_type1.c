// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name vfio_iommu_type1, with the parameters that the kernel's own module of
 * that name has. The code is in the module of a strategy.
 */
#include <linux/device/driver.h>
#include <linux/module.h>

#include "vfio_name.h"
#include "vfio_parameter.h"

VFIO_FLAG(allow_unsafe_interrupts, 0644,
	  "Assign devices although they could raise any interrupt (no)");
VFIO_FLAG(disable_hugepages, 0644,
	  "Map page by page, never a large page of the IOMMU (no)");
VFIO_PARAMETER(dma_entry_limit, "uint", &vfio_parameter_ops, 0644,
	       "Most DMA mappings that one container may have (65535)");

static struct vfio_name vfio_name = { .module = THIS_MODULE };
module_driver(vfio_name, vfio_name_register, vfio_name_unregister);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("The name vfio_iommu_type1, for strategy "
		   CONFIG_VFIO_STRATEGY);
