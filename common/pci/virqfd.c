// SPDX-License-Identifier: GPL-2.0-only
/*
 * virqfds: eventfds that user space signals and the kernel acts on.
 *
 * Model. A virqfd stands in the wait queue of its eventfd and is woken by each
 * signal, in the context of the signalling task. It resets the count, as a reader
 * would, and calls its owner's function.
 *
 * Life. The structure is part of its owner's, and only the owner, who serialises
 * the two calls here, ends it. So nobody frees it behind the owner's back: not
 * even the close of the eventfd, which only takes it out of the queue and says
 * so. The reference to the eventfd keeps the queue itself. Whoever leaves the
 * queue does so under its lock, under which the function is called: after
 * vfio_pci_virqfd_disable() it is not running, and is not called again.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>

#include "virqfd.h"

/* The wait queue's lock is held. */
static int vfio_pci_virqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode,
				  int sync, void *key)
{
	struct vfio_pci_virqfd *virqfd =
		container_of(wait, struct vfio_pci_virqfd, wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(virqfd->eventfd, &count);
		virqfd->event(virqfd);
	}

	/* Others in the kernel may go on to signal it; user space cannot. */
	if (events & EPOLLHUP) {
		list_del_init(&wait->entry);
		WRITE_ONCE(virqfd->closed, true);
	}

	return 0;
}

struct vfio_pci_virqfd_poll {
	poll_table table;
	struct vfio_pci_virqfd *virqfd;
};

static void vfio_pci_virqfd_queue(struct file *file, wait_queue_head_t *queue,
				  poll_table *table)
{
	struct vfio_pci_virqfd_poll *poll =
		container_of(table, struct vfio_pci_virqfd_poll, table);

	add_wait_queue(queue, &poll->virqfd->wait);
}

/* The caller keeps the file, so it is not closed meanwhile. */
static int vfio_pci_virqfd_enable_file(struct vfio_pci_virqfd *virqfd,
				       struct file *file,
				       void (*event)(struct vfio_pci_virqfd *virqfd))
{
	struct vfio_pci_virqfd_poll poll = { .virqfd = virqfd };
	struct eventfd_ctx *eventfd;

	eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);

	if (virqfd->eventfd && !READ_ONCE(virqfd->closed)) {
		eventfd_ctx_put(eventfd);
		return -EBUSY;
	}

	vfio_pci_virqfd_disable(virqfd);
	virqfd->eventfd = eventfd;
	virqfd->closed = false;
	virqfd->event = event;
	init_waitqueue_func_entry(&virqfd->wait, vfio_pci_virqfd_wakeup);
	init_poll_funcptr(&poll.table, vfio_pci_virqfd_queue);

	/* A signal from before is not lost. */
	if (vfs_poll(file, &poll.table) & EPOLLIN)
		event(virqfd);

	return 0;
}

/**
 * vfio_pci_virqfd_enable() - act on the signals of an eventfd
 * @virqfd: zeroed, or used before
 * @fd: the user's file descriptor
 * @event: what to do; may be called before this returns
 *
 * Return: 0; -EBUSY if @virqfd has an eventfd whose file is open; -EBADF or
 * -EINVAL for a file descriptor that is no eventfd's.
 * Context: serialised by the owner; may sleep.
 */
int vfio_pci_virqfd_enable(struct vfio_pci_virqfd *virqfd, int fd,
			   void (*event)(struct vfio_pci_virqfd *virqfd))
{
	struct file *file = fget(fd);
	int ret;

	if (!file)
		return -EBADF;

	ret = vfio_pci_virqfd_enable_file(virqfd, file, event);
	fput(file);

	return ret;
}

/**
 * vfio_pci_virqfd_disable() - act on them no longer
 * @virqfd: zeroed, or used before; its function does not run when this returns
 *
 * Context: serialised by the owner; takes the lock of the eventfd's wait queue.
 */
void vfio_pci_virqfd_disable(struct vfio_pci_virqfd *virqfd)
{
	u64 count;

	if (!virqfd->eventfd)
		return;

	eventfd_ctx_remove_wait_queue(virqfd->eventfd, &virqfd->wait, &count);
	eventfd_ctx_put(virqfd->eventfd);
	virqfd->eventfd = NULL;
}
