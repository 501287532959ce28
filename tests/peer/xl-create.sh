#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `xl create -n` of stock and of ours on this host, without Xen: the JSON of 412 configurations of one setting each, and of
# the 235 of corpus.txt, which are as people write them, is the same but for xl/create.except and xl/corpus.except. Ours
# once on stock's libxenlight, where a shim (xl/host_shim.c) plays a host of four CPUs for both, and once on our own,
# without what asks for the host's CPUs and nodes.
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
corpus=$tests/vectors/xlcfg/corpus.txt
compare "$lines" "$tests/peer/xl/create.except" "$on_stock $build/tests/peer/xl/xl_dynamic"
compare "$corpus" "$tests/peer/xl/corpus.except" "$on_stock $build/tests/peer/xl/xl_dynamic"
for f in "$lines" "$tests/peer/xl/create.except"; do
    grep -v 'cpus_soft\|ncpus=\|nvnuma=\[\[' "$f" >"$work/$(basename "$f")"
done
awk -v RS='## ' -v ORS='## ' '!/\n(cpus|cpus_soft|vnuma) *=/' "$corpus" | sed '$d' >"$work/corpus.txt"
compare "$work/create.lines" "$work/create.except" "$build/tools/xl/xl"
compare "$work/corpus.txt" "$tests/peer/xl/corpus.except" "$build/tools/xl/xl"
