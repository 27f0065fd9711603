// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked to the kernel's vfio selftests: programs that know one IOMMU mode only, a
 * variable of their library, take it from the environment, so that they run on
 * kernels without iommufd too.
 */
#include <stdlib.h>

extern const char *default_iommu_mode;

__attribute__((constructor)) static void choose_mode(void)
{
	const char *mode = getenv("VFIO_SELFTESTS_MODE");

	if (mode && *mode)
		default_iommu_mode = mode;
}
