// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space asks before it uses a device: how many regions and interrupts
 * it has, and of what kind each is.
 *
 * argsz handling. An answer that has more to say than the caller's structure
 * holds, a chain of capabilities, sets argsz to what it needs and leaves the
 * chain out; the caller asks again with more room.
 */
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "pci.h"
#include "region.h"
#include "vfio_pgoff.h"

/* Adds the one capability that an answer may have, behind it. */
static int vfio_pci_info_cap(u32 *argsz, u32 *cap_offset, size_t info_size,
			     const void *cap, size_t cap_size,
			     void __user *uarg)
{
	size_t needed = info_size + ALIGN(cap_size, sizeof(u64));

	if (*argsz < needed) {
		*argsz = needed;
		*cap_offset = 0;
		return 0;
	}

	*cap_offset = info_size;

	return copy_to_user(uarg + info_size, cap, cap_size) ? -EFAULT : 0;
}

/*
 * Atomic operations of other devices that the function completes, if every
 * bridge between it and memory passes them on. Finding out enables it to
 * request some itself.
 */
static u32 vfio_pci_atomic_flags(struct vfio_pci_device *vdev)
{
	static const struct {
		u32 cap;
		u32 flag;
	} widths[] = {
		{ PCI_EXP_DEVCAP2_ATOMIC_COMP32, VFIO_PCI_ATOMIC_COMP32 },
		{ PCI_EXP_DEVCAP2_ATOMIC_COMP64, VFIO_PCI_ATOMIC_COMP64 },
		{ PCI_EXP_DEVCAP2_ATOMIC_COMP128, VFIO_PCI_ATOMIC_COMP128 },
	};
	struct pci_dev *pdev = pci_physfn(vdev->pdev);
	u32 cap, flags = 0;
	unsigned int i;

	pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP2, &cap);
	for (i = 0; i < ARRAY_SIZE(widths); i++)
		if (cap & widths[i].cap &&
		    !pci_enable_atomic_ops_to_root(pdev, widths[i].cap))
			flags |= widths[i].flag;

	return flags;
}

/**
 * vfio_pci_ioctl_get_info() - VFIO_DEVICE_GET_INFO
 * @vdev: open device
 * @data: the first fields of the caller's structure
 * @uarg: the caller's structure
 *
 * Return: 0 or -EFAULT.
 */
long vfio_pci_ioctl_get_info(struct vfio_pci_device *vdev, void *data,
			     void __user *uarg)
{
	struct vfio_device_info *in = data;
	struct vfio_device_info info = {
		.argsz = in->argsz,
		.flags = VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_PCI_NUM_IRQS,
	};
	struct vfio_device_info_cap_pci_atomic_comp atomic = {
		.header.id = VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP,
		.header.version = 1,
		.flags = vfio_pci_atomic_flags(vdev),
	};
	size_t size = min_t(size_t, in->argsz, sizeof(info));

	if (vdev->has_reset)
		info.flags |= VFIO_DEVICE_FLAGS_RESET;

	if (atomic.flags) {
		info.flags |= VFIO_DEVICE_FLAGS_CAPS;
		if (vfio_pci_info_cap(&info.argsz, &info.cap_offset,
				      sizeof(info), &atomic, sizeof(atomic),
				      uarg))
			return -EFAULT;
	}

	return copy_to_user(uarg, &info, size) ? -EFAULT : 0;
}

/*
 * Adds the one capability that a BAR may have: it may be mmapped although the
 * MSI-X table lies in it.
 */
static int vfio_pci_region_msix_cap(struct vfio_region_info *info,
				    void __user *uarg)
{
	struct vfio_info_cap_header cap = {
		.id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
		.version = 1,
	};

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;

	return vfio_pci_info_cap(&info->argsz, &info->cap_offset,
				 sizeof(*info), &cap, sizeof(cap), uarg);
}

static int vfio_pci_bar_info(struct vfio_pci_device *vdev,
			     struct vfio_region_info *info, void __user *uarg)
{
	info->size = pci_resource_len(vdev->pdev, info->index);
	if (!info->size)
		return 0;

	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (!vfio_pci_bar_mappable(vdev, info->index))
		return 0;

	info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (info->index != vdev->msix_bar)
		return 0;

	return vfio_pci_region_msix_cap(info, uarg);
}

/**
 * vfio_pci_ioctl_get_region_info() - VFIO_DEVICE_GET_REGION_INFO
 * @vdev: open device
 * @data: the caller's structure, copied
 * @uarg: the caller's structure
 *
 * Return: 0; -EINVAL if there is no such region; -EFAULT.
 * Context: may sleep as long as a reset takes.
 */
long vfio_pci_ioctl_get_region_info(struct vfio_pci_device *vdev, void *data,
				    void __user *uarg)
{
	struct vfio_region_info *info = data;
	int ret;

	info->offset = vfio_pgoff_encode(info->index);
	info->size = 0;
	info->flags = 0;

	switch (info->index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		ret = vfio_pci_bar_info(vdev, info, uarg);
		if (ret)
			return ret;
		break;
	case VFIO_PCI_ROM_REGION_INDEX:
		if (vfio_pci_rom_size(vdev) && vfio_pci_rom_present(vdev)) {
			info->size = vfio_pci_rom_size(vdev);
			info->flags = VFIO_REGION_INFO_FLAG_READ;
		}
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		info->size = vdev->pdev->cfg_size;
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
		break;
	case VFIO_PCI_VGA_REGION_INDEX:
		info->size = vfio_pci_vga_size(vdev);
		if (!info->size)
			return -EINVAL;
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
		break;
	default:
		return -EINVAL;
	}

	return copy_to_user(uarg, info, sizeof(*info)) ? -EFAULT : 0;
}

/**
 * vfio_pci_ioctl_get_irq_info() - VFIO_DEVICE_GET_IRQ_INFO
 * @vdev: open device
 * @data: the caller's structure, copied
 * @uarg: the caller's structure
 *
 * Return: 0; -EINVAL if the device has no interrupts of that kind by design;
 * -EFAULT.
 */
long vfio_pci_ioctl_get_irq_info(struct vfio_pci_device *vdev, void *data,
				 void __user *uarg)
{
	struct vfio_irq_info *info = data;

	if (info->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (info->index == VFIO_PCI_ERR_IRQ_INDEX && !pci_is_pcie(vdev->pdev))
		return -EINVAL;

	info->index = array_index_nospec(info->index, VFIO_PCI_NUM_IRQS);
	info->count = vdev->irq_count[info->index];
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	if (info->index == VFIO_PCI_INTX_IRQ_INDEX)
		info->flags |= VFIO_IRQ_INFO_MASKABLE |
			       VFIO_IRQ_INFO_AUTOMASKED;
	else if (info->index != VFIO_PCI_MSIX_IRQ_INDEX || !vdev->msix_dynamic)
		info->flags |= VFIO_IRQ_INFO_NORESIZE;

	return copy_to_user(uarg, info, sizeof(*info)) ? -EFAULT : 0;
}
