#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What requests to the store cost, the distribution's C daemon and ours side by side on one host in icount mode, where a
# microsecond is a thousand instructions: with the distribution's library, and ours with our own. Ends with 1 when a
# ratio is above its limit.
. "$(dirname "$0")/../tests/system/lib.sh"
tests=$(cd "$(dirname "$0")/../tests" && pwd)
log=$OUT/bench-store.com1
build=${XENOLITH_BUILD:-$tests/../build}
script <<'S'
mkdir -p /tmp/ours
XENSTORED_RUNDIR=/tmp/ours /root/xenstored -N -D 2>/tmp/ours.log &
until XENSTORED_PATH=/tmp/ours/socket xenstore-read / >/dev/null 2>&1; do usleep 10000; done
for round in 1 2; do
    store-bench | sed 's/^/stock /' || exit 1
    XENSTORED_PATH=/tmp/ours/socket store-bench | sed 's/^/ours /' || exit 1
    XENSTORED_PATH=/tmp/ours/socket LD_LIBRARY_PATH=/root/lib store-bench | sed 's/^/both /' || exit 1
done
# The daemon alone: a process's own instructions, by the time that it spent in user mode.
server=$(ps | awk '/--server/ && !/awk/ { print $1 }' | head -n 1)
echo "memory $(awk '/VmRSS/ { print $2 }' /proc/$server/status) KiB"
S
mkdir "$work/lib"
cp -L "$build/libs/store/libxenstore.so.4" "$work/lib/"
host --icount --smp 1 --timeout 900 --add "$build/bench/store-bench:/usr/bin/store-bench" \
    --add "$build/tools/xenstored/xenstored:/root/xenstored" --add "$work/lib:/root/lib" >"$work/all" || :
[ "$status" = 0 ] || { cat "$work/all"; fail "status $status"; }
awk '
BEGIN {
    split("read 0.75 write 0.75 directory 0.75 transaction 0.6 ten-writes 0.6 write-watch 0.7 rm-10000 0.03 read-big 1 " \
          "floor-one 0 floor-two 0", list, " ")
    for (i = 1; i in list; i += 2) { key[++nr] = list[i]; limit[list[i]] = list[i + 1] }
    print "| request | stock, us | ours, us | ratio | ours with our library, us | ratio | limit |"
    print "|---|---|---|---|---|---|---|"
}
NF == 3 && ($1 == "stock" || $1 == "ours" || $1 == "both") {
    if (!(($1, $2) in us) || $3 < us[$1, $2]) us[$1, $2] = $3
}
END {
    for (i = 1; i <= nr; i++) {
        k = key[i]
        if (!us["stock", k]) { print "no figure for " k; exit 1 }
        a = us["ours", k] / us["stock", k]
        b = us["both", k] / us["stock", k]
        printf "| %s | %.1f | %.1f | %.3f | %.1f | %.3f | %s |\n", k, us["stock", k], us["ours", k], a, us["both", k], b,
               limit[k] ? limit[k] : ""
        if (limit[k] && (a > limit[k] || b > limit[k])) bad = 1
    }
    exit bad
}' "$work/out"
