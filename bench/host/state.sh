# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What a measurement changes on the machine is written down before, and put back
# from that: the devices' drivers, modules, huge pages, mounts, the tracer. It is
# kept in a directory, which is there as long as something is not as it was; so it
# can be put back even after the measurement was killed.

# devices is bench/host/run's; the functions are those of vm/guest.sh.
# shellcheck disable=SC2154

state=/run/vfio-three-ways
huge_pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages

# state_check: that no other measurement has still to be put back.
state_check()
{
	[ -e "$state" ] || return 0
	if kill -0 "$(cat "$state/pid" 2> /dev/null)" 2> /dev/null; then
		refuse "another measurement runs here, process $(cat "$state/pid")" "wait for its end"
	else
		refuse "an earlier measurement was killed and nothing put back" "run bench/host/run restore"
	fi
	return 1
}

# state_save: sets saved.
state_save()
{
	local bdf driver

	mkdir "$state" || return
	# shellcheck disable=SC2034 # bench/host/run's
	saved=yes
	echo $$ > "$state/pid"
	for bdf in $devices; do
		driver=$(pci_driver "$bdf")
		echo "$bdf ${driver:--} $(cat "$pci/$bdf/driver_override")"
	done > "$state/devices"
	sed -nE 's/^(irqbypass|iommufd|vfio|vfio_[a-z_0-9]*) .*/\1/p' /proc/modules > "$state/modules"
	cat "$huge_pages" > "$state/huge-pages"
	mkdir "$state/scratch" && mount -t tmpfs -o size=80m vfio-bench "$state/scratch"
}

# wrong WHAT DO: not as it was.
wrong()
{
	echo "host: NOT restored: $1: $2" >&2
	left=$((left + 1))
}

# state_restore_device BDF DRIVER OVERRIDE: as they were; a dash stands for no
# driver.
state_restore_device()
{
	local override=$3

	[ "$override" != "(null)" ] || override=
	echo "$override" > "$pci/$1/driver_override"
	[ "$(pci_driver "$1")" != "${2#-}" ] || return 0
	pci_unbind "$1"
	[ "$2" = - ] || echo "$1" > "/sys/bus/pci/drivers/$2/bind" 2> /dev/null
	[ "$(pci_driver "$1")" = "${2#-}" ] ||
		wrong "$1 is not bound to $2" "echo $1 > /sys/bus/pci/drivers/$2/bind"
}

# state_restore: puts everything back, whatever is done already. Fails if not all
# of it could be. No process measures any more.
state_restore()
{
	local module bdf driver override mounted left=0

	[ -e "$state/scratch" ] || { rm -rf "$state"; return; }
	devices=$(cut -d ' ' -f 1 "$state/devices" | tr '\n' ' ')
	[ ! -e "$state/scratch/tracing" ] || tracing_end "$state/scratch/tracing"

	vfio_unload || wrong "a vfio module is still loaded" "end what uses it, and run bench/host/run restore"
	for module in iommufd irqbypass; do
		# Whoever has come to use it meanwhile may keep it.
		grep -qx "$module" "$state/modules" || rmmod "$module" 2> /dev/null
	done
	while read -r module; do
		grep -q "^$module " /proc/modules || modprobe "$module" ||
			wrong "module $module is not loaded" "modprobe $module"
	done < "$state/modules"
	while read -r bdf driver override; do
		state_restore_device "$bdf" "$driver" "$override"
	done < "$state/devices"

	for mounted in "$state/scratch/hugetlb" "$state/scratch"; do
		! grep -q " $mounted " /proc/mounts || umount "$mounted" ||
			wrong "$mounted is mounted" "umount $mounted"
	done
	cat "$state/huge-pages" > "$huge_pages"
	[ "$left" = 0 ] && rm -rf "$state"
}
