# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For bench/measure, in the guest of a VM: every device is made to be measured.

# shellcheck source=vm/guest.sh
. /etc/guest.sh

# shellcheck disable=SC2034 # all of them are bench/measure's
device=$(devices ivshmem | head -n 1) others=$(devices ivshmem | tail -n +2) \
	edu=$(devices edu) nic=$(devices e1000e) options='' whole=bar:256M traced=bar:2M scratch=/tmp
