# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What is found out before anything is touched: what would hurt is refused, what
# only changes the meaning of the figures is warned of. Everything is looked at
# before the first word is final, so that one try tells all.
#
# Nothing here changes anything.

# devices, release and build are bench/host/run's.
# shellcheck disable=SC2154

pci=/sys/bus/pci/devices
refused=0

# refuse FOUND DO: what is wrong, and what to do about it.
refuse()
{
	echo "host: $1: $2" >&2
	refused=$((refused + 1))
}

warn()
{
	echo "host: warning: $*" >&2
}

# config BDF POSITION BYTES: a number in config space, 1 or 2 bytes.
config()
{
	od -A n -t "u$3" -j "$2" -N "$3" "$pci/$1/config" | tr -d ' '
}

# named BDF: it is one of the devices.
named()
{
	case " $devices " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

group()
{
	basename "$(readlink -f "$pci/$1/iommu_group")"
}

# check_addresses NAME...: sets devices. Fails if one of them is none.
check_addresses()
{
	local name before=$refused

	devices=
	[ $# -gt 0 ] ||
		refuse "no device is named" "say DEVICES=\"0000:01:00.0 ...\"; lspci -D lists them"
	for name; do
		name=$(echo "$name" | tr A-F a-f)
		case $name in
		??:??.?) name=0000:$name ;;
		esac
		if [ ! -e "$pci/$name" ]; then
			refuse "there is no PCI device $name" "lspci -D lists those that there are"
		elif [ "$(cut -c 3-4 "$pci/$name/class")" = 06 ]; then
			refuse "$name is a bridge" "name devices behind it"
		elif ! named "$name"; then
			devices="$devices${devices:+ }$name"
		fi
	done
	[ "$refused" = "$before" ]
}

check_iommu()
{
	if [ -e "$pci/$1/iommu_group" ] && [ "$(cat "$pci/$1/iommu_group/name" 2> /dev/null)" != vfio-noiommu ]; then
		return
	fi
	if [ -z "$(ls /sys/class/iommu 2> /dev/null)" ]; then
		refuse "$1 has no IOMMU, nor has any device here" \
			"turn on VT-d or AMD-Vi in the firmware's setup, and with Intel's boot with intel_iommu=on"
	else
		refuse "$1 is behind no IOMMU" "name a device that is"
	fi
}

# check_group BDF: who else is in its group goes with it. Bridges stay: nobody
# takes them from their driver.
check_group()
{
	local path other

	for path in "$pci/$1"/iommu_group/devices/*; do
		other=${path##*/}
		if [ -e "$path" ] && ! named "$other" && [ "$(cut -c 3-4 "$path/class")" != 06 ]; then
			refuse "$1 shares IOMMU group $(group "$1") with $other" \
				"name that one, too, or put the device into another slot"
		fi
	done
}

# disks BDF: names of its disks and of their parts. Where an NVMe namespace can be
# reached by several controllers, each has a hidden disk, nvme0c1n1, and the disk
# that people use, nvme0n1, is below none of them.
disks()
{
	# shellcheck disable=SC2012 # names are not what is looked for
	ls -l /sys/class/block | awk -v below="/$1/" '
		NF > 2 { target[$(NF - 2)] = $NF "/" }
		END {
			for (name in target) {
				if (!index(target[name], below))
					continue
				print name
				shown = name
				if (!sub(/^nvme[0-9]+c[0-9]+n/, "n", shown))
					continue
				match(name, /c[0-9]+/)
				shown = substr(name, 1, RSTART - 1) shown
				for (other in target)
					if (index(target[other], "/" shown "/"))
						print other
			}
		}'
}

# check_disks BDF: what the kernel itself does with its disks.
check_disks()
{
	local name number holder use

	for name in $(disks "$1"); do
		number=$(cat "/sys/class/block/$name/dev" 2> /dev/null)
		use=$(awk -v number="$number" -v node="/dev/$name" '
			$3 == number || index($0, " " node " ") { print "mounted on " $5; exit }' /proc/self/mountinfo)
		[ -n "$use" ] || use=$(awk -v node="/dev/$name" '$1 == node { print "used as swap" }' /proc/swaps)
		for holder in /sys/class/block/"$name"/holders/* /sys/fs/btrfs/*/devices/"$name"; do
			[ -n "$use" ] || [ ! -e "$holder" ] || use="held by $holder"
		done
		if [ -z "$use" ] && [ -e /sys/module/zfs ] && zpool status -LP 2> /dev/null | grep -qw "/dev/$name"; then
			use="part of a ZFS pool"
		fi
		[ -z "$use" ] || refuse "$1 is in use: its disk $name is $use" "end that first"
	done
}

check_network()
{
	local flags interface

	# shellcheck disable=SC2044
	for flags in $(find "$(readlink -f "$pci/$1")/" -path '*/net/*/flags'); do
		interface=$(basename "${flags%/flags}")
		if [ $(($(cat "$flags") & 1)) = 1 ] || [ -e "${flags%/flags}/master" ]; then
			refuse "$1 is in use: its network interface $interface is up" "take it down: ip link set $interface down"
		fi
	done
}

# opened: PID and path of every file that is open.
opened()
{
	# shellcheck disable=SC2012 # names are not what is looked for
	ls -l /proc/[0-9]*/fd 2> /dev/null | awk '
		/^\/proc\// { split($0, part, "/"); pid = part[3] }
		{ at = index($0, " -> ") }
		at { print pid, substr($0, at + 4) }'
}

# check_open BDF: processes that have it open: by a driver's node, by vfio, or by
# its files in sysfs.
check_open()
{
	local nodes user

	nodes=$(find "$(readlink -f "$pci/$1")/" -name uevent -exec sed -n 's|^DEVNAME=|/dev/|p' {} +
		disks "$1" | sed 's|^|/dev/|; p; s|/nvme|/ng|')
	user=$({ printf '%s\n' "$nodes" "/dev/vfio/$(group "$1")"; echo; opened; } | awk -v sysfs="/$1/resource" '
		!body && $0 == "" { body = seen; next }
		!body { node[$0]; seen = 1; next }
		($2 in node) || index($2, sysfs) { print $2 " is open in process " $1; exit }')
	[ -n "$user" ] ||
		user=$(grep -l "/$1/resource" /proc/[0-9]*/maps 2> /dev/null | sed -n '1s|/proc/\([0-9]*\)/.*|process \1 has its BAR mapped|p')
	[ -z "$user" ] || refuse "$1 is in use: $user" "end that first"
	if [ "$(cat "$pci/$1/sriov_numvfs" 2> /dev/null || echo 0)" != 0 ]; then
		refuse "$1 is in use: it has virtual functions" "end them: echo 0 > $pci/$1/sriov_numvfs"
	fi
}

# check_vfio: the kernel's own. Where it is loaded and idle, it can be unloaded and
# loaded again.
check_vfio()
{
	local name holders driver path user

	if [ ! -e /proc/modules ]; then
		refuse "this kernel loads no modules" "boot one that does"
		return
	fi
	if grep -q '/vfio\.ko' "/lib/modules/$release/modules.builtin" 2> /dev/null; then
		refuse "vfio is built into this kernel" "boot one that has it as a module: strategies cannot be loaded beside it"
		return
	fi
	while read -r name _ _ holders _; do
		case $name in
		vfio | vfio_pci | vfio_pci_core | vfio_iommu_type1 | vfio_virqfd) ;;
		vfio_*)
			refuse "module $name is loaded" "unload it: rmmod $name"
			continue ;;
		*) continue ;;
		esac
		case ,$holders in
		*,[!v-]* | *,v[!f]*)
			refuse "the kernel's own vfio is in use: module $name by ${holders%,}" "unload that first" ;;
		esac
	done < /proc/modules
	# A file of a device may be all that is left open.
	user=$(opened | awk '$2 ~ /^(\/dev\/vfio\/|anon_inode:.*vfio)/ { print $2 " is open in process " $1; exit }')
	[ -z "$user" ] || refuse "the kernel's own vfio is in use: $user" "end that first"
	for driver in /sys/bus/pci/drivers/*/module; do
		case $(basename "$(readlink -f "$driver")") in
		vfio*)
			for path in "${driver%/module}"/*:*:*.*; do
				[ ! -e "$path" ] || named "${path##*/}" ||
					refuse "the kernel's own vfio is in use: ${path##*/} is bound to it" \
						"name that device, too, or unbind it"
			done ;;
		esac
	done
}

# enforces: why this kernel takes signed modules only; fails if it takes all.
enforces()
{
	local secure

	[ "$(cat /sys/module/module/parameters/sig_enforce 2> /dev/null)" = Y ] ||
		grep -qE '\[(integrity|confidentiality)\]' /sys/kernel/security/lockdown 2> /dev/null || return
	for secure in /sys/firmware/efi/efivars/SecureBoot-*; do
		if [ -e "$secure" ] && [ "$(od -A n -t u1 -j 4 -N 1 "$secure" | tr -d ' ')" = 1 ]; then
			echo "Secure Boot is on"
			return
		fi
	done
	echo "this kernel is locked down"
}

# check_modules COLUMN...: that they are built, or can be, and can be loaded.
check_modules()
{
	local column why unsigned='' missing=''

	for column; do
		column=$build/vfio-${column%%:*}.ko
		case ${column##*/} in
		vfio-stock.ko | vfio-iommufd.ko) continue ;;
		esac
		if [ ! -e "$column" ]; then
			missing=${column##*/}
		elif ! tail -c 28 "$column" | grep -q '~Module signature appended~'; then
			unsigned=${column##*/}
		fi
	done
	if [ -n "$missing" ] && [ ! -e "${KDIR:-/lib/modules/$release/build}" ]; then
		refuse "$missing is not built, and the headers of this kernel, $release, are missing" \
			"install them: apt-get install linux-headers-$release"
	fi
	if why=$(enforces) && [ -n "$missing$unsigned" ]; then
		refuse "$why, and ${unsigned:-$missing} has no signature" \
			"sign build/$release/*.ko with a key that this machine has enrolled (make modules guest KDIR=/lib/modules/$release/build; scripts/sign-file there), or turn it off"
	fi
}

# redirects BDF: the port sends peers' requests up to the IOMMU: its ACS says so.
redirects()
{
	local pos=256 header=0

	while [ "$pos" -ge 256 ]; do
		header=$(config "$1" "$pos" 2)
		[ -n "$header" ] || return
		# ACS: redirection of requests and of completions.
		if [ "$header" = 13 ]; then
			[ $(($(config "$1" $((pos + 6)) 2) & 12)) = 12 ]
			return
		fi
		pos=$(($(config "$1" $((pos + 2)) 2) / 16))
	done
	return 1
}

# downstream BDF: it is a port of a switch, to what is below that.
downstream()
{
	local pos

	pos=$(config "$1" 52 1)
	while [ "${pos:-0}" -ge 64 ]; do
		if [ "$(config "$1" "$pos" 1)" = 16 ]; then
			[ $(($(config "$1" $((pos + 2)) 2) / 16 % 16)) = 6 ]
			return
		fi
		pos=$(config "$1" $((pos + 1)) 1)
	done
	return 1
}

# warn_of_switch BDF
warn_of_switch()
{
	local path port

	path=$(readlink -f "$pci/$1")
	while path=${path%/*} && [ -e "$path/config" ]; do
		port=${path##*/}
		if downstream "$port" && ! redirects "$port"; then
			warn "$1 is below a switch whose port $port has no ACS, or has it off:" \
				"peer-to-peer DMA between devices there bypasses the IOMMU"
		fi
	done
}

# check_all COLUMN...: fails if there is anything to refuse.
check_all()
{
	local bdf

	if [ "$(id -u)" != 0 ]; then
		refuse "this is not root" "take devices from their drivers as root: sudo make compare HOST=1 ..."
		return 1
	fi
	state_check || return
	# shellcheck disable=SC2086 # words
	check_addresses ${DEVICES:-} || return
	for bdf in $devices; do
		check_iommu "$bdf"
		check_group "$bdf"
		check_disks "$bdf"
		check_network "$bdf"
		check_open "$bdf"
	done
	check_vfio
	check_modules "$@"
	[ "$refused" = 0 ]
}
