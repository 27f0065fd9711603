// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes hold a device, for the log of an unbind that waits for them.
 *
 * A process holds a device by an open file, or by a mapping alone: a child that
 * shares the memory of its parent, but not the files, keeps the mapping after the
 * parent has died. So two things are looked for: the files of all tasks, and the
 * memories (mm) in the device's i_mmap tree. Neither the mmap_lock of a process is
 * taken for that nor anything else that a user process can stall.
 *
 * The answer is for people: what changes meanwhile may be missed or named
 * although it has just ended.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "core.h"

/* More of them are not named. */
#define VFIO_HOLDERS	8

/**
 * struct vfio_holders - what is known of the processes that hold a device
 * @mms: memories that map it, each with a reference to the structure
 * @mm_count: their number
 * @tgids: processes that were named
 * @tgid_count: their number
 */
struct vfio_holders {
	struct mm_struct *mms[VFIO_HOLDERS];
	unsigned int mm_count;
	pid_t tgids[VFIO_HOLDERS];
	unsigned int tgid_count;
};

static bool vfio_holders_have_mm(const struct vfio_holders *holders,
				 const struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i < holders->mm_count; i++)
		if (holders->mms[i] == mm)
			return true;

	return false;
}

static bool vfio_holders_have_tgid(const struct vfio_holders *holders,
				   pid_t tgid)
{
	unsigned int i;

	for (i = 0; i < holders->tgid_count; i++)
		if (holders->tgids[i] == tgid)
			return true;

	return false;
}

/* A vma leaves the tree before its mm is freed, so the mm is there. */
static void vfio_holders_find_mms(struct vfio_holders *holders,
				  struct vfio_device *device)
{
	struct address_space *mapping = device->inode->i_mapping;
	struct vm_area_struct *vma;
	struct rb_node *node;

	i_mmap_lock_read(mapping);
	for (node = rb_first_cached(&mapping->i_mmap);
	     node && holders->mm_count < VFIO_HOLDERS; node = rb_next(node)) {
		vma = rb_entry(node, struct vm_area_struct, shared.rb);
		if (!vfio_holders_have_mm(holders, vma->vm_mm)) {
			mmgrab(vma->vm_mm);
			holders->mms[holders->mm_count++] = vma->vm_mm;
		}
		cond_resched();
	}
	i_mmap_unlock_read(mapping);
}

/* The task with the least number from *@nr on, with a reference, or NULL. */
static struct task_struct *vfio_holders_next_task(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while (!task) {
		pid = find_ge_pid(*nr, &init_pid_ns);
		if (!pid)
			break;
		*nr = pid_nr(pid) + 1;
		task = pid_task(pid, PIDTYPE_PID);
		if (task)
			get_task_struct(task);
	}
	rcu_read_unlock();

	return task;
}

static int vfio_holders_match_file(const void *device, struct file *file,
				   unsigned int fd)
{
	struct vfio_device_file *df = vfio_device_file_from(file);

	return df && df->device == device;
}

/* False once no more of them can be named. */
static bool vfio_holders_look_at(struct vfio_holders *holders,
				 struct vfio_device *device,
				 struct task_struct *task)
{
	pid_t tgid = task_tgid_nr(task);
	bool open, mapped;

	/* A kernel thread may have the mm of a process for a while. */
	if (READ_ONCE(task->flags) & PF_KTHREAD)
		return true;

	task_lock(task);
	mapped = vfio_holders_have_mm(holders, task->mm);
	open = task->files && iterate_fd(task->files, 0,
					 vfio_holders_match_file, device);
	task_unlock(task);

	if ((!open && !mapped) || vfio_holders_have_tgid(holders, tgid))
		return true;

	if (holders->tgid_count == VFIO_HOLDERS) {
		dev_notice(device->dev, "held by more processes\n");
		return false;
	}

	holders->tgids[holders->tgid_count++] = tgid;
	dev_notice(device->dev, "held by %s (%d)%s\n", task->comm, tgid,
		   open ? "" : ", which has no file of it but a mapping");

	return true;
}

/**
 * vfio_holders_log() - name the processes that hold a device in the kernel log
 * @device: device that is being unregistered; its users are counted
 *
 * Ends early if the last of them lets the device go.
 *
 * Context: may sleep, but not for a user.
 */
void vfio_holders_log(struct vfio_device *device)
{
	struct vfio_holders holders = {};
	struct task_struct *task;
	bool more = true;
	unsigned int i;
	int nr = 1;

	vfio_holders_find_mms(&holders, device);

	while (more && !completion_done(&device->unused)) {
		task = vfio_holders_next_task(&nr);
		if (!task)
			break;
		more = vfio_holders_look_at(&holders, device, task);
		put_task_struct(task);
		cond_resched();
	}

	if (!holders.tgid_count && !completion_done(&device->unused))
		dev_notice(device->dev,
			   "held by no process: a file of it is on its way from one to another, or the kernel has it\n");

	for (i = 0; i < holders.mm_count; i++)
		mmdrop(holders.mms[i]);
}
