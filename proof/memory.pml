// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's memory: the reasons why it is not reachable, and what reaches it.
 * Stands for common/core/memory.c and common/type1/run.c.
 *
 * Order of the locks, outermost first:
 *
 *	container_lock > mmap_lock > memory_lock (read)
 *	set_lock > operation > pci_bus_sem (read) > device_lock > step >
 *	memory_lock (write) > runs_lock
 *
 * pci_bus_sem before device_lock is the PCI core's order, in error recovery.
 * So a task that holds device_lock must not wait for a lock that is held by a
 * task which waits for pci_bus_sem. That is why there are two operation
 * mutexes: operation is held across calls that may wait for pci_bus_sem, and is
 * taken by the user's tasks only; step is held around every other access to the
 * hardware.
 */

#define DEVICES		2
#define CONTAINERS	2

/* Reasons, in off[]. */
#define CLOSED		1
#define MEMORY_BIT	2	/* the user has cleared it */
#define ASLEEP		4	/* D3hot, by the user */
#define WAKING		8
#define LOW_POWER	16
#define RUNTIME		32	/* suspended by runtime PM */
#define RESETTING	64
#define RECOVERING	128
#define FAILED		256	/* the recovery did */
#define GONE		512	/* unbound */

#define TEMPORARY	(WAKING | RESETTING | RECOVERING)
#define LASTING		(CLOSED | MEMORY_BIT | ASLEEP | LOW_POWER | RUNTIME | \
			 FAILED | GONE)

short off[DEVICES];
byte sleepers[DEVICES];		/* the wait queue */
rwsem memory_lock[DEVICES];
bool step[DEVICES], operation[DEVICES], device_lock[DEVICES], set_lock;
bool container_lock[CONTAINERS];
rwsem mmap_lock, pci_bus_sem;
short before;			/* of use inside a step only, 0 outside */

/*
 * The hardware itself: what keeps it from being accessed, if anything. The
 * properties are about this and not about off[], so that a wrong off[] is
 * found.
 */
#define HW_RESET	1
#define HW_D3HOT	2
#define HW_FROZEN	4	/* the channel, by an error */
#define HW_LOST		8	/* its config space is not restored yet */
#define HW_DECODE	16	/* the command register's memory bit is off */
#define HW_SUSPENDED	32
#define HW_OTHERS	64	/* it belongs to the next driver or user */
short hw[DEVICES];

/* What reaches it: PTEs, IOMMU entries, accesses by read() and write(). */
bool pte[DEVICES];
byte accesses[DEVICES];
#define NO_RUN		0
#define LIVE		1
#define SUSPENDED	2
#define DEAD		3
byte run_state[4];		/* of container c and device d: RUN(c, d) */
bool iommu[4];
#define RUN(c, d)	((c) * DEVICES + (d))

#define reached(d)	(pte[d] || accesses[d] || iommu[RUN(0, d)] || \
			 iommu[RUN(1, d)])
#define has_run(d, s)	(run_state[RUN(0, d)] == s || \
			 run_state[RUN(1, d)] == s)

byte users[DEVICES];		/* open files, those of a running call included */
bool opened[DEVICES], bound[DEVICES];
byte running;			/* processes that are to end */

/* From now on the hardware does not answer. */
#define hw_stop(d, why)	d_step {					\
	must(!reached(d), nothing_reaches_it_after_revoke);		\
	hw[d] = hw[d] | (why) }
#define hw_start(d, why)	hw[d] = hw[d] & ~(why)

/* A PTE, an IOMMU entry or an access comes to be. */
#define reach(d, how)							\
	must(hw[d] == 0, nothing_reaches_it_after_revoke); how

/* vfio_revoke_suspend(), vfio_revoke_resume(), vfio_revoke_kill(): in runs_lock. */
inline suspend_run(c, d)
{
	if
	:: run_state[RUN(c, d)] == LIVE ->
		iommu[RUN(c, d)] = false;
		run_state[RUN(c, d)] = SUSPENDED
	:: else
	fi;
}

inline resume_run(c, d)
{
	if
	:: run_state[RUN(c, d)] == SUSPENDED ->
		run_state[RUN(c, d)] = LIVE;
		reach(d, iommu[RUN(c, d)] = true)
	:: else
	fi;
}

inline kill_run(c, d)
{
	if
	:: run_state[RUN(c, d)] != NO_RUN ->
		iommu[RUN(c, d)] = false;
		run_state[RUN(c, d)] = DEAD
	:: else
	fi;
}

/* vfio_device_memory_zap(), vfio_runs_suspend(). */
inline take_out(d)
{
	pte[d] = false;
#ifndef STOCK
	suspend_run(0, d);
#ifndef FORGET_SECOND_CONTAINER
	suspend_run(1, d);
#endif
#endif
}

/* vfio_runs_resume(). */
inline put_back(d)
{
	resume_run(0, d);
	resume_run(1, d);
	must(!has_run(d, SUSPENDED), what_lived_lives_after_restore);
}

inline wake_waiters(d)
{
#ifdef WAKE_WITHOUT_TEMPORARY_ONLY
	if
	:: !(off[d] & TEMPORARY) -> wake_up_all(sleepers[d])
	:: else
	fi;
#else
	wake_up_all(sleepers[d]);
#endif
}

/* memory_lock is free for a writer, for as long as a step lasts. */
#define may_write(d)	(!memory_lock[d].writer && memory_lock[d].readers == 0)

/* What follows each change of off[] from @before, in the same step. */
inline memory_changed(d)
{
	if
#ifndef ZAP_BEFORE_REASON
	:: before == 0 && off[d] != 0 -> take_out(d)
#endif
#if defined(RESUME_BEFORE_EMPTY)
	:: before & ~off[d] -> put_back(d)
#elif !defined(RESUME_NOTHING)
	:: before != 0 && off[d] == 0 -> put_back(d)
#endif
	:: else
	fi;
	before = 0;
	wake_waiters(d);
}

/* vfio_device_memory_update(); a macro, so that trails show its arguments. */
#ifdef ZAP_BEFORE_REASON
#define memory_update(d, set, clear)					\
	d_step {							\
		if							\
		:: (set) != 0 && off[d] == 0 -> take_out(d)		\
		:: else							\
		fi							\
	}								\
	memory_set(d, set, clear)
#else
#define memory_update(d, set, clear)	memory_set(d, set, clear)
#endif
#define memory_set(d, set, clear)					\
	d_step {							\
		may_write(d) -> before = off[d];			\
		off[d] = (before | (set)) & ~(clear);			\
		memory_changed(d)					\
	}

/* vfio_device_memory_close(), vfio_device_memory_remove(). */
inline memory_end(d, why)
{
	d_step {
		may_write(d) -> before = off[d];
		off[d] = before | why;
		pte[d] = false;
#ifdef CLOSE_KEEPS_RUNS
		suspend_run(0, d);
		suspend_run(1, d);
#else
		kill_run(0, d);
		kill_run(1, d);
#endif
		before = 0;
		wake_waiters(d)
	}
}

/* Whether an accessor has to wait, because every reason is temporary. */
#define waits(d)	((off[d] & TEMPORARY) && !(off[d] & LASTING))

/*
 * vfio_device_memory_enter(). Sets the process's variable @got: INSIDE, with
 * the memory lock held for read; or AGAIN, if the caller has to wait and to
 * try again.
 */
#define REFUSED		0
#define INSIDE		1
#define AGAIN		2
#define memory_enter(d)							\
	!memory_lock[d].writer ->					\
	if								\
	:: off[d] == 0 -> got = INSIDE; memory_lock[d].readers++	\
	:: off[d] != 0 && !waits(d) -> got = REFUSED			\
	:: waits(d) -> got = AGAIN					\
	fi
#define memory_leave(d)		memory_lock[d].readers--
