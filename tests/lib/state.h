/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vfio holds at the moment, as the system shows it.
 */
#ifndef STATE_H
#define STATE_H

#include <stddef.h>

/* Pages pinned and not released yet. */
long long pinned_pages(void);

/* Loaded modules whose names begin with vfio: "name:users name:users ". */
void vfio_modules(char *list, size_t size);

/* Names in /dev/vfio. */
void vfio_nodes(char *list, size_t size);

/* vfio files that any process has open: "pid:target pid:target ". */
void vfio_files(char *list, size_t size);

/* What of a vfio module is still there, or NULL. */
const char *vfio_left(void);

#endif /* STATE_H */
