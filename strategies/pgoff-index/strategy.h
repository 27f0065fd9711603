/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pgoff-index: vm_pgoff names a region and a place in it, for every driver, and
 * each region's page frames are registered once. README.md has the idea and its
 * price.
 */
#ifndef VFIO_STRATEGY_TYPES_H
#define VFIO_STRATEGY_TYPES_H

struct vfio_device;

/* Regions with page frames have an index below this; vfio-pci has six BARs. */
#define VFIO_REGIONS_MAX	16

/**
 * struct vfio_region_pfns - the page frames of a region
 * @pfn: first page frame
 * @npages: how many; 0 for a region that has none
 */
struct vfio_region_pfns {
	unsigned long pfn;
	unsigned long npages;
};

/**
 * struct vfio_strategy_device - what the strategy keeps for a device
 * @regions: by region index; fixed once the device is registered
 */
struct vfio_strategy_device {
	struct vfio_region_pfns regions[VFIO_REGIONS_MAX];
};

/* Nothing is asked of a driver's ops. */
struct vfio_strategy_ops {
};

int vfio_region_register(struct vfio_device *device, unsigned int index,
			 unsigned long pfn, unsigned long npages);

#endif /* VFIO_STRATEGY_TYPES_H */
