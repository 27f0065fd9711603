/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timed accesses to config space: registers of which each stands for those
 * that are answered, or changed, in the same way.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "kind.h"

/* Each register read, and those written that may be: what is there already. */
cycle_fn config_cycle;

#endif /* CONFIG_H */
