# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The PCI devices of the guest: from --device options to QEMU arguments.
#
# Every device has a slot of its own on the root bus, from 3 upwards in the order of the options, and so an IOMMU
# group of its own. Devices of one group=N are functions of one slot: without ACS between them they share a group.
# With `port`, the slot is a root port and the device sits behind it.

device_args=()		# QEMU arguments
device_list=()		# "KIND PATH DEVICE [OBJECT]\n" lines for the guest: PATH is relative to /sys/devices/pci0000:00, DEVICE
			# and OBJECT are what QEMU's device_add and object_add take

# device_model KIND SIZE ID DIR HUB: sets model and object, and appends the back end that it needs, if any. DIR is for files.
device_model()
{
	local kind=$1 size=$2 id=$3 dir=$4 hub=$5

	[ -z "$size" ] || [ "$kind" = ivshmem ] || die "device $kind takes no size: write --device $kind"
	object=''
	case $kind in
	edu)
		# Without a mask of its own, edu reaches the lowest 256 MiB only.
		model=edu,dma_mask=0xffffffffffffffff ;;
	ivshmem)
		[[ $size =~ ^[0-9]+[KMG]?$ ]] || die "ivshmem needs a size: write --device ivshmem:64M"
		object=memory-backend-ram,id=mem-$id,size=$size,share=on,reserve=off
		device_args+=(-object "$object")
		model=ivshmem-plain,memdev=mem-$id ;;
	nvme)
		truncate -s 16M "$dir/$id"
		device_args+=(-drive "if=none,id=disk-$id,format=raw,file=$dir/$id")
		model=nvme,serial=$id,drive=disk-$id,cmb_size_mb=16 ;;
	sriov)
		# An nvme with two virtual functions, each with two queue pairs and an interrupt, and without memory of its own.
		device_args+=(-device "nvme-subsys,id=subsys-$id")
		model=nvme,serial=$id,subsys=subsys-$id,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2
		model+=,max_ioqpairs=6,msix_qsize=3 ;;
	vga)
		model=VGA ;;
	e1000 | e1000e | igb | virtio-net)
		device_args+=(-netdev "hubport,hubid=$hub,id=net-$id")
		model=$kind,netdev=net-$id
		# As a device of virtio's current version, with its DMA through the IOMMU; its ROM is left out.
		model=${model/#virtio-net,/virtio-net-pci,disable-legacy=on,iommu_platform=on,romfile=,} ;;
	*)
		die "no device '$kind': use edu, ivshmem:SIZE, nvme, sriov, vga, e1000, e1000e, igb or virtio-net" ;;
	esac
}

# devices_parse DIR SPEC...: fills device_args and device_list.
devices_parse()
{
	local dir=$1 next=3 spec option group port hub model object extra slot function where path
	local -A group_slot group_count group_port
	shift

	for spec; do
		IFS=, read -ra options <<< "$spec"
		group='' port=false hub=0 extra=''
		for option in "${options[@]:1}"; do
			case $option in
			port)    port=true ;;
			group=*) group=${option#group=} ;;
			hub=*)   hub=${option#hub=} ;;
			*)       extra+=,$option ;;
			esac
		done
		IFS=: read -r kind size <<< "${options[0]}"
		device_model "$kind" "$size" "dev${#device_list[@]}" "$dir" "$hub"

		group=${group:-alone-$next}
		if [ -z "${group_slot[$group]:-}" ]; then
			[ "$next" -lt 31 ] || die "too many devices: there are 28 slots"
			group_slot[$group]=$next group_count[$group]=0 group_port[$group]=$port
			if $port; then
				# After a reset of its bus the kernel waits for the link of a faster one, which in QEMU
				# does not come up again.
				device_args+=(-device "$(printf 'pcie-root-port,id=port%d,chassis=%d,addr=%x,x-speed=5' \
					"$next" "$next" "$next")")
			fi
			next=$((next + 1))
		fi
		slot=${group_slot[$group]}
		function=${group_count[$group]}
		group_count[$group]=$((function + 1))
		[ "$function" -lt 8 ] || die "too many devices in group $group: a slot has 8 functions"
		if ${group_port[$group]}; then
			where=bus=port$slot,addr=0.$function
			path=$(printf '0000:00:%02x.0/*:00.%d' "$slot" "$function")
		else
			where=addr=$(printf '%x.%d' "$slot" "$function")
			path=$(printf '0000:00:%02x.%d' "$slot" "$function")
		fi
		model+=$extra,id=dev${#device_list[@]},$where,multifunction=on
		device_list+=("$kind $path $model $object"$'\n')
		device_args+=(-device "$model")
	done
}
