// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the users of a device do. Each process stands for a task of the user,
 * and is counted in users[] as long as it keeps the device file open.
 */

#define user_ends(d)	atomic { users[d]--; running--; got = 0 }

/* mmap_lock matters only where somebody takes it for write. */
#if defined(LASTS) || defined(STALL) || defined(STALL_UNBIND)
#define mmap_read_lock()	down_read(mmap_lock);
#define mmap_read_unlock()	up_read(mmap_lock);
#else
#define mmap_read_lock()
#define mmap_read_unlock()
#endif

/*
 * vfio_pci_fault(), by vfio_device_memory_enter(). mmap_lock stands for the
 * lock of a vma as well.
 */
proctype fault(byte d)
{
	byte got;

again:
	skip;
	mmap_read_lock()
	atomic { memory_enter(d) };
	if
	:: got == INSIDE ->
		d_step { reach(d, pte[d] = true); memory_leave(d) };
		mmap_read_unlock()
	:: got == REFUSED ->
		mmap_read_unlock()
	:: got == AGAIN ->
#ifndef FAULT_WAITS_WITH_MMAP_LOCK
		mmap_read_unlock()
#endif
#ifdef LASTS
		/* As long as that lasts, but with no lock held. */
		wait_while_at(end_waits:, sleepers[d], waits(d));
#else
		wait_while(sleepers[d], waits(d));
#endif
#ifdef FAULT_WAITS_WITH_MMAP_LOCK
		mmap_read_unlock()
#endif
		goto again
	fi;
	user_ends(d)
}

/* vfio_pci_rw() of a BAR, by access.c; an ioeventfd's write, too. */
proctype bar_access(byte d)
{
	byte got;

again:
	atomic { memory_enter(d) };
	if
	:: got == INSIDE ->
		d_step { reach(d, accesses[d]++) };
#ifdef COPY_INSIDE_MEMORY_LOCK
end_stalls_inside:
		false;
#endif
		atomic { accesses[d]--; memory_leave(d) }
	:: got == REFUSED /* EIO */
	:: got == AGAIN ->
		wait_while(sleepers[d], waits(d));
		goto again
	fi;
#if defined(STALL) || defined(STALL_UNBIND)
	/* copy_to_user(): that page never comes. */
end_stalls:
	false;
#endif
	user_ends(d)
}

/*
 * VFIO_IOMMU_MAP_DMA of a BAR: vfio_dma_map(), vfio_fill_run(),
 * vfio_strategy_resolve(), vfio_run_add().
 */
proctype map_dma(byte c; byte d)
{
	byte got;

	lock(container_lock[c]);
again:
	atomic { memory_enter(d) };	/* vfio_strategy_resolve() */
	if
	:: got == INSIDE ->
#ifdef DROP_MEMORY_LOCK_AFTER_RESOLVE
		memory_leave(d);
#endif
		d_step {
			run_state[RUN(c, d)] = LIVE;
			reach(d, iommu[RUN(c, d)] = true);
#ifndef DROP_MEMORY_LOCK_AFTER_RESOLVE
			memory_leave(d)
#endif
		}
	:: got == REFUSED /* EFAULT */
	:: got == AGAIN ->
		wait_while(sleepers[d], waits(d));
		goto again
	fi;
	unlock(container_lock[c]);
	user_ends(d)
}

/* VFIO_IOMMU_UNMAP_DMA: vfio_dma_unmap(), vfio_dma_unmap_whole(). */
proctype unmap_dma(byte c; byte d)
{
	byte got;

	lock(container_lock[c]);
	atomic {
		iommu[RUN(c, d)] = false;
		run_state[RUN(c, d)] = NO_RUN;
		unlock(container_lock[c])
	}
	user_ends(d)
}

/*
 * MAP_DMA of RAM that never comes (FUSE, userfaultfd): vfio_ram_add(), inside
 * pin_user_pages().
 */
proctype map_dma_that_stalls(byte c)
{
	lock(container_lock[c]);
	down_read(mmap_lock);
end_stalls:
	false
}

/* mmap(), munmap(), or ps on the host, which reads /proc/PID/cmdline. */
proctype mmap_or_ps()
{
	down_write(mmap_lock);
	atomic { up_write(mmap_lock); running-- }
}

/* The memory bit of the command register: vfio_pci_command_write(). */
proctype memory_off_and_on(byte d)
{
	byte got;

	step_begin(d);
	memory_update(d, MEMORY_BIT, 0);
	atomic { hw_stop(d, HW_DECODE); step_end(d) }

	step_begin(d);
	hw_start(d, HW_DECODE);
	memory_update(d, 0, MEMORY_BIT);
	step_end(d);
	user_ends(d)
}

/* D3hot and D0 by PMCSR: vfio_pci_pm_set_state(). */
proctype sleep_and_wake(byte d)
{
	byte got;

#ifdef TODAY
	/* Of commit 7639b26: one lock, held across pci_set_power_state(). */
	down_write(memory_lock[d]);
	atomic { before = off[d]; off[d] = before | ASLEEP; memory_changed(d) }
	hw_stop(d, HW_D3HOT);
	update_aspm();
	up_write(memory_lock[d]);

	down_write(memory_lock[d]);
	hw_start(d, HW_D3HOT);
	update_aspm();
	atomic {
		before = off[d];
		off[d] = before & ~ASLEEP;
		memory_changed(d);
		up_write(memory_lock[d])
	}
#else
	wait_for_recovery(d);
	lock_operation(d);
	step_begin(d);
	fall_asleep(d);
	step_end(d);
	unlock_operation(d);

	wait_for_recovery(d);
	lock_operation(d);
	step_begin(d);
	wake_up(d);
	step_end(d);
	unlock_operation(d);
#endif
	user_ends(d)
}

/* VFIO_DEVICE_RESET, a reset by config space: vfio_pci_reset(). */
proctype user_reset(byte d)
{
	byte got;

	wait_for_recovery(d);
	lock_operation(d);
	step_begin(d);
	wake_up(d);
#ifdef HARDWARE_BEFORE_REASON
	reset_hardware(d);
#endif
	reset_begin(d);
	/* pci_try_reset_function(); its reset_prepare finds that step is held. */
	trylock(device_lock[d]);
	if
	:: got ->
#ifdef LASTS
end_lasts:	/* the device is not ready for a long time after its reset */
		false;
#endif
		reset_hardware(d);
		unlock(device_lock[d]);
		memory_update(d, 0, RESETTING | revived(d))
	:: else ->
		memory_update(d, 0, RESETTING)
	fi;
	atomic { step_end(d); unlock_operation(d) }
	user_ends(d)
}

/*
 * VFIO_DEVICE_PCI_HOT_RESET of both devices: vfio_pci_set_reset(). It only
 * tries the locks, as those of several devices have no order.
 */
proctype hot_reset()
{
	byte got, held;

	lock(set_lock);
	down_read(pci_bus_sem);		/* vfio_pci_set_walk() */
	up_read(pci_bus_sem);
	trylock(operation[0]);
	if
	:: !got -> goto unlock_set
	:: else
	fi;
	trylock(operation[1]);
	if
	:: !got -> goto unlock_user_op_0
	:: else
	fi;
	step_begin(0);
	wake_up(0);
	step_end(0);
	step_begin(1);
	wake_up(1);
	step_end(1);
#ifdef HOT_RESET_WAITS_FOR_OP
	lock(step[1]);
	lock(step[0]);
#else
	trylock(step[0]);
	if
	:: !got -> goto unlock_user_ops
	:: else
	fi;
	trylock(step[1]);
	if
	:: !got -> step_end(0); goto unlock_user_ops
	:: else
	fi;
#endif
	memory_update(0, RESETTING, 0);
	memory_update(1, RESETTING, 0);
	/* pci_reset_bus() */
	trylock(device_lock[0]);
	held = got;
	if
	:: got -> trylock(device_lock[1]); held = held + got
	:: else
	fi;
	if
	:: held == 2 ->
		hw_stop(0, HW_RESET);
		hw_stop(1, HW_RESET);
		atomic {
			hw_start(1, HW_RESET);
			hw_start(0, HW_RESET);
			unlock(device_lock[1])
		}
	:: else
	fi;
	if
	:: held > 0 -> unlock(device_lock[0])
	:: else
	fi;
	held = 0;
	memory_update(1, 0, RESETTING);
	step_end(1);
	memory_update(0, 0, RESETTING);
	step_end(0);
unlock_user_ops:
	unlock(operation[1]);
unlock_user_op_0:
	unlock(operation[0]);
unlock_set:
	atomic { unlock(set_lock); users[0]--; users[1]--; running-- }
}

/* VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: vfio_pci_set_walk(). */
proctype hot_reset_info(byte d)
{
	byte got;

	lock(set_lock);
	down_read(pci_bus_sem);		/* vfio_pci_set_walk() */
	up_read(pci_bus_sem);
	unlock(set_lock);
	user_ends(d)
}

/*
 * vfio_device_last_close(), vfio_pci_close_device(); and, if the device has
 * not gone, vfio_pci_open_device() by the next user.
 */
proctype close_and_open(byte d)
{
	byte got;

	users[d] == 0;
	lock_operation(d);
	memory_end(d, CLOSED);
	step_begin(d);
	wake_up(d);
	trylock(device_lock[d]);
	if
	:: got -> reset_hardware(d); unlock(device_lock[d])
	:: else
	fi;
	hw_stop(d, HW_OTHERS);
	step_end(d);
	unlock_operation(d);
	atomic {
		must(!has_run(d, LIVE) && !has_run(d, SUSPENDED),
		     nothing_outlives_close_or_unbind);
		opened[d] = false; got = 0
	}

	wait_for_recovery(d);
	lock_operation(d);
	step_begin(d);
	atomic { opened[d] = true; hw[d] = hw[d] & ~HW_OTHERS }
	memory_update(d, 0, CLOSED);
	must(!reached(d), nothing_outlives_close_or_unbind);
	step_end(d);
	unlock_operation(d);
	running--
}

/*
 * Low power: vfio_pci_low_power_enter(), _exit(). The count of the open is the
 * first one of pm_count.
 */
proctype low_power(byte d)
{
	byte got;

	step_begin(d);
	memory_update(d, LOW_POWER, 0);
	step_end(d);
	pm_count[d]--;

	/* Any ioctl is inside a count, which wakes the function. */
	pm_get(d);
	step_begin(d);
	memory_update(d, 0, LOW_POWER);
	step_end(d);
	user_ends(d)
}
