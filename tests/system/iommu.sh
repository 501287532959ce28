#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# DESIGN D3: dom0's DMA goes through the IOMMU without bounce buffers where all of it is translated; where a virtio device
# goes round the IOMMU dom0 gets swiotlb=force, and the log says why, also when the user does not want it.
. "$(dirname "$0")/lib.sh"
kernel=${XENOLITH_BUILD:-$tests/../build}/tests/guest/start-info.elf
[ -e "$kernel" ] || skip "no test kernel $kernel"
log_has() { grep -q "(XEN) $1" "$log" || fail "the log does not say: $1"; }
log_lacks() { ! grep -q "$1" "$log" || fail "the log says: $1"; }

dd if=/dev/urandom of="$work/disk" bs=1M count=8 2>/dev/null
sum=$(sha256sum "$work/disk" | cut -d' ' -f1)
truncate -s 16M "$work/disk"

script <<S
set -e
echo "cmdline \$(cat /proc/cmdline)"
modprobe virtio_pci
modprobe virtio_blk
until true </dev/vda; do usleep 100000; done 2>/dev/null
data() { dd if=/dev/vda bs=1M skip=\$1 count=8 iflag=direct 2>/dev/null; }
data 0 | sha256sum
xl mem-set 0 500
data 0 | dd of=/dev/vda bs=1M seek=8 iflag=fullblock oflag=direct 2>/dev/null
sync
data 8 | sha256sum
S
why='PCI device 00:..\.. is a virtio device that does not offer ACCESS_PLATFORM, so its DMA goes round the IOMMU'

host --iommu amd --disk "$work/disk"
expect_status 0
! grep -q '^cmdline .*swiotlb' "$work/out" || fail "bounce buffers although all DMA is translated"
[ "$(grep -c "^$sum" "$work/out")" = 2 ] || fail "the disk's data is not what it was"
[ "$(dd if="$work/disk" bs=1M skip=8 2>/dev/null | sha256sum | cut -d' ' -f1)" = "$sum" ] || fail "what was written is something else"
log_has "AMD-Vi: IOMMU 00:01.0 at 0xfed80000 translates dom0's DMA"
log_has 'dom0: no swiotlb=force: the DMA of all PCI functions ([0-9]*) is translated'
log_lacks 'AMD-Vi:.*refused'
clean_log

# The choice alone: a test kernel is up in no time.
chooses() { # chooses yes|no QHOST-OPTION...
    want=$1
    shift
    echo "+ qhost --kernel $kernel $*"
    "$tests/lab/qhost" --hypervisor "$HYPERVISOR" --kernel "$kernel" --disk "$work/disk" --log "$log" --timeout 60 "$@" \
        >"$work/out" 2>&1 || { cat "$work/out"; fail "status $?"; }
    grep -q '(XEN) dom0 command line: .*swiotlb=force' "$log" && got=yes || got=no
    [ $got = "$want" ] || fail "swiotlb=force: $got, expected $want"
}
chooses yes --iommu beside
log_has "dom0: swiotlb=force, because $why"
chooses no --iommu beside --hv-cmdline dom0-swiotlb=off
log_has "dom0: swiotlb=force left out, as dom0-swiotlb=off asks, although $why: DMA to granted and foreign pages is NOT safe"
chooses yes --iommu amd --hv-cmdline iommu=off
log_has 'dom0: swiotlb=force, because the AMD-Vi IOMMU is not used (iommu=off)'
chooses yes --iommu amd --hv-cmdline dom0-swiotlb=force
log_has 'dom0: swiotlb=force, as dom0-swiotlb=force asks'
chooses no --iommu amd
chooses yes
log_has 'dom0: swiotlb=force, because this machine has no AMD-Vi IOMMU'
