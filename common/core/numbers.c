// SPDX-License-Identifier: GPL-2.0-only
/*
 * Minors of groups and of devices, handed out in turn.
 *
 * A node that somebody has made of his own, as a container's runtime does, stays
 * when the group or device that it was made for is gone. So a minor is not used
 * again before all the others were: until then the node opens nothing.
 */
#include <linux/idr.h>
#include <linux/kdev_t.h>

#include "core.h"
#include "vfio_lock_order.h"

/**
 * vfio_numbers_init() - all numbers are free
 * @numbers: numbers
 *
 * Context: module init.
 */
void vfio_numbers_init(struct vfio_numbers *numbers)
{
	ida_init(&numbers->ida);
	mutex_init(&numbers->lock);
	vfio_lock_class(&numbers->lock, VFIO_LOCK_NUMBERS);
}

/**
 * vfio_number_alloc() - take the next free number
 * @numbers: where from
 *
 * Return: a number from 0 to MINORMASK; -ENOSPC if all are taken; -ENOMEM.
 * Context: may sleep.
 */
int vfio_number_alloc(struct vfio_numbers *numbers)
{
	int number;

	mutex_lock(&numbers->lock);
	number = ida_alloc_range(&numbers->ida, numbers->next, MINORMASK,
				 GFP_KERNEL);
	if (number == -ENOSPC && numbers->next)
		number = ida_alloc_max(&numbers->ida, numbers->next - 1,
				       GFP_KERNEL);
	if (number >= 0)
		numbers->next = (number + 1) & MINORMASK;
	mutex_unlock(&numbers->lock);

	return number;
}

/**
 * vfio_number_free() - undo vfio_number_alloc()
 * @numbers: where it is from
 * @number: the number
 */
void vfio_number_free(struct vfio_numbers *numbers, unsigned int number)
{
	ida_free(&numbers->ida, number);
}

/**
 * vfio_numbers_destroy() - no number is taken any more
 * @numbers: numbers
 */
void vfio_numbers_destroy(struct vfio_numbers *numbers)
{
	ida_destroy(&numbers->ida);
}
