#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests that attack: random hypercalls, MSRs, ports and instructions on device pages from two vCPUs, one such guest after
# the other. Meanwhile the memory of a quiet guest and of dom0 is looked at; afterwards all memory is free again.
# ATTACK_SEED is the first guest's seed; ATTACK_SECONDS is how long it goes on.
# soak: 10 minutes, with a seed from the clock
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
[ -e "$build/tests/domu/attack.elf" ] || skip "no test kernels in $build/tests/domu"
seed=1 seconds=30 life=15
if soak; then seed=$(date +%s) seconds=600 life=30; fi
seed=${ATTACK_SEED:-$seed} seconds=${ATTACK_SECONDS:-$seconds}

mkdir "$work/domu"
cp "$build/tests/domu/attack.elf" "$build/tests/domu/quiet.elf" "$work/domu"
guests_script "seed=$seed" "seconds=$seconds" "life=$life" <<'S'
fail() { echo "failed: $*"; xl list; exit 1; }
now() { cut -d. -f1 /proc/uptime; }
passes() { console quiet | grep -c '^quiet: pass' || :; }
has_passes() { [ "$(passes)" -ge $1 ]; }
quiet_for_a_pass() { # the quiet guest has looked at all its memory once more, from the beginning
    within 600 has_passes $(($(passes) + 2)) || fail "the quiet guest is silent"
}
intact() {
    cmp /tmp/pattern /tmp/again || fail "dom0's memory has changed"
    ! console quiet | grep -E '^quiet: 0x|pass [0-9]*, [1-9]' || fail "the quiet guest's memory has changed"
    xl list quiet >/dev/null || fail "the quiet guest is gone"
}
config() { printf 'type="pvh"\nname="%s"\nkernel="/root/domu/%s.elf"\nmemory=32\nvcpus=%d\n' "$1" "$1" "$2" >/tmp/$1.cfg; }

attack() { # attack SEED: until it has ended itself, goes round in circles, or has lived long enough
    rm -f /var/log/xen/console/guest-attack.log
    xl create -q -e /tmp/attack.cfg "extra='seed=$1 other=$other'" || fail "no attacker"
    end=$(($(now) + life)) said= still=0
    while [ "$(now)" -lt $end ] && [ $still -lt 4 ] && xl list attack | grep -q ' [r-][b-]---- \| [r-][b-]----$'; do
        intact
        still=$((still + 1)) before_that=$said said=$(console attack | wc -c)
        [ "$said" = "$before_that" ] || still=0
        usleep 700000
    done
    echo "seed $1: $(console attack | grep '^attack: [0-9]* and' | tail -n 1) $(xl list attack | awk 'NR == 2 { print $5 }')"
    console attack >>/tmp/attacks || :
    xl destroy attack || fail "the attacker cannot be destroyed"
}

config attack 2
config quiet 1
dd if=/dev/urandom of=/tmp/pattern bs=1M count=16 2>/dev/null
cp /tmp/pattern /tmp/again
xl create -q -e /tmp/quiet.cfg || fail "no quiet guest"
other=$(xl domid quiet)
attack $seed
quiet_for_a_pass
resources >/tmp/before
stop=$(($(now) + seconds))
while [ "$(now)" -lt $stop ]; do
    seed=$((seed + 1))
    attack $seed
done
quiet_for_a_pass
intact
same 'attacks'
awk '/^attack: [0-9]* and/ { if ($2 < a) { A += a; B += b; C += c; F += f } a = $2; b = $4; c = $6; f = $9 }
    END { print "total:", A + a, B + b, "operations,", C + c, "calls answered,", F + f, "faults" }' /tmp/attacks
echo "$(console quiet | grep "^quiet: pass" | tail -n 1) at the end"
echo complete
S
echo "ATTACK_SEED=$seed"
host --smp 2 --timeout $((seconds * 3 + 150)) --add "$work/domu:/root/domu"
expect_status 0
out_has '^complete$'
out_has '^total: [1-9][0-9]{2,} [1-9][0-9]{2,} operations, [1-9][0-9]+ calls answered, [1-9][0-9]{2,} faults'
