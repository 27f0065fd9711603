// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad input, in two tables: what every ioctl says on every file, and what every
 * field of every structure may be.
 *
 * The tables say the errno here. Where the kernel's own vfio has another one, or
 * Linux 6.1 has, that stands beside it, and why. SET_IRQS has a table of its own
 * in irq_misuse.c, and what can be asked of features is in feature.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "edu.h"
#include "iommufd.h"
#include "irq.h"
#include "pci.h"
#include "test.h"
#include "vfio.h"

SUITE_RUNS_ONCE;

/* Rows have defaults, and say what is different. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* Files, under numbers that the tables can name. */
enum file {
	EMPTY = 200,	/* a container without a group */
	HELD,		/* one with a group, without an IOMMU */
	IOMMU,		/* one with an IOMMU */
	FREE,		/* a group in no container */
	GROUP,		/* the group of DEVICE, in IOMMU */
	DEVICE,		/* that of the role "reset" */
	NODE,		/* its own node, not bound; if the kernel has nodes */
	BOUND,		/* that of the role "disk", bound to an iommufd */
	EVENT,		/* an eventfd */
	OTHER,		/* no file of vfio's, nor an eventfd */
	CLOSED,		/* none */
	FILES_END,
};

/* A page of RAM, at an address that the tables can name. */
#define RAM		0x10000000UL

#define ALL		(~0U)
#define LAST		(~0ULL)
#define HALF		(1ULL << 63)

#define NOT_TRIED	(-1)

/* Whether the row's errno is another one here. */
struct other {
	int error;
	const char *kernel;	/* begin of its release; NULL is every one */
	const char *why;
};

static bool applies(const struct other *other)
{
	struct utsname name;

	if (!other->why)
		return false;
	expect_ok(uname(&name));

	return !other->kernel ||
	       !strncmp(name.release, other->kernel, strlen(other->kernel));
}

/* @here holds for every strategy and stock, @stock for stock alone. */
static int wanted(int error, const struct other *here,
		  const struct other *stock)
{
	if (!strcmp(strategy_name(), "stock") && applies(stock))
		return stock->error;

	return applies(here) ? here->error : error;
}

static void place(int fd, enum file file)
{
	expect_eq(dup2(fd, file), file);
	expect_ok(close(fd));
}

static void open_nodes(void)
{
	int fd = node_open(need("disk"));

	expect_ok(node_bind(fd, iommufd_open()));
	place(fd, BOUND);
	place(node_open(need("reset")), NODE);
}

static void open_files(void)
{
	struct device device = device_open(container_open(), need("reset"));
	int held = group_open(need("edu"));
	char *page;

	place(container_open(), EMPTY);
	place(container_open(), HELD);
	place(device.container, IOMMU);
	place(group_open(need("peer")), FREE);
	place(device.group, GROUP);
	place(device.fd, DEVICE);
	place(event_new(), EVENT);
	place(expect_ok(open("/dev/null", O_RDWR | O_CLOEXEC)), OTHER);
	expect_ok(group_set_container(held, HELD));
	if (have_iommufd())
		open_nodes();

	page = mmap((void *)RAM, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	expect_true(page == (void *)RAM);
	memset(page, 0, PAGE);
}

/*
 * Every ioctl, on every file, with a pointer to memory that is not there: EFAULT
 * is of those who know it, and want a structure.
 */

#define MATRIX_FILES	8

struct line {
	unsigned int number;
	int errors[MATRIX_FILES];	/* EMPTY to BOUND */
};

static const struct line lines[] = {
	/*	EMPTY	HELD	IOMMU	FREE	GROUP	DEVICE	NODE	BOUND */
	{ 0,  {	0,	0,	0,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 1,  {	0,	0,	0,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 2,  {	EINVAL,	ENODEV,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 3,  {	EINVAL,	EINVAL,	ENOTTY,	EFAULT,	EFAULT,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 4,  {	EINVAL,	EINVAL,	ENOTTY,	EFAULT,	EFAULT,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 5,  {	EINVAL,	EINVAL,	ENOTTY,	EINVAL,	EBUSY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 6,  {	EINVAL,	EINVAL,	ENOTTY,	EFAULT,	EFAULT,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 7,  {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 8,  {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 9,  {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 10, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 11, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	0,	EINVAL,	0 } },
	{ 12, {	EINVAL,	EINVAL,	EFAULT,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 13, {	EINVAL,	EINVAL,	EFAULT,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 14, {	EINVAL,	EINVAL,	EFAULT,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 15, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 16, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 17, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EINVAL,	EFAULT } },
	{ 18, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	EFAULT,	EFAULT,	EFAULT } },
	{ 19, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	EFAULT } },
	{ 20, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	EFAULT } },
	{ 21, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 22, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 99, {	EINVAL,	EINVAL,	ENOTTY,	ENOTTY,	ENOTTY,	ENOTTY,	EINVAL,	ENOTTY } },
	{ 155, { EINVAL, EINVAL, ENOTTY, ENOTTY, ENOTTY, ENOTTY, EINVAL, ENOTTY } },
};

TEST(every_ioctl_on_every_file)
{
	/* This test tries each ioctl on files of each kind, its own and others. */
	const struct other dirty = { EFAULT, NULL, "stock has dirty tracking" };
	const struct other unbound = { ENOTTY, NULL, "there is no iommufd to bind to" };
	bool nodes = have_iommufd();
	unsigned int wrong = 0;
	char *nothing;

	open_files();
	nothing = reserve(PAGE, PAGE);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct line *line = &lines[i];
		unsigned long request = _IO(VFIO_TYPE, VFIO_BASE + line->number);

		for (int column = 0; column < MATRIX_FILES; column++) {
			struct other same = {};
			enum file file = EMPTY + column;
			int want, error;

			if (file >= NODE && !nodes)
				continue;
			want = wanted(line->errors[column],
				      line->number == 18 && file == DEVICE &&
				      !nodes ? &unbound : &same,
				      line->number == 17 && file == IOMMU ?
				      &dirty : &same);
			error = ioctl(file, request, nothing) < 0 ? errno : 0;
			if (error == want)
				continue;
			note("ioctl %u on file %d: errno %s, expected %s",
			     line->number, column, errno_name(error),
			     errno_name(want));
			wrong++;
		}
		expect_errno(ioctl(EVENT, request, nothing), ENOTTY);
		expect_errno(ioctl(OTHER, request, nothing), ENOTTY);
		expect_errno(ioctl(CLOSED, request, nothing), EBADF);
	}
	/* Numbers of another size or direction are other ioctls. */
	expect_errno(ioctl(DEVICE, _IOW(VFIO_TYPE, VFIO_BASE + 7, int), nothing),
		     ENOTTY);
	expect_errno(ioctl(GROUP, _IOR(VFIO_TYPE, VFIO_BASE + 3, int), nothing),
		     ENOTTY);
	expect_errno(ioctl(DEVICE, (VFIO_TYPE + 1) << 8 | (VFIO_BASE + 7),
			   nothing), ENOTTY);
	expect_eq(wrong, 0);
}

/*
 * Every field of every structure.
 */

struct row {
	enum file file;
	unsigned long request;
	const char *text;
	size_t size;		/* bytes of it that are there */
	int error;
	struct other here;
	struct other stock;
	union {
		struct vfio_iommu_type1_dma_map map;
		struct vfio_iommu_type1_dma_unmap unmap;
		struct vfio_iommu_type1_info iommu;
		struct vfio_group_status status;
		__s32 fd;
		struct vfio_device_info device;
		struct vfio_region_info region;
		struct vfio_irq_info irq;
		struct vfio_pci_hot_reset_info reset_info;
		struct {
			struct vfio_pci_hot_reset head;
			__s32 fds[2];
		} reset;
		struct vfio_device_ioeventfd ioeventfd;
		char bytes[64];
	} arg;
};

/* Each: the errno, then the fields that are not as they should be. */
#define ROW_OF(file_, request_, member, size_, error_, text_, ...)	\
	.file = (file_),						\
	.request = (request_),						\
	.text = #request_ " " text_,					\
	.size = (size_),						\
	.error = (error_),						\
	.arg.member = { .argsz = (size_), __VA_ARGS__ }

#define MAP(error, ...)							\
	ROW_OF(IOMMU, VFIO_IOMMU_MAP_DMA, map,				\
	       sizeof(struct vfio_iommu_type1_dma_map), error, #__VA_ARGS__, \
	       .flags = DMA_RW, .vaddr = RAM, .iova = IOVA, .size = PAGE, \
	       __VA_ARGS__)

#define UNMAP(error, ...)						\
	ROW_OF(IOMMU, VFIO_IOMMU_UNMAP_DMA, unmap,			\
	       sizeof(struct vfio_iommu_type1_dma_unmap), error, #__VA_ARGS__, \
	       .iova = IOVA, .size = PAGE, __VA_ARGS__)

#define INFO(error, ...)						\
	ROW_OF(IOMMU, VFIO_IOMMU_GET_INFO, iommu,			\
	       sizeof(struct vfio_iommu_type1_info), error, #__VA_ARGS__, \
	       __VA_ARGS__)

#define STATUS(file, error, ...)					\
	ROW_OF(file, VFIO_GROUP_GET_STATUS, status,			\
	       sizeof(struct vfio_group_status), error, #__VA_ARGS__,	\
	       __VA_ARGS__)

#define CONTAINER(group, want, number)					\
	.file = (group), .request = VFIO_GROUP_SET_CONTAINER,		\
	.text = "VFIO_GROUP_SET_CONTAINER " #number, .size = 4,		\
	.error = (want), .arg.fd = (number)

#define DEV(error, ...)							\
	ROW_OF(DEVICE, VFIO_DEVICE_GET_INFO, device,			\
	       sizeof(struct vfio_device_info), error, #__VA_ARGS__,	\
	       __VA_ARGS__)

#define REGION(error, ...)						\
	ROW_OF(DEVICE, VFIO_DEVICE_GET_REGION_INFO, region,		\
	       sizeof(struct vfio_region_info), error, #__VA_ARGS__,	\
	       __VA_ARGS__)

#define IRQ(error, ...)							\
	ROW_OF(DEVICE, VFIO_DEVICE_GET_IRQ_INFO, irq,			\
	       sizeof(struct vfio_irq_info), error, #__VA_ARGS__,	\
	       __VA_ARGS__)

#define RESET_INFO(error, ...)						\
	ROW_OF(DEVICE, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, reset_info,	\
	       sizeof(struct vfio_pci_hot_reset_info), error,		\
	       #__VA_ARGS__, __VA_ARGS__)

/* With so many file descriptors there as are given. */
#define RESET(want, one, two, ...)					\
	.file = DEVICE, .request = VFIO_DEVICE_PCI_HOT_RESET,		\
	.text = "VFIO_DEVICE_PCI_HOT_RESET " #one ", " #two " " #__VA_ARGS__, \
	.size = 12 + ((one) != NONE_THERE) * 4 + ((two) != NONE_THERE) * 4, \
	.error = (want),						\
	.arg.reset = { .head = { .argsz = 12, .count = 1, __VA_ARGS__ },	\
		       .fds = { one, two } }

#define NONE_THERE	(-100)

#define IOEVENTFD(error, ...)						\
	ROW_OF(DEVICE, VFIO_DEVICE_IOEVENTFD, ioeventfd,		\
	       sizeof(struct vfio_device_ioeventfd), error, #__VA_ARGS__, \
	       .flags = 4, .fd = EVENT, __VA_ARGS__)

#define AT(region)	((__u64)(region) << 40)

#define NEW_ADDRESS	"stock has VFIO_UPDATE_VADDR"
#define BITMAPS		"stock has dirty tracking"
#define WRAPS		"the errno for a range that wraps came with 6.18"
#define BEFORE		"stock takes it for a region before the first, and uses what lies in memory there"
#define NO_CONTAINER	"the errno for a file that is no container came with 6.2"
#define ERRORS_OF_ALL	"stock of 7.3 tells of an error interrupt that conventional PCI lacks, with count 0"

static const struct row rows[] = {
	{ MAP(0, .size = PAGE) },
	{ MAP(EINVAL, .argsz = 0) },
	{ MAP(EINVAL, .argsz = 4) },
	{ MAP(EINVAL, .argsz = 31) },
	{ MAP(0, .argsz = 33) },
	{ MAP(0, .argsz = ALL) },
	{ MAP(EINVAL, .flags = 0) },
	{ MAP(0, .flags = VFIO_DMA_MAP_FLAG_READ) },
	{ MAP(0, .flags = VFIO_DMA_MAP_FLAG_WRITE) },
	{ MAP(EINVAL, .flags = 4), .stock = { ENOENT, NULL, NEW_ADDRESS } },
	{ MAP(EINVAL, .flags = 7) },
	{ MAP(EINVAL, .flags = 8) },
	{ MAP(EINVAL, .flags = 1U << 31) },
	{ MAP(EINVAL, .flags = 1U << 31 | DMA_RW) },
	{ MAP(EINVAL, .flags = ALL) },
	{ MAP(EFAULT, .vaddr = 0) },
	{ MAP(EINVAL, .vaddr = 1) },
	{ MAP(EINVAL, .vaddr = RAM + PAGE / 2) },
	{ MAP(EFAULT, .vaddr = RAM + PAGE) },
	{ MAP(EFAULT, .vaddr = 1ULL << 47) },
	{ MAP(EFAULT, .vaddr = HALF) },
	{ MAP(EFAULT, .vaddr = 0xffff888000000000) },
	{ MAP(EINVAL, .vaddr = LAST), .here = { EOVERFLOW, "7.3", WRAPS } },
	{ MAP(0, .iova = 0) },
	{ MAP(EINVAL, .iova = 1) },
	{ MAP(EINVAL, .iova = IOVA + PAGE - 1) },
	{ MAP(EINVAL, .iova = 0xfee00000) },
	{ MAP(EINVAL, .iova = HALF) },
	{ MAP(EINVAL, .iova = LAST), .here = { EOVERFLOW, "7.3", WRAPS } },
	{ MAP(EINVAL, .size = 0) },
	{ MAP(EINVAL, .size = 1) },
	{ MAP(EINVAL, .size = PAGE - 1) },
	{ MAP(EINVAL, .size = PAGE + 1) },
	{ MAP(EFAULT, .size = 2 * PAGE) },
	{ MAP(EINVAL, .size = HALF) },
	{ MAP(EINVAL, .size = LAST), .here = { EOVERFLOW, "7.3", WRAPS } },

	{ UNMAP(0, .size = PAGE) },
	{ UNMAP(EINVAL, .argsz = 0) },
	{ UNMAP(EINVAL, .argsz = 23) },
	{ UNMAP(0, .argsz = 25) },
	{ UNMAP(0, .argsz = ALL) },
	{ UNMAP(EINVAL, .flags = 1) },
	{ UNMAP(EINVAL, .flags = 2) },
	{ UNMAP(0, .flags = 2, .iova = 0, .size = 0) },
	{ UNMAP(EINVAL, .flags = 2, .iova = PAGE, .size = 0) },
	{ UNMAP(EINVAL, .flags = 2, .iova = 0, .size = PAGE) },
	{ UNMAP(EINVAL, .flags = 3, .iova = 0, .size = 0) },
	{ UNMAP(EINVAL, .flags = 4), .stock = { 0, NULL, NEW_ADDRESS } },
	{ UNMAP(EINVAL, .flags = 5) },
	{ UNMAP(EINVAL, .flags = 8) },
	{ UNMAP(EINVAL, .flags = 1U << 31) },
	{ UNMAP(EINVAL, .flags = ALL) },
	{ UNMAP(EINVAL, .iova = 1) },
	{ UNMAP(0, .iova = LAST - PAGE + 1) },
	{ UNMAP(EINVAL, .iova = LAST) },
	{ UNMAP(EINVAL, .size = 0) },
	{ UNMAP(EINVAL, .size = 1) },
	{ UNMAP(EINVAL, .size = LAST) },
	{ UNMAP(EINVAL, .size = -PAGE), .here = { EOVERFLOW, "7.3", WRAPS } },
	{ UNMAP(0, .size = HALF) },

	{ INFO(EINVAL, .argsz = 0) },
	{ INFO(EINVAL, .argsz = 15) },
	{ INFO(0, .argsz = 16) },
	{ INFO(0, .argsz = 17) },
	{ INFO(0, .flags = ALL, .iova_pgsizes = LAST, .cap_offset = ALL) },
	{ INFO(EFAULT, .argsz = ALL) },

	{ STATUS(FREE, EINVAL, .argsz = 0) },
	{ STATUS(FREE, EINVAL, .argsz = 7) },
	{ STATUS(FREE, 0, .argsz = 9) },
	{ STATUS(GROUP, 0, .argsz = ALL) },
	{ STATUS(GROUP, 0, .flags = ALL) },
	{ STATUS(GROUP, EINVAL, .argsz = 7, .flags = ALL) },

	{ CONTAINER(FREE, EBADF, -1) },
	{ CONTAINER(FREE, EBADF, 1U << 31) },
	{ CONTAINER(FREE, EBADF, CLOSED) },
	{ CONTAINER(FREE, EBADFD, EVENT), .here = { EINVAL, "6.1.", NO_CONTAINER } },
	{ CONTAINER(FREE, EBADFD, OTHER), .here = { EINVAL, "6.1.", NO_CONTAINER } },
	{ CONTAINER(FREE, EBADFD, FREE), .here = { EINVAL, "6.1.", NO_CONTAINER } },
	{ CONTAINER(FREE, EBADFD, DEVICE), .here = { EINVAL, "6.1.", NO_CONTAINER } },
	{ CONTAINER(FREE, 0, EMPTY) },
	{ CONTAINER(FREE, 0, IOMMU) },
	{ CONTAINER(GROUP, EINVAL, IOMMU) },
	{ CONTAINER(GROUP, EINVAL, EMPTY) },
	{ CONTAINER(GROUP, EBADF, CLOSED) },

	{ DEV(EINVAL, .argsz = 0) },
	{ DEV(EINVAL, .argsz = 15) },
	{ DEV(0, .argsz = 16) },
	{ DEV(0, .argsz = 17) },
	{ DEV(0, .argsz = 19) },
	{ DEV(0, .argsz = ALL) },
	{ DEV(0, .flags = ALL, .num_regions = ALL, .num_irqs = ALL) },

	{ REGION(EINVAL, .argsz = 0) },
	{ REGION(EINVAL, .argsz = 31) },
	{ REGION(0, .argsz = 33) },
	{ REGION(0, .argsz = ALL) },
	{ REGION(0, .flags = ALL, .cap_offset = ALL, .size = LAST, .offset = LAST) },
	{ REGION(0, .index = VFIO_PCI_BAR5_REGION_INDEX) },
	{ REGION(0, .index = VFIO_PCI_ROM_REGION_INDEX) },
	{ REGION(0, .index = VFIO_PCI_CONFIG_REGION_INDEX) },
	{ REGION(EINVAL, .index = VFIO_PCI_VGA_REGION_INDEX) },
	{ REGION(EINVAL, .index = VFIO_PCI_NUM_REGIONS) },
	{ REGION(EINVAL, .index = 1U << 31) },
	{ REGION(EINVAL, .index = ALL) },

	{ IRQ(EINVAL, .argsz = 0) },
	{ IRQ(EINVAL, .argsz = 15) },
	{ IRQ(0, .argsz = 17) },
	{ IRQ(0, .argsz = ALL) },
	{ IRQ(0, .flags = ALL, .count = ALL) },
	{ IRQ(0, .index = VFIO_PCI_MSI_IRQ_INDEX) },
	{ IRQ(0, .index = VFIO_PCI_MSIX_IRQ_INDEX) },
	{ IRQ(EINVAL, .index = VFIO_PCI_ERR_IRQ_INDEX),
	  .stock = { 0, "7.3", ERRORS_OF_ALL } },
	{ IRQ(0, .index = VFIO_PCI_REQ_IRQ_INDEX) },
	{ IRQ(EINVAL, .index = VFIO_PCI_NUM_IRQS) },
	{ IRQ(EINVAL, .index = 1U << 31) },
	{ IRQ(EINVAL, .index = ALL) },

	{ RESET_INFO(EINVAL, .argsz = 0) },
	{ RESET_INFO(EINVAL, .argsz = 11) },
	{ RESET_INFO(ENOSPC, .argsz = 12) },
	{ RESET_INFO(ENOSPC, .argsz = 12 + 7) },
	{ RESET_INFO(EFAULT, .argsz = 12 + 8) },
	{ RESET_INFO(EFAULT, .argsz = ALL) },
	{ RESET_INFO(ENOSPC, .flags = ALL, .count = ALL) },

	{ RESET(0, GROUP, NONE_THERE) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .argsz = 0) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .argsz = 11) },
	{ RESET(0, GROUP, NONE_THERE, .argsz = ALL) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .flags = 1) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .flags = 1U << 31) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .flags = ALL) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .count = 0) },
	{ RESET(EINVAL, NONE_THERE, NONE_THERE, .count = 0) },
	{ RESET(EFAULT, NONE_THERE, NONE_THERE) },
	{ RESET(EINVAL, GROUP, GROUP, .count = 2) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .count = 1U << 30) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .count = 1U << 31) },
	{ RESET(EINVAL, GROUP, NONE_THERE, .count = ALL) },
	{ RESET(EBADF, -1, NONE_THERE) },
	{ RESET(EBADF, CLOSED, NONE_THERE) },
	{ RESET(EINVAL, EVENT, NONE_THERE) },
	{ RESET(EINVAL, OTHER, NONE_THERE) },
	{ RESET(EINVAL, IOMMU, NONE_THERE) },
	{ RESET(EINVAL, DEVICE, NONE_THERE) },
	{ RESET(EINVAL, FREE, NONE_THERE) },

	{ IOEVENTFD(EINVAL, .argsz = 0) },
	{ IOEVENTFD(EINVAL, .argsz = 27) },
	{ IOEVENTFD(0, .argsz = 28) },
	{ IOEVENTFD(0, .argsz = ALL) },
	{ IOEVENTFD(EINVAL, .flags = 0) },
	{ IOEVENTFD(0, .flags = 1) },
	{ IOEVENTFD(EINVAL, .flags = 3) },
	{ IOEVENTFD(EINVAL, .flags = 15) },
	{ IOEVENTFD(EINVAL, .flags = 16) },
	{ IOEVENTFD(EINVAL, .flags = 1U << 31 | 4) },
	{ IOEVENTFD(EINVAL, .flags = ALL) },
	{ IOEVENTFD(0, .data = LAST) },
	{ IOEVENTFD(0, .offset = 252) },
	{ IOEVENTFD(EINVAL, .offset = 253) },
	{ IOEVENTFD(EINVAL, .offset = 256) },
	{ IOEVENTFD(EINVAL, .offset = AT(1)) },
	{ IOEVENTFD(0, .offset = AT(2)) },
	{ IOEVENTFD(EINVAL, .offset = AT(3) - 4) },
	{ IOEVENTFD(EINVAL, .offset = AT(6)) },
	{ IOEVENTFD(EINVAL, .offset = AT(7)) },
	{ IOEVENTFD(EINVAL, .offset = AT(8)) },
	{ IOEVENTFD(EINVAL, .offset = AT(9)) },
	{ IOEVENTFD(EINVAL, .offset = HALF - 1) },
	{ IOEVENTFD(EINVAL, .offset = HALF), .stock = { NOT_TRIED, NULL, BEFORE } },
	{ IOEVENTFD(EINVAL, .offset = LAST), .stock = { NOT_TRIED, NULL, BEFORE } },
	{ IOEVENTFD(ENODEV, .fd = -1) },
	{ IOEVENTFD(EINVAL, .fd = -2) },
	{ IOEVENTFD(EINVAL, .fd = 1U << 31) },
	{ IOEVENTFD(EBADF, .fd = CLOSED) },
	{ IOEVENTFD(EINVAL, .fd = OTHER) },
	{ IOEVENTFD(EINVAL, .fd = DEVICE) },
};

/* What a row that is right has done. */
static void undo(const struct row *row)
{
	struct vfio_device_ioeventfd ioeventfd = row->arg.ioeventfd;

	switch (row->request) {
	case VFIO_IOMMU_MAP_DMA:
		expect_ok(dma_unmap_flags(IOMMU, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
		break;
	case VFIO_GROUP_SET_CONTAINER:
		expect_ok(group_unset_container(row->file));
		break;
	case VFIO_DEVICE_IOEVENTFD:
		ioeventfd.fd = -1;
		expect_ok(ioctl(DEVICE, VFIO_DEVICE_IOEVENTFD, &ioeventfd));
		break;
	}
}

TEST(every_field_of_every_structure)
{
	/*
	 * This test tries each row of the table. Structures end where memory does:
	 * nothing beyond them is read or written.
	 */
	unsigned int wrong = 0;
	char *end;

	open_files();
	end = reserve(2 * PAGE, PAGE) + PAGE;
	expect_ok(mprotect(end - PAGE, PAGE, PROT_READ | PROT_WRITE));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		int want = wanted(row->error, &row->here, &row->stock);
		int error;

		if (want == NOT_TRIED)
			continue;
		memcpy(end - row->size, row->arg.bytes, row->size);
		error = ioctl(row->file, row->request, end - row->size) < 0 ?
			errno : 0;
		if (error != want) {
			note("%s: errno %s, expected %s", row->text,
			     errno_name(error), errno_name(want));
			wrong++;
		}
		if (!error)
			undo(row);
		/* Refused, it leaves the structure as it was. */
		if (error && error != ENOSPC && error != EFAULT &&
		    memcmp(end - row->size, row->arg.bytes, row->size)) {
			note("%s: refused, but written to", row->text);
			wrong++;
		}
	}
	expect_eq(wrong, 0);
}

TEST(structures_in_read_only_memory)
{
	/* This test has answers written to where the process cannot write. */
	char *page;

	open_files();
	page = ram(PAGE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		bool answers = row->request == VFIO_DEVICE_GET_INFO ||
			       row->request == VFIO_DEVICE_GET_REGION_INFO ||
			       row->request == VFIO_DEVICE_GET_IRQ_INFO ||
			       row->request == VFIO_GROUP_GET_STATUS ||
			       row->request == VFIO_IOMMU_GET_INFO ||
			       row->request == VFIO_DEVICE_GET_PCI_HOT_RESET_INFO;

		if (!answers || wanted(row->error, &row->here, &row->stock))
			continue;
		expect_ok(mprotect(page, PAGE, PROT_READ | PROT_WRITE));
		memcpy(page, row->arg.bytes, row->size);
		expect_ok(mprotect(page, PAGE, PROT_READ));
		expect_errno(ioctl(row->file, row->request, page), EFAULT);
	}
}

TEST(files_whose_peers_are_closed)
{
	/*
	 * This test calls what works on files as long as the others are open: a
	 * device keeps its group and its container, a group its container.
	 */
	struct device device = device_open(container_open(), need("reset"));
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int container = expect_ok(dup(device.container));
	int group = group_open(need("peer")), left;

	/* The group's file is gone, the device's is there. */
	expect_ok(close(device.group));
	expect_ok(ioctl(device.fd, VFIO_DEVICE_GET_INFO, &info));
	expect_ok(ioctl(device.fd, VFIO_DEVICE_RESET));
	expect_errno(open(group_path(device.bdf), O_RDWR | O_CLOEXEC), EBUSY);
	/* And the container's. */
	expect_ok(close(device.container));
	expect_ok(dma_map(container, IOVA, ram(PAGE), PAGE));
	expect_ok(close(container));
	expect_ok(ioctl(device.fd, VFIO_DEVICE_GET_INFO, &info));
	expect_ok(ioctl(device.fd, VFIO_DEVICE_RESET));
	expect_ok(close(device.fd));
	expect_ok(close(expect_ok(open(group_path(device.bdf),
				       O_RDWR | O_CLOEXEC))));

	/* A group without its container's file, and that without its group. */
	container = container_open();
	left = container_open();
	expect_ok(group_set_container(group, container));
	expect_ok(container_set_iommu(container, VFIO_TYPE1v2_IOMMU));
	expect_ok(close(container));
	expect_errno(group_set_container(group, left), EINVAL);
	expect_ok(close(expect_ok(group_get_device(group, need("peer")))));
	expect_ok(group_unset_container(group));
	expect_errno(group_get_device(group, need("peer")), EINVAL);
	expect_ok(group_set_container(group, left));
	expect_ok(container_set_iommu(left, VFIO_TYPE1v2_IOMMU));
	expect_ok(close(group));
	expect_errno(dma_map(left, IOVA, ram(PAGE), PAGE), EINVAL);
	expect_errno(container_set_iommu(left, VFIO_TYPE1v2_IOMMU), EINVAL);
}
