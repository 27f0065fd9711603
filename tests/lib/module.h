/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading and unloading. What is not said to need it can be called whatever is
 * loaded.
 */
#ifndef MODULE_H
#define MODULE_H

/* Skips the test for the kernel's own vfio. */
void need_a_strategy(void);

/*
 * insmod and rmmod of any module of the project's, like system calls. A file is
 * named without its folder and suffix.
 */
int module_file_insert(const char *file, const char *parameters);
/* Fails with EAGAIN while the module has users. */
int module_file_delete(const char *file);
/* What the kernel calls it; in a buffer that the thread's next call reuses. */
const char *module_file_name(const char *file);

/*
 * Runs @body in a child while that module is loaded; then unloads it, and calls
 * @after unless that is NULL, whatever has come of the child. The module may be
 * loaded already, by a test that was killed.
 */
void with_module(const char *file, const char *parameters, void (*body)(void),
		 void (*after)(void));

/*
 * By the VM's own scripts, with whatever the module needs. What a failed test
 * has left loaded is unloaded first.
 */
void module_load(const char *strategy);
void module_unload(void);

/* insmod of a strategy's module with parameters: 0, or -1 and errno. */
int module_insert(const char *strategy, const char *parameters);
/* rmmod of the strategy's module: 0, or -1 and errno. */
int module_delete(void);

/* A parameter of the strategy's module in sysfs: its file, and its value. */
const char *module_parameter_path(const char *name);
const char *module_parameter(const char *name);

#endif /* MODULE_H */
