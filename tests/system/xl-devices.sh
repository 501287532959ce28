#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our xl and libxenlight give Debian guests disks (a block device, files by loop devices) and network interfaces in a bridge: used,
# attached and detached while they run, by the distribution's xl too, which lists the same; what cannot be had fails and leaves
# nothing; afterwards no node, loop device, interface or file is left.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
backends
for n in a b c d; do truncate -s 16M /tmp/$n; done
losetup /dev/loop7 /tmp/b
create() { # create NAME [OPTION|SETTING...]
    name=$1
    shift
    our_xl create -q -e /root/guest/guest.cfg "name=\"$name\"" memory=192 'extra="console=hvc0 script"' "$@"
}
traces_before

create one "disk=['phy:/dev/loop7,xvda,w', 'file:/tmp/a,xvdb,w', 'file:/tmp/c,hda,r']" "vif=['bridge=xenbr0', 'mac=00:16:3e:00:00:07']"
wait_for one 'guest is ready'
typed one 'cat /proc/partitions; ls /sys/class/net; disks xvdb'
for d in xvda xvdb; do typed one "echo data of $d | dd of=/dev/$d conv=fsync"; done
typed one 'ip link set eth0 up && ip addr add 10.1.0.2/24 dev eth0 && ping -c 2 -W 60 10.1.0.1'
head -n 1 /tmp/a | grep '^data of xvdb'
head -n 1 /tmp/b | grep '^data of xvda'
same_lists() {
    for what in block-list network-list; do
        [ "$(xl $what one)" = "$(our_xl $what one)" ] || { xl $what one; our_xl $what one; exit 1; }
    done
}
same_lists
attach_detach() { # attach_detach XL XL: one attaches, the other takes away, while the guest uses it
    $1 block-attach one 'file:/tmp/d,xvdc,w'
    $1 network-attach one mac=00:16:3e:00:00:77 bridge=xenbr0
    typed one 'disks xvdc; until [ -e /sys/class/net/eth2 ]; do usleep 50000; done; dd if=/dev/xvdc of=/dev/null bs=64k count=16'
    same_lists
    $2 block-detach one xvdc
    $2 network-detach one 2
    typed one 'until ! [ -b /dev/xvdc ] && ! [ -e /sys/class/net/eth2 ]; do usleep 50000; done'
}
attach_detach our_xl our_xl
attach_detach our_xl xl
attach_detach xl our_xl
same_lists
[ "$(losetup -a | wc -l)" = 3 ]
refused 'disk xvda: looking who else uses it: /tmp/a is in use by a guest already' create two "disk=['file:/tmp/a,xvda,w']"
refused 'disk xvda: looking at what it is made of: /tmp/none: No such file' create two "disk=['file:/tmp/none,xvda,w']"
refused 'vif 1: connecting it: interface' create two "disk=['file:/tmp/c,xvda,r']" "vif=['bridge=xenbr0', 'bridge=none']"
[ "$(losetup -a | wc -l)" = 3 ]
our_xl destroy one
traces_as_before

xl create -q /root/guest/guest.cfg 'name="stock"' memory=192 "disk=['file:/tmp/a,xvda,w']" "vif=['bridge=xenbr0']"
our_xl destroy stock
traces_as_before
echo complete
S
host --smp 2 --timeout 400 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
