#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two Debian guests of two vCPUs each compute and write memory on two CPUs: no kernel complains of a stall, and at the end
# the guests' clocks are within 10 ms of dom0's, but for what they lost before the load: Linux counts ticks until it takes
# up the Xen clock, and misses some of them where its CPU has to wait for others. A guest's clock is read between two
# readings of dom0's, many times, so its distance is known to be in an interval that gets narrower with the fastest way
# there and the fastest way back.
# soak: two Debian guests under load for 10 minutes, their clocks
. "$(dirname "$0")/lib.sh"
seconds=${SECONDS_OF_LOAD:-20}
soak && seconds=600
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script "seconds=$seconds" <<'S'
runtime() { xl list $1 | awk 'NR == 2 { print int($6) }'; }

failed=0
for g in one two; do
    xl create -q /root/guest/guest.cfg "name='$g'" vcpus=2 'extra="console=hvc0 script"'
    wait_for $g 'guest is ready'
    clock $g 60
    eval "low_$g=$low high_$g=$high"
done
for g in one two; do
    {
        echo 'load() { while :; do :; done & pids=$!; while dd if=/dev/zero of=/tmp/load bs=64k count=600 && md5sum /tmp/load; do :; done >/tmp/out 2>&1 & pids="$pids $!"; }'
        echo 'load; echo "under load"'
    } >"$(tty_of $g)"
done
for g in one two; do wait_for $g '^under load'; done
start=$(($(runtime one) + $(runtime two)))
sleep $seconds
end=$(($(runtime one) + $(runtime two)))
xl vcpu-list
echo "guests ran $((end - start)) s"
[ $((end - start)) -gt $seconds ] || { echo "that is too little to be a load"; failed=1; }
for g in one two; do echo 'kill $pids; wait; md5sum /tmp/load >/dev/null && echo "load ended"' >"$(tty_of $g)"; done
for g in one two; do wait_for $g '^load ended'; done
clock_kept one 60 $low_one $high_one
clock_kept two 60 $low_two $high_two
for g in one two; do
    if complaints $g; then
        echo "$g complains"
        failed=1
    fi
done
[ $failed = 0 ]
xl destroy one
xl destroy two
echo complete
S
host --smp 2 --add "$work/guest:/root/guest" --timeout $((seconds + 400))
expect_status 0
out_has '^complete$'
clean_log
