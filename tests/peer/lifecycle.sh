#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The commands of xl on a guest, the ends of guests and configurations that cannot be: one script in dom0 says the same on
# HYPERVISOR with TOOLSTACK, STORE and CONSOLE as with stock's on stock Xen in the same machine, except what lifecycle.except,
# and for our xl lifecycle.xl.except, list with its reason. MEASURE: a file that keeps what stock says, for the next time.
# soak: xl's commands on guests, guests' ends, bad configurations, against stock Xen
. "$(dirname "$0")/../system/lib.sh"
soak || skip "it boots about twenty guests: make soak NAME=lifecycle"
here=$(cd "$(dirname "$0")" && pwd)
python3 "$tests/lab/lib/guest.py" "$work/guest"
script=$(packages bsdutils)/usr/bin/script
measure=${MEASURE:-$work/measure}
# fields FILE: what there is to see
fields() {
    boot=direct
    [ "$HYPERVISOR" = stock ] && boot=grub-efi # stock's PVH dom0 needs OVMF
    for part in ${PARTS:-bad commands ends}; do
        { cat "$here/lifecycle.dom0" "$here/lifecycle.$part"; echo 'echo "end complete"'; } >"$work/script"
        host --boot $boot --timeout 1200 --add "$work/guest:/root/guest" --add "$script:/root/script"
        expect_status 0
        out_has '^end complete$'
        cat "$work/out" >>"$1"
    done
}
if ! [ -e "$measure" ]; then
    (HYPERVISOR=stock STORE=stock CONSOLE=stock TOOLSTACK=stock fields "$work/stock")
    cp "$work/stock" "$measure"
fi
fields "$work/fields"
cp "$here/lifecycle.except" "$work/except"
if [ "${TOOLSTACK:-stock}" = ours ]; then # what it says on standard error is its own
    cat "$here/lifecycle.xl.except" >>"$work/except"
    said='^[^ ]*\.says\.[0-9]'
else
    said=' nothing'
fi
grep -v "$said" "$measure" >"$work/theirs"
grep -v "$said" "$work/fields" >"$work/ours"
python3 "$here/fields.py" "$work/except" "$work/theirs" "$work/ours"
