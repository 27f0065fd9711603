# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# DPDK's dpdk-devbind.py, Debian's: binds a device to vfio-pci, and back. See ../README.md for the functions.
#
# It knows of drivers whose modules are in /sys/module, so modules of the kernel's names are loaded beside a strategy's.

# strategy is guest's.
# shellcheck disable=SC2154

client_vm()
{
	echo --device e1000e
}

# It takes devices of a few classes only, such as NICs. This one has a driver of the host, of the same name.
client_cases()
{
	printf '%s\n' e1000e
}

client_make()
{
	local root python

	case $(apt_codename) in
	bookworm) python=python3.11 ;;
	*)        python=python3.13 ;;
	esac
	root=$(packages dpdk-devbind "$(apt_codename)" dpdk pciutils pci.ids zlib1g $python-minimal lib$python-minimal \
		lib$python-stdlib) || return
	pack "$1" "$root" "$root/usr/bin/$python" "$root/usr/bin/lspci" || return
	mv "$1/$python" "$1/python" || return
	cp "$root/usr/bin/dpdk-devbind.py" "$root/usr/share/misc/pci.ids" "$1/" || return
	mkdir -p "$1/home/lib" || return
	cp -r "$root/usr/lib/$python" "$1/home/lib/"
}

# It runs lspci by itself, and reads what is where the system has it.
client_start()
{
	mkdir -p /usr/share/misc
	cp "$here/dpdk-devbind/pci.ids" /usr/share/misc/
	cat > /bin/lspci <<-END
	#!/bin/sh
	exec $here/dpdk-devbind/lib/ld-linux-x86-64.so.2 --library-path $here/dpdk-devbind/lib $here/dpdk-devbind/lspci "\$@"
	END
	chmod +x /bin/lspci
	vfio_names_load "$strategy"
}

devbind()
{
	PYTHONHOME=$PWD/home packed ./python ./dpdk-devbind.py "$@"
}

# devbind_says DEVICE DRIVER: its status has the device with that driver.
devbind_says()
{
	devbind --status | tee /dev/stderr | grep "^$1 .*drv=$2 "
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

	check bind devbind -b vfio-pci "$device"
	check vfio_pci_has_it test "$(pci_driver "$device")" = vfio-pci
	check group_is_there test -c "/dev/vfio/${group##*/}"
	check status devbind_says "$device" vfio-pci
	check bind_back devbind -b "$1" "$device"
	check the_host_has_it test "$(pci_driver "$device")" = "$1"

	pci_bind "$device" vfio-pci
}
