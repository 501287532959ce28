#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our xl and libxenlight connect disks and network interfaces by the scripts that a configuration names: the distribution's vif-route,
# vif-bridge (for addresses) and block under another name; the distribution's xl takes away what ours attached so, and the other way
# round; a script that fails or is not there leaves nothing. A vif with a gatewaydev (xl.conf's), no script and no bridge is routed
# without one.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
backends
ip link add gate type bridge # vif-route gives its address to interfaces
ip addr add 10.9.0.1/32 dev gate
ip addr add 10.9.0.9/32 dev gate
ip addr add 2001:db8::9/128 dev gate nodad
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
has_route() { ip route | grep -q "^$1 dev $2 .* src 10.9.0.1 "; }
no_route() { if { ip route && ip -6 route; } | grep "^$1 "; then exit 1; fi; }
traces_before

our_xl create -q -e /root/guest/guest.cfg 'name="one"' memory=192 'extra="console=hvc0 script"' \
    "disk=['format=raw,vdev=xvda,access=w,script=block-own,target=/tmp/a']" "vif=['script=vif-route,ip=10.2.0.2', 'bridge=xenbr0,ip=10.3.0.2', \
    'ip=10.4.0.2 2001:db8::2']" ||
    { cat /var/log/xen/xen-hotplug.log; exit 1; }
wait_for one 'guest is ready'
domid=$(xl domid one)
[ "$(loops)" = 1 ]
has_route 10.2.0.2 vif$domid.0 || { ip route; cat /var/log/xen/xen-hotplug.log; exit 1; }
[ -e /sys/class/net/xenbr0/brif/vif$domid.1 ]
typed one 'disks xvda; echo "data of a" | dd of=/dev/xvda conv=fsync'
head -n 1 /tmp/a | grep '^data of a'
typed one 'ip link set eth0 up && ip addr add 10.2.0.2/24 dev eth0 && ip route add default dev eth0 && ping -c 2 -W 60 10.9.0.1'
# Routed by the library. The guest knows the host by its link's address, which is always the same.
has_route 10.4.0.2 vif$domid.2 || { ip route; exit 1; }
ip -6 route | grep "^2001:db8::2 dev vif$domid.2 "
grep 1 /proc/sys/net/ipv4/conf/vif$domid.2/proxy_arp /proc/sys/net/ipv6/conf/vif$domid.2/proxy_ndp
typed one 'ip link set eth2 up && ip addr add 10.4.0.2/32 dev eth2 && ip route add 10.9.0.9 dev eth2 && ping -c 2 -W 60 10.9.0.9'
typed one 'ip addr add 2001:db8::2/128 dev eth2 && ip -6 route add 2001:db8::9 via fe80::fcff:ffff:feff:ffff dev eth2'
typed one 'until ping -6 -c 1 -W 60 2001:db8::9; do usleep 50000; done'
our_xl network-detach one 2
no_route 10.4.0.2
no_route 2001:db8::2
our_xl network-attach one ip=10.4.0.2
xl network-detach one 2
no_route 10.4.0.2
our_xl network-attach one ip=10.4.0.2
has_route 10.4.0.2 vif$domid.2
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
refused "interface vif$domid.3: there is a route to 10.4.0.2 already, for another guest" our_xl network-attach one ip=10.4.0.2
refused 'gatewaydev=none: this host has no such interface;' our_xl network-attach one ip=10.4.0.3 gatewaydev=none
our_xl unpause one
our_xl network-detach one 0
no_route 10.2.0.2
our_xl pause one
our_xl destroy one
no_route 10.4.0.2
[ "$(loops)" = 0 ]
traces_as_before
if ip link | grep ' vif'; then exit 1; fi
echo complete
S
host --smp 2 --timeout 400 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
