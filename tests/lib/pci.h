/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI devices as sysfs shows them: drivers, resources, config space.
 */
#ifndef PCI_H
#define PCI_H

#include <linux/types.h>
#include <stddef.h>

/* Path of a device's file in sysfs, in a buffer that the thread's next call reuses. */
const char *pci_path(const char *bdf, const char *file);

/* Write to such a file, or to any: 0, or -1 with errno. */
int pci_write(const char *bdf, const char *file, const char *text);
int file_write(const char *path, const char *text);

/* Name of the driver; empty if there is none. */
void pci_driver(const char *bdf, char *name, size_t size);

/*
 * All return 0, or -1 with errno. pci_rebind() takes the device from whatever
 * driver it has and gives it to @driver, to none if that is empty.
 */
int pci_unbind(const char *bdf);
int pci_bind(const char *bdf, const char *driver);
int pci_rebind(const char *bdf, const char *driver);
int pci_rescan(void);

/* Address of the port that the device is behind, or "pci0000:00". */
void pci_port(const char *bdf, char *port, size_t size);

/* Number of the IOMMU group. */
int pci_group(const char *bdf);

/* Start, size and flags of a resource; index 6 is the ROM. */
struct pci_resource {
	__u64 start;
	__u64 size;
	__u64 flags;
};

#define PCI_RESOURCE_IO	0x100

struct pci_resource pci_resource(const char *bdf, unsigned int index);

/* The device's own config space, not what vfio makes of it. */
__u32 pci_config(const char *bdf, unsigned int pos, unsigned int size);
/* Position of a capability there, or 0. */
unsigned int pci_capability(const char *bdf, __u8 id);
size_t pci_config_size(const char *bdf);
/* Four bytes, as what is not of the user's doing would write them. */
void pci_config_write(const char *bdf, unsigned int pos, __u32 value);

#endif /* PCI_H */
