// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel without iommufd: nothing is registered with the core.
 */
#include <linux/init.h>

#include "vfio_iommufd.h"

void __init vfio_iommufd_init(void)
{
}

void vfio_iommufd_exit(void)
{
}
