# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What bench/compare does otherwise with HOST=1: it measures on this machine.

# The variables are bench/compare's.
# shellcheck disable=SC2154

# Tests put another one in its place, which does it elsewhere.
host_run=${HOST_RUN:-$top/bench/host/run}

# host_prepare: refuses what would hurt, before anything is built or installed.
host_prepare()
{
	[ "$exact" = 0 ] || die "EXACT=1 counts instructions, which an emulated machine does, not this one: leave out HOST=1"
	[ "$boots" = 1 ] || die "BOOTS=$boots: this machine is not booted anew by this: leave BOOTS out"
	"$host_run" check "${columns[@]}" ||
		die "nothing was touched; what must be different is said above"
	"$top/vm/setup" host report
}

# host_release: of the kernel that the modules are for.
host_release()
{
	if [ -e "$kdir" ]; then
		sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h"
	else
		uname -r
	fi
}

# host_built: the modules are there, and building them would take a signature
# away, or cannot be done here.
host_built()
{
	local modules=("$top/build/$release"/vfio-*.ko)

	[ -e "${modules[0]}" ] || return
	[ ! -e "$kdir" ] || grep -q '~Module signature appended~' "${modules[0]}"
}

# host_config: the configuration of the kernel that runs, where it is known.
host_config()
{
	local file

	for file in "/boot/config-$release" "$kdir/.config"; do
		if [ -e "$file" ]; then
			cat "$file"
			return
		fi
	done
	zcat /proc/config.gz 2> /dev/null || true
}

# host_boot DIR: measures, here and now. Signals go on to what measures, which
# then puts everything back; this waits for it.
host_boot()
{
	local status=0 signal

	(cd "$1" && exec "$host_run" measure "$what" "$rounds" "$seed" "${columns[@]}") &
	for signal in INT TERM HUP; do
		# shellcheck disable=SC2064 # that process
		trap "kill -TERM $!" "$signal"
	done
	# A signal ends the wait, too.
	while wait $! || status=$?; kill -0 $! 2> /dev/null; do
		status=0
	done
	trap - INT TERM HUP
	return "$status"
}

# host_facts: what bench/host/run has found out, as part of the environment.
host_facts()
{
	jq -R -n '[inputs | split("\t") | {key: .[0], value: .[1]}] as $facts |
		($facts | map(select(.key != "device" and .key != "whole")) | from_entries) +
		{ qemu: "none", devices: [$facts[] | select(.key == "device").value] } |
		.cpus |= tonumber' "$work/boot-1/$what/facts"
}
