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

# need_space DIR MEGABYTES: DIR exists and has that much room.
need_space()
{
	local free

	mkdir -p "$1" || die "cannot create $1"
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] ||
		die "$1 has $free MB of free space, $2 MB are needed: make room or move it"
}
