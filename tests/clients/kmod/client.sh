# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# kmod's modprobe, Debian's: loads vfio-pci from what `make modules_install` laid out, and unloads it. See ../README.md for the
# functions.

# top and kernel are tests/conformance's, strategy is guest's.
# shellcheck disable=SC2154

client_vm()
{
	echo --device edu --device ivshmem:1M
}

# options: with lines of /etc/modprobe.d, as an administrator has them for the kernel's own modules.
client_cases()
{
	printf '%s\n' vfio-pci options
}

client_make()
{
	local root path

	root=$(packages kmod "$(apt_codename)" kmod) || return
	pack "$1" "$root" "$(find "$root/bin" "$root/usr/bin" -name kmod -type f -print -quit)" || return
	cp "$1/kmod" "$1/depmod" && mv "$1/kmod" "$1/modprobe" || return
	for path in "$top"/strategies/*/; do
		path=$(basename "$path")
		make -s -C "$top" modules_install INSTALL_MOD_PATH="$1/$path" STRATEGY="$path" KERNEL="$kernel" || return
	done
}

# modprobe_in ARG...: modprobe on the modules of the strategy, or on the kernel's own.
modprobe_in()
{
	packed ./modprobe -d "$dir" "$@"
}

# names_are_there: as DPDK, SPDK and others look for them.
names_are_there()
{
	ls -d /sys/module/vfio /sys/module/vfio_pci /sys/module/vfio_iommu_type1
}

# shows VALUE FILE: the parameter has that value.
shows()
{
	cat "/sys/module/$2"
	[ "$(cat "/sys/module/$2")" = "$1" ]
}

client_run()
{
	local dir=$PWD/$strategy device alias

	device=$(devices ivshmem)
	alias=$(sed 's/^pci:/vfio_pci:/' "/sys/bus/pci/devices/$device/modalias")
	vfio_unload || return
	if [ "$strategy" = stock ]; then
		dir=/
		packed ./depmod || return
	fi
	rm -rf /etc/modprobe.d
	mkdir -p /etc/modprobe.d
	echo > "/sys/bus/pci/devices/$device/driver_override"
	[ "$1" != options ] || cat > /etc/modprobe.d/vfio.conf <<-END
	options vfio-pci ids=1af4:1110 disable_idle_d3=1
	options vfio_iommu_type1 allow_unsafe_interrupts=1
	END

	check loads modprobe_in vfio-pci
	check names_are_there names_are_there
	check loads_again modprobe_in vfio-pci
	check alias_is_known test "$(modprobe_in -R "$alias")" = vfio_pci
	if [ "$1" = options ]; then
		check is_bound_by_ids test "$(pci_driver "$device")" = vfio-pci
		check idle_devices_stay_awake shows Y vfio_pci/parameters/disable_idle_d3
		check interrupts_are_allowed shows Y vfio_iommu_type1/parameters/allow_unsafe_interrupts
		pci_unbind "$device"
	fi
	check binds pci_bind "$device" vfio-pci
	check unbinds pci_unbind "$device"
	check unloads modprobe_in -r vfio-pci
	check is_unloaded test ! -e /sys/module/vfio_pci -a ! -e /sys/bus/pci/drivers/vfio-pci

	rm -rf /etc/modprobe.d
	vfio_unload && vfio_start "$strategy"
}
