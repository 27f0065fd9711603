// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading of the test drivers. They are a module of their own,
 * beside that of the strategy, as any other bus driver would be.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "driver.h"

static struct vfio_test_driver * const vfio_test_drivers[] = {
	&vfio_test_dense,
	&vfio_test_optout,
	&vfio_test_remap,
};

static int __init vfio_test_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(vfio_test_drivers); i++) {
		ret = pci_register_driver(&vfio_test_drivers[i]->pci);
		if (ret)
			goto unregister;
	}

	return 0;

unregister:
	while (i--)
		pci_unregister_driver(&vfio_test_drivers[i]->pci);

	return ret;
}
module_init(vfio_test_init);

static void __exit vfio_test_exit(void)
{
	unsigned int i = ARRAY_SIZE(vfio_test_drivers);

	while (i--)
		pci_unregister_driver(&vfio_test_drivers[i]->pci);
}
module_exit(vfio_test_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Bus drivers that test VFIO of strategy " CONFIG_VFIO_STRATEGY);
