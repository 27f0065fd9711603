# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel's tracer around one command: the functions that its mmap and ioctl
# calls call, and what memory they allocate; or how long one function takes; or,
# on a debug kernel, which locks its system calls take.

tracing=/sys/kernel/tracing

# tracing_is_free: there is such a tracer, and nobody uses it.
tracing_is_free()
{
	grep -qw function_graph "$tracing/available_tracers" 2> /dev/null &&
		[ "$(cat "$tracing/current_tracer")" = nop ] &&
		[ "$(cat "$tracing/tracing_on")" = 1 ] &&
		[ -z "$(cat "$tracing/set_event")" ] &&
		grep -q '^#### all functions enabled' "$tracing/set_ftrace_filter"
}

# tracing_save FILE: keeps there what tracing_end is to restore.
tracing_save()
{
	# Before it is first used: "7 (expanded: 1408)".
	sed -E 's/ .*//' "$tracing/buffer_size_kb" > "$1"
}

# tracing_graph FILE [OPTION...]: starts it, with these of the options of its
# output that matter here.
tracing_graph()
{
	local file=$1 option
	shift

	# Nobody is traced yet.
	echo $$ > set_ftrace_pid
	echo $$ > set_event_pid
	echo function_graph > current_tracer
	# They are there as long as the tracer is.
	grep -E '^(no)?funcgraph-(irqs|cpu|duration|overhead)$' trace_options >> "$file"
	for option in nofuncgraph-irqs nofuncgraph-cpu nofuncgraph-duration nofuncgraph-overhead "$@"; do
		echo "$option" > trace_options
	done
}

# tracing_begin FILE: traces what mmap and ioctl call. Every function of the kernel
# is patched for that, and again by tracing_end, which takes seconds.
tracing_begin()
{
	tracing_save "$1"
	(
		cd "$tracing" || exit
		echo __x64_sys_mmap > set_graph_function
		echo __x64_sys_ioctl >> set_graph_function
		printf '%s\n' kmem:kmalloc kmem:kmem_cache_alloc kmem:mm_page_alloc > set_event
		echo 65536 > buffer_size_kb
		tracing_graph "$1"
	)
}

# tracing_one_begin FILE FUNCTION...: traces how long these take. Nothing else is
# patched, so nothing else is slower. Fails if one cannot be traced: it is not
# there, or the compiler has made it part of others.
tracing_one_begin()
{
	local file=$1 function
	shift

	tracing_save "$file"
	(
		cd "$tracing" || exit
		for function in "$@"; do
			echo "$function" >> set_ftrace_filter || exit
		done 2> /dev/null
		echo 4096 > buffer_size_kb
		tracing_graph "$file" funcgraph-duration
	)
}

# tracing_locks_begin: this one is for a VM, and is not ended.
tracing_locks_begin()
{
	(
		cd "$tracing" || exit
		echo > trace
		printf '%s\n' lock:lock_acquire raw_syscalls > set_event
		echo 65536 > buffer_size_kb
	)
}

# tracing_run COMMAND...: the command, and nothing else, is traced.
tracing_run()
{
	# shellcheck disable=SC2016
	sh -c 'echo $$ > "$1/set_ftrace_pid"; echo $$ > "$1/set_event_pid"
		shift; exec "$@"' sh "$tracing" "$@"
}

# tracing_end FILE
tracing_end()
{
	local size options option

	size=$(head -n 1 "$1")
	options=$(tail -n +2 "$1")
	(
		cd "$tracing" || exit
		for option in $options; do
			echo "$option" > trace_options
		done
		echo nop > current_tracer
		echo > set_event
		echo > set_graph_function
		echo > set_ftrace_filter
		echo > set_ftrace_pid
		echo > set_event_pid
		echo "$size" > buffer_size_kb
	)
	rm "$1"
}
