#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The commands of xl on a guest, the ends of guests and configurations that cannot be: one script in dom0 says the same
# on our hypervisor as on stock Xen in the same machine, except what lifecycle.except lists with its reason. With
# STORE=ours or CONSOLE=ours the same daemons take the place of stock's on both, and stock's on stock stays the measure.
# soak: xl's commands on guests, guests' ends, bad configurations, against stock Xen
. "$(dirname "$0")/../system/lib.sh"
soak || skip "it boots about twenty guests: make soak NAME=lifecycle"
here=$(cd "$(dirname "$0")" && pwd)
ours=$HYPERVISOR
python3 "$tests/lab/lib/guest.py" "$work/guest"
script=$(packages bsdutils)/usr/bin/script
parts=${PARTS:-bad commands ends}
daemons="${STORE:-stock} ${CONSOLE:-stock}"
# fields HYPERVISOR STORE CONSOLE FILE: what there is to see
fields() {
    HYPERVISOR=$1 STORE=$2 CONSOLE=$3
    boot=direct
    [ "$1" = stock ] && boot=grub-efi # stock's PVH dom0 needs OVMF
    for part in $parts; do
        { cat "$here/lifecycle.dom0" "$here/lifecycle.$part"; echo 'echo "end complete"'; } >"$work/script"
        host --boot $boot --timeout 1200 --add "$work/guest:/root/guest" --add "$script:/root/script"
        expect_status 0
        out_has '^end complete$'
        cat "$work/out" >>"$4"
    done
}
fields stock stock stock "$work/stock"
others=$ours
[ "$daemons" = 'stock stock' ] || others="stock $ours" # with our daemons on both
for which in $others; do
    fields "$which" $daemons "$work/$(basename "$which").compared"
    python3 "$here/fields.py" "$here/lifecycle.except" "$work/stock" "$work/$(basename "$which").compared"
done
