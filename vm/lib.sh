# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of this folder share: where things are, and how to give up.

# Every script that sources this file uses some of these.
# shellcheck disable=SC2034
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfio-three-ways

# die MESSAGE: one line that says what is wrong and what to do.
die()
{
	echo "${0##*/}: $*" >&2
	exit "${die_status:-1}"
}

# need_tool COMMAND...: commands that vm/setup installs.
need_tool()
{
	local tool

	for tool; do
		command -v "$tool" >/dev/null ||
			die "$tool is missing: run vm/setup, which installs it"
	done
}

# need_space VARIABLE DIR MEGABYTES: DIR exists and has that much room. VARIABLE says where it is.
need_space()
{
	local free

	mkdir -p "$2" || die "cannot create $2: set $1 to another place"
	free=$(df -Pm "$2" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$3" ] ||
		die "$2 has $free MB of free space, $3 MB are needed: make room or set $1 to another place"
}
