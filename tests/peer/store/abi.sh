#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Constants, sizes and offsets of the public headers are those of the distribution's (package libxen-dev).
srcdir=${srcdir:-.}
[ -e /usr/include/xenstore.h ] || { echo "no xenstore.h of the distribution: apt-get install libxen-dev"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-cc} -Wall -Werror -I"$srcdir/libs/store/include" "$srcdir/tests/peer/store/abi.c" -o "$work/ours" || exit 1
${CC:-cc} -I/usr/include "$srcdir/tests/peer/store/abi.c" -o "$work/stock" || exit 1
"$work/ours" >"$work/ours.txt" && "$work/stock" >"$work/stock.txt" && diff "$work/stock.txt" "$work/ours.txt" || exit 1
echo "$(wc -l <"$work/ours.txt") facts alike"
[ "$(wc -l <"$work/ours.txt")" -gt 80 ]
