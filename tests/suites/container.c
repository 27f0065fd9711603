// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfio/vfio: its ioctls, in and out of order, and who may open it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edu.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

/* Number of an ioctl that VFIO has never had. */
#define UNKNOWN_IOCTL	_IO(VFIO_TYPE, VFIO_BASE + 99)

/* The number stays taken, but Linux 6.13 has dropped the name. */
#ifndef VFIO_TYPE1_NESTING_IOMMU
#define VFIO_TYPE1_NESTING_IOMMU	6
#endif

TEST(container_node_is_for_everybody)
{
	/* This test looks at the mode of /dev/vfio/vfio: it gives no rights. */
	struct stat status;

	expect_ok(stat("/dev/vfio/vfio", &status));
	expect_true(S_ISCHR(status.st_mode));
	expect_eq(status.st_mode & 07777, 0666);
}

TEST(api_version_is_zero)
{
	/* This test asks for the API version, with and without an IOMMU. */
	int container = container_open();

	expect_eq(ioctl(container, VFIO_GET_API_VERSION), VFIO_API_VERSION);
	device_open(container, need("peer"));
	expect_eq(ioctl(container, VFIO_GET_API_VERSION), VFIO_API_VERSION);
}

static void expect_extensions(int container)
{
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU), 1);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL), 1);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_SPAPR_TCE_IOMMU), 0);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 0);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, 0), 0);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, 12345), 0);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, -1UL), 0);
}

TEST(extensions_are_known_without_a_group)
{
	/* This test asks an empty container for extensions. */
	expect_extensions(container_open());
}

TEST(extensions_are_known_with_an_iommu)
{
	/* This test asks for extensions once the backend is chosen. */
	int container = container_open();

	device_open(container, need("peer"));
	expect_extensions(container);
}

TEST(left_out_extensions_are_not_offered)
{
	/* This test asks for extensions that are out of scope here. */
	int container = container_open();

	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_NESTING_IOMMU), 0);
	device_open(container, need("peer"));
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_NESTING_IOMMU), 0);
}

TEST(cache_coherency_is_what_the_iommu_says)
{
	/*
	 * This test asks whether DMA is always coherent: without an IOMMU it is
	 * not; with Intel's it is if the hardware has Snoop Control.
	 */
	unsigned long long ecap;
	int container = container_open();
	FILE *file;

	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU), 0);
	device_open(container, need("peer"));

	file = fopen("/sys/class/iommu/dmar0/intel-iommu/ecap", "re");
	if (!file)
		skip("needs an Intel IOMMU: vm/run --iommu intel");
	expect_eq(fscanf(file, "%llx", &ecap), 1);
	expect_eq(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU),
		  ecap >> 7 & 1);
}

TEST(set_iommu_needs_a_group)
{
	/* This test sets an IOMMU for an empty container. */
	int container = container_open();

	expect_errno(container_set_iommu(container, VFIO_TYPE1v2_IOMMU), EINVAL);
	expect_errno(container_set_iommu(container, 12345), EINVAL);
}

TEST(set_iommu_works_once)
{
	/* This test sets the IOMMU twice, to the same type and to another. */
	int container = container_open();

	device_open(container, need("peer"));
	expect_errno(container_set_iommu(container, VFIO_TYPE1v2_IOMMU), EINVAL);
	expect_errno(container_set_iommu(container, VFIO_TYPE1_IOMMU), EINVAL);
	expect_errno(container_set_iommu(container, 12345), EINVAL);
}

TEST(set_iommu_of_a_type_that_is_not_there)
{
	/* This test asks for types that no backend has, then for one that is. */
	int container = container_open();
	int group = group_open(need("peer"));

	expect_ok(group_set_container(group, container));
	expect_errno(container_set_iommu(container, VFIO_SPAPR_TCE_IOMMU), ENODEV);
	expect_errno(container_set_iommu(container, VFIO_NOIOMMU_IOMMU), ENODEV);
	expect_errno(container_set_iommu(container, 0), ENODEV);
	expect_errno(container_set_iommu(container, 12345), ENODEV);
	expect_ok(container_set_iommu(container, VFIO_TYPE1_IOMMU));
}

TEST(set_iommu_of_an_extension)
{
	/*
	 * This test takes the number of an extension for that of an IOMMU type:
	 * CHECK_EXTENSION says 1 to both.
	 */
	int container = container_open();
	int group = group_open(need("peer"));

	expect_ok(group_set_container(group, container));
	expect_errno(container_set_iommu(container, VFIO_UNMAP_ALL), EINVAL);
	expect_errno(container_set_iommu(container, VFIO_DMA_CC_IOMMU), ENODEV);
	expect_ok(container_set_iommu(container, VFIO_TYPE1_IOMMU));
}

static void expect_no_backend(int container)
{
	char *va = ram(PAGE);

	expect_errno(dma_map(container, IOVA, va, PAGE), EINVAL);
	expect_errno(dma_unmap(container, IOVA, PAGE), EINVAL);
	expect_errno(ioctl(container, VFIO_IOMMU_GET_INFO, NULL), EINVAL);
	expect_errno(ioctl(container, VFIO_IOMMU_DIRTY_PAGES, NULL), EINVAL);
	expect_errno(ioctl(container, UNKNOWN_IOCTL, NULL), EINVAL);
}

TEST(backend_ioctls_need_an_iommu)
{
	/* This test calls the backend before there is one, and after. */
	int container = container_open();
	int group;

	expect_no_backend(container);
	group = group_open(need("peer"));
	expect_ok(group_set_container(group, container));
	expect_no_backend(container);
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
}

TEST(unknown_ioctl_of_a_container)
{
	/* This test sends ioctls that a container does not have. */
	int container = container_open();

	device_open(container, need("peer"));
	expect_errno(ioctl(container, UNKNOWN_IOCTL, NULL), ENOTTY);
	expect_errno(ioctl(container, VFIO_GROUP_GET_STATUS, NULL), ENOTTY);
	expect_errno(ioctl(container, VFIO_DEVICE_GET_INFO, NULL), ENOTTY);
	expect_errno(ioctl(container, 0, NULL), ENOTTY);
}

TEST(dirty_tracking_is_left_out)
{
	/* This test starts dirty page tracking, which is out of scope here. */
	struct vfio_iommu_type1_dirty_bitmap start = {
		.argsz = sizeof(start),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
	};
	int container = container_open();

	device_open(container, need("peer"));
	expect_errno(ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &start), ENOTTY);
}

TEST(container_holds_no_data)
{
	/* This test reads, writes and mmaps the container. */
	int container = container_open();
	char byte = 0;

	expect_errno(read(container, &byte, 1), EINVAL);
	expect_errno(write(container, &byte, 1), EINVAL);
	expect_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, container, 0),
		     ENODEV);
}

TEST(container_without_groups_is_as_new)
{
	/*
	 * This test takes the only group out of a container: the backend and all
	 * it had mapped is gone, and another type can be set.
	 */
	int container = container_open();
	struct device peer = device_open(container, need("peer"));
	char *va = ram(PAGE);

	expect_ok(dma_map(container, IOVA, va, PAGE));
	expect_eq(locked_memory(), PAGE);
	expect_ok(close(peer.fd));
	expect_ok(group_unset_container(peer.group));
	expect_eq(locked_memory(), 0);

	expect_no_backend(container);
	expect_errno(container_set_iommu(container, VFIO_TYPE1_IOMMU), EINVAL);

	expect_ok(group_set_container(peer.group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1_IOMMU));
	expect_eq(dma_unmap(container, IOVA, PAGE), 0);
	expect_ok(dma_map(container, IOVA, va, PAGE));
}

TEST(containers_are_many)
{
	/* This test opens many containers, which know nothing of each other. */
	int container, first = container_open();

	device_open(first, need("peer"));
	for (int i = 0; i < 100; i++) {
		container = container_open();
		expect_no_backend(container);
	}
	expect_ok(dma_map(first, IOVA, ram(PAGE), PAGE));
}
