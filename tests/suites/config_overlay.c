// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities in config space that no device model has, on a function with
 * config space of our own laid over it; see overlay.h.
 */
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "memory.h"
#include "overlay.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

static void expect_list(int fd, const unsigned int *want, size_t count)
{
	unsigned int pos = config_read(fd, PCI_CAPABILITY_LIST, 1);

	expect_true(config_read(fd, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
	for (size_t i = 0; i < count; i++) {
		expect_eq(pos, want[i]);
		pos = config_read(fd, pos + PCI_CAP_LIST_NEXT, 1);
	}
	expect_eq(pos, 0);
}

static void expect_ext_list(int fd, const unsigned int *want, size_t count)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE;

	for (size_t i = 0; i < count; i++) {
		expect_eq(pos, want[i]);
		pos = PCI_EXT_CAP_NEXT(config_read(fd, pos, 4));
	}
	expect_eq(pos, 0);
}

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void lists(const char *bdf)
{
	static const unsigned int caps[] = {
		OVERLAY_PM, OVERLAY_VPD, OVERLAY_MSI, OVERLAY_VENDOR,
		OVERLAY_VENDOR_2, OVERLAY_AF, OVERLAY_PCIX, OVERLAY_EXP,
	};
	static const unsigned int ext_caps[] = {
		OVERLAY_EXT_UNKNOWN, OVERLAY_ERR, OVERLAY_DSN, OVERLAY_ATS,
		0x174, 0x17c, OVERLAY_REBAR, 0x190, 0x1d0, OVERLAY_PWR,
		OVERLAY_EXT_VENDOR, OVERLAY_DVSEC, 0x210, 0x22c, OVERLAY_TPH,
	};
	int fd = device_open(container_open(), bdf).fd;

	expect_list(fd, caps, COUNT(caps));
	expect_ext_list(fd, ext_caps, COUNT(ext_caps));
	/* One that cannot be left out has no number. */
	expect_eq(config_read(fd, OVERLAY_EXT_UNKNOWN, 4),
		  (__u32)OVERLAY_ERR << 20);
}

TEST(hidden_capabilities_are_not_in_the_lists)
{
	/* This test walks both lists: some capabilities are left out. */
	with_overlay(need("reset"), lists);
}

static void expect_takes_bytes(struct device *device, unsigned int pos,
			       unsigned int size, bool takes)
{
	__u32 there = pci_config(device->bdf, pos, size);

	expect_eq(config_read(device->fd, pos, size), there);
	config_write(device->fd, pos, size, ~there);
	if (takes)
		there = ~there & (~0u >> (32 - 8 * size));
	expect_eq(pci_config(device->bdf, pos, size), there);
	expect_eq(config_read(device->fd, pos, size), there);
}

static void expect_takes(struct device *device, unsigned int pos, bool takes)
{
	expect_takes_bytes(device, pos, 4, takes);
}

static void hidden(const char *bdf)
{
	static const unsigned int places[] = {
		OVERLAY_HIDDEN + 4, OVERLAY_UNKNOWN + 4, OVERLAY_UNKNOWN + 8,
		OVERLAY_EXT_UNKNOWN + 4, OVERLAY_EXT_UNKNOWN + 12,
		OVERLAY_PASID + 4,
	};
	struct device device = device_open(container_open(), bdf);

	for (size_t i = 0; i < COUNT(places); i++)
		expect_takes(&device, places[i], false);
}

TEST(hidden_capabilities_are_read_only)
{
	/* This test writes registers of what it should not know of. */
	with_overlay(need("reset"), hidden);
}

static void gaps(const char *bdf)
{
	static const unsigned int places[] = {
		/* Behind the debug port, as EHCI has it: up to Advanced Features. */
		0x5c, 0x60, 0x68, 0x6c, 0x94,
		0x4c, 0xa4, 0xac, 0xbc, 0xf8,
		0x104, 0x140, 0x174, 0x190, 0x1a8, 0x1cc, 0x1f0, 0x20c, 0x22c,
	};
	struct device device = device_open(container_open(), bdf);

	for (size_t i = 0; i < COUNT(places); i++)
		expect_takes(&device, places[i], true);
	/* FLADJ, and the owner of USBLEGSUP. */
	expect_takes_bytes(&device, 0x61, 1, true);
	expect_takes_bytes(&device, 0x6b, 1, true);
	/* What follows the two bytes of a capability without registers. */
	expect_takes_bytes(&device, 0xa2, 2, true);
	/* And the length of the vendor's, which is zero. */
	expect_takes_bytes(&device, 0xab, 1, true);
}

TEST(registers_behind_hidden_capabilities_are_writable)
{
	/* This test writes what is nobody's behind capabilities that are hidden. */
	with_gaps_overlay(need("reset"), gaps);
}

static void hidden_lengths(const char *bdf)
{
	static const unsigned int caps[] = { 0x50, 0x98, 0xc0 };
	static const unsigned int ext_caps[] = { 0x100, 0x220 };
	static const unsigned int places[] = {
		0x44, 0x48, 0xb4, 0x130, 0x13c, 0x15c, 0x170, 0x184, 0x18c,
		0x1a4, 0x1c8, 0x1e8, 0x208,
	};
	struct device device = device_open(container_open(), bdf);

	expect_list(device.fd, caps, COUNT(caps));
	for (size_t i = 0; i < COUNT(places); i++)
		expect_takes(&device, places[i], false);
	expect_takes_bytes(&device, 0x5a, 2, false);
	expect_takes_bytes(&device, 0xb2, 1, false);
	expect_takes_bytes(&device, 0xba, 2, false);
	expect_ext_list(device.fd, ext_caps, COUNT(ext_caps));
}

TEST(hidden_capabilities_are_read_only_to_their_end)
{
	/* This test writes registers of hidden capabilities of known length. */
	with_gaps_overlay(need("reset"), hidden_lengths);
}

static void read_only(const char *bdf)
{
	static const unsigned int places[] = {
		OVERLAY_DSN + 4, OVERLAY_DSN + 8, OVERLAY_ATS + 4, 0x178, 0x180,
		OVERLAY_REBAR + 4, OVERLAY_REBAR + 8, 0x198, 0x1d4, 0x1dc, 0x224,
		OVERLAY_TPH + 8,
	};
	struct device device = device_open(container_open(), bdf);

	for (size_t i = 0; i < COUNT(places); i++)
		expect_takes(&device, places[i], false);
}

TEST(capabilities_of_the_host_are_read_only)
{
	/*
	 * This test writes ATS, LTR, ACS, resizable BARs, SR-IOV, PRI, virtual
	 * channels and TPH: they concern the host, or nobody.
	 */
	with_overlay(need("reset"), read_only);
}

static void raw(const char *bdf)
{
	static const unsigned int places[] = {
		OVERLAY_VENDOR + 4, OVERLAY_VENDOR + 8, OVERLAY_VENDOR_2 + 4,
		OVERLAY_NOBODY, OVERLAY_EXT_VENDOR + 8, OVERLAY_EXT_VENDOR + 12,
		OVERLAY_DVSEC + 12, 0x300, 0xffc,
	};
	struct device device = device_open(container_open(), bdf);

	for (size_t i = 0; i < COUNT(places); i++)
		expect_takes(&device, places[i], true);

	/* In one dword: the last bytes of AF, and nobody's. */
	config_write(device.fd, OVERLAY_AF + PCI_AF_CTRL, 4, 0x12340000);
	expect_eq(pci_config(bdf, OVERLAY_AF + PCI_AF_CTRL, 4), 0x12340000);
	/* And the last of DPA. */
	config_write(device.fd, 0x23c, 4, 0x12345678);
	expect_eq(pci_config(bdf, 0x23c, 4), 0x12345600);
}

TEST(what_is_the_vendor_s_is_writable)
{
	/* This test writes the vendor's registers, and nobody's. */
	with_overlay(need("reset"), raw);
}

/* As a driver reads vital product data: false if it never comes. */
static bool vpd_read(int fd, unsigned int addr, __u32 *data)
{
	config_write(fd, OVERLAY_VPD + PCI_VPD_ADDR, 2, addr);
	if (!(config_read(fd, OVERLAY_VPD + PCI_VPD_ADDR, 2) & PCI_VPD_ADDR_F))
		return false;
	*data = config_read(fd, OVERLAY_VPD + PCI_VPD_DATA, 4);

	return true;
}

static bool vpd_write(int fd, unsigned int addr, __u32 data)
{
	config_write(fd, OVERLAY_VPD + PCI_VPD_DATA, 4, data);
	config_write(fd, OVERLAY_VPD + PCI_VPD_ADDR, 2, addr | PCI_VPD_ADDR_F);

	return !(config_read(fd, OVERLAY_VPD + PCI_VPD_ADDR, 2) &
		 PCI_VPD_ADDR_F);
}

static void product_data(const char *bdf)
{
	int fd = device_open(container_open(), bdf).fd;
	char text[28];
	__u32 data;

	for (unsigned int i = 0; i < sizeof(text); i += 4) {
		expect_true(vpd_read(fd, i, &data));
		memcpy(text + i, &data, 4);
	}
	expect_true(!memcmp(text + 3, "overlay", 7));
	expect_true(!memcmp(text + 16, "0123456789a", 11));

	expect_true(vpd_write(fd, 16, 0x64636261));
	expect_true(vpd_read(fd, 16, &data));
	expect_eq(data, 0x64636261);
	expect_true(vpd_read(fd, 20, &data));
	expect_true(!memcmp(&data, "4567", 4));

	/* By bytes: the upper one begins. */
	config_write(fd, OVERLAY_VPD + PCI_VPD_ADDR, 1, 16);
	config_write(fd, OVERLAY_VPD + PCI_VPD_DATA, 4, 0);
	expect_eq(config_read(fd, OVERLAY_VPD + PCI_VPD_DATA, 4), 0);
	config_write(fd, OVERLAY_VPD + PCI_VPD_ADDR + 1, 1, 0);
	expect_eq(config_read(fd, OVERLAY_VPD + PCI_VPD_DATA, 4), 0x64636261);

	/* Behind the end, zeros, and no place to write. */
	expect_true(vpd_read(fd, 0x400, &data));
	expect_eq(data, 0);
	expect_true(!vpd_write(fd, 0x400, 1));
}

TEST(vital_product_data)
{
	/* This test reads and writes it, also where there is none. */
	with_overlay(need("reset"), product_data);
}

static __u32 resets(const char *bdf)
{
	return pci_config(bdf, OVERLAY_RESETS, 4);
}

/* What the user wrote to the device is restored, and to our copy stays. */
static void expect_reset_by(struct device *device, unsigned int pos,
			    unsigned int size, __u32 value)
{
	unsigned int devctl = OVERLAY_EXP + PCI_EXP_DEVCTL;
	char *bar = region_open(device->fd, BAR2);
	__u32 before = resets(device->bdf);

	config_write(device->fd, PCI_BASE_ADDRESS_2, 4, 0xc0000000);
	config_write(device->fd, OVERLAY_MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	config_write(device->fd, devctl, 2, PCI_EXP_DEVCTL_NFERE | 0x50e0);
	config_write(device->fd, OVERLAY_NOBODY, 4, 0);

	config_write(device->fd, pos, size, value);
	expect_eq(resets(device->bdf), before + 1);
	expect_eq(config_read(device->fd, pos, size) & value & 0x8001, 0);

	/* The PCI core does not know of this one. */
	expect_eq(config_read(device->fd, OVERLAY_NOBODY, 4), 0x88888888);
	expect_eq(config_read(device->fd, PCI_BASE_ADDRESS_2, 4) &
		  PCI_BASE_ADDRESS_MEM_MASK, 0xc0000000);
	expect_eq(config_read(device->fd, OVERLAY_MSI + PCI_MSI_ADDRESS_LO, 4),
		  0xfee00000);
	expect_true(config_read(device->fd, devctl, 2) & PCI_EXP_DEVCTL_NFERE);
	expect_true(pci_config(device->bdf, devctl, 2) & PCI_EXP_DEVCTL_NFERE);
	expect_eq(read_signal(bar), 0);
}

static void function_resets(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	unsigned int devctl = OVERLAY_EXP + PCI_EXP_DEVCTL;
	unsigned int ctrl = OVERLAY_AF + PCI_AF_CTRL;
	__u32 before;

	expect_reset_by(&device, devctl, 2,
			PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_NFERE | 0x50e0);
	expect_reset_by(&device, devctl + 1, 1,
			(PCI_EXP_DEVCTL_BCR_FLR | 0x5000) >> 8);
	expect_reset_by(&device, ctrl, 1, PCI_AF_CTRL_FLR);
	expect_reset_by(&device, ctrl, 2, PCI_AF_CTRL_FLR);

	/* Beside those bits. */
	before = resets(bdf);
	config_write(device.fd, devctl, 2, 0x7fff);
	config_write(device.fd, devctl, 1, 0xff);
	config_write(device.fd, devctl + 2, 2, 0xffff);
	config_write(device.fd, ctrl, 1, 0xfe);
	config_write(device.fd, ctrl + 1, 1, 0xff);
	expect_eq(resets(bdf), before);
}

TEST(function_level_resets)
{
	/* This test resets a function by both capabilities that do so. */
	with_overlay(need("reset"), function_resets);
}

static void sleep_and_lose(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	unsigned int devctl = OVERLAY_EXP + PCI_EXP_DEVCTL;
	unsigned int pmcsr = OVERLAY_PM + PCI_PM_CTRL;

	config_write(device.fd, PCI_BASE_ADDRESS_2, 4, 0xc0000000);
	config_write(device.fd, OVERLAY_MSI + PCI_MSI_DATA_64, 2, 0x4321);
	config_write(device.fd, devctl, 2, PCI_EXP_DEVCTL_CERE);
	config_write(device.fd, OVERLAY_NOBODY, 4, 0);

	config_write(device.fd, pmcsr, 2, 3);
	expect_eq(pci_config(bdf, pmcsr, 1) & 3, 3);
	config_write(device.fd, pmcsr, 2, 0);
	expect_eq(pci_config(bdf, pmcsr, 1) & 3, 0);

	/* It did lose its state, but not what the PCI core saves. */
	expect_eq(config_read(device.fd, OVERLAY_NOBODY, 4), 0x88888888);
	expect_eq(pci_config(bdf, devctl, 2) & PCI_EXP_DEVCTL_CERE,
		  PCI_EXP_DEVCTL_CERE);
	expect_eq(config_read(device.fd, PCI_BASE_ADDRESS_2, 4) &
		  PCI_BASE_ADDRESS_MEM_MASK, 0xc0000000);
	expect_eq(config_read(device.fd, OVERLAY_MSI + PCI_MSI_DATA_64, 2),
		  0x4321);
}

TEST(sleep_that_loses_the_state)
{
	/* This test puts a function to sleep that wakes up as after a reset. */
	with_overlay(need("reset"), sleep_and_lose);
}

static void expect_errors(struct device *device, __u32 bits)
{
	expect_eq(pci_config(device->bdf, PCI_STATUS, 2) & 0xf900, bits);
	expect_eq(config_read(device->fd, PCI_STATUS, 2) & 0xf900, bits);
}

static void errors(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	__u32 command = config_read(device.fd, PCI_COMMAND, 2);

	config_write(device.fd, OVERLAY_ERRORS, 2, 0x3800 | OVERLAY_RAISE);
	expect_errors(&device, 0x3800);
	config_write(device.fd, PCI_STATUS, 2, 0);
	config_write(device.fd, PCI_COMMAND, 4, command);
	config_write(device.fd, PCI_COMMAND, 2, command);
	expect_errors(&device, 0x3800);
	config_write(device.fd, PCI_STATUS, 2, 0x2000);
	expect_errors(&device, 0x1800);
	config_write(device.fd, PCI_STATUS + 1, 1, 0x10);
	expect_errors(&device, 0x0800);
	config_write(device.fd, PCI_COMMAND, 4, command | 0x08000000);
	expect_errors(&device, 0);
}

TEST(errors_are_cleared_by_ones_only)
{
	/* This test writes the status register, alone and by the way. */
	with_overlay(need("reset"), errors);
}

static void pme(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	unsigned int pmc = OVERLAY_PM + PCI_PM_PMC;
	unsigned int ctrl = OVERLAY_PM + PCI_PM_CTRL;
	__u32 bits = PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS;
	__u32 there = pci_config(bdf, ctrl, 2) & bits;

	expect_true(pci_config(bdf, pmc, 2) & PCI_PM_CAP_PME_MASK);
	expect_eq(config_read(device.fd, pmc, 2),
		  pci_config(bdf, pmc, 2) & ~PCI_PM_CAP_PME_MASK);
	config_write(device.fd, ctrl, 2, bits);
	expect_eq(config_read(device.fd, ctrl, 2) & bits, 0);
	expect_eq(pci_config(bdf, ctrl, 2) & bits, there);

	/* Beside them, what is the user's. */
	config_write(device.fd, ctrl, 2, PCI_PM_CTRL_DATA_SEL_MASK);
	expect_eq(pci_config(bdf, ctrl, 2) & PCI_PM_CTRL_DATA_SEL_MASK,
		  PCI_PM_CTRL_DATA_SEL_MASK);
}

TEST(pme_is_hidden)
{
	/* This test looks for power management events, and enables them. */
	with_overlay(need("reset"), pme);
}

static void state_byte(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	unsigned int pos = OVERLAY_PM + PCI_PM_CTRL;
	__u32 there = pci_config(bdf, pos, 1);
	__u32 states = pci_config(bdf, OVERLAY_STATES, 4);

	/* The state that it has: nobody writes the byte, or would race. */
	for (unsigned int size = 1; size <= 4; size *= 2) {
		config_write(device.fd, pos, size, 0xf4);
		expect_eq(pci_config(bdf, OVERLAY_STATES, 4), states);
	}

	for (unsigned int size = 1; size <= 4; size *= 2) {
		config_write(device.fd, pos, size, 0xf4);
		expect_eq(pci_config(bdf, pos, 1), there);
		config_write(device.fd, pos, size, 0xf7);
		expect_eq(pci_config(bdf, pos, 1), there | 3);
		config_write(device.fd, pos, size, 0);
	}
}

TEST(byte_of_the_power_state_is_the_host_s)
{
	/*
	 * This test writes what else there is in that byte: the state is set by
	 * the host alone, so that it knows of it.
	 */
	with_overlay(need("reset"), state_byte);
}

static void device_control(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	unsigned int pos = OVERLAY_EXP + PCI_EXP_DEVCTL;
	__u32 payload = pci_config(bdf, pos, 2) & PCI_EXP_DEVCTL_PAYLOAD;
	__u32 phantom = pci_config(bdf, pos, 2) & PCI_EXP_DEVCTL_PHANTOM;

	for (__u32 size = 0; size < 8; size++) {
		__u32 value = size << 5 | size << 12 | PCI_EXP_DEVCTL_PHANTOM;
		__u32 there;

		config_write(device.fd, pos, 2, value);
		there = pci_config(bdf, pos, 2);
		expect_eq(config_read(device.fd, pos, 2) & 0x70e0,
			  value & 0x70e0);
		expect_eq(there & PCI_EXP_DEVCTL_PAYLOAD, payload);
		expect_eq(there & PCI_EXP_DEVCTL_PHANTOM, phantom);
		/* The last two sizes mean nothing; those before are reached. */
		expect_eq(there >> 12 & 7, size < 6 ? size : 5);
	}
}

TEST(payload_size_is_virtual)
{
	/* This test chooses payload and read request sizes of PCI Express. */
	with_overlay(need("reset"), device_control);
}

static void error_reporting(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);

	for (unsigned int pos = OVERLAY_ERR + PCI_ERR_UNCOR_MASK;
	     pos <= OVERLAY_ERR + PCI_ERR_UNCOR_SEVER; pos += 4) {
		config_write(device.fd, pos, 4, ~0);
		expect_eq(pci_config(bdf, pos, 4), 0x03fff030);
		config_write(device.fd, pos, 4, PCI_ERR_UNC_COMP_TIME);
		expect_eq(pci_config(bdf, pos, 4), PCI_ERR_UNC_COMP_TIME);
	}
	config_write(device.fd, OVERLAY_ERR + PCI_ERR_COR_MASK, 4, ~0);
	expect_eq(pci_config(bdf, OVERLAY_ERR + PCI_ERR_COR_MASK, 4), 0xf1c1);
	config_write(device.fd, OVERLAY_ERR + PCI_ERR_CAP, 4, ~0);
	expect_eq(pci_config(bdf, OVERLAY_ERR + PCI_ERR_CAP, 4),
		  PCI_ERR_CAP_ECRC_GENC | PCI_ERR_CAP_ECRC_CHKC |
		  PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE);
}

TEST(error_masks_are_the_device_s)
{
	/* This test masks errors in AER: that is what its driver is for. */
	with_overlay(need("reset"), error_reporting);
}

static void others(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);
	unsigned int devctl2 = OVERLAY_EXP + PCI_EXP_DEVCTL2;
	unsigned int ari = pci_config(bdf, devctl2, 2) & PCI_EXP_DEVCTL2_ARI;

	config_write(device.fd, OVERLAY_PCIX + PCI_X_CMD, 2, 0x55);
	expect_eq(pci_config(bdf, OVERLAY_PCIX + PCI_X_CMD, 2), 0x55);

	config_write(device.fd, devctl2, 2, 0xffff);
	expect_eq(pci_config(bdf, devctl2, 2),
		  (0xffff & ~PCI_EXP_DEVCTL2_ARI) | ari);
	expect_true(config_read(device.fd, devctl2, 2) &
		    PCI_EXP_DEVCTL2_ATOMIC_REQ);

	config_write(device.fd, OVERLAY_MSI + PCI_MSI_MASK_64, 4, 0xa5);
	expect_eq(pci_config(bdf, OVERLAY_MSI + PCI_MSI_MASK_64, 4), 0xa5);
}

TEST(registers_of_other_capabilities)
{
	/* This test writes PCI-X, Device Control 2 and the mask bits of MSI. */
	with_overlay(need("reset"), others);
}

static void power_budget(const char *bdf)
{
	struct device device = device_open(container_open(), bdf);

	config_write(device.fd, OVERLAY_PWR + 4, 1, 0x5a);
	expect_eq(pci_config(bdf, OVERLAY_PWR + 4, 1), 0x5a);
	expect_takes(&device, OVERLAY_PWR + 8, false);
}

TEST(power_budgeting_data_is_selected)
{
	/* This test selects which data the device tells of its power. */
	with_overlay(need("reset"), power_budget);
}

#ifdef VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
static void atomics(const char *bdf)
{
	struct {
		struct vfio_device_info info;
		struct vfio_device_info_cap_pci_atomic_comp cap;
	} all = { .info.argsz = sizeof(all.info) };
	__u32 needed = sizeof(all.info) + 16;
	int fd = device_open(container_open(), bdf).fd;

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, &all));
	expect_true(all.info.flags & VFIO_DEVICE_FLAGS_CAPS);
	expect_eq(all.info.argsz, needed);
	expect_eq(all.info.cap_offset, 0);
	expect_eq(all.cap.header.id, 0);

	all.info.argsz = needed - 1;
	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, &all));
	expect_eq(all.info.argsz, needed);
	expect_eq(all.info.cap_offset, 0);

	expect_ok(ioctl(fd, VFIO_DEVICE_GET_INFO, &all));
	expect_eq(all.info.argsz, needed);
	expect_eq(all.info.cap_offset, sizeof(all.info));
	expect_eq(all.cap.header.id, VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP);
	expect_eq(all.cap.header.version, 1);
	expect_eq(all.cap.header.next, 0);
	expect_eq(all.cap.flags, VFIO_PCI_ATOMIC_COMP32 | VFIO_PCI_ATOMIC_COMP64);
}
#endif

TEST(atomic_operations_are_told_of)
{
	/* This test asks a device which atomic operations it completes. */
#ifdef VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
	with_overlay(need("reset"), atomics);
#else
	skip("needs a kernel that tells of atomic operations: use 6.6 or later");
#endif
}

/* Reads and writes it all, in pieces of every size. */
static void touch_all(int fd, size_t size)
{
	__u64 offset = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	char bytes[16];

	for (size_t width = 1; width <= sizeof(bytes); width++) {
		for (size_t pos = PCI_STD_HEADER_SIZEOF; pos + width <= size;
		     pos += width) {
			memset(bytes, width, sizeof(bytes));
			/* No state but D0, and no reset. */
			if (pos < OVERLAY_EXP + 12)
				memset(bytes, 0, sizeof(bytes));
			expect_eq(pwrite(fd, bytes, width, offset + pos), width);
			expect_eq(pread(fd, bytes, width, offset + pos), width);
		}
	}
}

static void broken(const char *bdf)
{
	static const unsigned int caps[] = {
		OVERLAY_PM, OVERLAY_VPD, OVERLAY_MSI, OVERLAY_VENDOR,
		OVERLAY_VENDOR_2, OVERLAY_AF, OVERLAY_PCIX, OVERLAY_EXP, 0xd4,
	};
	static const unsigned int ext_caps[] = {
		OVERLAY_EXT_UNKNOWN, OVERLAY_ERR, OVERLAY_DSN, OVERLAY_ATS,
		0x174, 0x17c, OVERLAY_REBAR, 0x190, 0x1d0, OVERLAY_PWR,
		OVERLAY_EXT_VENDOR, OVERLAY_DVSEC, 0x210, 0x22c, OVERLAY_TPH,
		0x400, 0x414, 0x3f8,
	};
	struct device device = device_open(container_open(), bdf);

	expect_list(device.fd, caps, COUNT(caps));
	expect_ext_list(device.fd, ext_caps, COUNT(ext_caps));

	/* The vendor's goes to the next one, and that has no registers. */
	expect_takes(&device, OVERLAY_NOBODY, true);
	config_write(device.fd, 0xfe, 2, 0x1234);
	expect_eq(pci_config(bdf, 0xfe, 2), 0);
	expect_takes(&device, 0xffc, false);

	touch_all(device.fd, pci_config_size(bdf));
}

TEST(lists_of_a_broken_device)
{
	/*
	 * This test opens a device whose lists of capabilities end in circles,
	 * with capabilities that do not fit or reach into others.
	 */
	if (!strcmp(strategy_name(), "stock"))
		skip("needs a strategy: stock goes round in circles");
	with_broken_overlay(need("reset"), broken);
}

static void not_opened(const char *bdf)
{
	int container = container_open(), group = group_open(bdf), fd;

	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));

	overlay_answers(false);
	expect_errno(group_get_device(group, bdf), EIO);
	overlay_answers(true);
	fd = expect_ok(group_get_device(group, bdf));
	expect_eq(config_read(fd, PCI_VENDOR_ID, 4),
		  pci_config(bdf, PCI_VENDOR_ID, 4));
}

TEST(device_that_does_not_answer_is_not_opened)
{
	/* This test opens a device whose config space reads as all ones. */
	with_gaps_overlay(need("reset"), not_opened);
}

static void answers_no_more(const char *bdf)
{
	int fd = device_open(container_open(), bdf).fd;
	__u64 offset = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	__u32 command = config_read(fd, PCI_COMMAND, 2);
	unsigned char bytes[PCI_STD_HEADER_SIZEOF];

	/* Ones that it does answer. */
	config_write(fd, 0xf8, 4, ~0);
	expect_eq(config_read(fd, 0xf8, 4), ~0u);

	overlay_answers(false);
	for (unsigned int size = 1; size <= 4; size *= 2)
		expect_errno(pread(fd, bytes, size, offset + PCI_COMMAND), EIO);
	expect_errno(pread(fd, bytes, sizeof(bytes), offset), EIO);
	expect_errno(pread(fd, bytes, 4, offset + 0xf8), EIO);
	expect_errno(pread(fd, bytes, 4, offset + 0x104), EIO);
	/* A half of it would be written back as it was read. */
	expect_errno(pwrite(fd, bytes, 2, offset + 0xc0 + PCI_EXP_DEVCTL2), EIO);

	overlay_answers(true);
	expect_eq(config_read(fd, PCI_COMMAND, 2), command);
	expect_eq(config_read(fd, 0xf8, 4), ~0u);
}

TEST(device_that_answers_no_more_is_told_of)
{
	/* This test reads config space of a device that stops to answer. */
	with_gaps_overlay(need("reset"), answers_no_more);
}
