# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel's tracer around one command: the functions that its mmap and ioctl
# calls call, and what memory they allocate; or, on a debug kernel, which locks
# its system calls take.

tracing=/sys/kernel/tracing

# tracing_is_free: there is such a tracer, and nobody uses it.
tracing_is_free()
{
	grep -qw function_graph "$tracing/available_tracers" 2> /dev/null &&
		[ "$(cat "$tracing/current_tracer")" = nop ] &&
		[ "$(cat "$tracing/tracing_on")" = 1 ] &&
		[ -z "$(cat "$tracing/set_event")" ]
}

# tracing_begin FILE: sets it up. FILE keeps what tracing_end is to restore.
tracing_begin()
{
	local file=$1 option

	(
		cd "$tracing" || exit
		# Before it is first used: "7 (expanded: 1408)".
		sed -E 's/ .*//' buffer_size_kb > "$file"
		echo __x64_sys_mmap > set_graph_function
		echo __x64_sys_ioctl >> set_graph_function
		printf '%s\n' kmem:kmalloc kmem:kmem_cache_alloc kmem:mm_page_alloc > set_event
		echo 65536 > buffer_size_kb
		echo function_graph > current_tracer
		# They are there as long as the tracer is.
		grep -E '^(no)?funcgraph-(irqs|cpu|duration|overhead)$' \
			trace_options >> "$file"
		for option in irqs cpu duration overhead; do
			echo "nofuncgraph-$option" > trace_options
		done
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
		echo > set_ftrace_pid
		echo > set_event_pid
		echo "$size" > buffer_size_kb
	)
	rm "$1"
}
