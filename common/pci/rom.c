// SPDX-License-Identifier: GPL-2.0-only
/*
 * The expansion ROM, read-only.
 *
 * The PCI core maps it for one use at a time: it switches the ROM's decoder on
 * and off again, and looks for the ROM's own idea of its size, which may be
 * less than the BAR's. What lies behind reads as all ones. So each use is made
 * with the memory lock held for write, alone.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pci.h"
#include "region.h"

/* The part of the PC's memory to which firmware copies the boot display's. */
#define VFIO_PCI_SHADOW_ROM_SIZE	0x20000

/* Some devices answer wider reads of their ROM with an error. */
#define VFIO_PCI_ROM_WIDTH	4

/**
 * vfio_pci_rom_size() - size of the ROM's BAR
 * @vdev: device
 *
 * Return: bytes, 0 if it has none.
 */
u64 vfio_pci_rom_size(struct vfio_pci_device *vdev)
{
	struct resource *res = &vdev->pdev->resource[PCI_ROM_RESOURCE];
	u64 size = pci_resource_len(vdev->pdev, PCI_ROM_RESOURCE);

	if (!size && (res->flags & IORESOURCE_ROM_SHADOW))
		return VFIO_PCI_SHADOW_ROM_SIZE;

	return size;
}

/**
 * vfio_pci_rom_present() - whether a ROM can be read behind its BAR
 * @vdev: open device; its memory is enabled for the moment if it is off
 *
 * Return: whether it is there.
 * Context: may sleep as long as a reset takes.
 */
bool vfio_pci_rom_present(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	void __iomem *io;
	size_t size;
	bool decoded;

	vfio_pci_step_begin(vdev);
	decoded = vfio_pci_decode_enable(vdev);
	io = pci_map_rom(pdev, &size);
	if (io)
		pci_unmap_rom(pdev, io);

	vfio_pci_decode_restore(vdev, decoded);
	vfio_pci_step_end(vdev);

	return io;
}

static int vfio_pci_rom_read_page(struct vfio_pci_device *vdev, u8 *buf,
				  size_t count, u64 pos)
{
	void __iomem *io;
	size_t size;
	int ret;

	memset(buf, 0xff, count);

	ret = vfio_pci_step_begin_ready(vdev);
	if (ret)
		return ret;

	if (READ_ONCE(vdev->vfio.memory_off) & ~VFIO_MEMORY_LOW_POWER) {
		ret = -EIO;
		goto end;
	}

	io = pci_map_rom(vdev->pdev, &size);
	if (!io) {
		ret = -ENOMEM;
		goto end;
	}
	if (pos < size)
		vfio_pci_io(io, buf, min_t(u64, count, size - pos), pos,
			    VFIO_PCI_ROM_WIDTH, false);
	pci_unmap_rom(vdev->pdev, io);
end:
	vfio_pci_step_end(vdev);

	return ret;
}

/**
 * vfio_pci_rom_read() - read the ROM
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, clipped to the ROM's BAR
 * @pos: position in the ROM
 *
 * Return: bytes read; -EINVAL if there is no such BAR or @pos is behind its
 * end; -EIO while the memory is off or gone; -EFAULT; -ENOMEM, also if there is
 * no ROM behind the BAR.
 * Context: may sleep as long as a reset takes.
 */
ssize_t vfio_pci_rom_read(struct vfio_pci_device *vdev, char __user *ubuf,
			  size_t count, u64 pos)
{
	u64 size = vfio_pci_rom_size(vdev);
	size_t done, n;
	ssize_t ret;
	u8 *buf;

	if (pos >= size)
		return -EINVAL;

	count = min_t(u64, count, size - pos);

	buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;

	for (done = 0; done < count; done += n) {
		n = min_t(size_t, count - done,
			  PAGE_SIZE - offset_in_page(pos + done));

		ret = vfio_pci_rom_read_page(vdev, buf, n, pos + done);
		if (ret)
			goto free;

		if (copy_to_user(ubuf + done, buf, n)) {
			ret = -EFAULT;
			goto free;
		}
	}
	ret = count;
free:
	kfree(buf);

	return ret;
}
