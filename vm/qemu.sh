# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU's command line, from vm/run's options.

# The variables that say what is wanted are vm/run's.
# shellcheck disable=SC2154

# qemu_version PROGRAM
qemu_version()
{
	"$@" --version | sed -n 's/.*version \([0-9.]*\).*/\1/p'
}

# newer VERSION THAN: it is, or the same.
newer()
{
	[ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# qemu_choose SPEC...: sets qemu_program to this machine's QEMU, or, where that lacks the model of one of these devices, to a newer
# one in the cache.
qemu_choose()
{
	local version newest

	need_tool qemu-system-x86_64
	version=$(qemu_version qemu-system-x86_64)
	newer "$version" 7.2 || die "QEMU $version is too old: install 7.2 or newer"
	qemu_program=(qemu-system-x86_64)
	if printf '%s\n' "$@" | grep -qE '^igb(,|$)' && ! newer "$version" 8; then
		newest=$("$top/vm/fetch" qemu) || exit "${die_status:-1}"
		qemu_program=("$newest/bin/qemu-system-x86_64" -L "$newest/share/qemu" -L "$newest/share/seabios")
	fi
}

# kvm_works KERNEL: an ordinary guest really runs on KVM here. /dev/kvm may open and yet run none, so one is booted; what
# came of it is remembered until this machine boots again or gets another QEMU.
kvm_works()
{
	local key answer=no

	[ -w /dev/kvm ] || return
	key="$(cat /proc/sys/kernel/random/boot_id) $(qemu-system-x86_64 --version | head -n 1)"
	if ! grep -qxF "$key yes" "$cache/kvm" 2> /dev/null && ! grep -qxF "$key no" "$cache/kvm" 2> /dev/null; then
		mkdir -p "$cache"
		if "$top/vm/run" --kernel "$1" --accel kvm --timeout 20 -- true < /dev/null > /dev/null 2>&1; then
			answer=yes
		fi
		echo "$key $answer" > "$cache/kvm"
	fi
	grep -qxF "$key yes" "$cache/kvm"
}

# qemu_machine: the processor, its clock, and the IOMMU. Sets qemu and kernel_args.
qemu_machine()
{
	[ -n "$accel" ] || accel=$({ ! $exact && kvm_works "$kernel" && echo kvm; } || echo tcg)
	# While one processor turns a BAR on or off, QEMU lets the others see a memory map that is half the old and half the
	# new one. Until 8.2 (its commit 0d58c660689f), registers of the IOMMU are written into nothing, and the guest waits
	# for ever; 10.0 has still been seen to lose a timer. One thread for all processors takes turns between them: at
	# every interrupt, and wherever one waits for another.
	if [ "$accel" = tcg ] && [ "$cpus" -gt 1 ]; then
		accel=tcg,thread=single
	fi
	qemu=("${qemu_program[@]}" -M 'q35,kernel-irqchip=split' -accel "$accel" -cpu max -smp "$cpus" -m "$memory"
		-nodefaults -display none -no-reboot)
	# On a busy host, emulated timers are late and the kernel's check of them gives up with a panic.
	kernel_args='console=ttyS0 panic=-1 oops=panic no_timer_check'

	case $iommu in
	intel)
		qemu+=(-device 'intel-iommu,intremap=on,caching-mode=on')
		kernel_args+=' intel_iommu=on' ;;
	*)
		die "no IOMMU '$iommu': use intel" ;;
	esac

	if $exact; then
		# Time is the number of instructions executed, so nothing else may differ between two boots.
		qemu+=(-icount 'shift=0,sleep=off' -rtc 'base=2026-01-01,clock=vm' -seed 42)
		kernel_args+=' nokaslr norandmaps'
	fi
	if $gdb; then
		qemu+=(-s -S)
		kernel_args+=' nokaslr'
	fi
}

# qemu_channels DIR LOG: where the kernel's console and the guest's ports go. The port "monitor" is QEMU's monitor, a line
# is a command: so the guest can have its own devices unplugged, and may do whatever QEMU may. When the monitor answers is
# not in the instruction count, so an exact guest has none.
qemu_channels()
{
	local port

	if [ ${#command[@]} -gt 0 ]; then
		qemu+=(-serial "file:$2")
	else
		qemu+=(-chardev "stdio,id=console,mux=on,signal=off,logfile=$2" -serial chardev:console
			-mon chardev=console)
		kernel_args+=' quiet'
	fi
	# Without ioeventfd the port's data is taken out at once, by the processor that wrote it: --exact needs that.
	qemu+=(-device 'virtio-serial-pci,addr=2,ioeventfd=off')
	for port in stdout stderr status files; do
		qemu+=(-chardev "file,id=$port,path=$1/$port" -device "virtserialport,chardev=$port,name=$port")
	done
	if ! $exact; then
		qemu+=(-chardev "socket,id=hmp,path=$1/monitor,server=on,wait=off" -mon 'chardev=hmp,mode=readline'
			-chardev "socket,id=monitor,path=$1/monitor" -device "virtserialport,chardev=monitor,name=monitor")
	fi
}
