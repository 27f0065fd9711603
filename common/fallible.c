// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls out of this module that a test can make fail.
 *
 * What the IOMMU core, the PCI core and the driver core refuse only once in a
 * blue moon, a kernel with CONFIG_FAIL_FUNCTION refuses when it is told to. It
 * overrides functions that declare how they fail, so each such call gets a
 * function of its own here, which just passes it on. The sources that call know
 * nothing of it: the linker (--wrap) has every reference to symbol() in this
 * module go to __wrap_symbol(), and what is __real_symbol() here to symbol().
 * Other kernels get a module without this file.
 *
 * A function that is overridden does nothing at all, so its caller must find
 * the same as after a real failure. Where a real one leaves more behind than its
 * return value, that is done here.
 *
 * Not among them are: what can only say no to a question; config space, where an
 * error is a value that is read, but for what open reads of it; what init calls,
 * as nothing can be armed before it runs; and what fails for lack of memory
 * alone, as allocations are made to fail one by one anyway.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "compat.h"
#include "fallible.h"

/* Returns 0, unless overridden. */
#define FAILS_FIRST(name)						\
	static noinline int name(void)					\
	{								\
		int ret = 0;						\
									\
		OPTIMIZER_HIDE_VAR(ret);				\
		return ret;						\
	}								\
	ALLOW_ERROR_INJECTION(name, ERRNO)

/* The IOMMU core. */
FAILS_WITH_ERRNO_COMPAT(VFIO_COMPAT_DOMAIN_ALLOC);
FAILS_WITH_NULL(device_iommu_capable);
FAILS_WITH_ERRNO(iommu_attach_group);
FAILS_WITH_ERRNO(iommu_get_group_resv_regions);
FAILS_WITH_ERRNO(iommu_group_claim_dma_owner);
FAILS_WITH_NULL(iommu_group_get);
FAILS_WITH_ERRNO(iommu_map);

/* The PCI core, and the resources that it manages. */
FAILS_WITH_NULL(__request_region);
FAILS_WITH_ERRNO(__pci_reset_function_locked);
FAILS_WITH_NULL(pci_dev_trylock);
FAILS_WITH_ERRNO(pci_enable_device);
FAILS_WITH_ERRNO(pci_enable_sriov);
FAILS_WITH_NULL(pci_iomap);
FAILS_WITH_ERRNO(pci_load_saved_state);
FAILS_WITH_NULL(pci_map_rom);
FAILS_WITH_ERRNO(pci_read_vpd);
FAILS_WITH_ERRNO(pci_reset_bus);
FAILS_WITH_ERRNO(pci_set_power_state);
FAILS_WITH_NULL(pci_store_saved_state);
FAILS_WITH_ERRNO(pci_try_reset_function);
FAILS_WITH_ERRNO(pci_user_read_config_byte);
FAILS_WITH_ERRNO(pci_user_read_config_dword);
FAILS_WITH_ERRNO(pci_user_read_config_word);
FAILS_WITH_ERRNO(pci_user_write_config_byte);
FAILS_WITH_ERRNO(pci_user_write_config_dword);
FAILS_WITH_ERRNO(pci_user_write_config_word);
FAILS_WITH_ERRNO(pci_write_vpd);

/* Displays. */
FAILS_WITH_ERRNO(aperture_remove_conflicting_pci_devices);
FAILS_WITH_ERRNO(vga_client_register);
FAILS_WITH_ERRNO(vga_get);

/* Interrupts. */
FAILS_WITH_ERRNO(irq_bypass_register_producer);
FAILS_WITH_ERRNO(pci_alloc_irq_vectors_affinity);
FAILS_WITH_ERRNO(pci_msix_alloc_irq_at);
FAILS_WITH_ERRNO(request_threaded_irq);

/* The driver core, resources, and the memory of a process. */
FAILS_WITH_ERRNO_COMPAT(VFIO_COMPAT_SET_DRIVER_OVERRIDE);
FAILS_WITH_ERRNO(bus_register_notifier);
FAILS_WITH_ERRNO(cdev_device_add);
FAILS_WITH_ERRNO(dev_set_name);
FAILS_WITH_ERRNO(pin_user_pages_fast);
FAILS_WITH_ERRNO(request_resource);

/* Half of it is taken out, as by a driver that finds a hole there. */
FAILS_FIRST(fail_iommu_unmap_fast);

size_t __real_iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			       size_t size, struct iommu_iotlb_gather *gather);
size_t __wrap_iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			       size_t size, struct iommu_iotlb_gather *gather);

size_t __wrap_iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			       size_t size, struct iommu_iotlb_gather *gather)
{
	if (fail_iommu_unmap_fast())
		size = ALIGN_DOWN(size / 2, PAGE_SIZE);

	return size ? __real_iommu_unmap_fast(domain, iova, size, gather) : 0;
}

/* A value is read all the same. */
FAILS_FIRST(fail_pci_read_config_dword);

int __real_pci_read_config_dword(const struct pci_dev *pdev, int where,
				 u32 *val);
int __wrap_pci_read_config_dword(const struct pci_dev *pdev, int where,
				 u32 *val);

int __wrap_pci_read_config_dword(const struct pci_dev *pdev, int where,
				 u32 *val)
{
	int ret = fail_pci_read_config_dword();

	if (!ret)
		return __real_pci_read_config_dword(pdev, where, val);

	PCI_SET_ERROR_RESPONSE(val);

	return ret;
}

/* What could be saved is there all the same, the registers of every device. */
FAILS_FIRST(fail_pci_save_state);

int __real_pci_save_state(struct pci_dev *pdev);
int __wrap_pci_save_state(struct pci_dev *pdev);

int __wrap_pci_save_state(struct pci_dev *pdev)
{
	int saved = __real_pci_save_state(pdev), ret = fail_pci_save_state();

	return ret ?: saved;
}

/*
 * The state is used up, whether it could be loaded or not; if not, the PCI core
 * has none to restore.
 */
FAILS_FIRST(fail_pci_load_and_free_saved_state);

int __real_pci_load_and_free_saved_state(struct pci_dev *pdev,
					 struct pci_saved_state **state);
int __wrap_pci_load_and_free_saved_state(struct pci_dev *pdev,
					 struct pci_saved_state **state);

int __wrap_pci_load_and_free_saved_state(struct pci_dev *pdev,
					 struct pci_saved_state **state)
{
	int ret = fail_pci_load_and_free_saved_state();

	if (!ret)
		return __real_pci_load_and_free_saved_state(pdev, state);

	pdev->state_saved = false;
	kfree(*state);
	*state = NULL;

	return ret;
}

/* The device is counted as used even if it could not be woken. */
FAILS_FIRST(fail_pm_runtime_resume);

int __real___pm_runtime_resume(struct device *dev, int flags);
int __wrap___pm_runtime_resume(struct device *dev, int flags);

int __wrap___pm_runtime_resume(struct device *dev, int flags)
{
	int ret = fail_pm_runtime_resume();

	if (!ret)
		return __real___pm_runtime_resume(dev, flags);

	if (flags & RPM_GET_PUT)
		pm_runtime_get_noresume(dev);

	return ret;
}
