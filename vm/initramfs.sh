# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The guest's file system: an initramfs of two archives, one after the other.
#
# The base (busybox, the kernel's modules, hyperfine) is made once per kernel and kept in the cache. The overlay
# (what this project built, the command, added files) is made for each run. Times, owners and inode numbers in both are
# constants, so that equal content gives equal archives: with --exact, even unpacking them repeats.

# archive DIR FILE: everything below DIR, as a cpio archive.
archive()
{
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort | busybox cpio -o -H newc -R 0:0 --ignore-devno --renumber-inodes) \
		> "$2" 2> "$2.errors" || die "cannot write $2: is there space? $(tail -n 1 "$2.errors")"
	rm "$2.errors"
}

# add_module NAME: copies the module and what it depends on from $kernel_dir into $root; nothing if it is built in.
add_module()
{
	local path name

	path=$(grep -m 1 -E "/${1//[-_]/[-_]}\.ko(\.[a-z]+)?$" "$root/list") || return 0
	name=$(basename "$path")
	name=$root/lib/modules/$release/${name%%.ko*}.ko
	[ ! -e "$name" ] || return 0
	case $path in
	*.xz) busybox xzcat "$path" > "$name" ;;
	*)    cp "$path" "$name" ;;
	esac
	for path in $(tr '\0' '\n' < "$name" | sed -n 's/^depends=//p' | tr , ' '); do
		add_module "$path"
	done
}

# add_program FILE: copies a program of the host with its libraries into $root.
add_program()
{
	local library

	cp -L "$1" "$root/bin/"
	for library in $(ldd "$1" | grep -o '/[^ ]*'); do
		install -D "$library" "$root$library"
	done
}

# base_make FILE KERNEL_DIR: the base archive.
base_make()
{
	local kernel_dir=$2 release applet module root

	release=$(cat "$kernel_dir/release")
	root=$(mktemp -d "$work/base.XXXXXX")
	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,out,root,modules} "$root/lib/modules/$release"
	ln -s bin "$root/sbin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	if command -v hyperfine > /dev/null; then
		add_program "$(command -v hyperfine)"
	fi
	find "$(realpath "$kernel_dir/modules")" -name '*.ko*' > "$root/list"
	for module in virtio_pci virtio_console irqbypass iommufd vfio vfio_iommu_type1 vfio-pci nvme e1000e; do
		add_module "$module"
	done
	rm "$root/list"
	busybox depmod -b "$root" "$release"
	archive "$root" "$1"
}

# initramfs_make FILE KERNEL_DIR DIR STRATEGY [ADD...] -- [COMMAND...]
initramfs_make()
{
	local file=$1 kernel_dir=$2 dir=$3 strategy=$4 release base root arg
	shift 4

	release=$(cat "$kernel_dir/release")
	base=$cache/initramfs/$release.cpio
	if [ ! "$base" -nt "$top/vm/initramfs.sh" ] || [ ! "$base" -nt "$kernel_dir/release" ]; then
		mkdir -p "$cache/initramfs"
		base_make "$dir/base" "$kernel_dir"
		mv "$dir/base" "$base"
	fi

	root=$dir/overlay
	mkdir -p "$root"/{bin,etc,modules,root}
	install "$top/vm/init" "$root/init"
	cp "$top/vm/guest.sh" "$root/etc/"
	find "$top/build/guest" -maxdepth 1 -type f -exec cp {} "$root/bin/" \; 2> /dev/null || true
	find "$top/build/$release" -maxdepth 1 -name '*.ko' -exec cp {} "$root/modules/" \; 2> /dev/null || true
	while [ "$1" != -- ]; do
		cp -RL "$1" "$root/root/" || die "cannot copy $1 into the guest"
		shift
	done
	shift
	echo "$strategy" > "$root/etc/strategy"
	printf '%s\n' "${device_list[@]}" > "$root/etc/devices"
	for arg; do
		printf " '%s'" "${arg//\'/\'\\\'\'}"
	done > "$root/etc/command"
	archive "$root" "$dir/overlay.cpio"
	cat "$base" "$dir/overlay.cpio" > "$file" || die "cannot write $file: is there space?"
}
