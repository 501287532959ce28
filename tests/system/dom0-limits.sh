#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0_mem and dom0_max_vcpus are seen inside dom0.
. "$(dirname "$0")/lib.sh"
boots --smp 2 --hv-cmdline 'dom0_mem=700M,max:700M dom0_max_vcpus=1'
out_has '^cpus 1$'
out_has '^Domain-0 +0 +(699|700) +1 '
seen=$(sed -n 's/^dom0 MiB //p' "$work/out")
[ "$seen" -gt 560 ] && [ "$seen" -le 700 ] || fail "dom0 has $seen MiB of 700"
