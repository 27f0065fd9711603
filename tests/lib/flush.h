/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which Intel's IOMMU driver takes entries out, has the IOMMU
 * forget them and frees page tables. The IOMMU of the VM caches no page tables,
 * so DMA does not show an order that is wrong: a trace of the driver does.
 *
 *	flush_watch();
 *	memory_off(peer.fd);
 *	expect_order(8);
 *
 * A page table of last level is freed if one call of the driver unmaps the
 * 2 MiB that it stands for. So whoever watches maps with entries of 4 KiB only,
 * by page frames that differ from the IOVA in their lowest 21 bits, and less
 * than 1 GiB at a time, for no table of a higher level to be freed.
 */
#ifndef FLUSH_H
#define FLUSH_H

/*
 * From here on, of what this thread does. Skips the test unless Intel's driver is
 * there and frees page tables by way of a gather: Linux 6.1 to 6.12.
 */
void flush_watch(void);

/*
 * Ends that. Each table was freed after the flush of what it stands for, and that
 * flush was of the whole structure, not of its leaves only. Tables of that number
 * were freed: the test would be worth nothing without any.
 */
#define expect_order(tables)						\
	expect_fine(flush_order_wrong(tables))

const char *flush_order_wrong(unsigned int tables);

#endif /* FLUSH_H */
