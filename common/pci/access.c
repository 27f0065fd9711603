// SPDX-License-Identifier: GPL-2.0-only
/*
 * read(2) and write(2) of a BAR.
 *
 * The device sees each access as wide as its alignment and the rest of the
 * length allow, up to 8 bytes, whatever the size of the buffer in between.
 *
 * That buffer is the kernel's: data is copied from the user before the memory
 * lock is taken and to the user after it is released, since a fault of the
 * user's buffer may take for ever. An I/O port BAR answers regardless of the
 * memory bit and takes no lock.
 */
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/uaccess.h>

#include "pci.h"
#include "region.h"

/* A multiple of the widest access, so that chunks change no width. */
#define VFIO_PCI_BOUNCE	256

/* A register's bytes lie in the buffer as they do in the device: low first. */
static void vfio_pci_io_read(void __iomem *io, u8 *buf, unsigned int width)
{
	__le64 val;

	switch (width) {
	case 8:
		val = cpu_to_le64(ioread64(io));
		break;
	case 4:
		val = cpu_to_le64(ioread32(io));
		break;
	case 2:
		val = cpu_to_le64(ioread16(io));
		break;
	default:
		val = cpu_to_le64(ioread8(io));
	}
	memcpy(buf, &val, width);
}

static void vfio_pci_io_write(void __iomem *io, const u8 *buf,
			      unsigned int width)
{
	__le64 val = 0;

	memcpy(&val, buf, width);
	switch (width) {
	case 8:
		iowrite64(le64_to_cpu(val), io);
		break;
	case 4:
		iowrite32(le64_to_cpu(val), io);
		break;
	case 2:
		iowrite16(le64_to_cpu(val), io);
		break;
	default:
		iowrite8(le64_to_cpu(val), io);
	}
}

/**
 * vfio_pci_io() - access device memory or I/O ports
 * @io: mapping of the region
 * @buf: the kernel's buffer
 * @count: bytes
 * @pos: position in the region
 * @width: the widest access that the device takes: 1, 2, 4 or 8
 * @write: direction
 *
 * Return: @count.
 * Context: any.
 */
size_t vfio_pci_io(void __iomem *io, u8 *buf, size_t count, u64 pos,
		   unsigned int width, bool write)
{
	size_t done;
	unsigned int w;

	for (done = 0; done < count; done += w) {
		w = width;
		while (w > count - done || !IS_ALIGNED(pos + done, w))
			w /= 2;

		if (write)
			vfio_pci_io_write(io + pos + done, buf + done, w);
		else
			vfio_pci_io_read(io + pos + done, buf + done, w);
	}

	return count;
}

/*
 * The MSI-X table is the host's: where user space could write interrupt
 * messages, its reads give all ones and its writes are dropped.
 */
static void vfio_pci_bar_io(struct vfio_pci_device *vdev, unsigned int bar,
			    void __iomem *io, u8 *buf, size_t count, u64 pos,
			    bool write)
{
	u64 start = 0, end = 0;
	size_t n;

	if (bar == vdev->msix_bar) {
		start = vdev->msix_start;
		end = vdev->msix_end;
	}

	for (; count; count -= n, buf += n, pos += n) {
		if (pos >= start && pos < end) {
			n = min_t(u64, count, end - pos);
			if (!write)
				memset(buf, 0xff, n);
			continue;
		}

		n = pos < start ? min_t(u64, count, start - pos) : count;
		vfio_pci_io(io, buf, n, pos, 8, write);
	}
}

/* In low power, a read or write has woken the device. */
static int vfio_pci_bar_enter(struct vfio_pci_device *vdev)
{
	int ret = vfio_device_memory_enter_wait(&vdev->vfio,
						VFIO_MEMORY_LOW_POWER);

	return ret && ret != -ERESTARTSYS ? -EIO : ret;
}

/**
 * vfio_pci_bar_rw() - read or write a BAR
 * @vdev: open device
 * @bar: index of the BAR
 * @ubuf: the user's buffer
 * @count: bytes, clipped to the BAR
 * @pos: position in the BAR
 * @write: direction
 *
 * Return: bytes read or written; -EINVAL if the device has no such BAR or @pos
 * is behind its end; -EBUSY if another driver claims it; -EIO while its memory
 * is off for a lasting reason or gone; -ERESTARTSYS for a signal while it waits for
 * the end of a temporary one; -EFAULT; -ENOMEM.
 * Context: may sleep as long as a reset or recovery takes.
 */
ssize_t vfio_pci_bar_rw(struct vfio_pci_device *vdev, unsigned int bar,
			char __user *ubuf, size_t count, u64 pos, bool write)
{
	bool memory = pci_resource_flags(vdev->pdev, bar) & IORESOURCE_MEM;
	u64 size = pci_resource_len(vdev->pdev, bar);
	u8 buf[VFIO_PCI_BOUNCE];
	void __iomem *io;
	size_t done, n;
	int ret;

	if (!pci_resource_start(vdev->pdev, bar) || pos >= size)
		return -EINVAL;

	count = min_t(u64, count, size - pos);

	io = vfio_pci_bar_iomap(vdev, bar);
	if (IS_ERR(io))
		return PTR_ERR(io);

	for (done = 0; done < count; done += n) {
		n = min_t(size_t, count - done,
			  sizeof(buf) - (pos + done) % sizeof(buf));

		if (write && copy_from_user(buf, ubuf + done, n))
			return -EFAULT;

		ret = memory ? vfio_pci_bar_enter(vdev) : 0;
		if (ret == -ERESTARTSYS && done)
			return done;
		if (ret)
			return ret;

		vfio_pci_bar_io(vdev, bar, io, buf, n, pos + done, write);
		if (memory)
			vfio_device_memory_leave(&vdev->vfio);

		if (!write && copy_to_user(ubuf + done, buf, n))
			return -EFAULT;
	}

	return count;
}
