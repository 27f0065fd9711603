// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading. The order of init is the order of dependence, and exit
 * undoes it backwards.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "core/core.h"
#include "pci/pci.h"
#include "vfio_iommu.h"
#include "vfio_iommufd.h"
#include "vfio_lock_order.h"

/*
 * The kernel's own vfio and this module own the same names. A symbol that it
 * exports and this module does not tells that it is there, loaded or built in.
 */
static bool __init vfio_stock_present(void)
{
	if (!__symbol_get("vfio_assign_device_set"))
		return false;

	__symbol_put("vfio_assign_device_set");

	return true;
}

static int __init vfio_init(void)
{
	int ret;

	if (vfio_stock_present()) {
		pr_err("%s: the kernel's own vfio is there: unload vfio_pci, vfio_pci_core, vfio_iommu_type1 and vfio, or boot a kernel that has it as modules\n",
		       KBUILD_MODNAME);
		return -EBUSY;
	}

	ret = vfio_lock_order_init();
	if (ret)
		return ret;

	vfio_names_init();
	vfio_iommu_init();
	vfio_iommufd_init();

	ret = vfio_container_init();
	if (ret == -EBUSY)
		pr_err("%s: another driver has /dev/vfio/vfio: unload it first\n",
		       KBUILD_MODNAME);
	if (ret)
		goto exit_iommufd;

	ret = vfio_group_init(&vfio_group_fops);
	if (ret)
		goto exit_container;

	ret = vfio_device_init(&vfio_device_fops);
	if (ret)
		goto exit_group;

	ret = vfio_pci_init();
	if (ret)
		goto exit_device;

	return 0;

exit_device:
	vfio_device_exit();
exit_group:
	vfio_group_exit();
exit_container:
	vfio_container_exit();
exit_iommufd:
	vfio_iommufd_exit();
	vfio_iommu_exit();

	return ret;
}
module_init(vfio_init);

static void __exit vfio_exit(void)
{
	vfio_pci_exit();
	vfio_device_exit();
	vfio_group_exit();
	vfio_container_exit();
	vfio_iommufd_exit();
	vfio_iommu_exit();
}
module_exit(vfio_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO that revokes DMA mappings of device memory, strategy "
		   CONFIG_VFIO_STRATEGY);
