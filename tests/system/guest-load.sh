#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two Debian guests of two vCPUs each compute and write memory on two CPUs: no kernel complains of a stall, and at the end
# the guests' clocks are within 10 ms of dom0's. A guest's clock is read between two readings of dom0's, many times, so its
# distance is known to be in an interval that gets narrower with the fastest way there and the fastest way back.
# soak: two Debian guests under load for 10 minutes, their clocks
. "$(dirname "$0")/lib.sh"
soak || skip "guests under load are not due yet (docs/status.md): make soak NAME=guest-load"
seconds=${SECONDS_OF_LOAD:-600}
python3 "$tests/lab/lib/guest.py" "$work/guest"
{
    echo "seconds=$seconds"
    cat <<'S'
set -e
console() { tr -d '\r' </var/log/xen/console/guest-$1.log; }
wait_for() { # wait_for GUEST REGEX: its console has a line like that
    tries=0
    until console "$1" 2>/dev/null | grep -Eq "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 900 ] || { console "$1" | tail -n 20; echo "no '$2' on the console of $1"; exit 1; }
        usleep 100000
    done
}
tty() { xenstore-read /local/domain/$(xl domid $1)/console/tty; }
runtime() { xl list $1 | awk 'NR == 2 { print int($6) }'; }

# clock GUEST: its clock minus dom0's in microseconds, as "at least, at most"
clock() {
    exec 3<>"$(tty $1)"
    low=-1000000000 high=1000000000
    for n in $(seq 60); do
        before=$EPOCHREALTIME
        echo 'echo "clock '$n' $EPOCHREALTIME"' >&3
        word=
        until [ "$word" = clock ] && [ "$number" = $n ]; do
            read -r -t 20 word number there <&3 || { echo "no answer from $1"; exit 1; }
        done
        after=$EPOCHREALTIME
        there=${there%?} # carriage return
        b=$((${before%.*} % 100000 * 1000000 + 1${before#*.} - 1000000))
        a=$((${after%.*} % 100000 * 1000000 + 1${after#*.} - 1000000))
        g=$((${there%.*} % 100000 * 1000000 + 1${there#*.} - 1000000))
        [ $((g - a)) -le $low ] || low=$((g - a))
        [ $((g - b)) -ge $high ] || high=$((g - b))
    done
    exec 3>&-
    echo "clock of $1 minus dom0's: $low to $high us"
    [ $low -ge -10000 ] && [ $high -le 10000 ] || { echo "clock of $1 is not within 10 ms of dom0's"; failed=1; }
}

failed=0
for g in one two; do
    xl create -q /root/guest/guest.cfg "name='$g'" vcpus=2 'extra="console=hvc0 script"'
done
for g in one two; do wait_for $g 'guest is ready'; done
for g in one two; do
    clock $g
    {
        echo 'load() { while :; do :; done & pids=$!; while dd if=/dev/zero of=/tmp/load bs=64k count=600 && md5sum /tmp/load; do :; done >/tmp/out 2>&1 & pids="$pids $!"; }'
        echo 'load; echo "under load"'
    } >"$(tty $g)"
done
for g in one two; do wait_for $g '^under load'; done
start=$(($(runtime one) + $(runtime two)))
sleep $seconds
end=$(($(runtime one) + $(runtime two)))
xl vcpu-list
echo "guests ran $((end - start)) s"
[ $((end - start)) -gt $seconds ] || { echo "that is too little to be a load"; failed=1; }
for g in one two; do echo 'kill $pids; wait; md5sum /tmp/load >/dev/null && echo "load ended"' >"$(tty $g)"; done
for g in one two; do wait_for $g '^load ended'; done
for g in one two; do clock $g; done
for g in one two; do
    if console $g | grep -E 'WARNING: CPU|BUG:|soft lockup|stall|hung task|Oops|Call Trace|clocksource.*unstable'; then
        echo "$g complains"
        failed=1
    fi
done
[ $failed = 0 ]
xl destroy one
xl destroy two
echo complete
S
} | script
host --smp 2 --add "$work/guest:/root/guest" --timeout $((seconds + 400))
expect_status 0
out_has '^complete$'
clean_log
