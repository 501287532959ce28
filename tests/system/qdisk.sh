#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The distribution's QEMU as backend of disks (backendtype=qdisk) on our xenstored: a guest writes data and reads it back
# while xenstored is killed; a second disk comes and goes. Afterwards QEMU has ended, and the store is as before.
# STORE=stock: the same on stock's.
STORE=${STORE:-ours}
. "$(dirname "$0")/lib.sh"
qemu_files "$work/qemu"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "store=$STORE" <<'S'
kill_server() { # the keeper starts the next one
    [ $store = ours ] || return 0
    kill -9 "$(child_of "$(cat /run/xenstored.pid)")"
}
for n in a b; do truncate -s 16M /tmp/disk$n; done
qdisk() { echo "format=raw, vdev=xvd$1, access=rw, backendtype=qdisk, target=/tmp/disk$1"; }
# What xl leaves in the store after the first guest it leaves after others.
one() {
    xl create -q /root/guest/guest.cfg 'name="one"' memory=192 'extra="console=hvc0 script"' "disk=['$(qdisk a)']" ||
        { tail /var/log/xen/qemu*; exit 1; }
    wait_for one 'guest is ready'
}
one
xl destroy one
traces_before
one
typed one 'disks xvda; cat /sys/block/xvda/size'
xenstore-ls -f /local/domain/0/backend/qdisk | grep '/state' || { xenstore-ls -f /local/domain/0/backend; exit 1; }
pidof xen-qemu-system-i386 || { ps; exit 1; }
typed one '/bin/mke2fs -q -t ext4 /dev/xvda && mkdir /mnt && mount -t ext4 /dev/xvda /mnt'
for n in 1 2; do
    kill_server
    typed one 'dd if=/dev/urandom of=/data bs=64k count=64 && cat /data >/mnt/data && umount /mnt && mount -t ext4 /dev/xvda /mnt && cmp /data /mnt/data'
    xl block-attach one "$(qdisk b)"
    kill_server
    typed one "disks xvdb; dd if=/data of=/dev/xvdb bs=64k conv=fsync && echo \"sum: \$(md5sum </data)\""
    set -- $(console one | grep '^sum: ' | tail -n 1)
    xl block-detach one xvdb
    typed one 'until ! [ -b /dev/xvdb ]; do usleep 50000; done'
    [ "$(head -c 4194304 /tmp/diskb | md5sum)" = "$2  -" ]
    echo "round $n: $2"
done
typed one 'umount /mnt'
if complaints one; then exit 1; fi
echo 'poweroff -f' >"$(tty_of one)"
gone one
no_qemu() { ! pidof xen-qemu-system-i386; }
within 300 no_qemu || { echo "QEMU is still there"; exit 1; }
traces_as_before
echo complete
S
host --smp 1 --mem 2560 --timeout 600 $qemu_add --add "$work/guest:/root/guest"
expect_status 0
out_has '^round 2: '
out_has '^complete$'
clean_log
