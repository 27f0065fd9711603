# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# driverctl, Debian's: takes a device from its driver for vfio-pci, and gives it back. See ../README.md for the functions.
#
# It has modprobe load vfio-pci before, so modules of the kernel's names are loaded beside a strategy's.

# strategy is guest's.
# shellcheck disable=SC2154

client_vm()
{
	echo --device nvme --device e1000e
}

# Each has a driver of the host, of the same name.
client_cases()
{
	printf '%s\n' nvme e1000e
}

client_make()
{
	local root

	root=$(packages driverctl "$(apt_codename)" bash driverctl) || return
	pack "$1" "$root" "$(find "$root/bin" "$root/usr/bin" -name bash -print -quit)" || return
	cp "$(find "$root/usr" -path '*bin/driverctl' -print -quit)" "$1/"
}

client_start()
{
	vfio_names_load "$strategy"
}

driverctl()
{
	packed ./bash ./driverctl "$@"
}

# driverctl_lists DEVICE: whether it lists the device among those with an override.
driverctl_lists()
{
	driverctl list-overrides | grep "$1 vfio-pci"
}

client_run()
{
	local device group

	device=$(devices "$1")
	group=$(readlink -f "/sys/bus/pci/devices/$device/iommu_group")
	modprobe "$1"
	pci_unbind "$device"
	check has_the_host_s_driver pci_bind "$device" "$1"
	echo > "/sys/bus/pci/devices/$device/driver_override"

	check set_override driverctl set-override "$device" vfio-pci
	check vfio_pci_has_it test "$(pci_driver "$device")" = vfio-pci
	check group_is_there test -c "/dev/vfio/${group##*/}"
	check override_is_listed driverctl_lists "$device"
	check load_override driverctl load-override "$device"
	check vfio_pci_has_it_again test "$(pci_driver "$device")" = vfio-pci
	check unset_override driverctl unset-override "$device"
	check the_host_has_it test "$(pci_driver "$device")" = "$1"

	pci_bind "$device" vfio-pci
}
