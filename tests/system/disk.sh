#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest with PV disks at once: a loop file, and dom0's virtio, NVMe and AHCI disk by phy:. It makes ext4 on each, writes
# data and reads it back, while dom0 balloons and is under memory pressure; without an IOMMU (dom0 bounces; two disks) and
# with one (the devices write into the guest's own pages; four disks).
# soak: 256 MiB on each of four disks in both cases, instead of 4
. "$(dirname "$0")/lib.sh"
mib=4 few='xvda xvdb'
soak && mib=256 few='xvda xvdb xvdc xvdd'
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
cp "$tests/system/disk.guest" "$work/guest/"

cat >"$work/dom0" <<'S'
for m in virtio_pci virtio_blk nvme ahci sd_mod crc32c_generic ext4 loop xen-blkback; do modprobe $m; done
for d in vdb nvme0n1 sda; do until true </dev/$d; do usleep 100000; done 2>/dev/null; done
grep -o 'swiotlb=[a-z]*' /proc/cmdline || echo 'no bounce buffers'
busybox mke2fs /dev/vdb >/dev/null
mkdir /tmp/files
mount -t ext4 /dev/vdb /tmp/files
truncate -s $((mib * 3 / 2 + 16))M /tmp/files/disk
full=$(xl list 0 | awk 'NR == 2 { print $3 }')
xl mem-set 0 $((full - 100)) # its page tables grow to what they need
xl mem-set 0 $full
free_before=$(xl info free_memory)
disk="'/tmp/files/disk,raw,xvda,w', 'phy:/dev/vda,xvdb,w'"
case $disks in *xvdd) disk="$disk, 'phy:/dev/nvme0n1,xvdc,w', 'phy:/dev/sda,xvdd,w'" ;; esac
xl create -q /root/guest/guest.cfg 'extra="console=hvc0 script"' "disk=[$disk]"
wait_for guest 'guest is ready'
tty=$(tty_of guest)
base64 /root/guest/disk.guest | while read -r line; do echo "echo $line >>coded" >"$tty"; done
echo "base64 -d coded >disk.guest; sh disk.guest $mib $disks" >"$tty"

rounds=0
until console guest | grep -q '^disks done'; do
    rounds=$((rounds + 1))
    [ $rounds -lt $((100 + mib * 2)) ] || break
    xl mem-set 0 $((full - 100))
    dd if=/dev/zero of=/tmp/hog bs=1M count=100 2>/dev/null
    rm /tmp/hog
    xl mem-set 0 $full
    usleep 200000
done
echo "ballooned $rounds times"
console guest | grep -E 'good|BAD|mke2fs|mount|error' || :
xl destroy guest
free_memory_is $free_before 1 # dom0's grant handles take some
umount /tmp/files
echo complete
S

# On stock's PVH dom0 the IOMMU is always there, and devices use it.
iommus='none amd'
[ "$HYPERVISOR" != stock ] || iommus=amd
for iommu in $iommus; do
    case $iommu in none) disks=$few ;; amd) disks='xvda xvdb xvdc xvdd' ;; esac
    guests_script mib=$mib "disks='$disks'" <"$work/dom0"
    for d in virtio files nvme ahci; do
        rm -f "$work/$d"
        truncate -s $((mib * 2 + 64))M "$work/$d"
    done
    host --iommu $iommu --disk "$work/virtio" --disk "$work/files" --nvme "$work/nvme" --ahci "$work/ahci" \
        --add "$work/guest:/root/guest" --timeout $((300 + mib * 12))
    expect_status 0
    for d in $disks; do out_has "^$d good"; done
    case $iommu in none) out_has '^swiotlb=force' ;; amd) out_has '^no bounce buffers' ;; esac
    out_has '^complete$'
    clean_log
    ! grep -q 'AMD-Vi:.*refused' "$log" || fail "the IOMMU refused a device"
done
