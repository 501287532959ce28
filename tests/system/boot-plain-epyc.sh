#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0 boots on QEMU's EPYC as it is. Stock Xen's PVH dom0 does not: it decodes the
# instruction of an RDTSCP exit, and QEMU 7.2 gives that exit the wrong code.
. "$(dirname "$0")/lib.sh"
[ "$HYPERVISOR" != stock ] || skip "stock Xen cannot: QEMU's RDTSCP exit"
boots --cpu EPYC,+svm,+npt
