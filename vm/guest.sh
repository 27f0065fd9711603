# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For scripts in the guest: `. /etc/guest.sh`. Loading vfio and binding devices, the same for every strategy and stock.

# devices [KIND]: addresses of the VM's devices of that kind (all kinds), in the order of vm/run's --device options.
# shellcheck disable=SC2120 # most callers are elsewhere
devices()
{
	local kind path _

	while read -r kind path _; do
		if [ "$kind" = "${1:-$kind}" ]; then
			# Behind a port, the bus number is the firmware's choice.
			# shellcheck disable=SC2086
			basename /sys/devices/pci0000:00/$path
		fi
	done < /etc/devices
}

# Where the modules of the strategies are.
modules=${modules:-/modules}

# vfio_load NAME [PARAMETER=VALUE...]: loads that strategy's module, or with NAME stock the kernel's own vfio, whose parameters
# are vfio-pci's.
vfio_load()
{
	local name=$1

	shift
	if [ "$name" = stock ]; then
		# It is to take no device by itself, whatever modprobe's configuration says.
		modprobe vfio_iommu_type1 && modprobe vfio-pci ids= "$@"
		return
	fi
	modprobe irqbypass 2> /dev/null
	modprobe iommufd 2> /dev/null
	insmod "$modules/vfio-$name.ko" "$@"
}

# vfio_names_load NAME: loads the modules that have the names of the kernel's own, for tools that look for those; nothing for stock.
vfio_names_load()
{
	local module

	[ "$1" != stock ] || return 0
	for module in vfio vfio_iommu_type1 vfio-pci; do
		insmod "$modules/names/$1/$module.ko" || return
	done
}

# vfio_unload: unbinds every device from vfio-pci and unloads whatever vfio is loaded.
vfio_unload()
{
	local module bdf

	# shellcheck disable=SC2119
	for bdf in $(devices); do
		if [ "$(pci_driver "$bdf")" = vfio-pci ]; then
			pci_unbind "$bdf"
		fi
	done
	# The last one that was loaded comes first, so none is needed by those behind it.
	# shellcheck disable=SC2013 # a module's name is one word
	for module in $(sed -n 's/^\(vfio[a-z0-9_]*\) .*/\1/p' /proc/modules); do
		rmmod "$module" || return
	done
}

# pci_driver BDF: name of the driver that the device is bound to; nothing if there is none.
pci_driver()
{
	if [ -e "/sys/bus/pci/devices/$1/driver" ]; then
		basename "$(readlink -f "/sys/bus/pci/devices/$1/driver")"
	fi
}

# pci_unbind BDF: takes the device from its driver, if it has one.
pci_unbind()
{
	if [ -e "/sys/bus/pci/devices/$1/driver" ]; then
		echo "$1" > "/sys/bus/pci/devices/$1/driver/unbind"
	fi
}

# pci_bind BDF DRIVER: hands the device over to that driver.
pci_bind()
{
	pci_unbind "$1" &&
	echo "$2" > "/sys/bus/pci/devices/$1/driver_override" &&
	echo "$1" > /sys/bus/pci/drivers_probe || return
	if [ "$(pci_driver "$1")" != "$2" ]; then
		echo "pci_bind: $1 was not taken by $2" >&2
		return 1
	fi
}

# vfio_start NAME [PARAMETER=VALUE...]: vfio_load, then every device of the VM bound to vfio-pci.
vfio_start()
{
	local bdf

	vfio_load "$@" || return
	# shellcheck disable=SC2119
	for bdf in $(devices); do
		pci_bind "$bdf" vfio-pci || return
	done
}
