#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `xl create -n` of stock and of ours on this host, without Xen: the JSON of 310 configurations is the same but for
# xl/create.except. Ours once on stock's libxenlight, where a shim (xl/host_shim.c) plays a host of four CPUs for both,
# and once on our own, without what asks for the host's CPUs.
. "$(dirname "$0")/../system/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
stock=$(packages xen-utils-4.17 libxenmisc4.17 libxenstore4 libxencall1 libxenevtchn1 libxengnttab1 \
    libxenforeignmemory1 libxendevicemodel1 libxenhypfs1 libxentoolcore1 libxentoollog1)
libs=$(dirname "$(find "$stock" -name 'libxenlight.so.4.17' | head -n 1)")
cc -shared -fPIC -O1 "$tests/peer/xl/host_shim.c" -o "$work/shim.so" || skip "the shim is not built: apt-get install libxen-dev"
on_stock="LD_PRELOAD=$work/shim.so LD_LIBRARY_PATH=$libs"

compare() { # compare LINES EXCEPT OUR_XL
    python3 "$tests/peer/xl/create_compare.py" "$1" "$2" "$work" "$on_stock $stock/usr/lib/xen-4.17/bin/xl" "$3" ||
        fail "configurations that are read differently"
}

lines=$tests/vectors/xlcfg/create.lines
compare "$lines" "$tests/peer/xl/create.except" "$on_stock $build/tests/peer/xl/xl_dynamic"
grep -v cpus_soft "$lines" | grep -v 'ncpus=' >"$work/lines"
grep -v cpus_soft "$tests/peer/xl/create.except" | grep -v 'ncpus=' >"$work/except"
compare "$work/lines" "$work/except" "$build/tools/xl/xl"
