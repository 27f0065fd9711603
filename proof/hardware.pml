// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on the hardware: step, operation, and the pending work of error
 * recovery.
 *
 * Resets are done inside step. A power state is changed outside of it, as
 * pci_set_power_state() waits for pci_bus_sem: step is held before that, to
 * revoke the memory, and after it, to look at the state that the function is
 * in.
 */

bool power_changing[DEVICES];	/* between the two; under step */
bool revives[DEVICES];		/* the reset that goes on; under memory_lock */

/* What the callbacks of error recovery have said; under memory_lock. */
bool restore_pending[DEVICES];	/* slot_reset: restore config space */
bool recovered[DEVICES];	/* resume: the last call */
bool error_work[DEVICES], error_work_runs[DEVICES];	/* a work item */
bool recovery_failed[DEVICES], deadline_over[DEVICES];

/* Runtime PM, as the PCI core counts. */
byte pm_count[DEVICES];
bool pm_suspending[DEVICES], pm_suspended[DEVICES];

#ifdef ONE_MUTEX
#define lock_operation(d)		skip
#define unlock_operation(d)	skip
#else
#define lock_operation(d)		lock(operation[d])
#define unlock_operation(d)	unlock(operation[d])
#endif

/*
 * A reset wakes the function, so it is not asleep any more. While a power
 * state is being changed, the task that changes it updates ASLEEP, at its end.
 */
#ifdef RESET_FORGETS_POWER_CHANGE
#define woken(d)	(hw[d] & HW_D3HOT -> 0 : ASLEEP)
#else
#define woken(d)	(power_changing[d] || (hw[d] & HW_D3HOT) -> 0 : ASLEEP)
#endif

/*
 * vfio_pci_step_begin(): takes step and does the pending work of error recovery. A
 * second error may come at any time; it voids what the recovery of the first
 * one has said. So RECOVERING is cleared in the same step in which it is seen
 * that the recovery has ended and that nothing is left to be restored.
 */
inline step_begin(d)
{
	lock(step[d]);
	do
	:: !restore_pending[d] && !recovered[d] -> break
	:: atomic {
		restore_pending[d] && may_write(d) ->
		restore_pending[d] = false;
	   }
	   d_step {
		if
		:: !(hw[d] & HW_FROZEN) -> hw[d] = hw[d] & ~HW_LOST
		:: else
		fi;
	   }
	:: atomic {
		recovered[d] && !restore_pending[d] && may_write(d) ->
		recovered[d] = false;
		before = off[d];
		off[d] = before & ~(RECOVERING | woken(d));
		memory_changed(d)
	   }
	od;
	skip
}

#define step_end(d)	unlock(step[d])

/* A reset of the function: it wakes, and its config space is restored. */
inline reset_hardware(d)
{
	hw_stop(d, HW_RESET);
	hw_start(d, HW_RESET | HW_D3HOT |
		    (revives[d] -> HW_FROZEN | HW_LOST : 0));
}

/*
 * pci_set_power_state(), the end of it: pcie_aspm_pm_state_change().
 */
inline update_aspm()
{
	down_read(pci_bus_sem);
	up_read(pci_bus_sem);
}

/*
 * vfio_pci_power_set(): from D3hot to D0. Begins and ends inside step, is
 * outside of it in between.
 */
inline wake_up(d)
{
	if
	:: (off[d] & ASLEEP) && !(off[d] & GONE) ->
		power_changing[d] = true;
		memory_update(d, WAKING, ASLEEP);
#ifndef ONE_MUTEX
		step_end(d);
#endif
		hw_start(d, HW_D3HOT);
		update_aspm();
#ifndef ONE_MUTEX
		step_begin(d);
#endif
		power_changing[d] = false;
		memory_update(d, 0, WAKING);
	:: else
	fi;
}

/* From D0 to D3hot, the same way. */
inline fall_asleep(d)
{
	if
	:: !(off[d] & GONE) ->
		power_changing[d] = true;
		memory_update(d, ASLEEP, 0);
#ifndef ONE_MUTEX
		step_end(d);
#endif
		hw_stop(d, HW_D3HOT);
		update_aspm();
#ifndef ONE_MUTEX
		step_begin(d);
#endif
		power_changing[d] = false;
		if
		:: !(hw[d] & HW_D3HOT) -> memory_update(d, 0, ASLEEP)
		:: else
		fi;
	:: else
	fi;
}

/*
 * pm_runtime_get_sync(): one that is just being suspended is waited for. The
 * callback vfio_pci_pm_runtime_resume() takes the memory lock only.
 */
inline pm_get(d)
{
	pm_count[d]++;
	!pm_suspending[d];
	if
	:: pm_suspended[d] ->
		hw_start(d, HW_SUSPENDED);
		memory_update(d, 0, RUNTIME);
		pm_suspended[d] = false
	:: else
	fi;
}

/*
 * A user's operation waits for the end of a recovery, with no lock held. A
 * recovery that fails is ended by its deadline.
 */
#ifdef RESET_ENDS_RECOVERY
#define wait_for_recovery(d)	skip
#else
#define wait_for_recovery(d)	wait_while(sleepers[d],			\
	(off[d] & RECOVERING) && !(off[d] & GONE))
#endif

/*
 * A reset that succeeds clears FAILED if that was set when the reset began and
 * if no error has come since. It never clears RECOVERING: a reset by error
 * recovery may be still to come.
 */
#if defined(RESET_ENDS_RECOVERY)
#define revived(d)	(FAILED | RECOVERING)
#elif defined(RESET_REVIVES_ANYWAY)
#define revived(d)	FAILED
#else
#define revived(d)	(revives[d] -> FAILED : 0)
#endif

inline reset_begin(d)
{
	d_step {
		may_write(d) -> before = off[d];
		off[d] = before | RESETTING;
		revives[d] = (before & FAILED) != 0;
		memory_changed(d)
	}
}
