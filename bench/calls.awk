# SPDX-License-Identifier: GPL-2.0-only
#
# What the kernel's function_graph tracer said, with marks of vfio-bench --trace
# in it, to JSON: for each marked operation the tree of calls of its system call,
# calls of one function from one place added up, in the order of the first ones.
# Beside it the calls in all, those of functions that take a lock, and the bytes
# allocated: pages, and objects that are not pages themselves.
#
# Left out is what comes in between (interrupts, rescheduling), and the markers
# of RCU.

function begin(name)
{
	op = name
	nodes = depth = calls = locks = bytes = ended = foreign = 0
	delete node_of
	delete children
	delete total
}

function enter(name,  parent, key)
{
	parent = depth ? stack[depth] : 0
	key = parent SUBSEP name
	if (!(key in node_of)) {
		node_of[key] = ++nodes
		name_of[nodes] = name
		children[parent] = children[parent] " " nodes
	}
	stack[++depth] = node_of[key]
	total[node_of[key]]++
	calls++
	if (name ~ /^((ww_)?mutex_lock|down_read|down_write|_raw_(spin|read|write)_lock)/)
		locks++
}

function comes_between(name)
{
	return name ~ /^(irq_(enter|exit)_rcu|__?(do|handle)_?softirqs?|handle_softirqs|idle_cpu)$/ ||
		name ~ /^(sysvec_|tick_|__hrtimer_rearm|__?cond_resched|preempt_schedule|__rcu_read_(un)?lock)/ ||
		(!depth && name !~ /^__[a-z0-9]+_sys_/)
}

function allocates_objects(  i)
{
	for (i = 1; i <= depth; i++)
		if (name_of[stack[i]] ~ /kmem_cache_alloc|kmalloc/)
			return 1
	return 0
}

function value(field)
{
	match($0, field "=[0-9]+")
	return substr($0, RSTART + length(field) + 1) + 0
}

function print_tree(node, level,  ids, count, i, name, module)
{
	if (node) {
		name = name_of[node]
		module = ""
		if (match(name, / \[[^]]*\]$/)) {
			module = substr(name, RSTART + 2, RLENGTH - 3)
			name = substr(name, 1, RSTART - 1)
		}
		printf "%s{\"depth\": %d, \"function\": \"%s\", ",
			first ? "" : ",\n  ", level, name
		printf "\"module\": \"%s\", \"calls\": %d}",
			module, total[node]
		first = 0
	}
	count = split(children[node], ids, " ")
	for (i = 1; i <= count; i++)
		print_tree(ids[i], node ? level + 1 : 0)
}

function end()
{
	if (op == "")
		return
	printf "%s\"%s\": {", printed++ ? ",\n" : "", op
	printf "\"calls\": %d, \"locks\": %d, \"bytes\": %d, \"tree\": [\n  ",
		calls, locks, bytes
	first = 1
	print_tree(0, 0)
	printf "]}"
	op = ""
}

BEGIN { print "{" }
END { print "\n}" }

/\/\* begin [a-z-]+ \*\// { end(); begin($3); next }
/\/\* end \*\// { end(); next }
op == "" || ended { next }

# One system call is the operation.
/^ *}/ {
	if (foreign)
		foreign--
	else if (!--depth)
		ended = 1
	next
}
/^ *[^ ].*\(\)( \{|;)/ {
	leaf = /;/
	name = $0
	sub(/^ */, "", name)
	sub(/\(\).*/, "", name)
	if (foreign || comes_between(name)) {
		foreign += !leaf
	} else {
		enter(name)
		depth -= leaf
	}
	next
}
foreign { next }
/\/\* (kmalloc|kmem_cache_alloc)(_node)?: / { bytes += value("bytes_alloc") }
/\/\* mm_page_alloc: / {
	if (!allocates_objects())
		bytes += 4096 * 2 ^ value("order")
}
