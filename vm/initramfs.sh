# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The guest's file system: an initramfs of two archives, one after the other.
#
# The base (busybox, the kernel's modules, hyperfine) is made once per kernel and kept in the cache. The overlay
# (what this project built, the command, added files) is made for each run. Times, owners and inode numbers in both are
# constants, so that equal content gives equal archives: with --exact, even unpacking them repeats.

# top, cache and device_list come from lib.sh and devices.sh.
# shellcheck disable=SC2154

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

	# A static program has none.
	cp -L "$1" "$root/bin/"
	for library in $(ldd "$1" 2> /dev/null | grep -o '/[^ ]*'); do
		install -D "$library" "$root$library"
	done
}

# base_make FILE KERNEL_DIR RELEASE: the base archive, by way of a directory beside FILE.
base_make()
{
	local kernel_dir=$2 release=$3 applet module root=$1.root

	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,out,root,modules} "$root/lib/modules/$release"
	ln -s bin "$root/sbin"
	add_program "$(command -v busybox)"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	if command -v hyperfine > /dev/null; then
		add_program "$(command -v hyperfine)"
	fi
	find "$(realpath "$kernel_dir/modules")" -name '*.ko*' > "$root/list"
	for module in virtio_pci virtio_console irqbypass iommufd kvm-amd kvm-intel fuse vfio vfio_iommu_type1 \
		vfio-pci nvme e1000e; do
		add_module "$module"
	done
	rm "$root/list"
	busybox depmod -b "$root" "$release"
	archive "$root" "$1"
}

# base_find KERNEL_DIR RELEASE DIR: prints the path of the kernel's base archive, which it makes if what goes into it has
# changed. DIR is for files.
base_find()
{
	local key base

	key=$({
		cat "$top/vm/initramfs.sh" "$(command -v busybox)"
		command -v hyperfine
		stat -c '%n %Y %Z' "$1/vmlinuz" "$1/release"
	} | cksum | cut -d ' ' -f 1)
	base=$cache/initramfs/$2-$key.cpio
	if [ ! -e "$base" ]; then
		mkdir -p "$cache/initramfs"
		rm -f "$cache/initramfs/$2-"*
		base_make "$3/base" "$1" "$2"
		# Renaming within the cache is all or nothing.
		{ cp "$3/base" "$base.$$" && mv "$base.$$" "$base"; } || die "cannot write $base: is there space?"
	fi
	echo "$base"
}

# quoted WORD...: the words, for a shell to read.
quoted()
{
	local word

	for word; do
		printf " '%s'" "${word//\'/\'\\\'\'}"
	done
}

# initramfs_make DIR KERNEL_DIR STRATEGY [ADD...] -- [COMMAND...]: makes DIR/initramfs. DIR/ is for other files, too.
initramfs_make()
{
	local dir=$1 kernel_dir=$2 strategy=$3 release base root=$1/overlay
	shift 3

	release=$(< "$kernel_dir/release")
	base=$(base_find "$kernel_dir" "$release" "$dir")

	mkdir -p "$root"/{bin,etc,modules,root}
	install "$top/vm/init" "$root/init"
	cp "$top/vm/guest.sh" "$root/etc/"
	if [ -d "$top/build/$release/guest" ]; then
		find "$top/build/$release/guest" -maxdepth 1 -type f -exec cp -t "$root/bin" {} +
	fi
	if [ -d "$top/build/$release" ]; then
		find "$top/build/$release" -maxdepth 1 -name '*.ko' -exec cp -t "$root/modules" {} +
		[ ! -d "$top/build/$release/names" ] || cp -r "$top/build/$release/names" "$root/modules/"
	fi
	while [ "$1" != -- ]; do
		cp -RL "$1" "$root/root/" || die "cannot copy $1 into the guest"
		shift
	done
	shift
	printf '%s' "$strategy" > "$root/etc/strategy"
	printf '%s' "${device_list[@]}" > "$root/etc/devices"
	quoted "$@" > "$root/etc/command"
	archive "$root" "$dir/overlay.cpio"
	cat "$base" "$dir/overlay.cpio" > "$dir/initramfs" || die "cannot write $dir/initramfs: is there space?"
}
