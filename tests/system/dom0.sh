# SPDX-License-Identifier: GPL-2.0-only
# library
# What scripts in dom0 say about guests: lib.sh's guests_script puts it before them.
set -e
trap '' HUP # a guest's terminal that is opened for reading becomes the script's own, and hangs up with the guest

console() { tr -d '\r' <"/var/log/xen/console/guest-$1.log" 2>/dev/null; }

# within TENTHS COMMAND...: until it succeeds; false if it did not in so many tenths of a second
within() {
    tenths=$1
    shift
    until "$@"; do
        tenths=$((tenths - 1))
        [ $tenths -gt 0 ] || return 1
        usleep 100000
    done
}

# wait_for GUEST REGEX [TENTHS]: its console has a line like that
has_line() { console "$1" | grep -Eq "$2"; }
wait_for() {
    within ${3:-900} has_line "$1" "$2" && return
    console "$1" | tail -n 20
    xl list
    echo "no '$2' on the console of $1"
    exit 1
}

# tty_of GUEST: where to type; xl console does it from a terminal only
tty_of() { xenstore-read "/local/domain/$(xl domid "$1")/console/tty"; }

# typed GUEST LINE: typed, and done with success; until then
statuses() { console $1 | grep -c '^guest status [0-9]' || :; }
more_statuses() { [ $(statuses $1) -gt $2 ]; }
typed() {
    before=$(statuses $1)
    echo "$2" >"$(tty_of $1)"
    within 6000 more_statuses $1 $before || { console $1 | tail -n 20; echo "$1 does not end: $2"; exit 1; }
    console $1 | grep '^guest status [0-9]' | tail -n 1 | grep -q ' 0$' || { console $1 | tail -n 20; echo "$1 failed: $2"; exit 1; }
}

# complaints GUEST: what its kernel finds wrong, if anything
complaints() {
    console "$1" | grep -E 'WARNING: CPU|BUG:|soft lockup|rcu.*stall|hung task|Oops|Call Trace|nobody cared|unchecked MSR|Stale IRR|clocksource.*unstable'
}

# Linux begins by counting timer interrupts, until it is half up, and each of them may be late: its clock starts tenths of
# a second behind, seconds on a slow machine (on stock Xen too). From then on it has to keep pace.
# clock GUEST TIMES: its clock minus dom0's in microseconds, low to high: it is read between two readings of dom0's, so
# often at least and until they are 10 ms apart: the fastest way there and the fastest way back count
clock() {
    exec 3<>"$(tty_of $1)"
    low=-1000000000 high=1000000000
    n=0
    while [ $n -lt $2 ] || { [ $((high - low)) -gt 10000 ] && [ $n -lt 500 ]; }; do
        n=$((n + 1))
        t1=${EPOCHREALTIME/./}
        echo 'echo "clock '$n' $EPOCHREALTIME"' >&3
        word=
        until [ "$word" = clock ] && [ "$number" = $n ]; do
            read -r -t 30 word number there <&3 || { echo "no answer from $1"; exit 1; }
        done
        t2=${EPOCHREALTIME/./}
        there=${there%?} # carriage return
        there=${there/./}
        [ $((there - t2)) -le $low ] || low=$((there - t2))
        [ $((there - t1)) -ge $high ] || high=$((there - t1))
    done
    exec 3>&-
    echo "clock of $1 minus dom0's: $low to $high us"
}

# clock_kept GUEST TIMES LOW HIGH: its clock is as far from dom0's as it was, within 10 ms; else failed=1
clock_kept() {
    clock $1 $2
    [ $((low - $3)) -ge -10000 ] && [ $((high - $4)) -le 10000 ] && return
    echo "clock of $1 went more than 10 ms away from dom0's"
    failed=1
}

# child_of PID: its first child, if there is one
child_of() { cut -d' ' -f1 "/proc/$1/task/$1/children" | grep .; }
has_other_child() { child=$(child_of "$1") && [ "$child" != "$2" ]; } # has_other_child PID CHILD

# gone GUEST: it ends by itself, and xl's own process has cleaned up after it
is_gone() { ! xl domid $1 >/dev/null 2>&1; }
gone() { within 300 is_gone $1 || { xl list; echo "$1 is still there"; exit 1; }; }

# has_mib GUEST MIB: of memory, as xl list has it
has_mib() { [ "$(xl list $1 | awk 'NR == 2 { print $3 }')" = $2 ]; }

# store_says NODE VALUE
store_says() { [ "$(xenstore-read "$1" 2>/dev/null)" = "$2" ]; }

# backends: dom0 drives disks and networks, and has 10.1.0.1 in the bridge xenbr0
backends() {
    for m in loop xen-blkback xen-netback bridge; do modprobe $m; done
    ip link add xenbr0 type bridge
    ip link set xenbr0 up
    ip addr add 10.1.0.1/24 dev xenbr0
}

# refused TEXT COMMAND...: it fails, and the first line that it says has TEXT
refused() {
    text=$1
    shift
    if "$@" >/tmp/out 2>/tmp/err; then echo "done: $*"; exit 1; fi
    head -n 1 /tmp/err | grep -Fq "$text" || { echo "$*:"; cat /tmp/err; exit 1; }
}

# What guests may leave: nodes of the store, loop devices, interfaces, files. xl leaves empty folders the first time, as on stock;
# in error/ Linux's backend notes that a device has gone while it was looking at it.
# traces_before: what there is; traces_as_before: the same again
traces() {
    xenstore-ls -f / | grep -Ev '^/local/domain/0/error|^/(libxl|vm|local/domain/0/(backend|device-model)(/[a-z]*)?) = ""$'
    losetup -a
    ls -d /sys/class/net/vif* /var/lib/xen/* /run/xen/qmp-* 2>/dev/null || :
}
traces_before() { traces >/tmp/traces; }
traces_as_before() { traces | diff /tmp/traces -; }

# free_memory_is MIB [MIB]: what guests had comes back as their pages are scrubbed; all but so much
has_free() { [ "$(xl info free_memory)" -ge $1 ] && [ "$(xl info free_memory)" -le $2 ]; }
free_memory_is() {
    within 100 has_free $(($1 - ${2:-0})) $1 || { echo "free memory was $1, is $(xl info free_memory)"; return 1; }
}

# resources: what the hypervisor says of its memory, and of every domain's ports and grants; not whether an event is pending.
# dom0's own page tables count as free: they grow wherever dom0's kernel maps a guest's page among its own. So do the pages
# that small objects are in: the same objects may lie in one page more or less; and those that its handles of grants are in:
# there are as many as it ever used at once. Stock Xen's debug keys say other things: there it is free memory and domains.
resources() {
    if [ "$hypervisor" = stock ]; then
        xl info free_memory
        xl list | sed 1d | awk '{ print "event channels: ", $1 }'
        return
    fi
    xl dmesg -c >/dev/null
    for key in m e g; do xl debug-keys $key; done
    xl dmesg | grep -E 'memory: |pages of tables|event channels: | vcpu [0-9]|grant table: | readers ' |
        sed 's/ pending [01] masked [01]//; s/vcpu [0-9]* id/id/' |
        awk '/memory: / { free = $3 + $(NF - 1); objects = $8; next }
            /grant table: / { free += $(NF - 1); sub(/, in [0-9]* pages/, "") }
            /pages of tables/ { if ($2 == "d0:") free += $5; else print; next }
            { print }
            END { print "pages free, or of tables, small objects, handles:", free; print "objects:", objects }'
}
# settle: what there is when the first guests have gone and dom0 has what it keeps for good, into /tmp/before. The daemons
# give back what they held of the last ones: wait for dom0 alone, twice the same.
settle() {
    tries=0
    until resources >/tmp/before && [ "$(grep -c 'event channels: ' /tmp/before)" = 1 ] && cmp -s /tmp/before /tmp/now; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat /tmp/before; xl list; echo "domains are left, or nothing settles"; exit 1; }
        cp /tmp/before /tmp/now
        usleep 200000
    done
}
# same WHAT: as settle saw it. Daemons take a moment.
same() {
    tries=0
    while :; do
        resources >/tmp/now
        cmp -s /tmp/before /tmp/now && break
        tries=$((tries + 1))
        [ $tries -lt 50 ] || { echo "after $1:"; diff /tmp/before /tmp/now; xl list; exit 1; }
        usleep 200000
    done
    echo "$1: all as before, $(cut -d. -f1 /proc/uptime) s"
}

# A program on a terminal (/root/script: of the package bsdutils), whose other end is a pipe for what is typed (4) and a file for what is shown.
terminal() { # terminal COMMAND
    rm -f /tmp/keys
    mkfifo /tmp/keys
    setsid /root/script -qefc "$1" /dev/null </tmp/keys >/tmp/screen 2>&1 &
    typist=$!
    exec 4>/tmp/keys
}
screen() { tr -d '\r' </tmp/screen; }
shows() { # shows REGEX [SECONDS]: the terminal shows a line like that
    end=$(($(date +%s) + ${2:-120}))
    until screen | grep -Eq "$1"; do
        [ $(date +%s) -lt $end ] || { screen | tail -n 40; echo "the terminal does not show '$1'"; exit 1; }
        kill -0 $typist || { screen | tail -n 40; echo 'the program on the terminal has ended'; exit 1; }
        usleep 100000
    done
}
type() { printf '%s\r' "$1" >&4; }
typist_ended() { ! kill -0 $typist 2>/dev/null; }
terminal_ends() { within 100 typist_ended || { echo 'the program on the terminal does not end'; exit 1; }; }
