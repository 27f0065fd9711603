/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this module offers to the modules that have the names of the kernel's own:
 * see common/parameter.c and common/names/.
 */
#ifndef VFIO_PARAMETER_H
#define VFIO_PARAMETER_H

#include <linux/moduleparam.h>

/* Set and show the parameter of the same name of the module that has the code. */
extern const struct kernel_param_ops vfio_parameter_ops;
/* The same for one that may stand without a value. */
extern const struct kernel_param_ops vfio_parameter_flag_ops;

#define VFIO_PARAMETER(name, type, ops, perm, text)			\
	module_param_cb(name, ops, NULL, perm);				\
	__MODULE_PARM_TYPE(name, type);					\
	MODULE_PARM_DESC(name, text)

#define VFIO_FLAG(name, perm, text)					\
	VFIO_PARAMETER(name, "bool", &vfio_parameter_flag_ops, perm, text)

/* pci/ids.c */
int vfio_pci_ids_add(void);

#endif /* VFIO_PARAMETER_H */
