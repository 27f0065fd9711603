# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A user-space NVMe driver of ours. See ../README.md for the functions.
#
# A case is a suite of nvme-exchange. That is built along with the tests, and prints as they do.

# strategy is the guest's; lists of words are taken apart on purpose.
# shellcheck disable=SC2046,SC2154

client_vm()
{
	# A port gives them a reset, and errors.
	echo --device nvme,port --device ivshmem:64M,port
}

client_cases()
{
	echo ram
	echo peer_to_peer
	echo revocation
	echo recovery
}

client_start()
{
	:
}

client_make()
{
	:
}

# What the suite reports, with why from the line before a failure.
client_run()
{
	local line name why='' status=0

	# There, DMA goes where the IOMMU refuses it.
	case $1 in
	revocation | recovery) expect_faults ;;
	esac
	nvme-exchange --strategy "$strategy" --device disk=$(devices nvme) --device peer=$(devices ivshmem) "$1" > output ||
		status=$?
	cat output
	while read -r line; do
		case $line in
		'ok '*' # SKIP '*)
			name=${line#ok * }
			report skip "${name%% #*}" "${name#*# SKIP }" ;;
		'ok '*)
			report pass "${line#ok * }" ;;
		'not ok '*)
			report fail "${line#not ok * }" "$why" ;;
		'# again:'*) ;;
		'# '*)
			why=${line#'# '} ;;
		esac
	done < output
	# 1: a test failed. 4: all were skipped.
	[ $status = 0 ] || [ $status = 1 ] || [ $status = 4 ]
}
