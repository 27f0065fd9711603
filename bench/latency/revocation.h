/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed sequences of taking a device's memory away from many mappings at
 * once, and of giving it back. Where that leaves the IOMMU alone, as in the
 * kernel's own VFIO, the same calls show what they cost anyway.
 */
#ifndef REVOCATION_H
#define REVOCATION_H

#include "kind.h"

/*
 * So many device runs, each a page and a DMA mapping of its own. Memory off, on,
 * close of the device, all timed; then they are unmapped. No CPU maps the pages
 * meanwhile, so it is the IOMMU's part that grows. On the floor, a bare unmap,
 * then a bare map of the same pages.
 */
cycle_fn runs_cycle;

/*
 * So many mmaps of a page, touched, none of them mapped for DMA: memory off is
 * timed.
 */
cycle_fn vmas_cycle;

#endif /* REVOCATION_H */
