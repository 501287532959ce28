#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the distribution's libxenlight (package libxenmisc4.17) and ours make of the same values: defaults, words, JSON,
# copies; VALUES is how many of each type, SEED which.
prog=tests/peer/light/values
stock=$(ldconfig -p 2>/dev/null | awk '$1 == "libxenlight.so.4.17" { print $NF; exit }')
[ -n "$stock" ] || { echo "no libxenlight.so.4.17 of the distribution: apt-get install libxen-dev"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
run() { # run LIBRARY-FOLDERS OUTPUT VALUES [read]
    LD_LIBRARY_PATH=$1 $prog "$3" "${SEED:-1}" $4 >"$2" || { echo "$prog with $1: status $?"; exit 1; }
}
[ "$SOAK" ] && : "${VALUES:=20000}"
run "${stock%/*}" "$work/stock" "${VALUES:-300}"
run libs/light:libs/toollog "$work/ours" "${VALUES:-300}"
# Stock takes the words only for the low bits of a family, zeros for the others, and 7 bits of what is above 15.
sed -i '/^family=[xks] /d; /^family=270 /d' "$work/stock" "$work/ours"
cmp -s "$work/stock" "$work/ours" || {
    diff "$work/stock" "$work/ours" | head -n 40
    echo "values differ (<: the distribution's)"
    exit 1
}
# What we write we read: the same comes out again.
run libs/light:libs/toollog "$work/read" "${VALUES:-300}" read
bad=$(awk '/ read: / && !/ read: 0 same$/' "$work/read" | sort | uniq -c)
[ -z "$bad" ] || { echo "not read back:"; echo "$bad"; exit 1; }
echo "$(wc -l <"$work/ours") lines alike"
[ "$(wc -l <"$work/ours")" -gt 10000 ]
