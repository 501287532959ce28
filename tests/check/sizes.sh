#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Hold the limits of size: files under 1000 lines, functions under 100, at most one #if per thousand lines of .c.
srcdir=${srcdir:-.}
CTAGS=${CTAGS:-ctags-universal}
cd "$srcdir" || exit 99
files=$(find hypervisor libs migration tools tests bench -name '*.[chS]' 2>/dev/null | sort)
[ -n "$files" ] || { echo "sizes: no source files under $srcdir"; exit 99; }
bad=0
report() { echo "$1"; bad=1; }

for f in $files $(find tests bench quickstart -name '*.sh' -o -name qhost -o -name quickstart 2>/dev/null); do
    n=$(wc -l < "$f")
    [ "$n" -lt 1000 ] || report "$f: $n lines; split it (limit 999)"
done

long=$("$CTAGS" -x --_xformat='%{input}:%n %N %{end}' --fields=+ne --kinds-C=f --languages=C $files |
    awk '{ split($1, a, ":"); n = $3 - a[2] + 1; if (n > 100) print a[1] ": " $2 " has " n " lines (limit 100)" }')
[ -z "$long" ] || report "$long"

c_files=$(echo "$files" | grep '\.c$' | grep -v '^tests/')
lines=$(cat $c_files | wc -l)
ifs=$(cat $c_files | grep -c '^[[:space:]]*#[[:space:]]*if')
[ "$ifs" -le $((lines / 1000 + 1)) ] || report "$ifs lines of #if in $lines lines of .c (limit 1 per 1000)"

awk_median='{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
echo "median .c file: $(for f in $c_files; do wc -l < "$f"; done | sort -n | awk "$awk_median") lines; $lines lines in all"
exit $bad
