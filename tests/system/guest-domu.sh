#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Test kernels as domains made by stock xl, all at once, in each mode of the processor (32-bit unpaged, with 4 MiB pages,
# PAE; 64-bit); every reason of a shutdown reaches xl. In full, what they find is compared with what they find on stock Xen.
# soak: every reason, not only as many as there are modes; the edges of grant and event operations; compared with stock Xen
# Lines of tests/guest/domu/except and tests/guest/edges/except may differ: a regular expression for the line, two spaces, why.
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
[ -e "$build/tests/domu/flat.elf" ] || skip "no test kernels in $build/tests/domu"
except="$tests/guest/domu/except $tests/guest/edges/except"

cp -r "$build/tests/domu" "$work/domu"
all='flat:0 pse:1 pae:2 long:3' # kernel and reason
soak && all="$all long:4 flat:5"
cat >"$work/text" <<'S'
logs=/var/log/xen
create() { # create KERNEL:REASON
    printf 'type="pvh"\nname="%s"\nkernel="/root/domu/%s.elf"\nextra="shutdown=%s"\nmemory=32\ntsc_mode="native"\n' \
        "${1%:*}${1#*:}" "${1%:*}" "${1#*:}" >/root/cfg
    for what in poweroff reboot watchdog crash soft_reset; do echo "on_$what=\"preserve\""; done >>/root/cfg
    xl create -q /root/cfg || echo "xl create $1: status $?"
}
ended() { # ended KERNEL:REASON: xl saw it shut down
    set -- "${1%:*}${1#*:}"
    within 600 grep -qs 'reason code' $logs/xl-$1.log || echo "$1 does not end"
    echo "== $1"
    tr -d '\r' <$logs/console/guest-$1.log
    sed -n 's/^Domain [0-9]* has/domain has/p; /^Action/p' $logs/xl-$1.log
    xl list $1 | awk 'NR == 2 { print "state", $5 }'
    xl destroy $1
}
for domain in $all; do create $domain; done
for domain in $all; do ended $domain; done
echo "== domains left: $(($(xl list | wc -l) - 2))"
S

run() { # run FILE KERNEL:REASON...: what these domains found
    found=$1
    shift
    guests_script "all='$*'" <"$work/text"
    host --smp 1 --timeout 500 --add "$work/domu:/root/domu"
    expect_status 0
    sed -n '/^==/,$p' "$work/out" >"$found"
    [ "$(grep -c '^complete$' "$found")" = $# ] || fail "not every kernel came to its end"
}
run "$work/ours" $all
soak || exit 0
run "$work/edges" edges:0 # alone, so that it finds the same domains on both
cat "$work/edges" >>"$work/ours"
# QEMU 7.2 sets the accessed bit in a PAE guest's page-directory pointers, where it is reserved; stock Xen refuses that.
HYPERVISOR=stock
run "$work/stock" $(printf '%s\n' $all | grep -v '^pae')
run "$work/edges" edges:0
cat "$work/edges" >>"$work/stock"
sed '/^#/d; s/  .*//' $except >"$work/patterns"
for side in ours stock; do
    sed '/^== pae/,/^state/d' "$work/$side" | grep -vxEf "$work/patterns" >"$work/$side.kept"
done
diff -u --label stock --label ours "$work/stock.kept" "$work/ours.kept" ||
    fail "a test kernel saw something else on stock Xen"
echo "$(wc -l <"$work/ours.kept") lines compared with stock"
