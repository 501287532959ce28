#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests come and go: by stock xl one after the other, side by side, many at once. Afterwards the hypervisor's free
# memory, its objects, and dom0's ports and grants are exactly as before.
# soak: 300 tiny and 20 Debian guests in turn, 100 tiny ones at once
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
cycles=15 debian=2 alive=20 mem=2048 limit=900
if soak; then cycles=300 debian=20 alive=100 mem=4096 limit=7200; fi
[ -e "$build/tests/guest/tiny.elf" ] || skip "no $build/tests/guest/tiny.elf"
python3 "$tests/lab/lib/guest.py" "$work/guest"
cp "$build/tests/guest/tiny.elf" "$work/guest/tiny.elf"
cat >"$work/guest/tiny.cfg" <<'C'
type = "pvh"
kernel = "/root/guest/tiny.elf"
memory = 8
vcpus = 1
C
guests_script "cycles=$cycles debian=$debian alive=$alive" <<'S'
up() { xl create -q -e /root/guest/tiny.cfg "name='$1'"; }
down() { xl destroy "$1"; rm -f "/var/log/xen/console/guest-$1.log"; }

all_at_once() {
    for i in $(seq "$alive"); do up many$i; done
    for i in $(seq "$alive"); do wait_for many$i '^tiny is up'; done
    [ "$(xl list | grep -c ' many\|^many')" = "$alive" ]
    for i in $(seq "$alive"); do down many$i; done
}
all_at_once
echo "$alive at once, $(cut -d. -f1 /proc/uptime) s"
settle
cat /tmp/before

for i in $(seq "$cycles"); do
    up t$i
    wait_for t$i '^tiny is up'
    down t$i
done
same "$cycles tiny guests"
for i in $(seq "$debian"); do
    xl create -q -e /root/guest/guest.cfg "name='d$i'" 'extra="console=hvc0 script"'
    wait_for d$i 'guest is ready'
    down d$i
done
same "$debian Debian guests"
pids=
for i in 1 2 3 4 5 6 7 8; do { up p$i && wait_for p$i '^tiny is up' && down p$i; } & pids="$pids $!"; done
for pid in $pids; do wait "$pid"; done
same "8 in parallel"
all_at_once
same "$alive at once"
echo complete
S
host --smp 2 --mem "$mem" --timeout "$limit" --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
