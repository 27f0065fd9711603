// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scenarios: the processes that run against each other. `run` defines one
 * scenario, and at most one mistake.
 */
#include "locks.pml"
#include "memory.pml"
#include "hardware.pml"
#include "users.pml"
#include "host.pml"

#define start(process)		running++; run process
#define user(d, process)	users[d]++; start(process)
#define has_live_run(c, d)	run_state[RUN(c, d)] = LIVE; iommu[RUN(c, d)] = true
#define has_suspended_run(c, d)	run_state[RUN(c, d)] = SUSPENDED
#define is_asleep(d)		off[d] = ASLEEP; hw[d] = HW_D3HOT

init {
	atomic {
		bound[0] = true;
		bound[1] = true;
		pm_count[0] = 1;
		pm_count[1] = 1;
#if defined(MAPS)
		user(0, fault(0));
		user(0, bar_access(0));
		user(0, map_dma(0, 0));
		user(0, map_dma(1, 0));
		user(0, unmap_dma(0, 0));
		user(0, memory_off_and_on(0));
#elif defined(RESETS)
		has_live_run(0, 0);
		user(0, map_dma(1, 0));
		user(0, fault(0));
		user(0, user_reset(0));
		user(0, memory_off_and_on(0));
		start(host_reset(0));
#elif defined(SLEEPS)
		has_live_run(0, 0);
		has_live_run(1, 0);
		user(0, fault(0));
		user(0, sleep_and_wake(0));
		user(0, user_reset(0));
		user(0, memory_off_and_on(0));
#elif defined(SLEEPS_HOTPLUG)
		has_live_run(0, 0);
		user(0, sleep_and_wake(0));
		user(0, fault(0));
		start(nonfatal_error(0));
		start(hotplug());
#elif defined(SLEEPS_RESET)
		has_live_run(0, 0);
		user(0, sleep_and_wake(0));
		user(0, fault(0));
		start(nonfatal_error(0));
		start(hotplug());
		start(host_reset(0));
#elif defined(SLEEPS_ERROR)
		has_live_run(0, 0);
		user(0, sleep_and_wake(0));
		start(fatal_error(0, 1));
		start(hotplug());
		start(host_reset(0));
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(ERRORS)
		has_live_run(0, 0);
		user(0, fault(0));
		user(0, user_reset(0));
		start(fatal_error(0, 2));
		run recovery_work(0);
#ifndef NO_DEADLINE
		run recovery_deadline(0);
#endif
#elif defined(ERRORS_RESETS)
		has_live_run(1, 0);
		user(0, map_dma(0, 0));
		user(0, user_reset(0));
		start(host_reset(0));
		start(fatal_error(0, 1));
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(ERRORS_MEMORY_BIT)
		has_live_run(0, 0);
		user(0, map_dma(1, 0));
		user(0, memory_off_and_on(0));
		start(fatal_error(0, 2));
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(UNBINDS)
		has_live_run(0, 0);
		user(0, fault(0));
		user(0, map_dma(1, 0));
		user(0, user_reset(0));
		start(host_reset(0));
		start(unbind(0));
#elif defined(UNBINDS_ERROR)
		has_live_run(0, 0);
		user(0, fault(0));
		user(0, map_dma(1, 0));
		start(unbind(0));
		start(fatal_error(0, 1));
		start(hotplug());
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(UNBINDS_ASLEEP)
		user(0, sleep_and_wake(0));
		start(unbind(0));
		start(nonfatal_error(0));
		start(hotplug());
#elif defined(CLOSES)
		has_live_run(0, 0);
		opened[0] = true;
		user(0, fault(0));
		user(0, map_dma(1, 0));
		start(close_and_open(0));
		start(host_reset(0));
		start(fatal_error(0, 1));
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(CLOSES_ASLEEP)
		has_suspended_run(0, 0);
		is_asleep(0);
		opened[0] = true;
		start(close_and_open(0));
		start(host_reset(0));
		start(nonfatal_error(0));
		start(hotplug());
#elif defined(HOT_RESETS)
		has_live_run(0, 0);
		has_live_run(1, 1);
		users[1]++;
		user(0, hot_reset());
		user(0, fault(0));
		user(1, map_dma(0, 1));
		start(host_bus_reset());
		start(hotplug());
#elif defined(HOT_RESETS_ASLEEP)
		has_suspended_run(0, 0);
		is_asleep(0);
		users[1]++;
		user(0, hot_reset());
		start(host_reset(1));
		start(nonfatal_error(0));
		start(hotplug());
#elif defined(HOT_RESETS_ERROR)
		has_live_run(0, 0);
		users[1]++;
		user(0, hot_reset());
		user(0, fault(0));
		start(fatal_error(0, 1));
		start(hotplug());
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(NEIGHBOUR_UNBINDS)
		has_live_run(0, 0);
		user(0, hot_reset_info(0));
		user(0, fault(0));
		start(unbind(1));
		start(nonfatal_error(1));
		start(hotplug());
#elif defined(STALL) || defined(STALL_UNBIND)
		has_live_run(0, 0);
		has_live_run(1, 0);
		run map_dma_that_stalls(0);
		user(0, bar_access(0));
		user(0, memory_off_and_on(0));
#ifdef STALL_UNBIND
		start(unbind(0));
#else
		start(host_reset(0));
		start(nonfatal_error(0));
		start(hotplug());
#endif
#elif defined(CORE)
		start(host_reset(0));
		start(nonfatal_error(0));
		start(hotplug());
#elif defined(LASTS)
		has_live_run(0, 0);
		user(0, user_reset(0));
		user(0, fault(0));
		start(mmap_or_ps());
		user(1, map_dma(0, 1));
		start(unbind(1));
		start(nonfatal_error(1));
		start(hotplug());
#elif defined(LOW)
		has_live_run(0, 0);
		run runtime_pm(0);
		user(0, low_power(0));
		user(0, fault(0));
		start(fatal_error(0, 1));
		start(hotplug());
		run recovery_work(0);
		run recovery_deadline(0);
#elif defined(LOW_ASLEEP)
		has_suspended_run(0, 0);
		is_asleep(0);
		run runtime_pm(0);
		user(0, low_power(0));
		start(fatal_error(0, 1));
		start(hotplug());
		run recovery_work(0);
		run recovery_deadline(0);
#else
#error no scenario is defined
#endif
	}

	/* When all has ended, what stays is as it should be. */
end_all:
	running == 0 && !error_work[0] && !error_work_runs[0] &&
	(!recovery_failed[0] || deadline_over[0]);
	must((off[0] & GONE) ||
	     !(off[0] & (TEMPORARY | MEMORY_BIT | LOW_POWER | CLOSED)),
	     what_lived_lives_after_restore);
	must((off[0] & (GONE | FAILED)) || (off[0] & ASLEEP) == 0 ||
	     (hw[0] & HW_D3HOT), what_lived_lives_after_restore);
	must(!(off[0] & FAILED) || recovery_failed[0],
	     what_lived_lives_after_restore);
	must(off[0] != 0 || (hw[0] == 0 && !has_run(0, SUSPENDED)),
	     what_lived_lives_after_restore);
	must(off[1] == 0 || off[1] == GONE, what_lived_lives_after_restore);
	must(off[1] != 0 || (hw[1] == 0 && !has_run(1, SUSPENDED)),
	     what_lived_lives_after_restore);
	must(off[0] == 0 || !reached(0), nothing_reaches_it_after_revoke);
	must(off[1] == 0 || !reached(1), nothing_reaches_it_after_revoke)
}
