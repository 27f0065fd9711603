# SPDX-License-Identifier: GPL-2.0-only
#
# What the kernel's trace says of locks, with marks of vfio-bench --trace in it,
# several runs one behind the other, to JSON: for each marked operation how often
# its system call takes each lock, by the names that lockdep has for them. A
# median over the runs: what interrupts and the scheduler take comes and goes.
#
# Left out are what lockdep calls a lock and is none (RCU, sequence counts, marks
# of what may sleep), interrupts, timers and the scheduler, the allocators, whose
# locks depend on what is free, and who watches over a debug kernel's objects.

function is_no_lock(name)
{
	return name ~ /^(rcu_|fs_reclaim|mmu_notifier_|\()|seqcount|srcu|-wait-type-override$/
}

function is_others(name)
{
	return name ~ /^(&rq->__lock|&p->pi_lock|&rcu_state\.gp_wq|hrtimer_bases\.lock)$/ ||
		name ~ /^(&c->lock|&n->list_lock|&barn->lock|&pcp->lock|&zone->lock)$/ ||
		name ~ /^(kmemleak_lock|&object->lock|&obj_hash\[i\]\.lock|pool_lock|&pid_list->lock)$/
}

function median(op, name,  i, j, values, swap)
{
	for (i = 1; i <= runs; i++) {
		values[i] = count[op, name, i] + 0
		for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
			swap = values[j]
			values[j] = values[j - 1]
			values[j - 1] = swap
		}
	}
	return values[int((runs + 1) / 2)]
}

function print_op(op,  i, name, first)
{
	printf "\"%s\": {", op
	first = 1
	for (i = 1; i <= names; i++) {
		name = name_of[i]
		if (!median(op, name))
			continue
		printf "%s\"%s\": %d", first ? "" : ", ", name, median(op, name)
		first = 0
	}
	printf "}"
}

/tracing_mark_write: begin / {
	op = $NF
	task = $1
	inside = 0
	if (!(op in seen))
		ops[++kinds] = op
	runs = ++seen[op] > runs ? seen[op] : runs
	next
}
/tracing_mark_write: end/ { op = ""; next }
op == "" || $1 != task { next }

# One system call is the operation; the mark's own ends before it.
/ sys_enter: / { inside = !ended[op, runs]; next }
/ sys_exit: / { ended[op, runs] = inside; inside = 0; next }
# Of the flags, the third says what interrupted.
!inside || substr($3, 3, 1) != "." { next }
/ lock_acquire: / {
	name = $0
	sub(/.* lock_acquire: [^ ]+ /, "", name)
	sub(/^try /, "", name)
	kind = sub(/^read /, "", name) ? " (read)" : ""
	if (is_no_lock(name) || is_others(name))
		next
	name = name kind
	if (!(name in known)) {
		known[name] = 1
		name_of[++names] = name
	}
	count[op, name, runs]++
}
END {
	printf "{"
	for (i = 1; i <= kinds; i++) {
		printf "%s", (i > 1 ? ",\n" : "")
		print_op(ops[i])
	}
	print "}"
}
