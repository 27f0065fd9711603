// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is mapped for DMA in all containers.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "mapped.h"
#include "test.h"

#define FOLDER	"/sys/kernel/debug/vfio"

static void look_at_file(const char *name,
			 void (*look)(const struct extent *extent, void *data),
			 void *data)
{
	struct extent extent;
	char path[320], line[256];
	FILE *file;

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	file = fopen(path, "re");
	if (!file)
		return;
	/* Lines of DMA mappings do not begin with a state. */
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "\t%15s iova %llx pfn %llx npages %llu",
			   extent.state, &extent.iova, &extent.pfn,
			   &extent.npages) == 4)
			look(&extent, data);
	}
	fclose(file);
}

void extents_for_each(void (*look)(const struct extent *extent, void *data),
		      void *data)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] != '.')
			look_at_file(entry->d_name, look, data);
	}
	closedir(folder);
}

static void count_pages(const struct extent *extent, void *data)
{
	struct pages *pages = data;

	if (!strcmp(extent->state, "ram"))
		pages->ram += extent->npages;
	else if (!strcmp(extent->state, "live"))
		pages->live += extent->npages;
	else if (!strcmp(extent->state, "suspended"))
		pages->suspended += extent->npages;
	else if (!strcmp(extent->state, "dead"))
		pages->dead += extent->npages;
	else
		ck_abort_msg("an extent's state is '%s'", extent->state);
}

struct pages mapped(void)
{
	struct pages pages = {};

	extents_for_each(count_pages, &pages);

	return pages;
}

const char *mapped_differs(struct pages want)
{
	static __thread char text[256];
	struct pages is = mapped();

	if (!strcmp(strategy_name(), "stock"))
		return NULL;

	if (!memcmp(&is, &want, sizeof(is)))
		return NULL;
	snprintf(text, sizeof(text),
		 "pages mapped: ram %u, live %u, suspended %u, dead %u; expected %u, %u, %u, %u",
		 is.ram, is.live, is.suspended, is.dead, want.ram, want.live,
		 want.suspended, want.dead);

	return text;
}

/* What of a range has been seen as it should be. */
struct range {
	__u64 iova;
	__u64 pfn;
	__u64 npages;
	__u64 seen;
	struct extent wrong;
};

static void check_frames(const struct extent *extent, void *data)
{
	struct range *range = data;
	__u64 at = (extent->iova - range->iova) / 4096;

	if (extent->iova < range->iova || at >= range->npages)
		return;
	if (strcmp(extent->state, "live") || extent->pfn != range->pfn + at ||
	    at != range->seen)
		range->wrong = *extent;
	range->seen += extent->npages;
}

const char *frames_differ(__u64 iova, __u64 pfn, __u64 npages)
{
	static __thread char text[256];
	struct range range = { .iova = iova, .pfn = pfn, .npages = npages };

	if (!strcmp(strategy_name(), "stock"))
		return NULL;

	extents_for_each(check_frames, &range);
	if (range.seen == npages && !range.wrong.npages)
		return NULL;
	snprintf(text, sizeof(text),
		 "%llu pages of %llu are mapped, one wrongly: '%s' iova %#llx pfn %#llx npages %llu; the first page frame is %#llx",
		 range.seen, npages, range.wrong.state, range.wrong.iova,
		 range.wrong.pfn, range.wrong.npages, pfn);

	return text;
}
