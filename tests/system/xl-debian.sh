#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: Debian's own xl on our libraries: consoles, disks and networks too
# Debian's own xl on our libxenlight, libxlutil and libxenstore: tests that other files make of it.
export LIBS=ours
. "$(dirname "$0")/lib.sh"
list=guest-linux
! soak || list="guest-linux guest-console guest-net disk"
for test in ${WHAT:-$list}; do
    start=$(date +%s)
    SOAK='' OUT=$OUT/$name "$tests/system/$test.sh" || fail "$test"
    echo "$test: $(($(date +%s) - start)) s"
done
