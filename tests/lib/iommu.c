// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the IOMMU says of DMA that it blocks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iommu.h"
#include "log.h"
#include "test.h"

/* The lines of a fault; of Intel's, the first of two. */
static const char * const lines[] = {
	"DMAR: [",
	"AMD-Vi: Event",
	"page fault from EP",
};

void allow_iommu_faults(void)
{
	/* Intel's has a line about the IOMMU before. */
	allow_log("DMAR: ");
	for (size_t i = 1; i < sizeof(lines) / sizeof(lines[0]); i++)
		allow_log(lines[i]);
}

unsigned int iommu_faults_logged(void)
{
	static int logs[sizeof(lines) / sizeof(lines[0])];
	unsigned int count = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!logs[i])
			logs[i] = log_open();
		count += log_count(logs[i], lines[i], NULL);
	}

	return count;
}

/* The interrupts of Intel's IOMMUs, "dmar0" and so on; -1 if there are none. */
static long long interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	long long total = -1;
	char line[1024];
	char *at;

	expect_true(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, "dmar"))
			continue;
		if (total < 0)
			total = 0;
		/* "24:  count of each processor  controller  name" */
		at = strchr(line, ':') + 1;
		for (at += strspn(at, " "); *at >= '0' && *at <= '9';
		     at += strspn(at, " "))
			total += strtoll(at, &at, 10);
	}
	fclose(file);

	return total;
}

unsigned int iommu_faults(void)
{
	static long long before = -1;
	long long now = interrupts(), count;

	if (now < 0)
		return iommu_faults_logged();

	count = before < 0 ? 0 : now - before;
	before = now;

	return count;
}

bool iommu_faulted(void)
{
	/* The interrupt may be another processor's. */
	for (int i = 0; i < 100; i++) {
		if (iommu_faults())
			return true;
		usleep(1000);
	}

	return false;
}
