// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host does to a device, and the PCI core around it.
 */

/* The PM core, and its callback vfio_pci_pm_runtime_suspend(). */
proctype runtime_pm(byte d)
{
	byte got;

end_unused:
	do
	:: atomic {
		pm_count[d] == 0 && !pm_suspended[d] -> pm_suspending[d] = true;
	   }
#ifdef RUNTIME_SUSPEND_WAKES
	   lock_operation(d);
	   step_begin(d);
	   wake_up(d);
#else
	   step_begin(d);
#endif
	   if
	   :: off[d] & ASLEEP -> step_end(d)	/* -EBUSY */
	   :: else ->
		memory_update(d, RUNTIME, 0);
		step_end(d);
		hw_stop(d, HW_SUSPENDED);
		pm_suspended[d] = true
	   fi;
#ifdef RUNTIME_SUSPEND_WAKES
	   unlock_operation(d);
#endif
	   d_step { pm_suspending[d] = false }
	   pm_count[d] > 0
	od
}

/*
 * A reset of the function from the host's side: pci_reset_function(),
 * vfio_pci_reset_prepare(), vfio_pci_reset_done().
 */
proctype host_reset(byte d)
{
	byte got;

	lock(device_lock[d]);
	if
	:: bound[d] ->
		step_begin(d);
		memory_update(d, RESETTING, 0);
		reset_hardware(d);
		memory_update(d, 0, RESETTING | woken(d));
		step_end(d)
	:: else
	fi;
#ifdef CORE_RESETS_BUS
	/* pci_bridge_wait_for_secondary_bus() */
	down_read(pci_bus_sem);
	up_read(pci_bus_sem);
#endif
	unlock(device_lock[d]);
	running--
}

/* The same of a bus: pci_bus_lock(), pci_bus_save_and_disable_locked(). */
proctype host_bus_reset()
{
	byte got;

	lock(device_lock[0]);
	lock(device_lock[1]);
	step_begin(0);
	memory_update(0, RESETTING, 0);
	step_begin(1);
	memory_update(1, RESETTING, 0);
	hw_stop(0, HW_RESET);
	hw_stop(1, HW_RESET);
	hw_start(0, HW_RESET | HW_D3HOT);
	hw_start(1, HW_RESET | HW_D3HOT);
	memory_update(0, 0, RESETTING | woken(0));
	step_end(0);
	memory_update(1, 0, RESETTING | woken(1));
	step_end(1);
	unlock(device_lock[1]);
	unlock(device_lock[0]);
	running--
}

/*
 * vfio_pci_remove(), vfio_device_unregister(), vfio_device_memory_remove().
 * The device is reset before the next driver gets it.
 */
proctype unbind(byte d)
{
	byte got;

	lock(device_lock[d]);
	memory_end(d, GONE);
	must(!reached(d), nothing_outlives_close_or_unbind);
#if defined(STALL) || defined(STALL_UNBIND)
end_waits_for_user:	/* after the memory has gone */
#endif
	users[d] == 0 && !opened[d];

#ifdef FLUSH_INSIDE_OP
	lock(step[d]);
#endif
	/* cancel_work_sync() */
	error_work[d] = false;
	!error_work_runs[d];
#ifdef REMOVE_TAKES_SET_LOCK
	lock(set_lock);		/* vfio_pci_set_leave() */
	unlock(set_lock);
#endif
#ifndef FLUSH_INSIDE_OP
	lock(step[d]);
#endif
	reset_hardware(d);
	hw_stop(d, HW_OTHERS);
	bound[d] = false;
	step_end(d);
	unlock(device_lock[d]);
	running--
}

/* Adding or removing some other device: pci_device_add(), pci_destroy_dev(). */
proctype hotplug()
{
	down_write(pci_bus_sem);
	up_write(pci_bus_sem);
	running--
}

/* pci_walk_bus(), report_*(): for each function below the port. */
inline walk_begin(d)
{
	down_read(pci_bus_sem);
	lock(device_lock[d])
}

inline walk_end(d)
{
	unlock(device_lock[d]);
	up_read(pci_bus_sem)
}

/* vfio_pci_error_detected(pci_channel_io_frozen). */
inline error_detected(d)
{
#ifdef ERROR_TAKES_MUTEX
	lock_operation(d);
#endif
	d_step {
		may_write(d) -> before = off[d];
		off[d] = (before | RECOVERING) & ~FAILED;
		revives[d] = false;
#ifndef ERROR_KEEPS_RECOVERED
		recovered[d] = false;
		restore_pending[d] = false;
#endif
		memory_changed(d)
	}
#ifdef ERROR_TAKES_MUTEX
	unlock_operation(d);
#endif
}

/* vfio_pci_slot_reset(), vfio_pci_error_resume(). */
#define error_says(d, what)	d_step {				\
	may_write(d) -> what = true;					\
	error_work[d] = true }

/*
 * A fatal error: pcie_do_recovery(pci_channel_io_frozen), @errors times. Each
 * recovery but the last one succeeds; that may fail.
 */
proctype fatal_error(byte d; byte errors)
{
	byte got;

	do
	:: errors > 0 ->
		errors--;
		down_read(pci_bus_sem);
		pm_get(d);	/* pci_pm_runtime_get_sync() */
		up_read(pci_bus_sem);

		walk_begin(d);
		if
		:: bound[d] -> error_detected(d); got = true
		:: else -> got = false
		fi;
		walk_end(d);
		if
		:: got ->
			hw_stop(d, HW_FROZEN | HW_LOST);
			hw_start(d, HW_D3HOT)	/* reset_subordinates() */
		:: else
		fi;
		if
		:: errors == 0 ->
			recovery_failed[d] = true;
			break
		:: true -> hw_start(d, HW_FROZEN)
		fi;

		walk_begin(d);
		if
		:: bound[d] -> error_says(d, restore_pending[d])
		:: else
		fi;
		walk_end(d);

		walk_begin(d);
		if
		:: bound[d] ->
#ifdef CALLBACK_ENDS_RECOVERY
			memory_update(d, 0, RECOVERING);
#endif
			error_says(d, recovered[d])
		:: else
		fi;
		walk_end(d)
	:: else -> break
	od;
	pm_count[d]--;
	running--
}

/* pcie_do_recovery(pci_channel_io_normal): nothing is revoked. */
proctype nonfatal_error(byte d)
{
	walk_begin(d);
#ifdef TODAY
	down_write(memory_lock[d]);	/* by vfio_pci_error_detected() */
	up_write(memory_lock[d]);
#endif
	walk_end(d);
	walk_begin(d);
	walk_end(d);
	running--
}

/* The work item of error recovery: vfio_pci_operation_work(). */
proctype recovery_work(byte d)
{
	byte got;

end_idle:
	do
	:: atomic {
		error_work[d] -> error_work[d] = false;
		error_work_runs[d] = true
	   }
	   step_begin(d);
	   step_end(d);
	   d_step { error_work_runs[d] = false }
	od
}

/* The deadline of a recovery that no callback ends: delayed work. */
proctype recovery_deadline(byte d)
{
end_idle:
	d_step {
		recovery_failed[d] && may_write(d) -> before = off[d];
		if
		:: (before & RECOVERING) && !recovered[d] ->
			off[d] = (before & ~RECOVERING) | FAILED
		:: else
		fi;
		memory_changed(d);
		deadline_over[d] = true
	}
}
