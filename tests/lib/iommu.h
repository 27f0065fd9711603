/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the IOMMU says of DMA that it blocks.
 *
 * Each fault is an interrupt, but only a few reach the kernel's log: of Intel's
 * five in five seconds. Where the interrupts are counted, the count is the
 * measure.
 */
#ifndef IOMMU_H
#define IOMMU_H

#include <stdbool.h>

/* Lines about faults belong to this test. */
void allow_iommu_faults(void);

/* Number of faults since the last call. */
unsigned int iommu_faults(void);

/* Whether there comes a fault, or has come one since the last call. */
bool iommu_faulted(void);

/* Number of faults in the log since the last call. */
unsigned int iommu_faults_logged(void);

#endif /* IOMMU_H */
