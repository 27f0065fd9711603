// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap of a BAR, filled by page faults.
 *
 * Nothing is mapped by mmap itself, so that a zap is always undone by the next
 * fault and by nothing else. A fault answers with SIGBUS while the memory is off
 * for a lasting reason, and waits, without a lock of the mm, while it is off for a
 * temporary one.
 *
 * vm_pgoff keeps saying which region and where in it: that is what zaps select
 * by, and what survives a split. vm_private_data is the strategy's.
 */
#include <linux/mm.h>
#include <linux/nospec.h>

#include "compat.h"
#include "pci.h"
#include "region.h"
#include "vfio_pgoff.h"
#include "vfio_strategy_pci.h"

static vm_fault_t vfio_pci_insert(struct vm_fault *vmf, unsigned long pfn,
				  unsigned int order)
{
	switch (order) {
	case 0:
		return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
#ifdef VFIO_COMPAT_HUGE_PFNMAP
	case PMD_ORDER:
		return vfio_compat_insert_pmd(vmf, pfn);
	case PUD_ORDER:
		return vfio_compat_insert_pud(vmf, pfn);
#endif
	default:
		return VM_FAULT_FALLBACK;
	}
}

/* May hold the vma's lock only, so mmap_lock is not asserted. */
static vm_fault_t vfio_pci_fault_order(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_device *device = vfio_device_from_vma(vma);
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	unsigned long pfn;
	vm_fault_t ret;
	u64 offset;

	if (order && (addr < vma->vm_start || addr + size > vma->vm_end))
		return VM_FAULT_FALLBACK;

	offset = vfio_pgoff_of_address(vma, addr);
	pfn = vfio_pci_bar_pfn(vdev, vfio_pgoff_region(offset)) +
	      (vfio_pgoff_position(offset) >> PAGE_SHIFT);
	if (!IS_ALIGNED(pfn, 1UL << order))
		return VM_FAULT_FALLBACK;

	ret = vfio_device_memory_enter_fault(device, vmf);
	if (ret)
		return ret;
	ret = vfio_pci_insert(vmf, pfn, order);
	vfio_device_memory_leave(device);

	return ret;
}

static vm_fault_t vfio_pci_fault(struct vm_fault *vmf)
{
	return vfio_pci_fault_order(vmf, 0);
}

static const struct vm_operations_struct vfio_pci_vm_ops = {
	.fault = vfio_pci_fault,
#ifdef VFIO_COMPAT_HUGE_PFNMAP
	.huge_fault = vfio_pci_fault_order,
#endif
};

/**
 * vfio_pci_mmap() - mmap of the device file
 * @device: open device
 * @vma: the new vma
 *
 * Return: 0; -EINVAL if the vma is private, or does not lie inside a BAR that
 * may be mmapped; -EBUSY if another driver claims the BAR.
 * Context: mmap_lock held for write.
 */
int vfio_pci_mmap(struct vfio_device *device, struct vm_area_struct *vma)
{
	struct vfio_pci_device *vdev = vfio_pci_from_device(device);
	u64 offset = vfio_pgoff_of_address(vma, vma->vm_start);
	u64 index = vfio_pgoff_region(offset);
	u64 end = (vfio_pgoff_position(offset) >> PAGE_SHIFT) + vma_pages(vma);
	int ret;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (index >= PCI_STD_NUM_BARS)
		return -EINVAL;

	index = array_index_nospec(index, PCI_STD_NUM_BARS);
	if (!vfio_pci_bar_mappable(vdev, index))
		return -EINVAL;
	if (end > vfio_pci_bar_npages(vdev, index))
		return -EINVAL;

	ret = vfio_pci_bar_claim(vdev, index);
	if (ret)
		return ret;

	/* As io_remap_pfn_range() has it; a fault must not change them. */
	vm_flags_set(vma, VM_ALLOW_ANY_UNCACHED | VM_IO | VM_PFNMAP |
			  VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = &vfio_pci_vm_ops;

	vfio_strategy_pci_mmap(vdev, vma, index);

	return 0;
}
