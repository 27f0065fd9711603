/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DMA engine of QEMU's edu device: what really stands in the IOMMU.
 *
 * It moves bytes between its own buffer and an IOVA, and takes about 100 ms for
 * it however few they are. The buffer cannot be seen by the CPU, so a scratch
 * page, mapped for DMA at an IOVA that tests keep away from, is the way in and
 * out. A transfer that the IOMMU blocks is lost without notice.
 */
#ifndef EDU_H
#define EDU_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "iommu.h"
#include "memory.h"
#include "vfio.h"

struct edu {
	struct device device;
	volatile char *registers;
	char *scratch;
};

/* Tests use this for what they map, and up from it. */
#define IOVA		(4 * GIB)
#define SCRATCH_IOVA	(1 * GIB)

struct edu edu_open(int container);
/* One that is open already; its scratch page is still to be mapped. */
struct edu edu_use(struct device device);

/* PATTERN bytes of the scratch page to @iova, or from there. */
void edu_put(struct edu *edu, __u64 iova);
void edu_get(struct edu *edu, __u64 iova);

/*
 * Both in two halves: it is 100 ms after the first that the bytes move to @iova,
 * or from there. The engine is busy until then.
 */
void edu_put_begin(struct edu *edu, __u64 iova);
void edu_put_end(struct edu *edu);
void edu_get_begin(struct edu *edu, __u64 iova);
void edu_get_end(struct edu *edu);
bool edu_busy(struct edu *edu);

/* The scratch page's bytes to the engine's buffer, which every put begins with. */
void edu_fill(struct edu *edu);

/*
 * The device writes to @iova, or reads from there, what the CPU has at @target:
 * how many of PATTERN bytes arrived.
 */
size_t edu_write(struct edu *edu, __u64 iova, char *target);
size_t edu_read(struct edu *edu, __u64 iova, char *target);

/* All bytes arrive, both ways. */
#define expect_dma(edu, iova, target)					\
	expect_fine(edu_dma(edu, iova, target))

/* Not one byte arrives, either way. The IOMMU may say so in the log. */
#define expect_no_dma(edu, iova, target)				\
	expect_fine(edu_no_dma(edu, iova, target))

const char *edu_dma(struct edu *edu, __u64 iova, char *target);
const char *edu_no_dma(struct edu *edu, __u64 iova, char *target);

/*
 * The same in steps, for memory that the CPU does not reach meanwhile. Before:
 * the bytes are got ready, those to be written on the scratch page, those to be
 * read in the second half of the page at @target. Then both are tried, or either
 * of them in two halves. At last: NULL if nothing has arrived.
 */
void edu_try_begin(struct edu *edu, unsigned int seed, char *target);
void edu_try(struct edu *edu, __u64 iova);
const char *edu_try_end(struct edu *edu, unsigned int seed, const char *target);

#define EDU_TRY_GET(iova)	((iova) + PATTERN)

#endif /* EDU_H */
