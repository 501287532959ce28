# SPDX-License-Identifier: GPL-2.0-only
# library
# What scripts in dom0 say about guests: lib.sh's guests_script puts it before them.
set -e

console() { tr -d '\r' <"/var/log/xen/console/guest-$1.log" 2>/dev/null; }

# wait_for GUEST REGEX: its console has a line like that
wait_for() {
    tries=0
    until console "$1" | grep -Eq "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 900 ] || { console "$1" | tail -n 20; xl list; echo "no '$2' on the console of $1"; exit 1; }
        usleep 100000
    done
}

# tty_of GUEST: where to type; xl console does it from a terminal only
tty_of() { xenstore-read "/local/domain/$(xl domid "$1")/console/tty"; }

# complaints GUEST: what its kernel finds wrong, if anything
complaints() {
    console "$1" | grep -E 'WARNING: CPU|BUG:|soft lockup|rcu.*stall|hung task|Oops|Call Trace|clocksource.*unstable'
}
