// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BARs of a device: which may be mmapped, how large they are, claiming them.
 *
 * A page is the least that can be mmapped, so a BAR smaller than a page may be
 * only if nothing else lies in its page, now or later: the rest of the page is
 * reserved while the device is bound. A BAR that does not begin on a page
 * boundary is not mmapped, as user space could not know where in the page it is.
 *
 * A BAR is claimed in /proc/iomem when user space first uses it and released
 * when the device is closed. If something else has claimed it, the log says what
 * that is, once for as long as the device is open: a user can try again and again.
 */
#include <linux/ioport.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pci.h"
#include "region.h"
#include "vfio_lock_order.h"

/* The part of the PC's memory to which firmware copies the boot display's. */
#define VFIO_PCI_SHADOW_ROM_SIZE	0x20000

static struct resource *vfio_pci_bar_reserve_rest(struct resource *res)
{
	struct resource *pad = kzalloc(sizeof(*pad), GFP_KERNEL);

	if (!pad)
		return NULL;

	pad->name = "vfio-pci rest of page";
	pad->start = res->end + 1;
	pad->end = res->start + PAGE_SIZE - 1;
	pad->flags = res->flags;
	if (request_resource(res->parent, pad)) {
		kfree(pad);
		return NULL;
	}

	return pad;
}

static void vfio_pci_bar_init(struct vfio_pci_bar *bar, struct resource *res)
{
	if (!(res->flags & IORESOURCE_MEM) || !resource_size(res))
		return;

	if (resource_size(res) >= PAGE_SIZE) {
		bar->mappable = true;
	} else if (PAGE_ALIGNED(res->start) && res->parent) {
		bar->pad = vfio_pci_bar_reserve_rest(res);
		bar->mappable = bar->pad;
	}
}

/**
 * vfio_pci_bars_init() - find out which BARs may be mmapped
 * @vdev: device
 *
 * Context: probe.
 */
void vfio_pci_bars_init(struct vfio_pci_device *vdev)
{
	unsigned int i;

	mutex_init(&vdev->bars_lock);
	vfio_lock_class(&vdev->bars_lock, VFIO_LOCK_BARS);
	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		vfio_pci_bar_init(&vdev->bars[i], &vdev->pdev->resource[i]);
}

/**
 * vfio_pci_bars_exit() - undo vfio_pci_bars_init()
 * @vdev: device that no file is open of
 *
 * Context: remove, or a failing probe.
 */
void vfio_pci_bars_exit(struct vfio_pci_device *vdev)
{
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct resource *pad = vdev->bars[i].pad;

		if (!pad)
			continue;

		release_resource(pad);
		kfree(pad);
	}
	mutex_destroy(&vdev->bars_lock);
}

/*
 * What keeps a BAR from being claimed: a busy resource in it, or one that it lies
 * in. NULL if there is none any more.
 *
 * The kernel's lock of the resources is not for modules, as little as its functions
 * that return one. So what stands there may be released at the same time, by a
 * driver that is just leaving; reading it cannot fault, and the worst that comes of
 * it is a wrong name.
 */
static struct resource *vfio_pci_bar_conflict(struct resource *bar)
{
	struct resource *res = bar, *next;

	while (!copy_from_kernel_nofault(&next, &res->child, sizeof(next)) &&
	       next) {
		unsigned long flags;

		res = next;
		if (copy_from_kernel_nofault(&flags, &res->flags, sizeof(flags)))
			return NULL;
		if (flags & IORESOURCE_BUSY)
			return res;
	}

	for (res = bar; res; res = res->parent)
		if (res->flags & IORESOURCE_BUSY)
			return res;

	return NULL;
}

static void vfio_pci_bar_refused(struct vfio_pci_device *vdev, unsigned int i)
{
	struct resource *bar = &vdev->pdev->resource[i], *res;
	struct resource copy;
	char name[32] = {};
	unsigned int n;

	if (vdev->bars[i].refused)
		return;
	vdev->bars[i].refused = true;

	res = vfio_pci_bar_conflict(bar);
	if (!res || copy_from_kernel_nofault(&copy, res, sizeof(copy))) {
		copy = *bar;
		copy.name = NULL;
	}

	for (n = 0; copy.name && n < sizeof(name) - 1; n++)
		if (copy_from_kernel_nofault(name + n, copy.name + n, 1) ||
		    !name[n])
			break;

	pci_warn(vdev->pdev, "BAR %u %pR is refused to its user: '%s' has claimed %pR\n",
		 i, bar, name[0] ? name : "something", &copy);
}

/* As pci_request_region(), which writes a line for each time that it fails. */
static struct resource *vfio_pci_bar_request(struct pci_dev *pdev,
					     unsigned int i)
{
	resource_size_t start = pci_resource_start(pdev, i);
	resource_size_t len = pci_resource_len(pdev, i);

	if (pci_resource_flags(pdev, i) & IORESOURCE_IO)
		return request_region(start, len, "vfio-pci");

	return request_mem_region(start, len, "vfio-pci");
}

static void vfio_pci_bar_unrequest(struct pci_dev *pdev, unsigned int i)
{
	resource_size_t start = pci_resource_start(pdev, i);
	resource_size_t len = pci_resource_len(pdev, i);

	if (pci_resource_flags(pdev, i) & IORESOURCE_IO)
		release_region(start, len);
	else
		release_mem_region(start, len);
}

/* Out of line, so that an mmap of a claimed BAR saves no registers for it. */
static noinline int vfio_pci_bar_claim_first(struct vfio_pci_device *vdev,
					     unsigned int i)
{
	if (!vfio_pci_bar_request(vdev->pdev, i)) {
		vfio_pci_bar_refused(vdev, i);
		return -EBUSY;
	}

	vdev->bars[i].claimed = true;

	return 0;
}

static int vfio_pci_bar_claim_locked(struct vfio_pci_device *vdev,
				     unsigned int i)
{
	lockdep_assert_held(&vdev->bars_lock);

	if (likely(vdev->bars[i].claimed))
		return 0;

	return vfio_pci_bar_claim_first(vdev, i);
}

/**
 * vfio_pci_bar_claim() - make sure that no other driver uses a BAR
 * @vdev: open device
 * @bar: BAR with a resource
 *
 * Return: 0 or -EBUSY.
 * Context: mmap_lock may be held; may sleep.
 */
int vfio_pci_bar_claim(struct vfio_pci_device *vdev, unsigned int bar)
{
	int ret;

	mutex_lock(&vdev->bars_lock);
	ret = vfio_pci_bar_claim_locked(vdev, bar);
	mutex_unlock(&vdev->bars_lock);

	return ret;
}

/**
 * vfio_pci_bar_iomap() - claim a BAR and map it for the kernel
 * @vdev: open device
 * @bar: BAR with a resource
 *
 * Return: the mapping, which stays until close, or ERR_PTR() of -EBUSY or
 * -ENOMEM.
 * Context: may sleep.
 */
void __iomem *vfio_pci_bar_iomap(struct vfio_pci_device *vdev, unsigned int bar)
{
	void __iomem *io;
	int ret;

	mutex_lock(&vdev->bars_lock);
	ret = vfio_pci_bar_claim_locked(vdev, bar);
	if (ret) {
		io = IOMEM_ERR_PTR(ret);
		goto unlock;
	}

	io = vdev->bars[bar].io;
	if (!io) {
		io = pci_iomap(vdev->pdev, bar, 0);
		vdev->bars[bar].io = io;
	}
	if (!io)
		io = IOMEM_ERR_PTR(-ENOMEM);
unlock:
	mutex_unlock(&vdev->bars_lock);

	return io;
}

/**
 * vfio_pci_bars_release() - give back all BARs that user space has used
 * @vdev: device that is being closed, nobody accesses it any more
 *
 * Context: may sleep.
 */
void vfio_pci_bars_release(struct vfio_pci_device *vdev)
{
	unsigned int i;

	mutex_lock(&vdev->bars_lock);
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct vfio_pci_bar *bar = &vdev->bars[i];

		if (bar->io)
			pci_iounmap(vdev->pdev, bar->io);
		bar->io = NULL;

		if (bar->claimed)
			vfio_pci_bar_unrequest(vdev->pdev, i);
		bar->claimed = false;
		bar->refused = false;
	}
	mutex_unlock(&vdev->bars_lock);
}

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
