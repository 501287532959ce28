#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The public library has exactly the symbols, versions and soname of the distribution's (package libxenstore4).
lib=libs/store/libxenstore.so.4
stock=$(ldconfig -p 2>/dev/null | awk '$1 == "libxenstore.so.4" { print $NF; exit }')
[ -n "$stock" ] || stock=$(ls /usr/lib/*/libxenstore.so.4 2>/dev/null | head -n 1)
[ -n "$stock" ] || { echo "no libxenstore.so.4 of the distribution: apt-get install libxenstore4"; exit 77; }
describe() {
    nm -D --defined-only --with-symbol-versions "$1" | awk '{ print $2, $3 }' | sort
    objdump -p "$1" | awk '$1 == "SONAME"'
}
describe "$stock" >exports.stock.$$ && describe $lib >exports.ours.$$ && diff exports.stock.$$ exports.ours.$$
rc=$?
n=$(grep -c '^T ' exports.ours.$$)
rm -f exports.stock.$$ exports.ours.$$
echo "$n functions of libxenstore.so.4"
[ $rc = 0 ] && [ "$n" -gt 30 ]
