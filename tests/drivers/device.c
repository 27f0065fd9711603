// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device from probe to remove, and from open to close, for all test drivers.
 */
#include <linux/err.h>

#include "driver.h"
#include "vfio_pgoff.h"

/* By driver_override only; the module carries no alias. */
const struct pci_device_id vfio_test_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

/* Index of the largest memory BAR; one that has none has no use here. */
static int vfio_test_bar_find(struct pci_dev *pdev)
{
	resource_size_t size = 0;
	int i, bar = -ENODEV;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (!(pci_resource_flags(pdev, i) & IORESOURCE_MEM) ||
		    pci_resource_len(pdev, i) <= size)
			continue;
		size = pci_resource_len(pdev, i);
		bar = i;
	}

	/* A quarter of it is to be whole pages. A BAR is a power of two. */
	return size < 4 * PAGE_SIZE ? -ENODEV : bar;
}

/**
 * vfio_test_layout_halves() - two regions, at offsets as vfio-pci encodes them
 * @vdev: device
 * @pfn: first page frame of the BAR
 * @size: size of the BAR
 */
void vfio_test_layout_halves(struct vfio_test_device *vdev, unsigned long pfn,
			     u64 size)
{
	unsigned int i;

	for (i = 0; i < VFIO_TEST_REGIONS; i++) {
		vdev->regions[i].offset = vfio_pgoff_encode(i);
		vdev->regions[i].size = size / 2;
		vdev->regions[i].pfn = pfn + i * (size / 2 >> PAGE_SHIFT);
	}
}

/**
 * vfio_test_probe() - take a PCI function
 * @pdev: the function
 * @id: unused
 *
 * Return: 0; -ENODEV if it has no memory BAR of four pages; -EBUSY if somebody
 * uses that; or the core's errno.
 * Context: may sleep.
 */
int vfio_test_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_test_driver *driver =
		container_of(pdev->driver, struct vfio_test_driver, pci);
	struct vfio_test_device *vdev;
	int bar, ret;

	bar = vfio_test_bar_find(pdev);
	if (bar < 0)
		return bar;

	ret = pci_request_region(pdev, bar, driver->ops.name);
	if (ret)
		return ret;

	vdev = vfio_device_alloc(struct vfio_test_device, vfio, &pdev->dev,
				 &driver->ops);
	if (IS_ERR(vdev)) {
		ret = PTR_ERR(vdev);
		goto release_region;
	}

	vdev->pdev = pdev;
	vdev->bar = bar;
	driver->layout(vdev, pci_resource_start(pdev, bar) >> PAGE_SHIFT,
		       pci_resource_len(pdev, bar));
	pci_set_drvdata(pdev, vdev);

	if (driver->ops.strategy)
		ret = vfio_test_strategy_probe(vdev);
	if (ret)
		goto put_device;

	ret = vfio_device_register(&vdev->vfio);
	if (ret)
		goto put_device;

	return 0;

put_device:
	vfio_device_put(&vdev->vfio);
release_region:
	pci_release_region(pdev, bar);

	return ret;
}

/**
 * vfio_test_remove() - leave a PCI function
 * @pdev: the function
 *
 * Context: waits until user space has closed the device.
 */
void vfio_test_remove(struct pci_dev *pdev)
{
	struct vfio_test_device *vdev = pci_get_drvdata(pdev);
	unsigned int bar = vdev->bar;

	vfio_device_unregister(&vdev->vfio);
	vfio_device_put(&vdev->vfio);
	pci_release_region(pdev, bar);
}

/**
 * vfio_test_open_device() - first open: the memory is on from now on
 * @device: device
 *
 * Return: 0 or -errno.
 * Context: may sleep.
 */
int vfio_test_open_device(struct vfio_device *device)
{
	struct vfio_test_device *vdev = vfio_test_from_device(device);
	int ret;

	ret = pci_enable_device(vdev->pdev);
	if (ret)
		return ret;

	vfio_device_memory_update(device, 0, VFIO_MEMORY_CLOSED);

	return 0;
}

/**
 * vfio_test_close_device() - last close
 * @device: device; the core has taken its memory away
 *
 * Context: may sleep.
 */
void vfio_test_close_device(struct vfio_device *device)
{
	pci_disable_device(vfio_test_from_device(device)->pdev);
}
