// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor of the benchmark: the least that any VFIO can pay to map a BAR for
 * a device, that is iommu_map() and iommu_unmap() and nothing else.
 *
 * The driver binds one PCI device by driver_override, takes the DMA ownership
 * of its group and attaches a paging domain, because an unattached domain skips
 * the IOTLB flushes. The calls are timed here, around the bare call: system
 * call, copies from user space, lookups and locks are what a VFIO adds, so
 * they are no part of the floor.
 *
 * The memory behind the BAR is never touched and may be disabled.
 */
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "vfio-floor.h"

/* The one bound device; the lock also serialises the requests. */
static DEFINE_MUTEX(floor_lock);
static struct pci_dev *floor_pdev;
static struct iommu_group *floor_group;
static struct iommu_domain *floor_domain;

static u64 floor_ticks(void)
{
	u64 ticks;

	rmb();	/* what came before is over when the counter is read, */
	ticks = get_cycles();
	rmb();	/* and what comes after has not begun */

	return ticks;
}

static int floor_check(const struct vfio_floor_ranges *ranges)
{
	u64 span, last;

	if (!floor_domain)
		return -ENODEV;
	if (!ranges->count || ranges->bar >= PCI_STD_NUM_BARS)
		return -EINVAL;
	if (!(pci_resource_flags(floor_pdev, ranges->bar) & IORESOURCE_MEM))
		return -EINVAL;
	if (!PAGE_ALIGNED(ranges->iova | ranges->size | ranges->stride))
		return -EINVAL;
	if (!ranges->size ||
	    check_mul_overflow(ranges->stride, ranges->count - 1ULL, &span) ||
	    check_add_overflow(span, ranges->size, &span) ||
	    span > pci_resource_len(floor_pdev, ranges->bar) ||
	    check_add_overflow(ranges->iova, span - 1, &last))
		return -EINVAL;

	return 0;
}

static int floor_map_one(struct vfio_floor_ranges *ranges, u64 offset)
{
	phys_addr_t paddr = pci_resource_start(floor_pdev, ranges->bar);
	u64 start;
	int ret;

	start = floor_ticks();
	ret = vfio_compat_iommu_map(floor_domain, ranges->iova + offset,
				    paddr + offset, ranges->size,
				    IOMMU_READ | IOMMU_WRITE | IOMMU_MMIO,
				    GFP_KERNEL);
	ranges->ticks += floor_ticks() - start;

	return ret;
}

static int floor_unmap_one(struct vfio_floor_ranges *ranges, u64 offset)
{
	size_t unmapped;
	u64 start;

	start = floor_ticks();
	unmapped = iommu_unmap(floor_domain, ranges->iova + offset,
			       ranges->size);
	ranges->ticks += floor_ticks() - start;

	return unmapped == ranges->size ? 0 : -EINVAL;
}

/* Stops at the first call that fails; what the others did stays. */
static int floor_each(struct vfio_floor_ranges *ranges,
		      int (*one)(struct vfio_floor_ranges *ranges, u64 offset))
{
	int ret = 0;
	u32 i;

	ranges->ticks = 0;
	for (i = 0; i < ranges->count && !ret; i++) {
		ret = one(ranges, i * ranges->stride);
		cond_resched();
	}

	return ret;
}

static long floor_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct vfio_floor_ranges ranges;
	int ret;

	if (cmd != VFIO_FLOOR_MAP && cmd != VFIO_FLOOR_UNMAP)
		return -ENOTTY;
	if (copy_from_user(&ranges, user, sizeof(ranges)))
		return -EFAULT;

	mutex_lock(&floor_lock);
	ret = floor_check(&ranges);
	if (!ret)
		ret = floor_each(&ranges, cmd == VFIO_FLOOR_MAP ?
					  floor_map_one : floor_unmap_one);
	mutex_unlock(&floor_lock);

	if (!ret && copy_to_user(user, &ranges, sizeof(ranges)))
		ret = -EFAULT;

	return ret;
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = floor_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice floor_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vfio-floor",
	.fops = &floor_fops,
	.mode = 0600,
};

static int floor_attach(struct pci_dev *pdev)
{
	struct iommu_domain *domain;
	struct iommu_group *group;
	int ret;

	group = iommu_group_get(&pdev->dev);
	if (!group)
		return -ENODEV;

	ret = iommu_group_claim_dma_owner(group, &floor_misc);
	if (ret)
		goto put_group;

	domain = vfio_compat_domain_alloc(&pdev->dev);
	if (IS_ERR(domain)) {
		ret = PTR_ERR(domain);
		goto release_owner;
	}

	ret = iommu_attach_group(domain, group);
	if (ret)
		goto free_domain;

	floor_pdev = pdev;
	floor_group = group;
	floor_domain = domain;

	return 0;

free_domain:
	iommu_domain_free(domain);
release_owner:
	iommu_group_release_dma_owner(group);
put_group:
	iommu_group_put(group);

	return ret;
}

static int floor_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	mutex_lock(&floor_lock);
	ret = floor_pdev ? -EBUSY : floor_attach(pdev);
	mutex_unlock(&floor_lock);

	return ret;
}

/* What is still mapped goes with the domain. */
static void floor_remove(struct pci_dev *pdev)
{
	mutex_lock(&floor_lock);
	iommu_detach_group(floor_domain, floor_group);
	iommu_domain_free(floor_domain);
	iommu_group_release_dma_owner(floor_group);
	iommu_group_put(floor_group);
	floor_domain = NULL;
	floor_group = NULL;
	floor_pdev = NULL;
	mutex_unlock(&floor_lock);
}

/* No table of devices: it binds by driver_override only. */
static struct pci_driver floor_driver = {
	.name = "vfio-floor",
	.probe = floor_probe,
	.remove = floor_remove,
	.driver_managed_dma = true,
};

static int __init floor_init(void)
{
	int ret;

	ret = misc_register(&floor_misc);
	if (ret)
		return ret;

	ret = pci_register_driver(&floor_driver);
	if (ret)
		misc_deregister(&floor_misc);

	return ret;
}

static void __exit floor_exit(void)
{
	pci_unregister_driver(&floor_driver);
	misc_deregister(&floor_misc);
}

module_init(floor_init);
module_exit(floor_exit);

MODULE_DESCRIPTION("Bare iommu_map() and iommu_unmap() of a BAR, timed");
MODULE_LICENSE("GPL");
