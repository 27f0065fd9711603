/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vfio holds at the moment: mappings as debugfs shows them, pinned pages,
 * locked memory. After a call that failed, it is what it was before.
 */
#ifndef HELD_H
#define HELD_H

struct held {
	long long pinned;
	long long locked;
	char *mappings;
};

struct held held_take(void);
void held_free(struct held *held);

/* NULL if nothing has changed since, otherwise a text that says what has. */
const char *held_changed(const struct held *before);

/* Lines of mappings with the text in them: extents of a state, for example. */
unsigned int held_count(const char *text);

#endif /* HELD_H */
