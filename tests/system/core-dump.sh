#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: the distribution's xl without help, which tries each place for a page for many minutes
# Core dumps by the distribution's xl and by ours of one paused guest, whose registers are known (tests/guest/registers): they
# are the same file but for what is said below, each register has its value, readelf reads it.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
for file in domu/registers.elf system/core_compare system/gfn_limit.so; do
    [ -e "$build/tests/$file" ] || skip "no $build/tests/$file"
    add="${add:-} --add $build/tests/$file:/root/${file#*/}"
done
soak && limit= time=1800 || limit=/root/gfn_limit.so time=240
guests_script "limit=$limit" <<'S'
chmod +x core_compare
cat >cfg <<'C'
type="pvh"
name="known"
kernel="/root/registers.elf"
memory=16
vcpus=4
C
uptime_is() { cut -d' ' -f1 /proc/uptime; }
took() { awk -v who="$1" -v since=$2 '{ printf "%s xl dump-core: %.1f s\n", who, $1 - since }' /proc/uptime; }
vcpu_2_is_down() { xl vcpu-list known | awk '$3 == 2 && $5 == "--p" { down = 1 } END { exit !down }'; }
our_xl create -q cfg
wait_for known '^registers are set'
within 100 vcpu_2_is_down
xl pause known
since=$(uptime_is)
our_xl dump-core known /tmp/ours
took our $since
since=$(uptime_is)
LD_PRELOAD=$limit xl dump-core known /tmp/stock
took "the distribution's" $since
echo '== registers'
./core_compare /tmp/ours
echo '== differences'
./core_compare /tmp/stock /tmp/ours
echo '== file'
gzip -1 </tmp/ours | base64
echo '== end'
S
host --smp 1 --timeout $time $add
expect_status 0
part() { sed -n "/^== $1\$/,/^== /{/^== /d;p}" "$work/out"; }

# What stock Xen keeps in places of the image that are the program's own, and that it does not tell CR2, is in docs/status.md.
# vCPU 2 went down in a hypercall: only its state is looked at.
private='^(8|504) '
[ "$HYPERVISOR" = ours ] || private='^(8|504|5000) '
for list in "$tests/guest/registers/expected" -; do
    { [ "$list" = - ] && part registers || cat "$list"; } | awk '/^vCPU/ { v = $2 } v < 2 || /^vCPU/ || $1 == 512' | grep -vE "$private" >"$work/registers.${list##*/}"
done
diff -u "$work/registers.expected" "$work/registers.-" || fail 'registers'
# The distribution's xl leaves out what would be the VGA's memory, and what lies behind the RAM: start info, console, store.
part differences | grep -vE '^(pages 0x(a0, 32|fe[0-9a-f]*, [12]): only in /tmp/ours|[0-9]+ pages are the same)$' \
    >"$work/differences" || : # none
[ ! -s "$work/differences" ] || { cat "$work/differences"; fail 'differences'; }
part file | base64 -d | gunzip >"$work/core" || fail 'the file did not come out of dom0'
readelf -S -n -W "$work/core" >"$work/readelf" 2>&1 || { cat "$work/readelf"; fail 'readelf'; }
