# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Which of the named devices does what, and what is measured on.

# devices, release and pci are those of bench/host/run.
# shellcheck disable=SC2154

# bars BDF: its BARs of memory that can be mmapped: prefetchable (1) or not (0),
# bytes, index.
bars()
{
	local index=0 start end flags

	head -n 6 "$pci/$1/resource" | while read -r start end flags; do
		if [ $((flags & 0x200)) != 0 ] && [ $((end - start + 1)) -ge 4096 ]; then
			echo "$((flags >> 13 & 1)) $((end - start + 1)) $index"
		fi
		index=$((index + 1))
	done
}

# roles: sets device, bar, bar_size, prefetchable, and edu. The BAR to measure is
# the largest prefetchable one, or else the largest one, of the first device with
# such a BAR: reading memory that is prefetchable changes nothing.
roles()
{
	local bdf best='' wanted

	device='' edu=''
	for wanted in 1 0; do
		for bdf in $devices; do
			[ -z "$device" ] || continue
			best=$(bars "$bdf" | grep "^$wanted" | sort -k 2n | tail -n 1)
			[ -z "$best" ] || device=$bdf
		done
		[ -n "$device" ] || continue
		# shellcheck disable=SC2034 # bench/host/run's
		prefetchable=$wanted
		bar_size=$(echo "$best" | cut -d ' ' -f 2)
		bar=$(echo "$best" | cut -d ' ' -f 3)
		break
	done
	for bdf in $devices; do
		if [ "$(cat "$pci/$bdf/vendor" "$pci/$bdf/device" | tr '\n' ' ')" = "0x1234 0x11e8 " ]; then
			edu=${edu:-$bdf}
		fi
	done
	[ -n "$device" ] ||
		refuse "none of these devices has a BAR of memory" "name one that has, of 4 KiB or more"
}

# at_most BYTES: the largest size that is measured, of those up to that, and up to
# the BAR's.
at_most()
{
	local size found=4096

	for size in 65536 2097152 16777216 268435456; do
		if [ "$size" -le "$1" ] && [ "$size" -le "$bar_size" ]; then
			found=$size
		fi
	done
	echo "$found"
}

# hypervisor: what runs this machine: none, kvm, tcg or another one.
hypervisor()
{
	if ! grep -qE '^flags.* hypervisor( |$)' /proc/cpuinfo; then
		echo none
	elif grep -q kvm-clock /sys/devices/system/clocksource/clocksource0/available_clocksource; then
		echo kvm
	elif [ "$(cat /sys/class/dmi/id/sys_vendor 2> /dev/null)" = QEMU ]; then
		echo tcg
	else
		echo other
	fi
}

# iommu: the model of the device's IOMMU.
iommu()
{
	local name

	name=$(basename "$(readlink -f "$pci/$device/iommu")")
	case $name in
	dmar*) echo intel ;;
	ivhd*) echo amd ;;
	*)     echo "$name" ;;
	esac
}

# domain: what the kernel gives a device by default.
domain()
{
	case $(cat "$pci/$device/iommu_group/type") in
	identity) echo Passthrough ;;
	DMA*)     echo Translated ;;
	*)        echo unknown ;;
	esac
}

# machine: who made it, and its name.
machine()
{
	cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name 2> /dev/null |
		paste -s -d ' ' | grep . || echo unknown
}

# facts: KEY, a tab, VALUE; before anything is bound.
facts()
{
	local bdf role

	printf '%s\t%s\n' kernel "$release" iommu "$(iommu)" domain "$(domain)" accel "$(hypervisor)" \
		cpu "$(sed -n '/^model name/ { s/^[^:]*: *//p; q; }' /proc/cpuinfo)" \
		cpus "$(grep -c '^processor' /proc/cpuinfo)" \
		machine "$(machine)" whole "$(at_most 268435456)"
	for bdf in $devices; do
		role=
		[ "$bdf" != "$device" ] || role=" BAR $bar of $bar_size bytes"
		[ "$bdf" != "$edu" ] || role="$role interrupts"
		printf 'device\t%s\n' "$bdf $(cut -c 3- "$pci/$bdf/vendor"):$(cut -c 3- "$pci/$bdf/device")$role"
	done
}
