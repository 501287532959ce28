#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# libxlutil of ours and of the distribution (package libxenmisc4.17) say the same of tests/vectors/xlcfg, but for what
# tests/peer/xl/xlcfg.except explains; and export the same functions.
srcdir=${srcdir:-.}
stock=$(ls /usr/lib/*/libxlutil.so.4.17 2>/dev/null | head -n 1)
[ -n "$stock" ] || { echo "no libxlutil.so.4.17 of the distribution: apt-get install libxenmisc4.17"; exit 77; }
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/ours" "$work/stock"
ln -s "$PWD/libs/light/xlu/libxlutil.so.4.17" "$work/ours/"
ln -s "$stock" "$work/stock/"
bad=0
ask() { # stock|ours OPTION FILE
    LD_LIBRARY_PATH=$work/$1 tests/peer/xl/cfg_driver "$2" "$srcdir/tests/vectors/xlcfg/$3.lines" >"$work/$1.txt" 2>/dev/null
}
for kind in config:-c disk:-d rate:-r pci:-p rdm:-m; do
    ask stock "${kind#*:}" "${kind%:*}" && ask ours "${kind#*:}" "${kind%:*}" || { echo "$kind: the driver failed"; bad=1; }
    python3 "$srcdir/tests/peer/xl/compare.py" "$work/stock.txt" "$work/ours.txt" "$srcdir/tests/peer/xl/xlcfg.except" \
        "${kind%:*}" || bad=1
done

# Stock also exports its parser's inside, with two underscores.
functions() { objdump -T "$1" | awk '/VERS_4.17.0/ && $NF ~ /^xlu_[a-z]/ { print $(NF - 1), $NF }' | sort; }
functions "$stock" >"$work/stock.functions"
functions libs/light/xlu/libxlutil.so.4.17 | diff "$work/stock.functions" - || bad=1
[ "$(wc -l <"$work/stock.functions")" -gt 20 ] || { echo "stock exports nothing?"; bad=1; }
exit $bad
