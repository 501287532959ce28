#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A panic of the hypervisor says where and why: message, registers, symbolised stack; qhost reports it with 125.
. "$(dirname "$0")/lib.sh"
[ "$HYPERVISOR" = ours ] || skip "the cause is an option of ours"
script 'exit 0'
host --hv-cmdline sched=nosuch
expect_status 125
for line in 'Panic on CPU 0:' 'sched=nosuch: no such scheduler' 'Call trace:' 'F hv_main+0x'; do
    grep -q "$line" "$log" || fail "no '$line' in the log"
    grep -q "$line" "$work/err" || fail "no '$line' in what qhost showed"
done
