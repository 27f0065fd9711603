/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cgroup of the test's own, whose processes have a limit.
 *
 *	cgroup_open("memory");
 *	cgroup_set("memory.max", "64M");
 *	if (!fork()) {
 *		cgroup_enter();
 *		...
 */
#ifndef CGROUP_H
#define CGROUP_H

/*
 * A new one, with that controller. Skips the test if the kernel has no such
 * controller, or it has no such file. What a killed test has left in it is ended.
 */
void cgroup_open(const char *controller, const char *file);
/* Ends what is in it. */
void cgroup_close(void);

/* The calling process, which must have no other thread. */
void cgroup_enter(void);

void cgroup_set(const char *file, const char *value);
/* The number in a file, or behind that word in a file of many; -1 if there is none. */
long long cgroup_value(const char *file, const char *word);

#endif /* CGROUP_H */
