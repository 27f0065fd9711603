// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks and sleeping, as the kernel has them.
 *
 * The model has few steps, so that Spin can try every order of them. What a
 * process does inside a lock without waiting is one step if every process that
 * looks at the same state needs that lock. A lock that is held only within
 * such steps is not in the model: runs_lock, i_mmap, the lock of a device's
 * lists.
 *
 * A waiting writer of a rw_semaphore blocks new readers. So a reader that
 * waits for a second reader can end in a deadlock as soon as there is a
 * writer.
 */

#define lock(mutex)	d_step { !mutex -> mutex = true }
#define unlock(mutex)	mutex = false

/* Sets the process's variable @got. */
#define trylock(mutex)	d_step { got = !mutex; mutex = true }

typedef rwsem {
	byte readers;
	byte waiting;	/* writers that wait */
	bool writer;
};

#define down_read(sem)	d_step {					\
	!sem.writer && sem.waiting == 0 -> sem.readers++ }
#define up_read(sem)	sem.readers--

#define down_write(sem)	sem.waiting++; d_step {				\
	!sem.writer && sem.readers == 0 -> sem.waiting--; sem.writer = true }
#define up_write(sem)	sem.writer = false

/*
 * wait_event(). Entering the queue and looking at the condition is one step,
 * as the kernel looks at the condition again after it has entered the queue. A
 * sleeper sleeps until the queue is woken, whatever becomes of the condition.
 * @label: for the place where it sleeps; may be empty
 */
#define ME		(1 << _pid)
#define wait_while(queue, condition)	wait_while_at(, queue, condition)
#define wait_while_at(label, queue, condition)	do			\
	:: atomic { (condition) -> queue = queue | ME }			\
	   label (queue & ME) == 0					\
	:: else -> break						\
	od; skip
#define wake_up_all(queue)	queue = 0

/*
 * The properties. These variables are never true: they are here so that Spin
 * names the property when it says "assertion violated".
 */
bool nothing_reaches_it_after_revoke = false;
bool what_lived_lives_after_restore = false;
bool nothing_outlives_close_or_unbind = false;

#define must(condition, property)	assert((condition) || property)
