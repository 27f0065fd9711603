// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process of the fuzzer does from its begin to its end: one action after
 * the other, chosen by weight.
 */
#include <unistd.h>

#include "fuzz.h"

struct action {
	unsigned int weight;
	void (*act)(struct fuzzer *self);
};

/*
 * The next step of what every client does to reach device memory by DMA. Chosen
 * often, so that there is something for the other actions to act upon.
 */
static void go_on(struct fuzzer *self)
{
	struct file *group = file_find(self, FILE_GROUP);

	if (one_in(self, 4) && node_go_on(self))
		return;
	if (!file_find(self, FILE_CONTAINER))
		container_open_any(self);
	else if (!group && one_in(self, 4))
		file_receive(self);
	else if (!group)
		group_open_any(self);
	else if (!group->ready)
		group_join(self);
	else if (container_waiting(self))
		container_set_type(self);
	else if (!file_find(self, FILE_DEVICE))
		group_device(self);
	else if (one_in(self, 3))
		window_mmap_region(self);
	else
		container_map(self);
}

static void live(struct fuzzer *self);

static void have_child(struct fuzzer *self)
{
	if (process_fork(self))
		live(self);
}

/* What sleeps for 100 ms or more has a weight of 1 or 2. */
static const struct action client_actions[] = {
	{ 250, go_on },
	{ 10, container_open_any },
	{ 4, container_set_type },
	{ 5, container_version },
	{ 10, container_extension },
	{ 15, container_info },
	{ 120, container_map },
	{ 100, container_unmap },
	{ 15, group_open_any },
	{ 10, group_status },
	{ 15, group_join },
	{ 3, group_leave },
	{ 20, group_device },
	{ 3, iommufd_open_any },
	{ 5, iommufd_change },
	{ 5, node_open_any },
	{ 8, node_bind_any },
	{ 12, node_attach_any },
	{ 6, node_detach_any },
	{ 10, device_info },
	{ 15, device_region_info },
	{ 15, device_irq_info },
	{ 60, device_set_irqs },
	{ 25, device_ioeventfd },
	{ 30, event_signal_any },
	{ 2, device_reset },
	{ 5, device_hot_reset_info },
	{ 2, device_hot_reset },
	{ 5, device_feature },
	{ 15, ioctl_any },
	{ 30, region_read },
	{ 20, region_write },
	{ 20, config_look },
	{ 40, config_change },
	{ 40, window_mmap_region },
	{ 20, window_mmap_ram },
	{ 3, window_mmap_foreign },
	{ 15, window_munmap },
	{ 15, window_mremap },
	{ 10, window_mprotect },
	{ 10, window_madvise },
	{ 4, window_mlock },
	{ 60, window_touch },
	{ 8, file_dup },
	{ 25, file_close_one },
	{ 6, file_send },
	{ 8, file_receive },
	{ 2, have_child },
};

/* What the host does; a sole worker does it as well, not its child. */
static const struct action host_actions[] = {
	{ 3, host_reset },
	{ 6, host_rebind },
	{ 1, host_unplug },
	{ 30, host_show },
};

static void act(struct fuzzer *self, const struct action *actions, int count)
{
	unsigned int sum = 0, chosen;

	for (int i = 0; i < count; i++)
		sum += actions[i].weight;
	chosen = below(self, sum);
	while (chosen >= actions->weight)
		chosen -= (actions++)->weight;
	actions->act(self);
}

/* Not at once: calls on a device that is being taken away are wanted too. */
static void heed_the_host(struct fuzzer *self)
{
	unsigned int wanted = __atomic_load_n(&self->board->wanted,
					      __ATOMIC_RELAXED);

	if (wanted && one_in(self, 30))
		files_release(self, wanted);
}

static void live(struct fuzzer *self)
{
	bool sole = self->board->workers == 1 &&
		    self->slot == &self->board->slots[0];

	for (;;) {
		if (self->life <= 0)
			process_end(self);
		heed_the_host(self);
		if (sole && one_in(self, 200))
			act(self, host_actions, LENGTH(host_actions));
		else
			act(self, client_actions, LENGTH(client_actions));
	}
}

void life_of_worker(struct board *board, int worker)
{
	struct fuzzer self;

	process_begin(&self, board, worker);
	self.life = 100 + below(&self, 2000);
	if (self.life > self.slot->left)
		self.life = self.slot->left;
	live(&self);
	_exit(0);
}

void life_of_host(struct board *board)
{
	struct fuzzer self;

	process_begin(&self, board, SLOT_HOST);
	/* Files in flight that nobody takes out any more go with the last copy. */
	close(board->mailbox[0]);
	close(board->mailbox[1]);
	while (!__atomic_load_n(&board->over, __ATOMIC_RELAXED)) {
		act(&self, host_actions, LENGTH(host_actions));
		usleep(below(&self, 50000));
	}
	_exit(0);
}
