// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGA region: memory and I/O ports that every PC display has at the same
 * place, in no BAR of its own.
 *
 * Only one display can answer there at a time. The kernel's VGA arbiter is asked
 * for the place before each use, and given it back: so no user's buffer is
 * touched in between. The region says nothing of the command register, as the
 * arbiter sets that itself. It does so on the other displays of the bus, too, if
 * there are any, and without asking: as on stock, who uses the region of one may
 * find the memory of another off.
 */
#include <linux/aperture.h>
#include <linux/moduleparam.h>
#include <linux/uaccess.h>
#include <linux/vgaarb.h>

#include "pci.h"
#include "region.h"

static bool vfio_pci_disable_vga;
module_param_named(disable_vga, vfio_pci_disable_vga, bool, 0444);
MODULE_PARM_DESC(disable_vga, "Offer no VGA region (no)");

/* As far as the last place goes; others have gaps between them. */
#define VFIO_PCI_VGA_SIZE	0xc0000

#define VFIO_PCI_VGA_ALL						\
	(VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM |			\
	 VGA_RSRC_LEGACY_IO | VGA_RSRC_LEGACY_MEM)

#define VFIO_PCI_VGA_WIDTH	4
#define VFIO_PCI_VGA_BOUNCE	256

struct vfio_pci_vga_place {
	unsigned int start;
	unsigned int size;
	unsigned int resource;
};

static const struct vfio_pci_vga_place vfio_pci_vga_places[] = {
	{ 0x003b0, 0x0000c, VGA_RSRC_LEGACY_IO },
	{ 0x003c0, 0x00020, VGA_RSRC_LEGACY_IO },
	{ 0xa0000, 0x20000, VGA_RSRC_LEGACY_MEM },
};

static unsigned int vfio_pci_vga_decode(struct pci_dev *pdev, bool single)
{
	return VFIO_PCI_VGA_ALL;
}

static bool vfio_pci_vga_is_display(struct vfio_pci_device *vdev)
{
	return vdev->pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA;
}

/* The places are those of a PC. */
static bool vfio_pci_vga_has_region(struct vfio_pci_device *vdev)
{
	return IS_ENABLED(CONFIG_X86) && IS_ENABLED(CONFIG_VGA_ARB) &&
	       vfio_pci_vga_is_display(vdev);
}

/**
 * vfio_pci_vga_size() - size of the VGA region
 * @vdev: device
 *
 * Return: bytes, 0 if the device has none, or if no device is to have the region.
 */
u64 vfio_pci_vga_size(struct vfio_pci_device *vdev)
{
	if (vfio_pci_disable_vga || !vfio_pci_vga_has_region(vdev))
		return 0;

	return VFIO_PCI_VGA_SIZE;
}

/**
 * vfio_pci_vga_init() - keep the host off a display, and arbitrate its region
 * @vdev: device
 *
 * What the kernel itself shows on the display ends, on whatever architecture: the
 * framebuffer that firmware has left lies in a BAR.
 *
 * Return: 0 or -errno.
 * Context: probe.
 */
int vfio_pci_vga_init(struct vfio_pci_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	if (!vfio_pci_vga_is_display(vdev))
		return 0;

	ret = aperture_remove_conflicting_pci_devices(pdev, "vfio-pci");
	if (ret)
		return ret;

	if (!vfio_pci_vga_has_region(vdev))
		return 0;

	ret = vga_client_register(pdev, vfio_pci_vga_decode);
	if (ret)
		return ret;

	vga_set_legacy_decoding(pdev, VFIO_PCI_VGA_ALL);

	return 0;
}

/**
 * vfio_pci_vga_exit() - undo vfio_pci_vga_init()
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_vga_exit(struct vfio_pci_device *vdev)
{
	if (!vfio_pci_vga_has_region(vdev))
		return;

	vga_client_unregister(vdev->pdev);
	vga_set_legacy_decoding(vdev->pdev, VFIO_PCI_VGA_ALL);
}

static const struct vfio_pci_vga_place *vfio_pci_vga_find(u64 pos)
{
	const struct vfio_pci_vga_place *place = vfio_pci_vga_places;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfio_pci_vga_places); i++, place++)
		if (pos >= place->start && pos < place->start + place->size)
			return place;

	return NULL;
}

static void __iomem *vfio_pci_vga_map(const struct vfio_pci_vga_place *place)
{
	if (place->resource == VGA_RSRC_LEGACY_IO)
		return ioport_map(place->start, place->size);

	return ioremap(place->start, place->size);
}

static void vfio_pci_vga_unmap(const struct vfio_pci_vga_place *place,
			       void __iomem *io)
{
	if (place->resource == VGA_RSRC_LEGACY_IO)
		ioport_unmap(io);
	else
		iounmap(io);
}

static ssize_t vfio_pci_vga_copy(struct vfio_pci_device *vdev,
				 const struct vfio_pci_vga_place *place,
				 void __iomem *io, char __user *ubuf,
				 size_t count, u64 pos, bool write)
{
	u8 buf[VFIO_PCI_VGA_BOUNCE];
	size_t done, n;
	int ret;

	for (done = 0; done < count; done += n) {
		n = min_t(size_t, count - done,
			  sizeof(buf) - (pos + done) % sizeof(buf));

		if (write && copy_from_user(buf, ubuf + done, n))
			return -EFAULT;

		ret = vga_get_interruptible(vdev->pdev, place->resource);
		if (ret)
			return ret;
		vfio_pci_io(io, buf, n, pos + done - place->start,
			    VFIO_PCI_VGA_WIDTH, write);
		vga_put(vdev->pdev, place->resource);

		if (!write && copy_to_user(ubuf + done, buf, n))
			return -EFAULT;
	}

	return count;
}

/**
 * vfio_pci_vga_rw() - read or write the VGA region
 * @vdev: open device
 * @ubuf: the user's buffer
 * @count: bytes, clipped to the place that @pos lies in
 * @pos: position in the region, which is the address on the bus
 * @write: direction
 *
 * Return: bytes read or written; -EINVAL if the device is no VGA display or has
 * nothing at @pos; -EINTR or -ERESTARTSYS if a signal came while another display
 * was in use; -EFAULT; -ENOMEM.
 * Context: may sleep as long as another display is used.
 */
ssize_t vfio_pci_vga_rw(struct vfio_pci_device *vdev, char __user *ubuf,
			size_t count, u64 pos, bool write)
{
	const struct vfio_pci_vga_place *place = vfio_pci_vga_find(pos);
	void __iomem *io;
	ssize_t ret;

	if (!vfio_pci_vga_has_region(vdev) || !place)
		return -EINVAL;

	count = min_t(u64, count, place->start + place->size - pos);

	io = vfio_pci_vga_map(place);
	if (!io)
		return -ENOMEM;

	ret = vfio_pci_vga_copy(vdev, place, io, ubuf, count, pos, write);
	vfio_pci_vga_unmap(place, io);

	return ret;
}
