# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# QEMU with devices assigned to it, in the VM. See ../README.md for the functions.
#
# In that QEMU firmware runs, and what the firmware starts: a kernel of ours (kernel/), or a boot sector (boot.S). They use the
# devices and say at the serial port what came of it.

# top and kernel are tests/conformance's; lists of words are taken apart on purpose.
# shellcheck disable=SC2046,SC2086,SC2154

client_vm()
{
	echo --device edu,port --device ivshmem:64M,port --device nvme --memory 2G
}

client_cases()
{
	echo edu
	echo edu_and_peer
	echo nvme_and_peer
	echo killed
	echo disk
}

# The disk's blocks: a boot sector, and from the eighth on what it reads.
qemu_disk()
{
	local sum

	seq 100000 | head -c 32768 > "$1/blocks"
	sum=$(od -An -v -tu1 -w1 "$1/blocks" | awk '{ sum = (sum + $1 * NR) % 2 ^ 32 } END { printf "%d", sum }')
	cc -m32 -c -DSUM="$sum" -o "$1/boot.o" "$top/tests/clients/qemu/boot.S" || return
	ld -m elf_i386 -Ttext=0x7c00 -e start --oformat=binary -o "$1/boot" "$1/boot.o" || return
	{ cat "$1/boot" && head -c 3584 /dev/zero && cat "$1/blocks"; } > "$1/disk"
	rm "$1/boot" "$1/boot.o"
}

client_make()
{
	local source=$top/tests/clients/qemu/kernel usr=/usr program file

	# QEMU has its translator in a file of its own.
	program=$(command -v qemu-system-x86_64)
	pack "$1" '' "$program" $(ls $usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so 2> /dev/null) || return
	for file in seabios/bios-256k.bin qemu/kvmvapic.bin qemu/multiboot.bin qemu/multiboot_dma.bin; do
		[ ! -e "$usr/share/$file" ] || cp -L "$usr/share/$file" "$1/" || return
	done
	# Registers of the vector unit would not be there yet.
	cc -m32 -march=i686 -mgeneral-regs-only -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none -O2 -Wall -Wextra \
		-Wno-main -static -no-pie -nostdlib -T "$source/kernel.ld" -Wl,--build-id=none,--no-warn-rwx-segments \
		-o "$1/kernel" "$source"/*.c || return
	qemu_disk "$1"
}

client_seconds()
{
	echo 1200
}

# qemu_devices KIND...: options that assign the VM's devices of these kinds.
qemu_devices()
{
	local kind bdf

	for kind; do
		for bdf in $(devices "$kind"); do
			echo "-device vfio-pci,host=$bdf"
		done
	done
}

# qemu_start ARG...: starts it, as process $qemu, and so not by packed. What its machine says goes to the file serial, what it
# maps for DMA to the file trace.
qemu_start()
{
	: > serial
	: > trace
	QEMU_MODULE_DIR=$PWD lib/ld-linux-x86-64.so.2 --library-path lib ./qemu-system-x86_64 -L . -no-user-config -nodefaults \
		-display none -M pc -accel tcg -m 64 -serial file:serial -trace 'vfio_listener_region_add_*' -D trace "$@" &
	qemu=$!
}

# qemu_runs: it does. A process that has ended has no command line any more.
qemu_runs()
{
	grep -q . "/proc/$qemu/cmdline"
}

# qemu_says TEXT: waits until the serial port has said so; fails if QEMU ends before.
qemu_says()
{
	until grep -q "$1" serial; do
		qemu_runs || return
		usleep 100000
	done
}

# qemu_end: waits for the end of QEMU, and reports what was said meanwhile.
qemu_end()
{
	local status=0 line name

	wait $qemu || status=$?
	[ $status = 0 ] || report fail qemu_ends_well "status $status"
	cat serial
	sed 's/^/trace: /' trace
	while read -r line; do
		name=${line#* ok }
		case $line in
		'ok '*)     report pass "${line#ok }" ;;
		'not ok '*) report fail "${name%%: *}" "${name#*: }" ;;
		end)        report pass reaches_the_end ;;
		esac
	done < serial
}

# configs: config space of all devices, but for INTx Disable: the pin of a device that is closed may be mute.
configs()
{
	local bdf

	for bdf in $(devices); do
		echo "$bdf"
		od -An -v -tu1 -w1 "/sys/bus/pci/devices/$bdf/config" | awk 'NR == 6 && $1 % 8 >= 4 { $1 -= 4 } { print NR - 1, $1 }'
	done
}

# peer_is_mapped ADDRESS: waits until our vfio says that the DMA of every device reaches all of the peer's memory there.
peer_is_mapped()
{
	until grep -q "live  *iova 0x0*${1#0x} pfn .* npages 16384 $(devices ivshmem)" /sys/kernel/debug/vfio/*; do
		qemu_runs || return
		usleep 100000
	done
}

# peer_mappings: QEMU has mapped the peer's memory wherever the kernel has put it.
peer_mappings()
{
	local address last

	sed -n 's/^peer at //p' serial | sort -u > addresses
	while read -r address; do
		last=$(printf '0x%x' $((address + 0x3ffffff)))
		check "maps_$address" grep "region_add_ram .* $address - $last " trace
	done < addresses
	check maps_all_it_should sh -c '! grep -E "no_dma_map.* BAR 2 " trace'
}

# The peer is there for seconds, which is time enough to look.
run_edu_and_peer()
{
	local address=0xa0000000

	qemu_start $(qemu_devices edu ivshmem) -kernel kernel
	if [ "$strategy" = stock ]; then
		report skip "container_has_$address" "stock does not tell"
	else
		qemu_says "peer at $address"
		check "container_has_$address" peer_is_mapped $address
	fi
	qemu_end
	peer_mappings
}

run_killed()
{
	# What moves when one device is closed before the other goes nowhere.
	expect_faults
	qemu_start $(qemu_devices edu ivshmem) -kernel kernel -append stay
	check moves_without_end qemu_says moving
	kill -KILL $qemu
	wait $qemu
	report pass is_killed
}

# disk_in COMMAND...: does that while the disk is the host's own driver's, as $disk.
disk_in()
{
	local bdf status=0

	bdf=$(devices nvme)
	modprobe nvme
	pci_bind "$bdf" nvme || return
	until disk=$(ls /dev/nvme*n1 2> /dev/null); do
		usleep 100000
	done
	"$@" || status=$?
	pci_bind "$bdf" vfio-pci || return
	return $status
}

# disk_make and disk_copied BLOCK: a boot sector and blocks on the disk, and whether they are there again from BLOCK on.
disk_make()
{
	dd if=disk of="$disk" conv=fsync
}

disk_copied()
{
	dd if="$disk" of=copy bs=512 skip="$1" count=64 && cmp blocks copy
}

run_disk()
{
	disk_in disk_make || return
	configs > before
	qemu_start $(qemu_devices nvme)
	qemu_end
	configs > after
	check blocks_are_copied disk_in disk_copied 128
}

client_run()
{
	configs > before
	case $1 in
	edu)           qemu_start $(qemu_devices edu) -kernel kernel && qemu_end ;;
	edu_and_peer)  run_edu_and_peer ;;
	nvme_and_peer) qemu_start $(qemu_devices nvme ivshmem) -kernel kernel && qemu_end ;;
	killed)        run_killed ;;
	disk)          run_disk ;;
	esac
	[ -e after ] || configs > after
	check config_space_is_back diff before after
	rm after
}
