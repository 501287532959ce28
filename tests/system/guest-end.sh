#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests that are destroyed, crash, power off or give memory back in the middle of their disk and network traffic, while
# another guest writes data and reads it back: that stays right, and every frame, port and handle comes back.
# soak: five guests of each kind instead of one
. "$(dirname "$0")/lib.sh"
rounds=1
! soak || rounds=5
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "rounds=$rounds" <<'S'
backends
for n in one other; do dd if=/dev/zero of=/tmp/$n bs=1M count=0 seek=16 2>/dev/null; done
mkfifo /hold
exec 5<>/hold # nc ends with its input
create() { # create NAME LAST-BYTE-OF-ADDRESS
    xl create -q /root/guest/guest.cfg "name='$1'" memory=192 vcpus=2 'extra="console=hvc0 script"' 'on_crash="destroy"' \
        "disk=['file:/tmp/$1,xvda,w']" 'vif=["bridge=xenbr0"]'
    wait_for $1 'guest is ready'
    typed $1 "ip link set eth0 up && ip addr add 10.1.0.$2/24 dev eth0 && ping -c 1 -W 60 10.1.0.1"
}
has_written() { [ "$(cat "/sys/bus/xen-backend/devices/vbd-$(xl domid $1)-51712/statistics/wr_req")" -gt $2 ]; }
# traffic NAME REQUESTS: it reads and writes its disk, sends and receives, until its disk has had so many requests
traffic() {
    nc -l -p 5000 <&5 >/dev/null &
    nc -l -p 5001 </dev/zero >/dev/null 2>&1 &
    typed $1 'mkfifo /hold && exec 5<>/hold'
    typed $1 'nc 10.1.0.1 5000 </dev/zero >/dev/null & nc 10.1.0.1 5001 <&5 >/dev/null &'
    typed $1 'for how in "bs=64k" "bs=4k oflag=direct"; do while dd if=/dev/zero of=/dev/xvda $how; do :; done 2>/dev/null & done'
    within 3000 has_written $1 $2 || { console $1 | tail; echo "$1 writes nothing"; exit 1; }
}
balloon() {
    for mib in 128 192 128 192; do
        xl mem-set $1 $mib
        within 600 has_mib $1 $mib || { xl list; echo "$1 does not get to $mib MiB"; exit 1; }
    done
    typed $1 'echo "still here"'
    xl destroy $1
}
end() { # end NAME KIND
    case $2 in
        destroy) xl destroy $1 ;;
        crash) echo 'echo c >/proc/sysrq-trigger' >"$(tty_of $1)" ;;
        poweroff) echo 'poweroff -f' >"$(tty_of $1)" ;;
        balloon) balloon $1 ;;
    esac
    gone $1
}

create one 2 # what dom0 keeps for good it has afterwards
xl destroy one
settle
create other 3
echo 'n=0; while dd if=/dev/urandom of=/data bs=64k count=16 2>/dev/null; dd if=/data of=/dev/xvda bs=64k conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; do n=$((n + 1)); [ "$(md5sum </data)" = "$(dd if=/dev/xvda bs=64k count=16 2>/dev/null | md5sum)" ] && echo "intact $n" || echo BAD; sleep 3; done & echo' >"$(tty_of other)"
n=0
for round in $(seq $rounds); do
    for kind in destroy crash poweroff balloon; do
        create one 2
        n=$((n + 1))
        traffic one $((n * 797 % 100))
        end one $kind
        pids=$(pidof nc) && kill $pids || :
        echo "$kind in the middle of traffic, $(cut -d. -f1 /proc/uptime) s"
    done
done
wait_for other "^intact $n"
if console other | grep BAD; then exit 1; fi
xl destroy other
same "$n guests"
[ -z "$(losetup -a)" ] || { losetup -a; exit 1; }
echo complete
S
host --smp 2 --timeout $((600 + rounds * 400)) --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
