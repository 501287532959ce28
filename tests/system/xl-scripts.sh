#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our xl and libxenlight connect disks and network interfaces by the scripts that a configuration names: the distribution's vif-route,
# vif-bridge (for addresses) and block under another name; the distribution's xl takes away what ours attached so, and the other way
# round; a script that fails or is not there leaves nothing.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
backends
ip link add gate type bridge # vif-route gives its address to interfaces
ip addr add 10.9.0.1/32 dev gate
ip link set gate up
echo 'vif.default.gatewaydev="gate"' >/etc/xen/xl.conf
for n in a b; do truncate -s 16M /tmp/$n; done
export LIBXL_HOTPLUG_TIMEOUT=240 # the distribution's take long on a busy machine; its xl gives them 40 s all the same
cp /etc/xen/scripts/block /etc/xen/scripts/block-own
cat >/root/short <<'E'
#!/bin/bash
cd /
if [ "$1" = add ]; then
    node=$(losetup -f --show "$(xenstore-read $XENBUS_PATH/params)")
    xenstore-write $XENBUS_PATH/node $node $XENBUS_PATH/physical-device 7:$(printf %x ${node#/dev/loop})
else
    losetup -d $(xenstore-read $XENBUS_PATH/node)
fi
E
chmod +x /root/short
cat >/root/bad <<'E'
#!/bin/bash
echo "$1" >>/tmp/bad.calls
echo "the cause" >&2
exit 3
E
chmod +x /root/bad
loops() { losetup -a | wc -l; }
has_route() { ip route | grep -q "^10.2.0.2 dev $1 "; }
traces_before

our_xl create -q -e /root/guest/guest.cfg 'name="one"' memory=192 'extra="console=hvc0 script"' \
    "disk=['format=raw,vdev=xvda,access=w,script=block-own,target=/tmp/a']" "vif=['script=vif-route,ip=10.2.0.2', 'ip=10.3.0.2']" ||
    { cat /var/log/xen/xen-hotplug.log; exit 1; }
wait_for one 'guest is ready'
domid=$(xl domid one)
[ "$(loops)" = 1 ]
has_route vif$domid.0 || { ip route; cat /var/log/xen/xen-hotplug.log; exit 1; }
[ -e /sys/class/net/xenbr0/brif/vif$domid.1 ]
typed one 'disks xvda; echo "data of a" | dd of=/dev/xvda conv=fsync'
head -n 1 /tmp/a | grep '^data of a'
typed one 'ip link set eth0 up && ip addr add 10.2.0.2/24 dev eth0 && ip route add default dev eth0 && ping -c 2 -W 60 10.9.0.1'
attach_detach() { # attach_detach XL XL: one attaches, the other takes away
    $1 block-attach one 'format=raw,vdev=xvdb,access=w,script=/root/short,target=/tmp/b'
    [ "$(loops)" = 2 ]
    typed one 'disks xvdb'
    $2 block-detach one xvdb
    [ "$(loops)" = 1 ]
}
attach_detach our_xl our_xl
attach_detach our_xl xl
attach_detach xl our_xl
our_xl pause one # Linux's backend warns of a device that goes while the guest connects to it
refused 'disk xvdc: connecting it by its script: script /root/bad has failed with exit status 3: the cause' \
    our_xl block-attach one 'format=raw,vdev=xvdc,script=/root/bad,target=x'
refused 'vif: connecting it by its script: script /root/bad has failed with exit status 3: the cause' \
    our_xl network-attach one script=/root/bad
[ "$(tr '\n' ' ' </tmp/bad.calls)" = 'add remove online offline ' ] || { cat /tmp/bad.calls; exit 1; }
refused 'script /etc/xen/scripts/none cannot be executed: No such file' our_xl network-attach one script=none
refused 'block-own has failed' our_xl block-attach one 'format=raw,vdev=xvdc,script=block-own,target=/tmp/none'
our_xl unpause one
our_xl network-detach one 0
if ip route | grep '^10.2.0.2'; then exit 1; fi
our_xl destroy one
[ "$(loops)" = 0 ]
traces_as_before
if ip link | grep ' vif'; then exit 1; fi
echo complete
S
host --smp 2 --timeout 400 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
