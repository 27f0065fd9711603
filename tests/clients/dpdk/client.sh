# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# DPDK's testpmd, Debian's, with two NICs of a kind. See ../README.md for the functions.
#
# Both are on one network inside QEMU. testpmd sends a burst of packets from each; whatever a NIC receives, the other one sends
# again, so that the packets go round for some seconds. None may be lost, and the rate is measured.
#
# DPDK uses vfio only where /sys/module/vfio and vfio_pci are, so modules of these names are loaded beside a strategy's.

# strategy is guest's.
# shellcheck disable=SC2154

client_vm()
{
	local kind

	for kind in e1000,hub=1 virtio-net,hub=2 igb,hub=3,port; do
		echo --device $kind --device $kind
	done
}

client_cases()
{
	printf '%s\n' e1000 virtio-net igb
}

client_make()
{
	local root drivers

	root=$(packages dpdk "$(apt_codename)" dpdk-dev ibverbs-providers 'librte-net-e1000-*' 'librte-net-virtio*' \
		'librte-mempool-ring*') || return
	drivers=$(find "$root/usr/lib" -path '*/pmds-*' \( -name 'librte_net_e1000.so.*.*' -o -name 'librte_net_virtio.so.*.*' \
		-o -name 'librte_mempool_ring.so.*.*' \)) || return
	# shellcheck disable=SC2086 # names without blanks
	pack "$1" "$root" "$root/usr/bin/dpdk-testpmd" $drivers
}

client_start()
{
	echo 64 > /proc/sys/vm/nr_hugepages
	# DPDK loads nothing from below a directory that everybody may write to.
	chmod go-w /
	mkdir -p /var/run
	vfio_names_load "$strategy"
}

# dpdk_sum NAME: the number of that name that testpmd has counted of both NICs together.
dpdk_sum()
{
	sed -n '/Accumulated/,/+++$/p' "$log" | grep -oE -m 1 "$1: *[0-9]+" | awk '{ print $2 + 0 }'
}

# dpdk_zero NAME...: all the numbers of these names are 0, or it says which is not; the names are there.
dpdk_zero()
{
	local name

	for name; do
		grep -q "$name:" "$log" || { echo "$name is missing"; return 1; }
		if grep -oE "$name: *[1-9][0-9]*" "$log"; then
			return 1
		fi
	done
}

# dpdk_both NAME: both NICs have counted more than a thousand.
dpdk_both()
{
	sed -n '/Forward statistics for port/,/-----$/p' "$log" | grep -oE "$1: *[0-9]+" | awk '
		{ print; if ($2 > 1000) n++ }
		END { exit n != 2 }'
}

client_run()
{
	local driver address plugins='' allowed='' log=/tmp/testpmd pid begin=0 end=1 sent received status=0

	for driver in librte_*.so*; do
		plugins="$plugins -d $PWD/$driver"
	done
	for address in $(devices "$1"); do
		allowed="$allowed -a $address"
	done

	# It is a program to type at: wait until it asks, or is no more.
	: > $log
	mkfifo /tmp/typed
	# shellcheck disable=SC2086 # words on purpose
	packed ./dpdk-testpmd --lcores 0@0,1@0 --no-telemetry --in-memory --iova-mode=va $plugins $allowed \
		-- -i --total-num-mbufs=4096 < /tmp/typed > $log 2>&1 &
	pid=$!
	exec 4> /tmp/typed
	rm /tmp/typed
	while kill -0 $pid 2> /dev/null && ! grep -q 'testpmd>' $log; do
		usleep 100000
	done
	if kill -0 $pid 2> /dev/null; then
		begin=$(cut -d ' ' -f 1 /proc/uptime)
		echo start tx_first >&4
		sleep 5
		end=$(cut -d ' ' -f 1 /proc/uptime)
		printf '%s\n' stop 'show port stats all' quit >&4
	fi
	exec 4>&-
	wait $pid || status=$?
	cat $log

	check testpmd_ends_well test $status = 0
	check uses_vfio grep -q 'VFIO support initialized' $log
	check uses_type1 grep -qi 'using IOMMU type 1' $log
	check packets_flow_both_ways dpdk_both RX-packets
	check none_is_dropped dpdk_zero RX-dropped TX-dropped RX-missed RX-errors RX-nombuf TX-errors
	# At the end, the two bursts are on their way.
	sent=$(dpdk_sum TX-packets)
	received=$(dpdk_sum RX-packets)
	check none_is_lost test "$((sent - received))" -le 64
	measure "$(awk "BEGIN { print ${received:-0} / ($end - $begin) / 1000 }")" kpps
}
