# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What clients call on the host, when they are fetched, built and packed: Debian's packages without installing them, and
# programs with their libraries.

# top and cache come from vm/lib.sh, kernel from tests/conformance.
# shellcheck disable=SC2154

# packages NAME SUITE PACKAGE...: prints the directory of the cache with these packages and the libraries that they depend on,
# unpacked; downloads them first if it is not there. NAME names the directory. SUITE is a release of Debian; for a PACKAGE that
# ends with a star see apt_libraries.
packages()
(
	dir=$cache/clients/$1-$2
	if [ ! -e "$dir" ]; then
		need_space XDG_CACHE_HOME "$cache/clients" 1500
		echo "fetching Debian's ${*:3} into $cache" >&2
		work=$(mktemp -d "$cache/fetch.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		apt_open "$2"
		mapfile -t names < <(apt_libraries "${@:3}")
		apt_download "${names[@]}"
		mkdir "$work/done"
		for deb in "$work"/*.deb; do
			dpkg-deb -x "$deb" "$work/done"
		done
		mv "$work/done" "$dir"
	fi
	echo "$dir"
)

# libraries ROOT FILE...: paths of the shared libraries that these programs and libraries need, and of the program that loads
# them. ROOT is a directory with unpacked packages, which have all of them, or empty for this machine's own.
libraries()
{
	local root=$1 loader=/lib64/ld-linux-x86-64.so.2 path=() file
	shift

	if [ -n "$root" ]; then
		loader=$(find "$root" -name ld-linux-x86-64.so.2 -type f | head -n 1)
		path=(--library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu")
	fi
	{
		echo "$loader"
		for file; do
			"$loader" "${path[@]}" --list "$file" || return
		done
	} | sed -nE 's|^([^/]* => )?(/[^ ]*)( .*)?$|\2|p' | sort -u
}

# pack DIR ROOT FILE...: copies programs and libraries of ROOT (see libraries) into DIR, and whatever they need to DIR/lib; in
# the guest, `packed` runs them.
pack()
{
	local dir=$1 root=$2 list
	shift 2

	list=$(libraries "$root" "$@") || return
	mkdir -p "$dir/lib" && cp -L "$@" "$dir/" && xargs -d '\n' cp -L -t "$dir/lib" <<< "$list"
}
