// SPDX-License-Identifier: GPL-2.0-only
/*
 * The expansion ROM, read-only.
 *
 * The PCI core maps it for one use at a time: it switches the ROM's decoder on
 * and off again, and looks for the ROM's own idea of its size, which may be
 * less than the BAR's. What lies behind reads as all ones. A device may have one
 * decoder for the ROM and its BARs. So each use is made under the step lock.
 *
 * A read(2) goes to a buffer in the kernel first, as the user's memory may take
 * any time to come. It is as large as all that is read, but no larger than a
 * chunk, so that neither it nor the time that the decoder is on has a bound that
 * the device chooses: a ROM is read by 4 bytes, some of them slowly.
 */
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pci.h"
#include "region.h"

/* Some devices answer wider reads of their ROM with an error. */
#define VFIO_PCI_ROM_WIDTH	4

/* Most ROMs are smaller. At 1 to 10 us for 4 bytes it takes 0.07 to 0.7 s. */
#define VFIO_PCI_ROM_CHUNK	SZ_256K

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

/*
 * Reads up to the end of the ROM's own size, which is told in @size; the rest of
 * @buf is left as it is.
 */
static int vfio_pci_rom_read_chunk(struct vfio_pci_device *vdev, u8 *buf,
				   size_t count, u64 pos, size_t *size)
{
	void __iomem *io;
	int ret;

	ret = vfio_pci_step_begin_ready(vdev);
	if (ret)
		return ret;

	if (READ_ONCE(vdev->vfio.memory_off) & ~VFIO_MEMORY_LOW_POWER) {
		ret = -EIO;
		goto end;
	}

	io = pci_map_rom(vdev->pdev, size);
	if (!io) {
		ret = -ENOMEM;
		goto end;
	}
	if (pos < *size)
		vfio_pci_io(io, buf, min_t(u64, count, *size - pos), pos,
			    VFIO_PCI_ROM_WIDTH, false);
	pci_unmap_rom(vdev->pdev, io);
end:
	vfio_pci_step_end(vdev);

	return ret;
}

static ssize_t vfio_pci_rom_copy(struct vfio_pci_device *vdev, u8 *buf,
				 char __user *ubuf, size_t count, u64 pos)
{
	size_t done, n, size = SIZE_MAX;
	int ret;

	for (done = 0; done < count; done += n) {
		n = min_t(size_t, count - done, VFIO_PCI_ROM_CHUNK);

		memset(buf, 0xff, n);
		/* Where the ROM is known to have ended, it is not looked for. */
		if (pos + done < size) {
			ret = vfio_pci_rom_read_chunk(vdev, buf, n, pos + done,
						      &size);
			if (ret)
				return ret;
		}

		if (copy_to_user(ubuf + done, buf, n))
			return -EFAULT;

		if (fatal_signal_pending(current))
			return -EINTR;
	}

	return count;
}

/**
 * vfio_pci_rom_read() - read the ROM
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, clipped to the ROM's BAR
 * @pos: position in the ROM
 *
 * Return: bytes read; -EINVAL if there is no such BAR or @pos is behind its
 * end; -EIO while the memory is off or gone; -EFAULT; -EINTR if the process is
 * killed; -ERESTARTSYS for a signal; -ENOMEM, also if there is no ROM behind the
 * BAR.
 * Context: may sleep as long as a reset or recovery takes.
 */
ssize_t vfio_pci_rom_read(struct vfio_pci_device *vdev, char __user *ubuf,
			  size_t count, u64 pos)
{
	u64 size = vfio_pci_rom_size(vdev);
	ssize_t ret;
	u8 *buf;

	if (pos >= size)
		return -EINVAL;

	count = min_t(u64, count, size - pos);

	buf = kvmalloc(min_t(size_t, count, VFIO_PCI_ROM_CHUNK),
		       GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;

	ret = vfio_pci_rom_copy(vdev, buf, ubuf, count, pos);
	kvfree(buf);

	return ret;
}
