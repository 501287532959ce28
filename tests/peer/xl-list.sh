#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What lists, by stock's xl and by ours on this host, without Xen: standard output and exit codes are the same. Both on
# stock's libxenlight, where a shim (xl/host_shim.c) plays a host with five domains. --json is JSON.
. "$(dirname "$0")/../system/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
stock=$(packages xen-utils-4.17 libxenmisc4.17 libxenstore4 libxencall1 libxenevtchn1 libxengnttab1 \
    libxenforeignmemory1 libxendevicemodel1 libxenhypfs1 libxentoolcore1 libxentoollog1)
libs=$(dirname "$(find "$stock" -name 'libxenlight.so.4.17' | head -n 1)")
cc -shared -fPIC -O1 "$tests/peer/xl/host_shim.c" -o "$work/shim.so" || skip "the shim is not built: apt-get install libxen-dev"

run() { # run KIND PROGRAM ARGUMENT...: out.KIND, with the exit code behind
    kind=$1 program=$2
    shift 2
    rc=0
    LD_PRELOAD=$work/shim.so LD_LIBRARY_PATH=$libs timeout 20 "$program" "$@" >"$work/out.$kind" 2>"$work/err.$kind" || rc=$?
    echo "exit code $rc" >>"$work/out.$kind"
}

n=0
while read -r line; do
    # shellcheck disable=SC2086
    run stock "$stock/usr/lib/xen-4.17/bin/xl" $line
    # shellcheck disable=SC2086
    run ours "$build/tests/peer/xl/xl_dynamic" $line
    diff "$work/out.stock" "$work/out.ours" || { cat "$work/err.ours"; fail "xl $line: < stock, > ours"; }
    n=$((n + 1))
done <<END
info
info -n
list
list -v
list -Z
list -c
list -n
list -v -c -n
list --verbose --cpupool
list 1
list -v g3
list nonsense
vcpu-list
vcpu-list guest
vcpu-list 3 guest
claims
domid guest
domid nonsense
domname 1
domname 77
dmesg
debug-keys q
END
ALL_CAPS=1
export ALL_CAPS
run stock "$stock/usr/lib/xen-4.17/bin/xl" info
run ours "$build/tests/peer/xl/xl_dynamic" info
diff "$work/out.stock" "$work/out.ours" || fail "xl info with all capabilities: < stock, > ours"
for verb in list vcpu-list info; do
    run ours "$build/tests/peer/xl/xl_dynamic" $verb --json
    sed '$d' "$work/out.ours" | python3 -m json.tool >"$work/json" || fail "xl $verb --json is no JSON"
done
[ $n -gt 20 ] || fail "only $n commands"
echo "$n commands alike"
