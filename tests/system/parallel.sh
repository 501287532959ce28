#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Twenty creates at once with our xl, while xl list runs in a loop: all succeed, each guest has a name and a number of its own, and
# no listing waits for a create. Then two of one name at once: one of them is made.
. "$(dirname "$0")/lib.sh"
TOOLSTACK=ours
build=${XENOLITH_BUILD:-$tests/../build}
[ -e "$build/tests/guest/tiny.elf" ] || skip "no $build/tests/guest/tiny.elf"
python3 "$tests/lab/lib/guest.py" "$work/guest"
cp "$build/tests/guest/tiny.elf" "$work/guest/"
guests_script <<'S'
printf 'type = "pvh"\nkernel = "/root/guest/tiny.elf"\nmemory = 8\n' >/root/guest/tiny.cfg
up() { xl create -q -e /root/guest/tiny.cfg "name=\"$1\""; }
ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
lists() { # until /tmp/stop is there: how long the longest took, in ms
    longest=0 n=0
    until [ -e /tmp/stop ]; do
        start=$(ms)
        xl list >/tmp/list || { echo failed; return; }
        took=$(($(ms) - start)) n=$((n + 1))
        [ $took -le $longest ] || longest=$took
    done
    echo $longest $n
}
up first
wait_for first '^tiny is up'
xl destroy first
free=$(xl info free_memory)
alone() { [ "$(xl list | wc -l)" = 2 ]; } # a domain is there until daemons have let go of its pages
gone() { within 100 alone && free_memory_is $free 1 || { xl list; echo "after $1"; exit 1; }; } # dom0's grant handles take some

lists >/tmp/longest &
lister=$!
pids=
for i in $(seq 20); do { up p$i 2>/tmp/err$i || { echo "p$i:"; cat /tmp/err$i; exit 1; } } & pids="$pids $!"; done
for pid in $pids; do wait $pid; done
touch /tmp/stop
wait $lister
read -r longest n </tmp/longest
echo "$n listings, the longest took $longest ms"
[ "$n" -ge 3 ]
[ "$(xl list | awk '/^p[0-9]/ { print $2 }' | sort -u | wc -l)" = 20 ]
for i in $(seq 20); do wait_for p$i '^tiny is up'; done
for i in $(seq 20); do xl destroy p$i & done
wait
gone '20 at once'

# A create that stands still in its middle.
xl create -q -e /root/guest/guest.cfg &
creator=$!
has_domain() { xl list | sed 1d | grep -qv '^Domain-0 '; }
within 300 has_domain
kill -STOP $creator
until ! kill -0 $creator || [ "$(cut -d' ' -f3 /proc/$creator/stat)" = T ]; do usleep 1000; done
timeout 20 xl list
kill -CONT $creator
wait $creator
xl destroy guest
gone 'one that stood still'

for i in 1 2 3 4; do { up twin 2>/dev/null && echo made >>/tmp/made; } & done
wait
[ "$(wc -l </tmp/made)" = 1 ] || { xl list; echo 'not one of four'; exit 1; }
xl destroy twin
gone 'four of one name'
echo complete
S
host --smp 2 --timeout 400 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
