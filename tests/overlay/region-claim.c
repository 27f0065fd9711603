// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims a piece of memory, as a driver does that uses a part of somebody else's
 * BAR. Nothing is done with it.
 */
#include <linux/ioport.h>
#include <linux/module.h>

static unsigned long long start;
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "First address");

static unsigned long long size;
module_param(size, ullong, 0444);
MODULE_PARM_DESC(size, "Bytes");

static int __init region_claim_init(void)
{
	return request_mem_region(start, size, KBUILD_MODNAME) ? 0 : -EBUSY;
}
module_init(region_claim_init);

static void __exit region_claim_exit(void)
{
	release_mem_region(start, size);
}
module_exit(region_claim_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Claims memory, to test with");
