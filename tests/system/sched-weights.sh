#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian guests that compute all the time share the machine as xl sched-credit2 says, by the hypervisor's own counters of
# running time (xl list): weights 256 and 512, then a cap on the heavier one, then a cap on both; with one CPU and with two.
# soak: Debian guests' shares by weight and cap over 60 s, within 5 %
. "$(dirname "$0")/lib.sh"
soak || skip "test_credit2_sim is the short one: make soak NAME=sched-weights"
interval=${INTERVAL:-60} within=${WITHIN:-5}
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script "interval=$interval" "within=$within" <<'S'
cpus=$(nproc)
for g in light heavy; do
    xl create -q /root/guest/guest.cfg "name='$g'" "vcpus=$cpus" 'extra="console=hvc0 script"'
done
for g in light heavy; do wait_for $g 'guest is ready'; done
for g in light heavy; do
    echo 'for i in $(seq $(nproc)); do while :; do :; done & done; echo "$(nproc) hogs"' \
        >"$(tty_of $g)"
done
for g in light heavy; do wait_for $g "^$cpus hogs"; done

# sample: uptime of dom0 and running time of light and heavy, all in seconds
sample() { echo $(cut -d ' ' -f 1 /proc/uptime) $(xl list | awk '$1 == "light" { l = $6 } $1 == "heavy" { h = $6 } END { print l, h }'); }
# measure LABEL LIGHT HEAVY: CPUs each should have; "-": not checked. A third, RATIO: heavy's time for each second of light's
measure() {
    sleep 3
    before=$(sample)
    sleep $interval
    after=$(sample)
    echo "$before $after" | awk -v label="$1" -v light="$2" -v heavy="$3" -v ratio="${4:--}" -v within=$within '
        function check(what, got, want) {
            if (want == "-")
                return
            printf "%s: %s %.3f, should be %.3f\n", label, what, got, want
            if (got < want * (1 - within / 100) || got > want * (1 + within / 100))
                bad = 1
        }
        {
            t = $4 - $1; l = $5 - $2; h = $6 - $3
            printf "%s: in %.2f s light ran %.1f s, heavy %.1f s\n", label, t, l, h
            check("light", l / t, light)
            check("heavy", h / t, heavy)
            check("ratio", l > 0 ? h / l : 0, ratio)
            exit bad
        }' || { xl vcpu-list; xl sched-credit2; console light | tail -n 20; console heavy | tail -n 20; echo "$1: not as it should be"; failed=1; }
}
failed=0
xl sched-credit2 -d light -w 256
xl sched-credit2 -d heavy -w 512
measure weights - - 2
xl sched-credit2 -d heavy -c 40
measure "cap of 40" - 0.4
xl sched-credit2 -d light -c 25
measure "caps of 25 and 40" 0.25 0.4
xl sched-credit2 -d light -w 512 -c 0
xl sched-credit2 -d heavy -w 512 -c 0
measure "equal weights" - - 1
xl sched-credit2
[ $failed = 0 ]
xl destroy light
xl destroy heavy
echo complete
S
for smp in 1 2; do
    host --smp $smp --add "$work/guest:/root/guest" --timeout 1200
    expect_status 0
    out_has '^complete$'
    clean_log
done
