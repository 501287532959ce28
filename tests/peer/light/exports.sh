#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What libxenlight.so.4.17 and libxentoollog.so.1 export is in the distribution's too, with the same version; public names
# of libxl's that ours has not are those of exports.missing.
srcdir=${srcdir:-.}
find_stock() { ldconfig -p 2>/dev/null | awk -v name="$1" '$1 == name { print $NF; exit }'; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
bad=0
describe() { # describe FILE: names with versions, the soname
    nm -D --defined-only --with-symbol-versions "$1" | awk '$2 != "A" { print $3 }' | sort
    objdump -p "$1" | awk '$1 == "SONAME"'
}
compare() { # compare SONAME OURS
    stock=$(find_stock "$1")
    [ -n "$stock" ] || { echo "no $1 of the distribution: apt-get install libxen-dev"; exit 77; }
    describe "$stock" >"$work/stock" && describe "$2" >"$work/ours" || exit 1
    sort -o "$work/stock" "$work/stock"
    sort -o "$work/ours" "$work/ours"
    more=$(comm -13 "$work/stock" "$work/ours")
    [ -z "$more" ] || { echo "$1: only ours has" $more; bad=1; }
}
compare libxentoollog.so.1 libs/toollog/libxentoollog.so.1.0
[ -z "$(comm -23 "$work/stock" "$work/ours")" ] || { echo "libxentoollog.so.1: missing" $(comm -23 "$work/stock" "$work/ours"); bad=1; }
compare libxenlight.so.4.17 libs/light/libxenlight.so.4.17.0
comm -23 "$work/stock" "$work/ours" | grep -E '^libxl_[a-z]' | sed 's/@.*//' >"$work/missing"
grep -v '^#' "$srcdir/tests/peer/light/exports.missing" >"$work/known"
new=$(grep -vxFf "$work/known" "$work/missing")
[ -z "$new" ] || { echo "libxenlight.so.4.17: missing" $new; bad=1; }
done=$(grep -vxFf "$work/missing" "$work/known")
[ -z "$done" ] || { echo "no longer missing, to be taken out of exports.missing:" $done; bad=1; }
echo "libxenlight.so.4.17: $(grep -c '^libxl_' "$work/ours") names, $(wc -l <"$work/missing") missing"
exit $bad
