#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every command of stock's xl and of ours on this host, without Xen, wrong arguments included: standard output, exit codes
# and what is asked of libxenlight are the same, but for xl/verbs.except. Both run on stock's libxenlight, where shims play
# a host with six domains, two CPU pools and devices. --json of what lists is JSON.
. "$(dirname "$0")/../system/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
stock=$(packages xen-utils-4.17 libxenmisc4.17 libxenstore4 libxencall1 libxenevtchn1 libxengnttab1 \
    libxenforeignmemory1 libxendevicemodel1 libxenhypfs1 libxentoolcore1 libxentoollog1)
libs=$(dirname "$(find "$stock" -name 'libxenlight.so.4.17' | head -n 1)")
for shim in host_shim light_shim; do
    cc -shared -fPIC -O1 "$tests/peer/xl/$shim.c" -o "$work/$shim.so" || skip "$shim is not built: apt-get install libxen-dev"
done
run="LD_PRELOAD=$work/light_shim.so:$work/host_shim.so LD_LIBRARY_PATH=$libs timeout 20"
printf '%s\n' 'name="x"' 'kernel="/k"' 'uuid="00000000-0000-0000-0000-000000000007"' >"$work/x.cfg"
python3 "$tests/peer/xl/verbs_compare.py" "$tests/peer/xl/verbs.lines" "$tests/peer/xl/verbs.except" "$work" \
    "$run $stock/usr/lib/xen-4.17/bin/xl" "$run $build/tests/peer/xl/xl_dynamic" || fail "commands that answer differently"

while read -r line; do
    sh -c "$run $build/tests/peer/xl/xl_dynamic $line --json" >"$work/json" || fail "xl $line --json ends with $?"
    python3 -m json.tool <"$work/json" >/dev/null || fail "xl $line --json is no JSON"
done <<END
list
list -l
list guest
vcpu-list
vcpu-list guest g3
vm-list
info
info -n
claims
sharing
uptime
uptime guest
sched-credit
sched-credit2
sched-credit2 -s
sched-credit2 -d guest
sched-rtds
cpupool-list
block-list guest
network-list guest
END

# what may have been meant
says() { # says WANTED WORD...
    want=$1
    shift
    got=$(LD_PRELOAD=$work/light_shim.so:$work/host_shim.so LD_LIBRARY_PATH=$libs "$build/tests/peer/xl/xl_dynamic" "$@" 2>&1 | head -n 1)
    [ "$got" = "$want" ] || fail "xl $*: said $got, not $want"
}
says "xl pause: there is no domain \`gueste'; \`guest' is one" pause gueste
says "xl domid: there is no domain \`gust'; \`guest' is one" domid gust
says "xl pause: there is no domain \`nonsense'; xl list shows which there are" pause nonsense
says "xl: there is no command \`creat'; \`create' is one" creat
says "xl: there is no command \`creat'; \`create' is one" help creat
says 'xl list: there is no option --jsn; --json is one' list --jsn
says 'xl list: there is no option -Q' list -vQ
says 'xl list: --json takes no argument' list --json=1
says 'xl create: -f needs an argument' create -f

# completion of what the host has
completes() { # completes WANTED WORD...
    want=$1
    shift
    got=$(LD_PRELOAD=$work/light_shim.so:$work/host_shim.so LD_LIBRARY_PATH=$libs "$build/tests/peer/xl/xl_dynamic" __complete -- "$@" |
        tr '\n' ' ')
    [ "$got" = "$want" ] || fail "xl $*: completed as $got, not $want"
}
completes 'guest g3 ' pause g
completes 'g3 ' vcpu-list guest g3
completes 'xvda xvdb ' block-detach guest x
completes '0 00:00:00:00:00:01 00:00:00:00:00:02 ' network-detach guest 0
completes 'spare ' cpupool-migrate guest s
completes 'guest g3 ' sched-credit2 --domain = g
completes 'Pool-0 ' sched-credit2 -p P
