#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PV networks on dom0's bridge: a guest with four NICs and four disks at once and a second guest; pings, data over TCP each
# way intact, between the guests too; devices attached and detached; the backends' modules removed in the middle of it.
# Afterwards memory, objects, ports and grants are as before.
# soak: 200 MiB over TCP each way, 50 attaches and detaches
. "$(dirname "$0")/lib.sh"
size=8 times=2
if soak; then size=200 times=50; fi
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "size=$size times=$times" <<'S'
backends
for n in 1 2 3; do ip addr add 10.1.$n.1/24 dev xenbr0; done
for n in 1 2 3 4 5; do dd if=/dev/zero of=/tmp/disk$n bs=1M count=0 seek=16 2>/dev/null; done
create() { # create NAME [OPTION...]
    name=$1
    shift
    xl create -q /root/guest/guest.cfg "name='$name'" memory=256 vcpus=2 'extra="console=hvc0 script"' "$@"
    wait_for $name 'guest is ready'
}
many() {
    create many 'disk=["file:/tmp/disk1,xvda,w", "file:/tmp/disk2,xvdb,w", "file:/tmp/disk3,xvdc,w", "file:/tmp/disk4,xvdd,w"]' \
        'vif=["bridge=xenbr0", "bridge=xenbr0", "bridge=xenbr0", "bridge=xenbr0"]'
}
last() { console $1 | grep "^$2" | tail -n 1; }
equal() { # equal WHAT SUM SUM
    [ -n "$2" ] && [ "${2%% *}" = "${3%% *}" ] || { echo "$1: $2 is not $3"; exit 1; }
    echo "$1: $size MiB intact"
}
# nc ends when the other side has no more to say, if its own input does not end before: who listens reads a pipe held open
hold='[ -p /hold ] || mkfifo /hold; exec 5<>/hold'
eval "$hold"
# listening PORT: until somebody does; in a shell of dom0 or a guest
listening() { printf 'until cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":%04X [0-9A-F:]* 0A "; do usleep 20000; done' $1; }
random() { echo "dd if=/dev/urandom bs=1M count=$size 2>/dev/null"; }
random_to() { # random_to GUEST ADDRESS PORT: its sum is in the guest's "sent:" line
    typed $1 "rm -f /f; mkfifo /f; md5sum </f >/sum & $(random) | tee /f | nc $2 $3 >/dev/null; wait; echo sent: \$(cat /sum)"
}

many # what dom0 keeps for good it has afterwards
xl destroy many
settle

many
create other 'vif=["bridge=xenbr0"]'
for n in 0 1 2 3; do typed many "ip link set eth$n up && ip addr add 10.1.$n.2/24 dev eth$n"; done
typed other 'ip link set eth0 up && ip addr add 10.1.0.3/24 dev eth0'
for n in 0 1 2 3; do typed many "ping -c 2 -W 60 10.1.$n.1"; done
typed many 'ping -c 2 -W 60 10.1.0.3'
typed other 'ping -c 2 -W 60 10.1.0.2'
typed many 'echo "queues: $(ls /sys/class/net/eth0/queues | grep -c rx) $(ls /sys/block/xvda/mq | wc -l)"'
[ "$(last many queues:)" = "queues: 2 $(nproc)" ] || { last many queues:; exit 1; }

dd if=/dev/urandom of=/tmp/data bs=1M count=$size 2>/dev/null
nc -l -p 5000 </tmp/data >/dev/null &
eval "$(listening 5000)"
typed many "$hold"
typed many 'echo "received: $(nc 10.1.0.1 5000 <&5 | md5sum)"'
set -- $(last many received:)
equal "dom0 to guest" $2 "$(md5sum </tmp/data)"
rm /tmp/data
nc -l -p 5001 <&5 | md5sum >/tmp/sum &
eval "$(listening 5001)"
random_to many 10.1.0.1 5001
wait %2
set -- $(last many sent:)
equal "guest to dom0" $2 "$(cat /tmp/sum)"
typed other "$hold"
typed other "nc -l -p 5002 <&5 >/got & $(listening 5002)"
random_to many 10.1.0.3 5002
typed other 'wait; echo "received: $(md5sum </got)"'
set -- $(last many sent:) $(last other received:)
equal "guest to guest" $2 $5

for n in $(seq $times); do
    xl block-attach many "file:/tmp/disk5,xvdf,w"
    xl network-attach many mac=00:16:3e:00:00:77 bridge=xenbr0
    typed many 'disks xvdf; until [ -e /sys/class/net/eth4 ]; do usleep 50000; done; dd if=/dev/xvdf of=/dev/null bs=64k count=16'
    xl block-detach many xvdf
    xl network-detach many 4
    typed many 'until ! [ -b /dev/xvdf ] && ! [ -e /sys/class/net/eth4 ]; do usleep 50000; done'
done
echo "attached and detached $times times"

# The backends' modules go away while they are used, and the store says so. Linux's frontends, on stock Xen too, leave what is
# on the rings without an answer, and what comes later gets errors; the guests stay.
nc -l -p 5003 <&5 >/dev/null &
listener=$!
eval "$(listening 5003)"
echo 'nc 10.1.0.1 5003 </dev/zero & for d in a b c d; do dd if=/dev/zero of=/dev/xvd$d bs=64k & done; echo "busy now"' >"$(tty_of many)"
wait_for many '^busy now'
devices=$(cd /sys/bus/xen-backend/drivers && echo v[bi]*/v*-*)
for device in $devices; do echo "${device##*/}" >"/sys/bus/xen-backend/drivers/${device%/*}/unbind"; done
modprobe -r xen-blkback
modprobe -r xen-netback
for device in $devices; do
    set -- $(echo "${device##*/}" | tr - ' ')
    xenstore-write "/local/domain/0/backend/$1/$2/$3/state" 6
done
for device in $devices; do
    set -- $(echo "${device##*/}" | tr - ' ')
    within 600 store_says "/local/domain/$2/device/$1/$3/state" 6 || { echo "$device: the guest does not close it"; exit 1; }
done
typed many 'for d in a b c d; do ! dd if=/dev/zero of=/dev/xvd$d bs=64k count=1 || echo "xvd$d is written"; done; echo "ends: disks"'
typed many '! ping -c 1 -W 5 10.1.0.1 && echo "ends: network"'
typed other '! ping -c 1 -W 5 10.1.0.1 && echo "ends: network"'
console many | grep 'is written' && exit 1
echo "backends went away"
kill $listener
xl destroy many
xl destroy other
same 'networks and disks'
for m in xen-blkback xen-netback; do modprobe $m; done
create again 'vif=["bridge=xenbr0"]' 'disk=["file:/tmp/disk1,xvda,w"]'
typed again 'ip link set eth0 up && ip addr add 10.1.0.2/24 dev eth0 && ping -c 2 -W 60 10.1.0.1 && dd if=/dev/xvda of=/dev/null bs=64k'
xl destroy again
same 'a new guest'
[ -z "$(losetup -a)" ] || { losetup -a; exit 1; }
echo complete
S
host --smp 2 --timeout $((400 + size * 8 + times * 20)) --add "$work/guest:/root/guest"
expect_status 0
out_has '^backends went away$'
out_has '^complete$'
clean_log
