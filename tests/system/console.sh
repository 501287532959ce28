#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our console daemon and client in place of stock's, under stock xl: a guest writes while the daemon is killed again and
# again, and types in between; every line is in the log file once. It has a second console too. Then its last words, and
# the hypervisor's log.
# soak: 50 kills while 8 guests write, on the same terms
CONSOLE=ours
. "$(dirname "$0")/lib.sh"
if soak; then guests=8 kills=50; else guests=1 kills=6; fi
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script "guests=$guests" "kills=$kills" <<'S'
worker() { child_of "$(cat /run/xenconsoled.pid)"; }
kill_daemon() {
    old=$(worker) || { echo 'there is no daemon'; exit 1; }
    kill -9 "$old"
    within 100 has_other_child "$(cat /run/xenconsoled.pid)" "$old" || { echo 'nobody starts the daemon again'; exit 1; }
}
names=
for i in $(seq $guests); do
    names="$names guest$i"
    sed "s/^name *=.*/name = \"guest$i\"/" /root/guest/guest.cfg >/tmp/guest$i.cfg
    xl create -q /tmp/guest$i.cfg
done
for g in $names; do wait_for $g '^(~|/root) # '; tty_of $g >/tmp/tty.$g; done

# A second console, written into the store as a toolstack would: the guest's driver makes hvc1 of it.
id=$(xl domid guest1)
front=/local/domain/$id/device/console/1 back=/local/domain/0/backend/console/$id/1
xenstore-write $back '' $front ''
xenstore-chmod $back n0 r$id
xenstore-chmod $front n$id r0
xenstore-write $back/frontend $front $back/frontend-id $id $back/online 1 $back/protocol vt100 $back/state 1
xenstore-write $front/backend $back $front/backend-id 0 $front/type xenconsoled $front/output pty $front/state 1
for end in $back $front; do
    within 300 store_says $end/state 4 || { xenstore-ls $back; xenstore-ls $front; echo 'the ends do not connect'; exit 1; }
done
# Linux makes the device file before its driver has the ring, and throws away what is written in between.
echo 'until stty -F /dev/hvc1 -echo 2>/dev/null; do sleep 1; done; echo "second speaks" >/dev/hvc1; head -n 1 /dev/hvc1 | sed "s/^/second heard /" >/dev/hvc1' >"$(cat /tmp/tty.guest1)"
within 900 has_line guest1-console1 '^second speaks' ||
    { xenstore-ls $back; xenstore-ls $front; console guest1 | tail; console guest1-console1; echo 'the second console does not speak'; exit 1; }
kill_daemon
echo word >"$(xenstore-read $front/tty)"
wait_for guest1-console1 '^second heard word'

# Each guest writes numbered lines until it is told to stop, which it is by a line typed after the last kill.
for g in $names; do
    echo 'stty -echo; i=0; while ! read -t 0 x; do i=$((i + 1)); echo "flood $i of the lines that are all the same but for this number"; done; echo "flood ends at $i"' >"$(cat /tmp/tty.$g)"
    wait_for $g '^flood 20 '
done
n=0
while [ $n -lt $kills ]; do
    n=$((n + 1))
    kill_daemon
    for g in $names; do wait_for $g "^flood $((n * 40)) "; done
done
for g in $names; do
    [ "$(tty_of $g)" = "$(cat /tmp/tty.$g)" ] || { echo "the terminal of $g is another one"; exit 1; }
    echo >"$(cat /tmp/tty.$g)"
    wait_for $g '^flood ends at'
    console $g | awk '/^flood [0-9]+ of/ { if ($2 != last + 1) { print "line", $2, "after", last; bad = 1 } last = $2 }
        /^flood ends at/ { if ($4 != last) { print "ends at", $4, "after", last; bad = 1 } print last, "lines"; exit bad }'
done
echo "$n kills"

for g in $names; do
    echo 'echo "last wo""rds"; poweroff -f' >"$(cat /tmp/tty.$g)"
    gone $g
    xenconsole name:$g </dev/null | tr -d '\r' | grep 'last words$'
done
xenconsole -n 1 name:guest1 </dev/null | tr -d '\r' | grep 'heard word$'
xenconsole --list

kill "$(cat /run/xenconsoled.pid)"
while [ -e /proc/"$(cat /run/xenconsoled.pid)" ]; do usleep 20000; done
xenconsoled --pid-file=/run/xenconsoled.pid --log=all --timestamp=hv
xenconsole hypervisor </dev/null >/tmp/hv &
follower=$!
xl debug-keys h
within 100 grep -q "'h' pressed" /tmp/hv || { tail /tmp/hv; echo 'the log does not come'; exit 1; }
kill $follower
grep -c "^\[20.*'h' pressed" /var/log/xen/console/hypervisor.log
xenconsole name:guest1 </dev/null | tr -d '\r' | grep 'last words$' # also after a new start
echo complete
S
host --smp 2 --mem $((1856 + guests * 192)) --timeout $((300 + kills * 60)) --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
