#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: the lifecycle, disk, network and console tests once more, with our xenstored and xenconsoled, on ours and on stock Xen
# Our xenstored and xenconsoled in place of stock's, under stock xl: a guest with a disk, a network and a console through its
# whole life, and nothing of it is left; STORE=stock CONSOLE=stock: the same with stock's. Then the tests that other files make of
# parts of it, with these daemons.
# WHERE, WHAT: only these of "ours stock", only these tests.
export STORE="${STORE:-ours}" CONSOLE="${CONSOLE:-ours}"
. "$(dirname "$0")/lib.sh"

again() { # again HYPERVISOR NAME...: in their short sizes, lifecycle in full
    HYPERVISOR=$1
    export HYPERVISOR
    shift
    for test in ${WHAT:-$@}; do
        path=$tests/system/$test.sh full=
        [ -e "$path" ] || { path=$tests/peer/$test.sh full=1; }
        start=$(date +%s)
        SOAK=$full OUT=$OUT/daemons-$HYPERVISOR "$path" || fail "$test on $HYPERVISOR"
        echo "$test on $HYPERVISOR: $(($(date +%s) - start)) s"
    done
}
if soak; then
    MEASURE=$work/lifecycle
    export MEASURE
    for where in ${WHERE:-ours stock}; do
        case $where in
        ours)
            HOST_OPTIONS='--timeout 3600'
            export HOST_OPTIONS
            again ours guest-linux guest-console disk guest-net guest-end cycles lifecycle
            ;;
        stock)
            HOST_OPTIONS='--smp 1 --timeout 3600' # docs/decisions.md, 13; and its PVH dom0 takes its time
            export HOST_OPTIONS
            again stock daemons guest-linux guest-console disk guest-net lifecycle
            ;;
        esac
    done
    exit
fi

python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "store=$STORE console=$CONSOLE" <<'S'
for daemon in "xenstored $store" "xenconsoled $console"; do # stock's have no child
    whose=stock
    ! child_of "$(cat /run/${daemon% *}.pid)" || whose=ours
    [ $whose = ${daemon#* } ] || { echo "the ${daemon% *} is not as asked, but $whose"; exit 1; }
done
backends
for n in a b; do truncate -s 8M /tmp/disk$n; done
create() {
    xl create -q /root/guest/guest.cfg 'name="life"' 'extra="console=hvc0 script"' memory=192 vcpus=2 \
        'disk=["file:/tmp/diska,xvda,w"]' 'vif=["mac=00:16:3e:00:00:01, bridge=xenbr0"]' 'on_poweroff="destroy"'
}
was_ready() { [ "$(console life | grep -c 'guest is ready')" -ge $1 ]; }
ready() { # ready COUNT: it is up for the so manyth time
    within 900 was_ready $1 || { console life | tail -n 20; xl list; echo "no guest"; exit 1; }
}
network() { typed life 'ip link set eth0 up && ip addr add 10.1.0.2/24 dev eth0 && ping -c 2 -W 60 10.1.0.1'; }
disk() { typed life 'dd if=/dev/xvda of=/data bs=64k && [ "$(md5sum </data)" = "$(cat /sum)" ]'; }
traces_before
free=$(xl info free_memory)
create
ready 1
network
typed life 'dd if=/dev/urandom of=/data bs=64k count=128 && md5sum </data >/sum && dd if=/data of=/dev/xvda bs=64k conv=fsync; echo 3 >/proc/sys/vm/drop_caches'
disk
xl pause life
xl unpause life
xl block-attach life file:/tmp/diskb,xvdb,w
xl network-attach life mac=00:16:3e:00:00:02 bridge=xenbr0
typed life 'disks xvdb; until [ -e /sys/class/net/eth1 ]; do usleep 50000; done; dd if=/data of=/dev/xvdb bs=64k conv=fsync'
xl block-detach life xvdb
xl network-detach life 1
typed life 'until ! [ -b /dev/xvdb ] && ! [ -e /sys/class/net/eth1 ]; do usleep 50000; done'
cmp /tmp/diska /tmp/diskb
xl rename life other
xl rename other life
xl sysrq life h
wait_for life 'sysrq: HELP'
xl mem-set life 160
within 300 has_mib life 160 || { xl list; exit 1; }
xl vcpu-set life 1
xl reboot life
ready 2
network
typed life "[ \"\$(md5sum </dev/xvda)\" = \"$(md5sum </tmp/diska)\" ]"
xl shutdown -w life
gone life
free_memory_is $free 1 # dom0's grant handles take some
traces_as_before
[ $console = stock ] || xenconsole --list
echo complete
S
host --smp 2 --timeout 600 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
