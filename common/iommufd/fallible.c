// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls into iommufd that a test can make fail, as common/fallible.c has it.
 */
#include "compat.h"
#include "fallible.h"

FAILS_WITH_ERRNO(iommufd_device_attach);
FAILS_WITH_ERRNO(iommufd_device_bind);
FAILS_WITH_ERRNO(iommufd_device_replace);
FAILS_WITH_ERRNO(iommufd_vfio_compat_ioas_create);
FAILS_WITH_ERRNO(iommufd_vfio_compat_ioas_get_id);
