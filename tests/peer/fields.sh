#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every field of xl info, list, vcpu-list, xentop and /sys/hypervisor is the same on our hypervisor as on stock Xen
# in the same machine, except what fields.except lists with its reason.
. "$(dirname "$0")/../system/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
ours=$HYPERVISOR
cp "$here/fields.dom0" "$work/script"
for which in stock "$ours"; do
    HYPERVISOR=$which
    # The same firmware under both: stock's PVH dom0 needs OVMF.
    boot=direct
    [ "$which" = stock ] || boot=grub-efi
    host --boot $boot ${FIELDS_ARGS:-}
    expect_status 0
    out_has '^end complete$'
    mv "$work/out" "$work/$([ "$which" = stock ] && [ ! -e "$work/stock" ] && echo stock || echo ours)"
done
python3 "$here/fields.py" "$here/fields.except" "$work/stock" "$work/ours"
