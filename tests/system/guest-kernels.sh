#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's kernels as they are in their packages (compressed, bzImage) start as PVH guests: the ordinary one, the cloud's
# (LZ4), the real-time one, and the 32-bit one of i386 with PAE. Each looks around from inside (guest-kernels.inside), and
# its clock keeps pace with dom0's.
# soak: Debian's kernels (ordinary, cloud, real-time, 686-pae) with 1, 2 and 4 vCPUs each
. "$(dirname "$0")/lib.sh"
kernels='amd64 cloud-amd64 686-pae'
runs='amd64,1 amd64,4 cloud-amd64,2 686-pae,2'
if soak; then
    kernels="$kernels rt-amd64"
    runs=
    for k in $kernels; do runs="$runs $k,1 $k,2 $k,4"; done
fi
packages_of() { # packages_of KERNEL: with a busybox that runs on it
    case $1 in
    *amd64) packages linux-image-$1 ;;
    *) packages linux-image-$1:i386 busybox-static:i386 ;;
    esac
}
mkdir "$work/inside"
install -m 755 "$tests/system/guest-kernels.inside" "$work/inside/look"
(cd "$work/inside" && echo look | cpio -o -H newc --quiet -R 0:0) >"$work/look.cpio"
for k in $kernels; do
    debian=$(packages_of $k)
    busybox=$debian/bin/busybox
    if [ -x "$busybox" ]; then set -- "$busybox"; else set --; fi
    python3 "$tests/lab/lib/guest.py" "$work/guest" "$@"
    { gzip -dc "$work/guest/initrd.gz"; cat "$work/look.cpio"; } | gzip >"$work/guest/$k.gz"
    cp "$debian"/boot/vmlinuz-* "$work/guest/$k"
    # A boot protocol's header, and no ELF file: nobody has unpacked it before.
    [ "$(dd if="$work/guest/$k" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ] || fail "$k is no bzImage"
done
rm "$work/guest/vmlinuz" "$work/guest/initrd.gz"
guests_script "runs='$runs'" <<'S'
failed=0
version=$(xl info xen_version)
free=$(xl info free_memory)
for run in $runs; do
    kernel=${run%,*} vcpus=${run#*,}
    name=$kernel-$vcpus
    echo "== $name"
    xl create -q /root/guest/guest.cfg "name='$name'" "kernel='/root/guest/$kernel'" "ramdisk='/root/guest/$kernel.gz'" \
        vcpus=$vcpus 'extra="console=hvc0 earlyprintk=xen script"'
    wait_for $name 'guest is ready' 2400
    clock $name 20
    [ $low -le 60000000 ] && [ $high -ge -60000000 ] || { echo "another time than dom0's"; failed=1; }
    first="$low $high"
    uuid=$(xl vm-list | awk -v name=$name '$3 == name { print $1 }')
    echo "/look '$uuid' $vcpus '$version'" >"$(tty_of $name)"
    wait_for $name '^checks failed:'
    console $name | sed -n '/guest is up/,$p' | grep -v '^clock [0-9]\|^guest status'
    console $name | grep -q '^checks failed: 0' || failed=1
    clock_kept $name 20 $first
    if complaints $name; then
        echo "$name complains"
        failed=1
    fi
    xl destroy $name
done
free_memory_is $free
[ $failed = 0 ]
echo complete
S
host --smp 2 --add "$work/guest:/root/guest" --timeout 1500
expect_status 0
for run in $runs; do
    out_has "^== ${run%,*}-${run#*,}\$"
    out_has "^guest is up: Linux 6[^ ]*-${run%,*}, ${run#*,} vCPU"
done
out_has '^complete$'
clean_log
