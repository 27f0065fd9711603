// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters of this module under the names of the kernel's own modules.
 *
 * The kernel's vfio is several modules with parameters of their own, and so are
 * the lines of an administrator in /etc/modprobe.d. The modules of common/names/
 * have the same parameters and pass each on to the one of that name here.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "vfio_parameter.h"

static const struct kernel_param *vfio_parameter_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < THIS_MODULE->num_kp; i++)
		if (!strcmp(THIS_MODULE->kp[i].name, name))
			return &THIS_MODULE->kp[i];

	return NULL;
}

static int vfio_parameter_set(const char *val, const struct kernel_param *kp)
{
	const struct kernel_param *own = vfio_parameter_find(kp->name);

	return own ? own->ops->set(val, own) : -ENOENT;
}

static int vfio_parameter_get(char *buffer, const struct kernel_param *kp)
{
	const struct kernel_param *own = vfio_parameter_find(kp->name);

	return own ? own->ops->get(buffer, own) : -ENOENT;
}

const struct kernel_param_ops vfio_parameter_ops = {
	.set = vfio_parameter_set,
	.get = vfio_parameter_get,
};
EXPORT_SYMBOL_GPL(vfio_parameter_ops);

const struct kernel_param_ops vfio_parameter_flag_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = vfio_parameter_set,
	.get = vfio_parameter_get,
};
EXPORT_SYMBOL_GPL(vfio_parameter_flag_ops);

/* What is not built must not be asked for in vain. */
static int vfio_noiommu_set(const char *val, const struct kernel_param *kp)
{
	bool on = true;
	int ret = 0;

	if (val)
		ret = kstrtobool(val, &on);
	if (!ret && on) {
		pr_err("%s: enable_unsafe_noiommu_mode: there is no such mode: every device needs an IOMMU\n",
		       KBUILD_MODNAME);
		ret = -EINVAL;
	}

	return ret;
}

static int vfio_noiommu_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "N\n");
}

static const struct kernel_param_ops vfio_noiommu_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = vfio_noiommu_set,
	.get = vfio_noiommu_get,
};
module_param_cb(enable_unsafe_noiommu_mode, &vfio_noiommu_ops, NULL, 0644);
__MODULE_PARM_TYPE(enable_unsafe_noiommu_mode, "bool");
MODULE_PARM_DESC(enable_unsafe_noiommu_mode,
		 "Refused: devices are not assigned without an IOMMU (no)");
