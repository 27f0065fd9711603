# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel's own vfio selftests, of Linux 7.3 on every kernel. See ../README.md for the functions.
#
# A case is a program on a device. Most programs go through every IOMMU mode that Linux has by themselves, and some use iommufd,
# unless they are told otherwise: mode.c. Where this kernel or this vfio has no iommufd, tests of it are skipped.

# top, cache and kernel are tests/conformance's.
# shellcheck disable=SC2154

client_vm()
{
	echo --device edu --device nvme --device igb,port
}

client_cases()
{
	local device

	for device in edu nvme igb; do
		echo "dma_mapping-$device"
		echo "dma_mapping_mmio-$device"
		echo "pci_device-$device"
		echo "pci_device-$device-type1"
		echo "iommufd_setup-$device"
	done
	echo pci_sriov_uapi-igb
	echo pci_device_init_perf-all
}

# Builds the programs in the directory $1, from the kernel's source. They are built anew when this function changes.
selftests_build()
{
	local source part

	source=$(packages linux-source-7.3 trixie-backports linux-source-7.3) || return
	echo "building the selftests, a minute or two"
	mkdir -p "$1/linux" || return
	# What makes the headers, what is built, and the drivers whose registers the selftests share.
	for part in Makefile scripts include arch/x86 tools usr drivers/dma drivers/net/ethernet/intel/igb; do
		printf 'linux-source-7.3/%s\n' $part
	done | tar -x -f "$source"/usr/src/linux-source-7.3.tar.xz -C "$1/linux" --strip-components=1 -T - || return
	make -s -C "$1/linux" headers || return
	cc -c -o "$1/mode.o" "$top/tests/clients/selftests/mode.c" || return
	make -s -C "$1/linux/tools/testing/selftests/vfio" LDFLAGS=-static LDLIBS="$1/mode.o -lpthread -luuid" || return
	mv "$1"/linux/tools/testing/selftests/vfio/*_test "$1" || return
	rm -rf "$1/linux" "$source"
}

client_make()
{
	local key dir

	"$top/vm/setup" conformance || return
	key=$(cd "$top/tests/clients/selftests" && sed -n '/^selftests_build/,/^}/p' client.sh | cat - mode.c | cksum |
		cut -d ' ' -f 1)
	dir=$cache/clients/selftests-$key
	if [ ! -e "$dir" ]; then
		rm -rf "$dir.new"
		selftests_build "$dir.new" && mv "$dir.new" "$dir" || return
	fi
	cp "$dir"/*_test "$1/"
}

client_parameters()
{
	echo enable_sriov=1
}

client_start()
{
	echo 64 > /proc/sys/vm/nr_hugepages
}

# Reads a program's results from the file $1, with what it said of a failure. $lacking says why nothing with iommufd can run.
selftests_read()
{
	local line name why='' planned=0 seen=0

	while read -r line; do
		case $line in
		1..*)
			planned=${line#1..} ;;
		'ok '*' # SKIP'*)
			name=${line#ok * }
			report skip "${name%% #*}" "${name#*# SKIP }"
			seen=$((seen + 1)) ;;
		'ok '*)
			report pass "${line#ok * }"
			seen=$((seen + 1)) ;;
		'not ok '*)
			name=${line#not ok * }
			name=${name%% #*}
			case $lacking,$mode,$name in
			?*,iommufd,* | ?*,*iommufd*) report skip "$name" "$lacking" ;;
			*)                           report fail "$name" "$why" ;;
			esac
			seen=$((seen + 1)) ;;
		'#  RUN '*)
			why='' ;;
		'# '*.c:*:* | *'Assertion Failure' | Expression:*)
			line=${line##*/}
			why="$why${why:+, }${line#\# }" ;;
		esac
	done < "$1"

	# A program that ends before it has said what it will do has failed, too.
	if [ "$planned" = 0 ] && [ "$mode" = iommufd ] && [ -n "$lacking" ]; then
		report skip all_tests_have_run "$lacking"
	elif [ "$planned" = 0 ] || [ "$seen" != "$planned" ]; then
		report fail all_tests_have_run "$seen of $planned${why:+, }$why"
	fi
}

client_run()
{
	local program=vfio_${1%%-*}_test device=${1#*-} mode='' lacking=''

	case $1 in
	*-type1)                        mode=vfio_type1v2_iommu ;;
	pci_device-* | iommufd_setup-*) mode=iommufd ;;
	esac
	device=${device%-type1}
	[ -e /dev/vfio/devices ] || lacking='there is no /dev/vfio/devices'
	[ -e /dev/iommu ] || lacking='there is no /dev/iommu'

	# Its exit status says the same as its results.
	# shellcheck disable=SC2046 # addresses
	VFIO_SELFTESTS_MODE=$mode "./$program" $(devices "${device#all}") > /tmp/selftest 2>&1
	cat /tmp/selftest
	selftests_read /tmp/selftest
	if [ "$device" = all ]; then
		# Of the last mode that ran.
		sed -n 's/^Avg init time.*: \([0-9.]*\)s$/\1/p' /tmp/selftest | tail -n 1 | while read -r seconds; do
			measure "$(awk "BEGIN { print $seconds * 1000 }")" ms
		done
	fi
}
