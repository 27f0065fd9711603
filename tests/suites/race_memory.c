// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is taken away and given back, by memory bit, power state and every
 * kind of reset, while others map it, touch it, read and write it.
 *
 * What must hold while it goes on: who asks for memory that is off is refused,
 * who asks for memory that is being reset waits, and neither happens to anybody
 * else. And in the end all that was mapped is there, and no more.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "mapped.h"
#include "pci.h"
#include "sides.h"
#include "test.h"
#include "trace.h"
#include "transition.h"
#include "vfio.h"

/* Rounds of what does not sleep, and of what does. */
#define ROUNDS		rounds(10000)
#define SLEEPING	rounds(200)

/* Where the mapping is that lasts from the start of a race to its end. */
#define KEPT		(2 * IOVA)
#define MIXED		(4 * PAGE)

/*
 * A DMA engine, and another device in the same container. A page of RAM, two of
 * the device, a page of RAM are what is mapped as one.
 */
struct scene {
	int container;
	struct edu edu;
	struct device device;
	char *bar;
	size_t size;
	char *mixed;
	char *many;
	struct phase phase;
};

static struct scene *scene_prepare(const char *bdf)
{
	struct scene *s = shared_memory(sizeof(*s));

	s->container = container_open();
	s->edu = edu_open(s->container);
	s->device = device_open(s->container, bdf);
	s->size = region_size(s->device.fd, BAR2);
	/* Where huge pages fit. */
	s->bar = reserve(s->size, 2 * MIB);
	region_mmap_at(s->bar, s->device.fd, BAR2, 0, s->size);
	s->mixed = ram(MIXED);
	region_mmap_at(s->mixed + PAGE, s->device.fd, BAR2, 0, 2 * PAGE);

	return s;
}

static struct scene *scene_open(const char *bdf)
{
	struct scene *s = scene_prepare(bdf);

	expect_ok(dma_map(s->container, KEPT, s->mixed, MIXED));

	return s;
}

/* What was mapped is there, nothing else is, and all of it can be unmapped. */
static void expect_as_before(struct scene *s)
{
	/* One page is edu's own. */
	expect_mapped(.ram = 3, .live = 2);
	expect_eq(read_signal(s->bar), 0);
	for (size_t at = 0; at < MIXED; at += PAGE)
		expect_dma(&s->edu, KEPT + at, s->mixed + at);
	expect_eq(dma_unmap(s->container, KEPT, MIXED), MIXED);
	expect_mapped(.ram = 1);
	expect_no_dma(&s->edu, KEPT + PAGE, s->mixed + PAGE);
	expect_ok(dma_map(s->container, IOVA, s->bar, s->size));
	expect_dma(&s->edu, IOVA + s->size - PAGE, s->bar + s->size - PAGE);
}

/* Whether suspended or not, it is unmapped whole. */
static int map(void *data)
{
	struct scene *s = data;
	unsigned int then = phase_now(&s->phase);
	int error;

	error = dma_map(s->container, IOVA, s->mixed, MIXED) ? errno : 0;
	if (phase_expect(&s->phase, then, error, EFAULT))
		return error;
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, MIXED), MIXED);

	return 0;
}

/* Any page, so that huge ones come and go. */
static int touch(void *data)
{
	struct scene *s = data;
	size_t at = race_random(s->size / PAGE) * PAGE;
	unsigned int then = phase_now(&s->phase);
	int number;

	number = race_random(2) ? read_signal(s->bar + at) :
				write_signal(s->bar + at);
	if (number)
		expect_eq(number, SIGBUS);

	return phase_expect(&s->phase, then, number ? EFAULT : 0, EFAULT);
}

/* So many bytes that the kernel takes several pieces for them. */
static int read_and_write(void *data)
{
	struct scene *s = data;
	__u64 offset = region_info(s->device.fd, BAR2).offset;
	unsigned int then = phase_now(&s->phase);
	char bytes[600] = "";
	ssize_t done;

	done = race_random(2) ? pread(s->device.fd, bytes, 600, offset) :
			      pwrite(s->device.fd, bytes, 600, offset);
	if (done >= 0)
		expect_eq(done, 600);

	return phase_expect(&s->phase, then, done < 0 ? errno : 0, EIO);
}

static int memory_bit(void *data)
{
	struct scene *s = data;

	memory_off_and_on(s->device.fd, &s->phase);

	return 0;
}

/* Waits while there is none to be read. */
static int read_config(void *data)
{
	struct scene *s = data;

	expect_eq(config_read(s->device.fd, 0, 2),
		  pci_config(s->device.bdf, 0, 2));

	return 0;
}

/* What is shown of the runs agrees with what is known of the memory. */
static int watch(void *data)
{
	struct scene *s = data;
	unsigned int then = phase_now(&s->phase);
	struct pages pages = mapped();

	switch (phase_since(&s->phase, then)) {
	case PHASE_ON:
		expect_eq(pages.suspended, 0);
		break;
	case PHASE_OFF:
		expect_eq(pages.live, 0);
		break;
	}
	expect_eq(pages.dead, 0);

	return 0;
}

static int trace(void *data)
{
	(void)data;
	trace_switch("vfio", true);
	race_pause();
	trace_switch("vfio", false);

	return 0;
}

RACE(map_races_with_memory_bit)
{
	/*
	 * This test maps and unmaps RAM, BAR, RAM while memory goes off and on: a
	 * map is refused or not, an unmap is always whole.
	 */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("memory bit", memory_bit, s, ROUNDS));
	expect_as_before(s);
}

/* The BAR comes first, and then so much that unmapping takes a while. */
#define MANY	(16 * PAGE)

static int map_many(void *data)
{
	struct scene *s = data;

	if (dma_map(s->container, IOVA, s->many, MANY))
		return errno;
	race_pause();
	expect_eq(dma_unmap(s->container, IOVA, MANY), MANY);

	return 0;
}

static int memory_bit_marked(void *data)
{
	struct scene *s = data;

	memory_off(s->device.fd);
	trace_mark("memory is off");
	race_pause();
	trace_mark("memory goes on");
	memory_on(s->device.fd);

	return 0;
}

static void look_for_unmap(const char *line, void *data)
{
	const char **wrong = data;
	static bool off;

	if (strstr(line, "memory is off"))
		off = true;
	else if (strstr(line, "memory goes on"))
		off = false;
	else if (off && !*wrong)
		*wrong = strdup(line);
}

RACE(unmap_races_with_memory_bit)
{
	/*
	 * This test unmaps BAR and RAM while memory goes off. When the call that
	 * turns it off returns, the BAR is out of the IOMMU, also if it is just
	 * being unmapped. Without the BAR an unmap begins at another IOVA. No other
	 * run is there, which would be waited for.
	 */
	struct scene *s = scene_prepare(need("peer"));
	const char *wrong = NULL;
	char filter[64];

	s->many = ram(MANY);
	region_mmap_at(s->many, s->device.fd, BAR2, 0, PAGE);
	snprintf(filter, sizeof(filter), "iova==%#lx", IOVA);
	trace_begin("iommu/unmap", filter);
	race(SIDE("map", map_many, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("memory bit", memory_bit_marked, s, ROUNDS));
	trace_end(look_for_unmap, &wrong);
	if (wrong)
		ck_abort_msg("mapped while memory is off: %s", wrong);
	expect_mapped(.ram = 1);
}

RACE(touch_races_with_memory_bit)
{
	/* This test touches a BAR while its memory goes off and on. */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("touch", touch, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("memory bit", memory_bit, s, ROUNDS));
	expect_as_before(s);
}

RACE(read_and_write_race_with_memory_bit)
{
	/* This test reads and writes a BAR while its memory goes off and on. */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("access", read_and_write, s, ROUNDS, .may_fail = { EIO }),
	     SIDE("memory bit", memory_bit, s, ROUNDS));
	expect_as_before(s);
}

RACE(map_races_with_reset)
{
	/* This test maps and unmaps while the device is reset: it only waits. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("map", map, s, SLEEPING),
	     SIDE("reset", side_reset, &s->device, SLEEPING));
	expect_as_before(s);
}

RACE(access_races_with_reset)
{
	/* This test touches, reads and writes during resets: it only waits. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("touch", touch, s, SLEEPING),
	     SIDE("access", read_and_write, s, SLEEPING),
	     SIDE("reset", side_reset, &s->device, SLEEPING));
	expect_as_before(s);
}

RACE(map_races_with_reset_of_a_set)
{
	/*
	 * This test maps pages of two devices as one while both are reset
	 * together. The reset does not wait for who is mapping; the map waits.
	 */
	struct scene *s = scene_prepare(need("twin"));
	int other = expect_ok(group_get_device(s->device.group,
					       need("other-twin")));

	region_mmap_at(s->mixed + 2 * PAGE, other, BAR2, 0, PAGE);
	expect_ok(dma_map(s->container, KEPT, s->mixed, MIXED));
	race(SIDE("map", map, s, SLEEPING),
	     SIDE("touch", touch, s, SLEEPING),
	     SIDE("hot reset", side_hot_reset, &s->device, SLEEPING,
		  .may_fail = { EBUSY }));
	expect_as_before(s);
}

RACE(watching_races_with_memory_bit)
{
	/*
	 * This test looks at what is mapped, and traces what becomes of it, while
	 * it is mapped and memory goes off and on.
	 */
	struct scene *s = scene_open(need("peer"));

	race(SIDE("map", map, s, ROUNDS, .may_fail = { EFAULT }),
	     SIDE("memory bit", memory_bit, s, ROUNDS),
	     SIDE("watch", watch, s, SLEEPING),
	     SIDE("trace", trace, s, SLEEPING));
	expect_as_before(s);
}

RACE(resets_race_with_each_other)
{
	/* This test has user and host reset a function, by each of its ways. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("reset", side_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN }),
	     SIDE("config reset", side_config_reset, &s->device, SLEEPING),
	     SIDE("host's reset", side_host_reset, &s->device, SLEEPING),
	     SIDE("map", map, s, SLEEPING),
	     SIDE("touch", touch, s, SLEEPING),
	     SIDE("config read", read_config, s, SLEEPING));
	expect_as_before(s);
}

RACE(bus_resets_race_with_each_other)
{
	/* This test has user and host reset a device by way of its bus. */
	struct scene *s = scene_open(need("reset"));

	race(SIDE("reset", side_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN }),
	     SIDE("hot reset", side_hot_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN, EBUSY }),
	     SIDE("host's reset", side_host_reset, &s->device, SLEEPING),
	     SIDE("map", map, s, SLEEPING),
	     SIDE("access", read_and_write, s, SLEEPING),
	     SIDE("config read", read_config, s, SLEEPING));
	expect_as_before(s);
}

RACE(resets_race_with_memory_bit)
{
	/* This test resets while memory goes off and on: that is kept. */
	struct scene *s = scene_open(need("disk"));

	race(SIDE("reset", side_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN }),
	     SIDE("host's reset", side_host_reset, &s->device, SLEEPING),
	     SIDE("memory bit", memory_bit, s, SLEEPING),
	     SIDE("map", map, s, SLEEPING, .may_fail = { EFAULT }),
	     SIDE("touch", touch, s, SLEEPING, .may_fail = { EFAULT }),
	     SIDE("access", read_and_write, s, SLEEPING, .may_fail = { EIO }));
	expect_as_before(s);
}

RACE(memory_bit_races_with_itself)
{
	/* This test has two turn memory off and on while a third maps. */
	struct scene *s = scene_open(need("peer"));

	/* It is never known. */
	phase_next(&s->phase);
	race(SIDE("memory bit", side_memory_bit, &s->device, ROUNDS),
	     SIDE("memory bit, too", side_memory_bit, &s->device, ROUNDS),
	     SIDE("map", map, s, SLEEPING, .may_fail = { EFAULT }));
	expect_as_before(s);
}

RACE(power_states_race_with_memory_bit)
{
	/* This test has two turn memory off and on, and a third sleep and wake. */
	struct scene *s = scene_open(need("disk"));

	phase_next(&s->phase);
	race(SIDE("memory bit", side_memory_bit, &s->device, SLEEPING),
	     SIDE("memory bit, too", side_memory_bit, &s->device, SLEEPING),
	     SIDE("power state", side_power_state, &s->device, SLEEPING),
	     SIDE("map", map, s, SLEEPING, .may_fail = { EFAULT }),
	     SIDE("touch", touch, s, SLEEPING, .may_fail = { EFAULT }));
	expect_as_before(s);
}

/* The whole register, of which the state is a byte. */
static int wide_power_state(void *data)
{
	struct scene *s = data;
	unsigned int ctrl = capability(s->device.fd, PCI_CAP_ID_PM) +
			    PCI_PM_CTRL;

	config_write(s->device.fd, ctrl, 4, 3);
	race_pause();
	config_write(s->device.fd, ctrl, 4, 0);

	return 0;
}

RACE(power_states_race_with_each_other)
{
	/* This test has three put a device to sleep and wake it. */
	struct scene *s = scene_open(need("disk"));
	unsigned int ctrl = capability(s->device.fd, PCI_CAP_ID_PM) +
			    PCI_PM_CTRL;

	phase_next(&s->phase);
	race(SIDE("power state", wide_power_state, s, SLEEPING),
	     SIDE("power state, too", wide_power_state, s, SLEEPING),
	     SIDE("and a third", wide_power_state, s, SLEEPING),
	     SIDE("map", map, s, SLEEPING, .may_fail = { EFAULT }));
	power_set(s->device.fd, 0);
	expect_eq(config_read(s->device.fd, ctrl, 2) & PCI_PM_CTRL_STATE_MASK,
		  0);
	expect_as_before(s);
}

RACE(power_states_race_with_resets)
{
	/* This test has one sleep and wake while others reset. */
	struct scene *s = scene_open(need("disk"));

	phase_next(&s->phase);
	race(SIDE("power state", side_power_state, &s->device, SLEEPING),
	     SIDE("reset", side_reset, &s->device, SLEEPING,
		  .may_fail = { EAGAIN }),
	     SIDE("host's reset", side_host_reset, &s->device, SLEEPING),
	     SIDE("map", map, s, SLEEPING, .may_fail = { EFAULT }),
	     SIDE("access", read_and_write, s, SLEEPING, .may_fail = { EIO }));
	expect_as_before(s);
}
