#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our xl starts the distribution's QEMU as the backend of a guest's disks and screen, with the guest or with the first disk that needs it: data
# written and read back, a second disk that comes and goes; it ends with the guest, and nothing is left.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
qemu_files "$work/qemu"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
for n in a b; do truncate -s 16M /tmp/disk$n; done
qdisk() { echo "format=raw, vdev=xvd$1, access=rw, backendtype=qdisk, target=/tmp/disk$1"; }
no_qemu() { ! pidof xen-qemu-system-i386; }
traces_before
our_xl create -q -e /root/guest/guest.cfg 'name="one"' memory=192 'extra="console=hvc0 script"' "disk=['$(qdisk a)']" 'vfb=["vnc=1"]' ||
    { tail /var/log/xen/qemu*; exit 1; }
wait_for one 'guest is ready'
pidof xen-qemu-system-i386
xenstore-ls -f /local/domain/0/backend | grep '/state'
typed one 'disks xvda; echo "data of a" | dd of=/dev/xvda conv=fsync'
head -n 1 /tmp/diska | grep '^data of a'
xl block-attach one "$(qdisk b)"
typed one 'disks xvdb; echo "data of b" | dd of=/dev/xvdb conv=fsync'
head -n 1 /tmp/diskb | grep '^data of b'
our_xl block-detach one xvdb
our_xl destroy one
no_qemu

our_xl create -q -e /root/guest/guest.cfg 'name="two"' memory=192 'extra="console=hvc0 script"'
wait_for two 'guest is ready'
no_qemu
our_xl block-attach two "$(qdisk b)" || { tail /var/log/xen/qemu*; exit 1; }
our_xl block-attach two "$(qdisk a)"
[ "$(pidof xen-qemu-system-i386 | wc -w)" = 1 ]
typed two 'disks xvda xvdb; head -n 1 /dev/xvda | grep "data of a"; head -n 1 /dev/xvdb | grep "data of b"'
our_xl block-detach two xvda
our_xl destroy two
no_qemu
traces_as_before
echo complete
S
host --smp 2 --mem 2560 --timeout 400 $qemu_add --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
