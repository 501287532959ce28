#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0 under load: CPU, page cache, a virtio disk and a virtio NIC with checksums, while xl mem-set 0 goes down and
# up 20 times; without an IOMMU and with one.
# soak: five times as many rounds, on one CPU and on two
. "$(dirname "$0")/lib.sh"
rounds=3
soak && rounds=15
mkdir "$work/www"
dd if=/dev/urandom of="$work/www/data" bs=1M count=24 2>/dev/null
sum=$(sha256sum "$work/www/data" | cut -d' ' -f1)
"$tests/system/serve.py" "$work/www" "$work/port" &
cleanups=$!
until [ -s "$work/port" ]; do sleep 0.1; done

script <<S
sum=$sum rounds=$rounds url=http://10.0.2.2:$(cat "$work/port")/data
$(cat "$tests/system/load.dom0")
S
run_load() {
    cp "$work/www/data" "$work/disk"
    truncate -s 96M "$work/disk"
    host --net user --disk "$work/disk" --timeout $((200 + rounds * 60)) "$@"
    expect_status 0
    out_has '^load complete$'
    clean_log
    copy=$(dd if="$work/disk" bs=1M skip=32 count=24 2>/dev/null | sha256sum | cut -d' ' -f1)
    [ "$copy" = "$sum" ] || fail "what dom0 wrote to its disk is not what it read"
}
for iommu in none amd; do
    run_load --iommu $iommu
    if soak; then run_load --iommu $iommu --smp 2; fi
done
