#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: 50 kills of xenstored under 8 guests
# Our xenstored under stock xl: guests are made, asked and destroyed while it is killed again and again; watches of
# clients and of the guests' kernels live on, and in the end the store is as it was.
. "$(dirname "$0")/lib.sh"
STORE=ours
guests=2 kills=6
! soak || { guests=8 kills=50; }
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script "guests=$guests" "kills=$kills" <<'S'
server() { ps | awk '/xenstored.*--server/ && !/awk/ { print $1 }' | head -n 1; }
kill_server() {
    old=$(server)
    kill -9 $old
    killed=$((killed + 1))
}
killed=0
case $(readlink -f /proc/$(cat /run/xenstored.pid)/exe) in */xenstored) ;; *) echo "who is that?"; exit 1 ;; esac
# xl leaves two empty folders the first time, as on stock.
nodes() { xenstore-ls -f / | grep -Ev '^/(libxl|vm) = ""$'; }
nodes >/tmp/before
xenstore-watch /watched >/tmp/events &
watcher=$!
until grep -q '^/watched$' /tmp/events; do usleep 10000; done

for i in $(seq $guests); do
    kill_server
    xl create -q /root/guest/guest.cfg "name='g$i'" 'memory=96' 'extra="console=hvc0 script"'
done
for i in $(seq $guests); do wait_for g$i 'guest is ready'; done
n=0
while [ $killed -lt $kills ]; do
    n=$((n + 1))
    xenstore-write /watched/$n value$n &
    writer=$!
    kill_server
    wait $writer
    [ "$(xenstore-read /watched/$n)" = value$n ]
    g=g$((n % guests + 1))
    [ "$(xenstore-read /local/domain/$(xl domid $g)/name)" = $g ]
    xl sysrq $g h
done
until [ "$(grep -c '^/watched/' /tmp/events)" -ge $n ]; do usleep 10000; done
[ "$(grep -c '^/watched/' /tmp/events)" = $n ] # each once
kill $watcher
for i in $(seq $guests); do # the kernel's watches: memory, control
    wait_for g$i 'sysrq|SysRq'
    ! complaints g$i
    kill_server
    xl destroy g$i
done
xenstore-rm /watched
nodes >/tmp/after
diff /tmp/before /tmp/after
echo "complete: $killed kills"
S
host --smp 1 --mem 2048 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete'
