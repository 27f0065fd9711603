/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that this module builds for. No other file
 * tests a kernel version. Each wrapper keeps one name and one signature, that
 * of the newest kernel, and says what changed and when.
 */
#ifndef VFIO_COMPAT_H
#define VFIO_COMPAT_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/iommu.h>
#include <linux/irqbypass.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/version.h>
#include <uapi/linux/vfio.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#error "vfio-three-ways builds for Linux 6.1 to 7.3: set KDIR to such a kernel's build tree"
#endif

#ifndef CONFIG_64BIT
#error "vfio-three-ways builds for 64 bits only: IOVAs and sizes of DMA mappings are unsigned long"
#endif

#ifndef VFIO_COMPAT_DEVICE_DRIVER_OVERRIDE
#error "compat.h needs common/Kbuild.compat: include it in the Kbuild of what includes this"
#endif

/*
 * 6.13: iommu_paging_domain_alloc() is an inline function around one that takes
 * flags, too. 6.11: it takes the device; before, the domain was allocated for a
 * bus and a missing IOMMU driver gave NULL. The macro names the function that is
 * called, for who puts itself in front of it.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define VFIO_COMPAT_DOMAIN_ALLOC	iommu_paging_domain_alloc_flags
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define VFIO_COMPAT_DOMAIN_ALLOC	iommu_paging_domain_alloc
#else
#define VFIO_COMPAT_DOMAIN_ALLOC	iommu_domain_alloc
#endif

static inline struct iommu_domain *vfio_compat_domain_alloc(struct device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	return iommu_paging_domain_alloc(dev);
#else
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	return domain ?: ERR_PTR(-EIO);
#endif
}

/*
 * 6.3: iommu_map() takes the allocation flags of its page tables, and charges them
 * to the user's memory cgroup if the flags say so. Before, there is one function
 * that may sleep and one that may not, and page tables are charged to nobody.
 */
static inline int vfio_compat_iommu_map(struct iommu_domain *domain,
					unsigned long iova, phys_addr_t paddr,
					size_t size, int prot, gfp_t gfp)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return iommu_map(domain, iova, paddr, size, prot, gfp);
#else
	if (gfpflags_allow_blocking(gfp))
		return iommu_map(domain, iova, paddr, size, prot);

	return iommu_map_atomic(domain, iova, paddr, size, prot);
#endif
}

/* 6.3: page tables of an IOMMU can be charged. */
#define VFIO_COMPAT_CHARGES_TABLES	\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0))

/*
 * 7.0: Intel's driver has the generic page tables, which flush what was gathered
 * before they add page tables to it. Before, whoever unmaps must see to that.
 */
#define VFIO_COMPAT_ORDER_FLUSHES	\
	(LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0))

/*
 * 6.2: pinning for long gives every page of a private mapping its own memory, so
 * that there are no pages of zeros among them.
 */
static inline bool vfio_compat_is_zero_page(struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return false;
#else
	return is_zero_pfn(page_to_pfn(page));
#endif
}

/*
 * 6.3: whether a device may only raise the interrupts that it was given is
 * asked of its group; before, of every device or of the interrupt domains.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline int vfio_compat_lacks_intr_remap(struct device *dev, void *data)
{
	return !device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
}
#endif

static inline bool vfio_compat_isolated_msi(struct iommu_group *group)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return iommu_group_has_isolated_msi(group);
#else
	return irq_domain_check_msi_remap() ||
	       !iommu_group_for_each_dev(group, NULL,
					 vfio_compat_lacks_intr_remap);
#endif
}

/* 6.2: the devnode callback of a class takes a const device. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define VFIO_COMPAT_DEVNODE_DEVICE	const struct device
#else
#define VFIO_COMPAT_DEVNODE_DEVICE	struct device
#endif

/* 6.8: an eventfd is signalled once a call. */
static inline void vfio_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* 6.3: vm_flags are changed through accessors only. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

/* 6.6: a fault of a file's vma may hold the vma's lock instead of mmap_lock. */
static inline void vfio_compat_release_fault_lock(struct vm_fault *vmf)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	release_fault_lock(vmf);
#else
	mmap_read_unlock(vmf->vma->vm_mm);
#endif
}

/* 6.9: a driver may leave the memory type of its mapping to a KVM guest. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define VM_ALLOW_ANY_UNCACHED	VM_NONE
#endif

/*
 * 6.12: page tables hold PMD and PUD entries of a PFNMAP vma on architectures
 * that say so; before, such entries were not safe without a struct page.
 * 6.17: they are made from a plain PFN; before, from a pfn_t.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	defined(CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP)
#define VFIO_COMPAT_HUGE_PFNMAP	1

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define vfio_compat_pfn_t(pfn)	(pfn)
#else
#include <linux/pfn_t.h>
#define vfio_compat_pfn_t(pfn)	__pfn_to_pfn_t(pfn, PFN_DEV)
#endif

static inline vm_fault_t vfio_compat_insert_pmd(struct vm_fault *vmf,
						unsigned long pfn)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	return vmf_insert_pfn_pmd(vmf, vfio_compat_pfn_t(pfn), false);
#else
	return VM_FAULT_FALLBACK;
#endif
}

static inline vm_fault_t vfio_compat_insert_pud(struct vm_fault *vmf,
						unsigned long pfn)
{
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	return vmf_insert_pfn_pud(vmf, vfio_compat_pfn_t(pfn), false);
#else
	return VM_FAULT_FALLBACK;
#endif
}
#endif

/*
 * 7.1, and some releases of older stable series: every device has a
 * driver_override, under a lock of its own; before, a PCI device had one. No
 * version tells, so Kbuild.compat looks into the kernel's headers. The macro
 * names the function that is called, for whatever wraps it.
 */
#if VFIO_COMPAT_DEVICE_DRIVER_OVERRIDE
#define VFIO_COMPAT_SET_DRIVER_OVERRIDE	__device_set_driver_override
#else
#define VFIO_COMPAT_SET_DRIVER_OVERRIDE	driver_set_override
#endif

static inline int vfio_compat_set_driver_override(struct pci_dev *pdev,
						  const char *name)
{
#if VFIO_COMPAT_DEVICE_DRIVER_OVERRIDE
	return device_set_driver_override(&pdev->dev, name);
#else
	return driver_set_override(&pdev->dev, &pdev->driver_override, name,
				   strlen(name));
#endif
}

/* 6.10: a string of a trace event remembers its source from TP_STRUCT__entry. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define vfio_compat_assign_str(dst, ...)	__assign_str(dst)
#else
#define vfio_compat_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* 6.4: an address is untagged for the mm that it belongs to. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define untagged_addr_remote(mm, ...)		untagged_addr(__VA_ARGS__)
#endif

/* 6.2: SET_CONTAINER tells a file that is no container from other mistakes. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define VFIO_COMPAT_NO_CONTAINER	(-EBADFD)
#else
#define VFIO_COMPAT_NO_CONTAINER	(-EINVAL)
#endif

/* 6.18: MAP_DMA and UNMAP_DMA tell a range that wraps from other mistakes. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define VFIO_COMPAT_RANGE_WRAPS	(-EOVERFLOW)
#else
#define VFIO_COMPAT_RANGE_WRAPS	(-EINVAL)
#endif

/* 6.6: user space is told which atomic operations a device completes. */
#ifndef VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
#define VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP	5
#define VFIO_PCI_ATOMIC_COMP32			BIT(0)
#define VFIO_PCI_ATOMIC_COMP64			BIT(1)
#define VFIO_PCI_ATOMIC_COMP128			BIT(2)

struct vfio_device_info_cap_pci_atomic_comp {
	struct vfio_info_cap_header header;
	__u32 flags;
};
#endif

/* 6.2: MSI-X vectors can be allocated while others are in use. */
static inline bool vfio_compat_msix_can_alloc_dyn(struct pci_dev *pdev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return pci_msix_can_alloc_dyn(pdev);
#else
	return false;
#endif
}

static inline int vfio_compat_msix_alloc_irq_at(struct pci_dev *pdev,
						unsigned int index)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	struct msi_map map = pci_msix_alloc_irq_at(pdev, index, NULL);

	return map.index < 0 ? map.index : map.virq;
#else
	return -EINVAL;
#endif
}

/*
 * 6.17: registering takes the token and the interrupt, and remembers whether it
 * worked; before, the caller kept the token, NULL if it did not. A kernel that
 * is built without it has nobody to bypass interrupts for.
 */
struct vfio_compat_irq_producer {
#if IS_ENABLED(CONFIG_IRQ_BYPASS_MANAGER)
	struct irq_bypass_producer producer;
#endif
};

static inline void
vfio_compat_irq_producer_register(struct vfio_compat_irq_producer *compat,
				  struct eventfd_ctx *eventfd, int irq)
{
#if IS_ENABLED(CONFIG_IRQ_BYPASS_MANAGER)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	irq_bypass_register_producer(&compat->producer, eventfd, irq);
#else
	compat->producer.token = eventfd;
	compat->producer.irq = irq;
	if (irq_bypass_register_producer(&compat->producer))
		compat->producer.token = NULL;
#endif
#endif
}

static inline void
vfio_compat_irq_producer_unregister(struct vfio_compat_irq_producer *compat)
{
#if IS_ENABLED(CONFIG_IRQ_BYPASS_MANAGER)
	irq_bypass_unregister_producer(&compat->producer);
#endif
}

/* 6.13: the name of a namespace of symbols is a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define vfio_compat_import_ns(ns)	MODULE_IMPORT_NS(#ns)
#else
#define vfio_compat_import_ns(ns)	MODULE_IMPORT_NS(ns)
#endif

#if IS_ENABLED(CONFIG_IOMMUFD)
#include <linux/iommufd.h>

/* 6.15: a device has an address space for each PASID, too. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define vfio_compat_iommufd_attach	iommufd_device_attach
#define vfio_compat_iommufd_replace	iommufd_device_replace
#define vfio_compat_iommufd_detach	iommufd_device_detach
#else
#define vfio_compat_iommufd_attach(idev, pasid, pt_id) \
	iommufd_device_attach(idev, pt_id)
#define vfio_compat_iommufd_replace(idev, pasid, pt_id) \
	iommufd_device_replace(idev, pt_id)
#define vfio_compat_iommufd_detach(idev, pasid) \
	iommufd_device_detach(idev)
#endif
#endif

/* 6.15: the uapi has PASIDs; 6.17: tokens of virtual functions at binding. */
#ifdef VFIO_DEVICE_ATTACH_PASID
#define VFIO_COMPAT_ATTACH_FLAG_PASID	VFIO_DEVICE_ATTACH_PASID
#else
#define VFIO_COMPAT_ATTACH_FLAG_PASID	0u
#endif
#ifdef VFIO_DEVICE_BIND_FLAG_TOKEN
#define VFIO_COMPAT_BIND_FLAG_TOKEN	VFIO_DEVICE_BIND_FLAG_TOKEN
#define vfio_compat_bind_token(bind)	u64_to_user_ptr((bind)->token_uuid_ptr)
#else
#define VFIO_COMPAT_BIND_FLAG_TOKEN	0u
#define vfio_compat_bind_token(bind)	((void __user *)NULL)
#endif

/*
 * 6.5: devices that a hot reset reaches are told by what an iommufd calls them, in
 * the place of their group's number. Before, there is no such device.
 */
#ifndef VFIO_PCI_HOT_RESET_FLAG_DEV_ID
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID		BIT(0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED	BIT(1)
#define VFIO_PCI_DEVID_OWNED			0
#define VFIO_PCI_DEVID_NOT_OWNED		-1
#endif

/*
 * 6.6: KVM takes files of devices as well, and asks for them by another name.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define VFIO_COMPAT_KVM_VALID		vfio_file_is_valid
#define VFIO_COMPAT_KVM_TAKES_DEVICES	true
#else
#define VFIO_COMPAT_KVM_VALID		vfio_file_is_group
#define VFIO_COMPAT_KVM_TAKES_DEVICES	false
#endif

/*
 * 6.2: whether the IOMMU can be told to ignore no-snoop is asked of a device;
 * before, of a domain. That it cannot is the answer that is always right.
 */
static inline bool vfio_compat_enforces_coherency(struct device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return device_iommu_capable(dev, IOMMU_CAP_ENFORCE_CACHE_COHERENCY);
#else
	return false;
#endif
}

#endif /* VFIO_COMPAT_H */
