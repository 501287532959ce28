#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's libvirt with its Xen driver, on our hypervisor, our libxenlight, libxlutil and libxenstore (LIBS=stock: on Debian's): a guest from a
# translated xl.cfg through its life by virsh, with a console, and a disk and a network interface that come and go; nothing is left.
LIBS=${LIBS:-ours}
. "$(dirname "$0")/lib.sh"
virt=$(packages libvirt-daemon libvirt-daemon-driver-xen libvirt-clients libvirt0 libacl1 libapparmor1 libaudit1 libblkid1 libbrotli1 \
    libcap-ng0 libcap2 libcom-err2 libcurl3-gnutls libdbus-1-3 libdevmapper1.02.1 libffi8 libgcrypt20 libglib2.0-0 libgmp10 libgnutls30 \
    libgpg-error0 libgssapi-krb5-2 libhogweed6 libicu72 libidn2-0 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.5-0 \
    liblz4-1 libmount1 libnettle8 libnghttp2-14 libnl-3-200 libnl-route-3-200 libnuma1 libp11-kit0 libparted2 libpcap0.8 libpciaccess0 \
    libpcre2-8-0 libpsl5 libreadline8 librtmp1 libsasl2-2 libselinux1 libssh-4 libssh2-1 libssl3 libstdc++6 libsystemd0 libtasn1-6 \
    libtirpc3 libudev1 libunistring2 libxml2)
libvirtd=$virt/usr/sbin/libvirtd virsh=$virt/usr/bin/virsh driver=$virt/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_libxl.so
mkdir "$work/virt" "$work/virt/lib"
copy_libraries "$virt" "$work/virt/lib" "$libvirtd" "$virsh" "$driver"
rm -f "$work"/virt/lib/libxen* "$work"/virt/lib/libxl* # dom0's
cp "$libvirtd" "$virsh" "$driver" "$work/virt/"
cp -r "$virt/usr/share/libvirt/cpu_map" "$work/virt/"
# TCG's processors have no VME, and Xen hides SEP of AMD's: libvirt, on stock Xen too, knows no model with so little, and would not start.
echo "<cpus><model name='lab'><decode host='on' guest='on'/><feature name='fpu'/></model></cpus>" >"$work/virt/cpu_map/x86_lab.xml"
sed -i "s|<include filename='x86_486.xml'/>|<include filename='x86_lab.xml'/>&|" "$work/virt/cpu_map/index.xml"
grep -q x86_lab "$work/virt/cpu_map/index.xml" || fail "libvirt's map of processors has another shape"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
export LIBVIRT_DRIVER_DIR=/root/virt
mkdir -p /etc/libvirt /run/libvirt /usr/share/libvirt
ln -s /root/virt/cpu_map /usr/share/libvirt/cpu_map
grep -q ^root: /etc/passwd || echo 'root:x:0:0:root:/root:/bin/sh' >>/etc/passwd
printf 'auth_unix_%s = "none"\n' rw ro >/etc/libvirt/libvirtd.conf
backends
LD_LIBRARY_PATH=/root/virt/lib /root/virt/libvirtd -f /etc/libvirt/libvirtd.conf >/tmp/libvirtd.log 2>&1 &
daemon=$!
answers() { [ -S /run/libvirt/libvirt-sock ] || ! kill -0 $daemon 2>/dev/null; }
virsh() {
    LD_LIBRARY_PATH=/root/virt/lib /root/virt/virsh -c xen:///system "$@" ||
        { echo "virsh $*: status $?"; tail -n 20 /tmp/libvirtd.log; tail -n 5 /var/log/libvirt/libxl/*.log; exit 1; }
}
listed() { virsh list --all | awk -v name=$1 '$2 == name { $1 = $2 = ""; print substr($0, 3) }'; } # listed NAME: its state
is_listed() { [ "$(listed $1)" = "$2" ]; }
lists() { within 300 is_listed "$@" || { virsh list --all; echo "$1 is not $2"; exit 1; }; }
life() {
    virsh start guest
    wait_for guest 'guest is ready'
    lists guest running
    virsh dominfo guest >/tmp/info
    grep -q 'State: *running' /tmp/info
    grep -q 'Max memory: *196608 KiB' /tmp/info
    virsh dumpxml guest >/tmp/live.xml
    grep -q "<domain type='xen' id='[1-9]" /tmp/live.xml
    grep -q "<type arch='x86_64' machine='xenpvh'>xenpvh</type>" /tmp/live.xml
    grep -q "<console type='pty' tty='/dev/pts/" /tmp/live.xml
    terminal 'LD_LIBRARY_PATH=/root/virt/lib exec /root/virt/virsh -c xen:///system console guest'
    shows '^Escape character is'
    type 'echo "console: $((6 * 7))"'
    shows '^console: 42$'
    printf '\035' >&4 # Ctrl-]
    terminal_ends

    virsh attach-disk guest /tmp/disk xvdb --driver phy --sourcetype file --targetbus xen
    typed guest 'disks xvdb; dd if=/dev/urandom of=/dev/xvdb bs=64k count=16 conv=fsync'
    virsh domblklist guest | grep '^ xvdb '
    virsh detach-disk guest xvdb
    typed guest 'until ! [ -b /dev/xvdb ]; do usleep 50000; done'
    ! cmp -s -n 1048576 /tmp/disk /dev/zero || { echo 'the disk has nothing of what was written'; exit 1; }
    virsh attach-interface guest bridge xenbr0 --mac 00:16:3e:00:00:77
    typed guest 'until [ -e /sys/class/net/eth0 ]; do usleep 50000; done; ip link set eth0 up && ip addr add 10.1.0.2/24 dev eth0 && ping -c 2 -W 60 10.1.0.1'
    virsh domiflist guest | grep '00:16:3e:00:00:77'
    virsh detach-interface guest bridge --mac 00:16:3e:00:00:77
    typed guest 'until ! [ -e /sys/class/net/eth0 ]; do usleep 50000; done'
    virsh suspend guest
    lists guest paused
    virsh resume guest
    virsh shutdown guest
    lists guest 'shut off'
}

within 300 answers
kill -0 $daemon || { cat /tmp/libvirtd.log; exit 1; }
virsh version
virsh nodeinfo
lists Domain-0 running
sed 's/memory = 128/memory = 192/; s/console=hvc0/console=hvc0 script/' /root/guest/guest.cfg >/tmp/guest.cfg
virsh domxml-from-native xen-xl /tmp/guest.cfg >/tmp/guest.xml
truncate -s 16M /tmp/disk
virsh define /tmp/guest.xml
lists guest 'shut off'
life # what dom0 keeps for good it has afterwards
traces_before
free=$(xl info free_memory)
life
virsh create /tmp/guest.xml --paused
lists guest paused
virsh destroy guest
lists guest 'shut off'
virsh undefine guest
lists guest ''
free_memory_is $free
traces_as_before
if grep -E 'error :' /tmp/libvirtd.log | grep -Ev 'dmidecode|SnapshotNum'; then exit 1; fi
kill $daemon
wait $daemon
echo complete
S
host --smp 2 --mem 2560 --timeout 500 --add "$work/guest:/root/guest" --add "$work/virt:/root/virt" --add "$(packages bsdutils)/usr/bin/script:/root/script"
expect_status 0
out_has '^complete$'
clean_log
