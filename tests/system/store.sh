#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: 50 kills of xenstored and 5 live updates under 8 guests and 32 clients
# Our xenstored under stock xl: guests with a disk and a network are made, asked and destroyed while it is killed again and
# again, and replaced by live update. Clients that know what it has to say (store_load.c), watches of stock's programs and
# of the guests' kernels live on, the guests' devices work, and in the end the store is as it was. GUESTS: fewer of them.
. "$(dirname "$0")/lib.sh"
STORE=ours
load=${XENOLITH_BUILD:-$tests/../build}/tests/system/store_load
[ -e "$load" ] || skip "no $load"
guests=2 kills=6 updates=1 clients=4 pause=1000 mem=2048
! soak || { guests=${GUESTS:-8} kills=50 updates=5 clients=32 pause=3000 mem=3072; }
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "guests=$guests" "kills=$kills" "updates=$updates" "clients=$clients" "pause=$pause" <<'S'
keeper=$(cat /run/xenstored.pid)
server() { child_of "$keeper"; }
changed() { # changed OLD: there is another server
    within 200 has_other_child "$keeper" "$1" || { echo 'there is no new server'; exit 1; }
}
killed=0 updated=0
kill_server() {
    old=$(server)
    kill -9 $old
    killed=$((killed + 1))
    changed $old
}
case $(readlink -f /proc/$keeper/exe) in */xenstored) ;; *) echo "who is that?"; exit 1 ;; esac
backends
for i in $(seq $guests) more; do dd if=/dev/zero of=/tmp/disk$i bs=1M count=0 seek=8 2>/dev/null; done
traces_before
xenstore-watch /watched >/tmp/events &
watcher=$!
until grep -q '^/watched$' /tmp/events; do usleep 10000; done

for i in $(seq $guests); do
    kill_server
    xl create -q /root/guest/guest.cfg "name='g$i'" 'extra="console=hvc0 script"' "disk=['file:/tmp/disk$i,xvda,w']" 'vif=["bridge=xenbr0"]'
done
for i in $(seq $guests); do
    wait_for g$i 'guest is ready'
    typed g$i "ip link set eth0 up && ip addr add 10.1.0.$((i + 1))/24 dev eth0 && ping -c 1 -W 60 10.1.0.1"
    # The disk is written, and read when nothing of it is in memory any more; then the network.
    echo 'n=0; while dd if=/dev/urandom of=/data bs=64k count=4 2>/dev/null; dd if=/data of=/dev/xvda bs=64k conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; do n=$((n + 1)); [ "$(md5sum </data)" = "$(dd if=/dev/xvda bs=64k count=4 2>/dev/null | md5sum)" ] && ping -c 1 -W 60 10.1.0.1 >/dev/null && echo "devices good $n" || echo "devices BAD"; sleep 5; done & echo' >"$(tty_of g$i)"
done
more() { # a device comes and goes
    xl block-attach $1 file:/tmp/diskmore,xvdf,w
    typed $1 'disks xvdf; dd if=/dev/xvdf of=/dev/null bs=64k'
    xl block-detach $1 xvdf
    typed $1 'until ! [ -b /dev/xvdf ]; do usleep 50000; done'
}
/root/store_load $clients $pause >/tmp/load &
load=$!
until grep -q running /tmp/load; do kill -0 $load || { cat /tmp/load; exit 1; }; usleep 20000; done
n=0
while [ $((killed + guests)) -lt $kills ]; do # the last ones follow below
    n=$((n + 1))
    g=g$((n % guests + 1))
    xenstore-write /watched/$n value$n &
    writer=$!
    case $((n % 5)) in
        0) more $g & ;;
        *) xl sysrq $g h & ;;
    esac
    user=$!
    if [ $(((killed - guests) * (updates + 1) / (kills - 2 * guests))) -gt $updated ]; then # spread over the loop
        updated=$((updated + 1))
        cp /usr/lib/xen-4.17/bin/xenstored /tmp/xenstored$updated # the same process runs another file
        xenstore-control live-update /tmp/xenstored$updated
        until [ "$(readlink "/proc/$(server)/exe")" = /tmp/xenstored$updated ]; do usleep 20000; done
    fi
    kill_server
    wait $writer
    wait $user
    [ "$(xenstore-read /watched/$n)" = value$n ]
    [ "$(xenstore-read /local/domain/$(xl domid $g)/name)" = $g ]
    echo "$killed kills, $updated live updates, $(cut -d. -f1 /proc/uptime) s"
done
until [ "$(grep -c '^/watched/' /tmp/events)" -ge $n ]; do usleep 10000; done
[ "$(grep -c '^/watched/' /tmp/events)" = $n ] # each once
kill $watcher
for i in $(seq $guests); do # the kernel's watches: memory, control
    wait_for g$i 'sysrq|SysRq'
    good=$(console g$i | sed -n 's/^devices good //p' | tail -n 1)
    wait_for g$i "^devices good $((good + 1))$"
    if console g$i | grep 'devices BAD' || complaints g$i; then exit 1; fi
    kill_server
    xl destroy g$i
done
kill $load
status=0
wait $load || status=$?
cat /tmp/load
[ $status = 0 ]
xenstore-rm /watched
traces_as_before
echo "complete: $killed kills, $updated live updates, $n rounds"
S
host --smp 1 --mem $mem --timeout $((600 + kills * 60)) --add "$work/guest:/root/guest" --add "$load:/root/store_load"
expect_status 0
out_has "^complete: $kills kills, $updates live updates"
out_has 'all right$'
clean_log
