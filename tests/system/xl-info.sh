#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Stock xl's view of the host, and the hypervisor's log and debug keys.
. "$(dirname "$0")/lib.sh"
script <<'S'
set -e
for c in "xl info" "xl list" "xl list -l" "xl vcpu-list" "xl uptime" "xentop -b -i 1"; do
    echo "# $c"
    $c
done
xl info free_memory | grep -Eq '^[0-9]+$'
xl dmesg >/tmp/before
grep -q '^(XEN) ' /tmp/before
for key in '*' q d r 0 m; do xl debug-keys "$key"; done
xl dmesg >/tmp/after
[ "$(wc -c </tmp/after)" -gt "$(wc -c </tmp/before)" ]
xl dmesg -c >/dev/null
[ "$(xl dmesg | wc -c)" -lt 200 ]
echo complete
S
host
expect_status 0
out_has '^xen_version +: 4\.17'
out_has '^Domain-0 +0 +[0-9]+ +1 +r-----'
out_has '^complete$'
clean_log
