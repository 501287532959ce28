#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The types of the public headers are those of the distribution's (package libxen-dev): sizes, offsets, values, and no
# name of theirs is missing.
srcdir=${srcdir:-.}
[ -e /usr/include/libxl.h ] || { echo "no libxl.h of the distribution: apt-get install libxen-dev"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
ours="-I$srcdir/libs/light/include -I$srcdir/libs/toollog/include"
rows="-iquote $srcdir/libs"
${CC:-cc} -Wall -Werror $ours $rows "$srcdir/tests/peer/light/layout.c" -o "$work/ours" || exit 1
${CC:-cc} $rows "$srcdir/tests/peer/light/layout.c" -o "$work/stock" || exit 1
"$work/ours" >"$work/ours.txt" && "$work/stock" >"$work/stock.txt" && diff "$work/stock.txt" "$work/ours.txt" || exit 1
echo "$(wc -l <"$work/ours.txt") facts alike"
[ "$(wc -l <"$work/ours.txt")" -gt 1000 ] || exit 1

# Names and prototypes: macros, types with their members, functions with their types, as the compiler sees them.
printf '#include <libxl_utils.h>\n#include <libxl_json.h>\n#include <libxlutil.h>\n' >"$work/all.c"
for side in ours stock; do
    flags=-DHAVE_YAJL_YAJL_VERSION_H
    [ $side = stock ] || flags="$flags $ours"
    ${CC:-cc} $flags -E -dM "$work/all.c" | awk '$2 ~ /^(LIBXL|ERROR|XTL)_[A-Z]/ { sub(/\(.*/, "", $2); print $2 }' |
        grep -vE '^LIBXL_(EXTERNAL_CALLERS_ONLY|[A-Z]*_?H)$' | sort -u >"$work/macros.$side"
    ${CC:-cc} $flags -E -P "$work/all.c" | grep -oE '\b(libxl|xlu|xtl|LIBXL)_[A-Za-z0-9][A-Za-z0-9_]*' |
        sort -u >"$work/names.$side"
    gcc $flags -w -fsyntax-only -aux-info "$work/aux.$side" "$work/all.c" || exit 1
    sed -nE 's,^/\* .* \*/ extern (.*(libxl|xlu|xtl)_[a-z].*),\1,p' "$work/aux.$side" | sort -u >"$work/functions.$side"
done
missing=$(comm -23 "$work/macros.stock" "$work/macros.ours"
    comm -23 "$work/names.stock" "$work/names.ours" | grep -vxFf "$srcdir/tests/peer/light/layout.except")
[ -z "$missing" ] || { echo "not in our headers:" $missing; exit 1; }
grep -vFf "$srcdir/tests/peer/light/layout.except" "$work/functions.stock" >"$work/wanted"
diff "$work/wanted" "$work/functions.ours" || { echo "prototypes differ (<: the distribution's)"; exit 1; }
echo "$(wc -l <"$work/macros.ours") macros, $(wc -l <"$work/names.ours") names, $(wc -l <"$work/wanted") prototypes"
[ "$(wc -l <"$work/wanted")" -gt 800 ] || exit 1

# Programs of older versions of the API, and none other.
for version in 040200 040300 040400 040500 040700 040800 041300 041400; do
    ${CC:-cc} -Wall -Wextra -Werror $ours -DLIBXL_API_VERSION=0x$version -fsyntax-only "$work/all.c" || exit 1
done
if ${CC:-cc} -w $ours -DLIBXL_API_VERSION=0x040600 -fsyntax-only "$work/all.c" 2>/dev/null; then
    echo "0x040600 is accepted"
    exit 1
fi
